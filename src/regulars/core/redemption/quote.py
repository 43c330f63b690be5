"""Quotes: what a cart would earn, and which rewards can be used on it, before it is paid.

Read-only: the same rules, conditions and discounts as the decisions that follow, on the member as
time has made them by the instant of the quote. It reserves nothing, and knows no stock: a reward of
which there is only so much can still be refused when it is held.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.core.compiled import PayWithPoints, Program, Reward
from regulars.core.conditions.subject import Subject
from regulars.core.decision import Award, Considered
from regulars.core.earning.earn import earn
from regulars.core.events import Line, Payment, Purchase
from regulars.core.folding.working import Working
from regulars.core.lots import Available, available, post_due
from regulars.core.money import share
from regulars.core.redemption.availability import limits_reached, reasons
from regulars.core.redemption.discounts import Cart, Discount, Reason, discount, pay_at_most
from regulars.core.redemption.holds import OPEN_HOLDS_MAX, cart_of, exclusion, measured
from regulars.core.state import Member
from regulars.core.turn import subject_on

POINTS: Final = "points"
"""The means of payment that paying with points stands for."""


class Offer(Struct, frozen=True, array_like=True):
    """One reward on the cart. `reasons` is empty where it can be used; else all that is against it.

    `points` are the units that it costs; to pay with points, the most that can be used now, with
    `discount_minor` what they pay. `lines` are the amounts off by line id.
    """

    reward: str
    usable: bool
    currency: str
    points: int
    discount_minor: int
    lines: tuple[tuple[str, int], ...]
    reasons: tuple[Reason, ...]


class Quote(Struct, frozen=True, array_like=True):
    """The answer: `awards` and `trace` for the cart with the chosen rewards taken off; `wallets` by
    currency; `offers`, every reward on its own; `chosen`, the chosen ones one after another, each
    on what those before left; `discount_minor` what all usable ones among them take off."""

    awards: tuple[Award, ...]
    trace: tuple[Considered, ...]
    wallets: dict[str, Available]
    offers: tuple[Offer, ...]
    chosen: tuple[Offer, ...]
    discount_minor: int


def quote(
    program: Program,
    member: Member,
    cart: Purchase,
    at: int,
    chosen: Sequence[tuple[str, int]] = (),
) -> Quote:
    """What `cart` would earn and which rewards can be used on it at `at`, the member's lots loaded.

    `chosen` are rewards to try together, in order, with the units for one that pays with points (0:
    as many as can be used). A reward that the program does not have is ignored among them.
    Raises HoldNotOpen if the cart names a hold that is not open.
    """
    assert member.lots is not None, "a quote needs the lots"
    now = max(at, member.state.latest_occurred_at)
    work = Working(member.state, member.lots, {}, member.seq, at)
    post_due(work, now)
    wallets = available(work.state, work.lots, now)
    desk = _Desk(program, work, cart, at, {name: each.spendable for name, each in wallets.items()})
    offers = tuple(desk.offer(reward, 0, *desk.start()) for reward in program.rewards.values())
    on_cart, others = desk.start()
    taken: list[Offer] = []
    for name, points in chosen:
        reward = program.rewards.get(name)
        if reward is None:
            continue
        offer = desk.offer(reward, points, on_cart, others)
        taken.append(offer)
        if offer.usable:
            by_line = dict(offer.lines)
            on_cart.take([by_line.get(line.line_id, 0) for line in cart.lines])
            others.append(reward)
            desk.spendable[offer.currency] -= offer.points
    order = _paid_order(program, cart, [offer for offer in taken if offer.usable])
    earned = earn(program, subject_on(program, work.state, "purchase", at, order))
    discount_minor = sum(offer.discount_minor for offer in taken if offer.usable)
    return Quote(earned.awards, earned.trace, wallets, offers, tuple(taken), discount_minor)


class _Desk:
    """One cart being quoted; `spendable` are the units left by currency."""

    def __init__(
        self, program: Program, work: Working, cart: Purchase, at: int, spendable: dict[str, int]
    ) -> None:
        self._program = program
        self._work = work
        self._cart = cart
        self._at = at
        self.spendable = spendable
        subject = subject_on(program, work.state, "purchase", at, cart)
        self._subject: Subject = measured(program, subject, cart)

    def start(self) -> tuple[Cart, list[Reward]]:
        """The cart as the open holds on it leave it, and their rewards."""
        return cart_of(self._work, self._program, self._cart)

    def offer(self, reward: Reward, points: int, cart: Cart, others: list[Reward]) -> Offer:
        """A reward on what is left of the cart."""
        currency = reward.currency.id
        spendable = self.spendable.get(currency, 0)
        if points == 0 and isinstance(reward.gives, PayWithPoints):
            points = pay_at_most(reward.gives, cart, spendable)
        taken = discount(reward, cart, 1, points)
        against = self._against(reward, taken, spendable, others)
        by_line = tuple(
            (line.line_id, amount)
            for line, amount in zip(self._cart.lines, taken.lines, strict=True)
            if amount
        )
        return Offer(
            reward.id,
            not against,
            currency,
            taken.points,
            taken.minor,
            by_line,
            tuple(against),
        )

    def _against(
        self, reward: Reward, taken: Discount, spendable: int, others: list[Reward]
    ) -> list[Reason]:
        state = self._work.state
        against: list[Reason] = []
        if len(state.holds) >= OPEN_HOLDS_MAX:
            against.append(Reason("holds", OPEN_HOLDS_MAX, len(state.holds)))
        against += reasons(reward, self._subject)
        against += exclusion(reward, others)
        if taken.reason is not None:
            against.append(taken.reason)
        for limit in limits_reached(self._program, state, reward, self._at, 1):
            against.append(Reason("limit", limit.limit, limit.used))
        if taken.points > spendable:
            against.append(Reason("points", taken.points, spendable))
        return against


def _paid_order(program: Program, cart: Purchase, offers: Sequence[Offer]) -> Purchase:
    """The cart as it would be ordered with these rewards: paying with points is a means of payment,
    everything else a discount on its lines, with the tax in proportion."""
    if not offers:
        return cart
    off: dict[str, int] = {}
    paid = 0
    for offer in offers:
        if isinstance(program.rewards[offer.reward].gives, PayWithPoints):
            paid += offer.discount_minor
            continue
        for line_id, amount in offer.lines:
            off[line_id] = off.get(line_id, 0) + amount
    payments = (*cart.payments, Payment(POINTS, paid)) if paid else cart.payments
    return replace(
        cart,
        lines=tuple(_discounted(line, off.get(line.line_id, 0)) for line in cart.lines),
        payments=payments,
    )


def _discounted(line: Line, amount: int) -> Line:
    price = line.gross_minor - line.discount_minor
    tax = line.tax_minor - share(line.tax_minor, amount, price)
    return replace(line, discount_minor=line.discount_minor + amount, tax_minor=tax)
