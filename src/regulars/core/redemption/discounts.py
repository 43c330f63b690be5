"""What one reward takes off a cart, line by line, in integer minor units.

Pure arithmetic on amounts that the caller passes in; who may use the reward is `availability.py`'s
question. A percentage is rounded half_even once, on its whole basis; a discount is shared out over
lines by largest remainder; no line goes below zero.
"""

from collections.abc import Sequence

from msgspec import Struct

from regulars.core.compiled import (
    CheapestItem,
    FreeProduct,
    ItemDiscount,
    OrderDiscount,
    PayWithPoints,
    Reward,
    Voucher,
)
from regulars.core.events import Line
from regulars.core.money import allocate, divide_down, divide_half_even, share


class Reason(Struct, frozen=True, array_like=True):
    """Why a reward cannot be used: a stable `code`, and where there is a number to reach or not to
    pass, that (`needed`) and what it is now (`actual`)."""

    code: str
    needed: int = 0
    actual: int = 0


class Discount(Struct, frozen=True, array_like=True):
    """What a reward takes off: `lines` in the order of the cart's lines, and the units it costs.
    `reason` says why it takes nothing; None where it can be used (a voucher takes nothing off)."""

    lines: tuple[int, ...]
    points: int
    reason: Reason | None = None

    @property
    def minor(self) -> int:
        """All that is taken off."""
        return sum(self.lines)


class Cart:
    """The lines of a cart and what is left to pay of each. `initial` are the amounts as the cart
    came (after its own discounts); `left` what other rewards left of them."""

    __slots__ = ("initial", "left", "lines")

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.initial = [max(line.gross_minor - line.discount_minor, 0) for line in lines]
        self.left = self.initial.copy()

    def take(self, amounts: Sequence[int]) -> None:
        """Another reward takes these amounts off, at most what is left of each line."""
        self.left = [
            left - min(left, amount) for left, amount in zip(self.left, amounts, strict=True)
        ]


def discount(reward: Reward, cart: Cart, quantity: int, points: int) -> Discount:
    """What `quantity` pieces of a reward take off the cart, on the amounts that its `combine` says:
    `initial` on the cart as it came, else on what is left. `points` is only looked at by a reward
    that pays with points."""
    basis = cart.initial if reward.combine == "initial" else cart.left
    gives = reward.gives
    cost = reward.cost * quantity
    if quantity < 1:
        return _none(cart, cost, Reason("quantity", 1, quantity))
    if isinstance(gives, Voucher):
        return Discount((0,) * len(cart.lines), cost)
    if isinstance(gives, PayWithPoints):
        return _paid(gives, cart, points)
    if isinstance(gives, FreeProduct):
        return _free(gives, cart, basis, quantity, cost)
    if isinstance(gives, OrderDiscount) and gives.amount_minor is not None:
        return _spread(cart, gives.amount_minor * quantity, cost)
    if quantity > 1:
        return _none(cart, cost, Reason("one_piece", 1, quantity))
    if isinstance(gives, OrderDiscount):
        return _spread(cart, _percent(gives, sum(basis)), cost)
    if isinstance(gives, ItemDiscount):
        return _items(gives, cart, basis, cost)
    return _cheapest(gives, cart, basis, cost)


def pay_at_most(gives: PayWithPoints, cart: Cart, spendable: int) -> int:
    """The most of `spendable` units that can pay on this cart, a multiple where the reward asks for
    one; 0 where not even the minimum can be used."""
    money = _payable(gives, cart)
    units = min(divide_down(money * gives.points, gives.worth_minor), spendable)
    units -= units % max(gives.multiple_of, 1)
    return units if units >= max(gives.minimum, 1) else 0


def _paid(gives: PayWithPoints, cart: Cart, points: int) -> Discount:
    if points < max(gives.minimum, 1):
        return _none(cart, points, Reason("minimum", max(gives.minimum, 1), points))
    if points % max(gives.multiple_of, 1):
        return _none(cart, points, Reason("multiple", gives.multiple_of, points))
    worth = divide_down(points * gives.worth_minor, gives.points)
    most = _payable(gives, cart)
    if worth > most:
        return _none(cart, points, Reason("share", most, worth))
    if worth == 0:
        return _none(cart, points, Reason("worthless", 1, 0))
    return Discount(tuple(allocate(worth, cart.left)), points)


def _payable(gives: PayWithPoints, cart: Cart) -> int:
    at_most = gives.share_at_most
    most = divide_down(sum(cart.initial) * at_most.numerator, at_most.denominator)
    return min(most, sum(cart.left))


def _free(
    gives: FreeProduct, cart: Cart, basis: Sequence[int], quantity: int, cost: int
) -> Discount:
    wanted = gives.quantity * quantity
    there = sum(line.quantity for line in cart.lines if line.sku == gives.sku)
    if there < wanted:
        return _none(cart, cost, Reason("product", wanted, there))
    amounts = [0] * len(cart.lines)
    for index, line in enumerate(cart.lines):
        if line.sku == gives.sku and wanted and line.quantity:
            units = min(line.quantity, wanted)
            wanted -= units
            amounts[index] = share(basis[index], units, line.quantity)
    return _clipped(cart, amounts, cost)


def _items(gives: ItemDiscount, cart: Cart, basis: Sequence[int], cost: int) -> Discount:
    chosen = [
        amount if gives.selector(line) else 0
        for line, amount in zip(cart.lines, basis, strict=True)
    ]
    if gives.amount_minor is not None:
        return _clipped(cart, [min(gives.amount_minor, amount) for amount in chosen], cost)
    total = _percent(gives, sum(chosen))
    return _clipped(cart, allocate(total, chosen) if chosen else [], cost)


def _cheapest(gives: CheapestItem, cart: Cart, basis: Sequence[int], cost: int) -> Discount:
    best = -1
    for index, (line, amount) in enumerate(zip(cart.lines, basis, strict=True)):
        if amount <= 0 or line.quantity < 1:
            continue
        if gives.selector is not None and not gives.selector(line):
            continue
        # Prices per unit are compared crosswise, so that nothing is rounded before it must be.
        if best < 0 or amount * cart.lines[best].quantity < basis[best] * line.quantity:
            best = index
    if best < 0:
        return _none(cart, cost, Reason("items"))
    amounts = [0] * len(cart.lines)
    percent = gives.percent
    amounts[best] = divide_half_even(
        basis[best] * percent.numerator, cart.lines[best].quantity * percent.denominator
    )
    return _clipped(cart, amounts, cost)


def _percent(gives: OrderDiscount | ItemDiscount, basis: int) -> int:
    percent = gives.percent
    assert percent is not None
    amount = divide_half_even(basis * percent.numerator, percent.denominator)
    return amount if gives.at_most_minor is None else min(amount, gives.at_most_minor)


def _spread(cart: Cart, amount: int, cost: int) -> Discount:
    """An amount off the whole order, over what is left of its lines in proportion."""
    amount = min(amount, sum(cart.left))
    if amount <= 0:
        return _none(cart, cost, Reason("items"))
    return Discount(tuple(allocate(amount, cart.left)), cost)


def _clipped(cart: Cart, amounts: Sequence[int], cost: int) -> Discount:
    """Amounts off single lines, none of which goes below zero."""
    lines = tuple(min(amount, left) for amount, left in zip(amounts, cart.left, strict=True))
    if not any(lines):
        return _none(cart, cost, Reason("items"))
    return Discount(lines, cost)


def _none(cart: Cart, cost: int, reason: Reason) -> Discount:
    return Discount((0,) * len(cart.lines), cost, reason)
