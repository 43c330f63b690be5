"""POST /v1/quotes: what a cart would earn, and which rewards fit it. Read-only, so never stored."""

from msgspec import UNSET, Struct, UnsetType

from regulars.core.compiled import Program
from regulars.core.facade import Quote
from regulars.core.points import points_text
from regulars.core.redemption.discounts import Reason
from regulars.core.redemption.quote import Offer
from regulars.intake.contracts import QuoteRequest
from regulars.web.api.operation import Call, Operation
from regulars.web.api.wire.orders import QuoteWire
from regulars.web.api.wire.reading import check_redemptions, member_of, order_of, reward_points


class AwardAnswer(Struct, frozen=True):
    """What one rule would earn; `rule` is `tier` for what the tier adds."""

    rule: str
    currency: str
    points: str


class ReasonAnswer(Struct, frozen=True, omit_defaults=True):
    """Why a reward cannot be used: `needed` and `actual` where there is a number to reach. For
    `points` they are points, for `minimum` and the like money or counts as the reward states."""

    code: str
    needed: str | UnsetType = UNSET
    actual: str | UnsetType = UNSET


class LineDiscount(Struct, frozen=True):
    """What is taken off one line."""

    id: str
    amount_minor: int


class OfferAnswer(Struct, frozen=True):
    """A reward on this cart: what it costs and takes off, or all that is against it."""

    reward: str
    usable: bool
    currency: str
    points: str
    discount_minor: int
    lines: list[LineDiscount]
    reasons: list[ReasonAnswer]


class SpendableAnswer(Struct, frozen=True):
    """What the member could spend at this moment."""

    currency: str
    points: str


class QuoteAnswer(Struct, frozen=True):
    """`earns` is for the cart with the `chosen` rewards taken off; each of `rewards` stands for
    itself. Amounts are in the program's currency. A quote reserves nothing."""

    currency: str
    earns: list[AwardAnswer]
    spendable: list[SpendableAnswer]
    rewards: list[OfferAnswer]
    chosen: list[OfferAnswer]
    discount_minor: int


async def post_quote(call: Call) -> QuoteAnswer:
    """Ask what a cart would earn."""
    wire: QuoteWire = call.body
    terms = call.services.terms(call.program_id)
    member = member_of(wire.member, "/member")
    order = order_of(wire.order, terms, "/order", member)
    if wire.order.redemptions and not isinstance(member, int):
        identifier = (member.kind, member.value)
        found = await call.services.members.find_many(call.program_id, [identifier])
        check_redemptions(wire.order.redemptions, "/order/redemptions", found.get(identifier, 0))
    chosen = tuple(
        (choice.reward, reward_points(choice.reward, choice.points, terms, f"/rewards/{i}/points"))
        for i, choice in enumerate(wire.rewards)
    )
    program, quote = await call.services.intake.quote(
        QuoteRequest(call.program_id, member, order, rewards=chosen)
    )
    return _answer(program, quote)


def _answer(program: Program, quote: Quote) -> QuoteAnswer:
    def points(units: int, currency: str) -> str:
        return points_text(units, program.currencies[currency].decimals)

    def offer(one: Offer) -> OfferAnswer:
        return OfferAnswer(
            reward=one.reward,
            usable=one.usable,
            currency=one.currency,
            points=points(one.points, one.currency),
            discount_minor=one.discount_minor,
            lines=[LineDiscount(line_id, amount) for line_id, amount in one.lines],
            reasons=[_reason(program, one, reason) for reason in one.reasons],
        )

    return QuoteAnswer(
        currency=program.money_currency,
        earns=[
            AwardAnswer(
                "tier" if award.rule < 0 else program.rules[award.rule].id,
                award.currency,
                points(award.points, award.currency),
            )
            for award in quote.awards
        ],
        spendable=[
            SpendableAnswer(currency, points(wallet.spendable, currency))
            for currency, wallet in sorted(quote.wallets.items())
        ],
        rewards=[offer(one) for one in quote.offers],
        chosen=[offer(one) for one in quote.chosen],
        discount_minor=quote.discount_minor,
    )


def _reason(program: Program, offer: Offer, reason: Reason) -> ReasonAnswer:
    if not reason.needed and not reason.actual:
        return ReasonAnswer(reason.code)
    decimals = program.currencies[offer.currency].decimals if reason.code == "points" else 0
    return ReasonAnswer(
        reason.code, points_text(reason.needed, decimals), points_text(reason.actual, decimals)
    )


OPERATIONS = (
    Operation(
        id="post_quote",
        method="POST",
        path="/v1/quotes",
        tag="redemptions",
        summary="What a cart would earn, and which rewards can be used on it",
        description="Decided by the same engine as the purchase, on the member as of now.",
        handler=post_quote,
        scope="quotes:read",
        body=QuoteWire,
        answer=QuoteAnswer,
        problems=(
            "unknown_member",
            "no_program_version",
            "duplicate",
            "inconsistent",
            "currency_needs_rate",
            "unknown_redemption",
            "hold_not_open",
        ),
    ),
)
