"""Reads the parts that every request is made of: members, orders, instants, points.

`Terms` is what a program version says about orders, points and payload fields. The checks
are those that no type can say: what contradicts itself, stands twice or adds up to too much.
"""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import astuple

from regulars.core.compiled import Program
from regulars.core.conversion import convert_order, order_total
from regulars.core.document.event_types import EventType
from regulars.core.document.iso_currencies import MINOR_UNITS
from regulars.core.events import Line, Payment, Purchase
from regulars.core.money import AmountError
from regulars.core.points import points_units
from regulars.intake.contracts import MemberRef
from regulars.platform.clock import InvalidInstant, parse_rfc3339
from regulars.platform.ids import InvalidId, parse_entry_id, parse_member_id
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.orders import INTEGER_MAX, LineWire, MemberWire, OrderWire

_IDENTIFIERS = MemberWire.__struct_fields__


class Terms(Struct, frozen=True):
    """What a caller's words are read by: money, point currencies' decimals, event types."""

    program_id: int
    currency: str
    decimals: int
    points: Mapping[str, int]
    reward_currencies: Mapping[str, str]
    event_types: Mapping[str, EventType]


def terms_of(program_id: int, program: Program) -> Terms:
    """The terms of a compiled program version."""
    return Terms(
        program_id=program_id,
        currency=program.money_currency,
        decimals=program.money_decimals,
        points={id_: currency.decimals for id_, currency in program.currencies.items()},
        reward_currencies={id_: reward.currency.id for id_, reward in program.rewards.items()},
        event_types=program.document.all_event_types,
    )


def member_of(wire: MemberWire, pointer: str) -> int | MemberRef:
    """The member id or identifier that was given; exactly one must be."""
    values = astuple(wire)
    given = [kind for kind, value in zip(_IDENTIFIERS, values, strict=True) if value is not UNSET]
    if len(given) != 1:
        raise ApiProblem(
            "inconsistent" if given else "missing_field",
            pointer=pointer,
            found=", ".join(given) or "nothing",
            expected="exactly one of " + ", ".join(_IDENTIFIERS),
        )
    if isinstance(wire.id, UnsetType):
        return MemberRef(given[0], getattr(wire, given[0]))
    try:
        return parse_member_id(wire.id)
    except InvalidId as error:
        raise ApiProblem(
            "unknown_member", pointer=f"{pointer}/id", found=wire.id, expected=error.expected
        ) from None


def order_of(
    wire: OrderWire, terms: Terms, pointer: str, member: int | MemberRef | None
) -> Purchase:
    """The order in the program's currency. Raises ApiProblem for what contradicts itself."""
    lines = tuple([_line(line, pointer, i) for i, line in enumerate(wire.lines)])
    refuse_double([line.line_id for line in lines], f"{pointer}/lines", "id")
    order = Purchase(
        lines=lines,
        channel=wire.channel,
        store=wire.store,
        device=wire.device,
        tax_included=wire.tax_included,
        shipping_minor=wire.shipping_minor,
        shipping_tax_minor=wire.shipping_tax_minor,
        payments=tuple([Payment(item.method, item.amount_minor) for item in wire.payments]),
        coupons=tuple(wire.coupons),
        redemptions=_redemptions(wire.redemptions, f"{pointer}/redemptions", member),
        currency=wire.currency,
    )
    _check_totals(order, pointer)
    if wire.currency == terms.currency:
        return order
    if isinstance(wire.rate, UnsetType) or not wire.rate.strip("0."):
        raise ApiProblem(
            "currency_needs_rate",
            pointer=f"{pointer}/{'currency' if wire.rate is UNSET else 'rate'}",
            found=wire.currency if wire.rate is UNSET else wire.rate,
            expected=f"{terms.currency}, or a rate above zero to {terms.currency}",
        )
    if wire.currency not in MINOR_UNITS:
        raise ApiProblem(
            "invalid_value",
            pointer=f"{pointer}/currency",
            found=wire.currency,
            expected="a currency of ISO 4217",
        )
    converted = convert_order(order, wire.rate, terms.decimals)
    _check_totals(converted, pointer)
    return converted


def moment(text: str | UnsetType, pointer: str) -> int:
    """The instant of a text, 0 where none was given."""
    if isinstance(text, UnsetType):
        return 0
    try:
        return parse_rfc3339(text)
    except InvalidInstant as error:
        raise ApiProblem(
            "invalid_value",
            error.reason,
            pointer=pointer,
            found=text,
            expected=error.expected,
        ) from None


def reward_points(reward: str, points: str | UnsetType, terms: Terms, pointer: str) -> int:
    """The units to spend on a reward, 0 where none are named or the reward is unknown: that it is
    unknown is the engine's answer."""
    currency = terms.reward_currencies.get(reward)
    if isinstance(points, UnsetType) or currency is None:
        return 0
    units = points_of(points, currency, terms, pointer)
    if units <= 0:
        raise ApiProblem("out_of_range", pointer=pointer, found=points, expected="more than 0")
    return units


def points_of(text: str, currency: str, terms: Terms, pointer: str) -> int:
    """Points as units of their currency."""
    decimals = terms.points.get(currency)
    if decimals is None:
        raise ApiProblem(
            "unknown_currency",
            pointer="/currency",
            found=currency,
            expected="one of " + ", ".join(terms.points),
        )
    try:
        units = points_units(text, decimals)
    except AmountError:
        raise ApiProblem(
            "invalid_value", pointer=pointer, found=text, expected=f"at most {decimals} decimals"
        ) from None
    if abs(units) > INTEGER_MAX:
        raise ApiProblem("out_of_range", pointer=pointer, found=text, expected="fewer points")
    return units


def redemption_of(text: str) -> tuple[int, int] | None:
    """Member id and hold number of a `red_` id, None for another text."""
    try:
        return parse_entry_id("ent_" + text[4:]) if text.startswith("red_") else None
    except InvalidId:
        return None


def redeemer_of(texts: Sequence[str]) -> int:
    """The member whose redemptions an order names, 0 where it names none; they have been checked
    to be of one member. Whether it is the order's member is decided under that member's lock."""
    found = redemption_of(texts[0]) if texts else None
    return 0 if found is None else found[0]


def _line(wire: LineWire, pointer: str, index: int) -> Line:
    if wire.discount_minor > wire.gross_minor:
        raise ApiProblem(
            "inconsistent",
            "a line's discount is larger than its amount",
            pointer=f"{pointer}/lines/{index}/discount_minor",
            found=wire.discount_minor,
            expected=f"at most gross_minor, {wire.gross_minor}",
        )
    return Line(
        wire.id,
        wire.sku,
        wire.quantity,
        wire.gross_minor,
        wire.discount_minor,
        wire.tax_minor,
        wire.category,
        wire.brand,
        tuple(wire.tags),
    )


def _redemptions(
    texts: Sequence[str], pointer: str, member: int | MemberRef | None
) -> tuple[int, ...]:
    """The hold numbers; all must be of the member, as far as the member is known here."""
    if not texts:
        return ()
    refuse_double(texts, pointer, "")
    return check_redemptions(texts, pointer, member if isinstance(member, int) else None)


def check_redemptions(texts: Sequence[str], pointer: str, member_id: int | None) -> tuple[int, ...]:
    """The hold numbers of redemption ids, all of one member: of `member_id` where it is known.
    Raises ApiProblem (unknown_redemption)."""
    holds = []
    owner = member_id
    for index, text in enumerate(texts):
        found = redemption_of(text)
        if owner is None and found is not None:
            owner = found[0]
        if found is None or found[0] != owner:
            raise ApiProblem(
                "unknown_redemption",
                pointer=f"{pointer}/{index}",
                found=text,
                expected="a redemption (red_...) of this member",
            )
        holds.append(found[1])
    return tuple(holds)


def _check_totals(order: Purchase, pointer: str) -> None:
    gross = sum([line.gross_minor for line in order.lines]) + order.shipping_minor
    total = order_total(order)
    if gross > INTEGER_MAX or total > INTEGER_MAX:
        raise ApiProblem(
            "out_of_range", pointer=f"{pointer}/lines", found=gross, expected="a smaller total"
        )
    paid = sum([payment.amount_minor for payment in order.payments])
    if paid > total:
        raise ApiProblem(
            "inconsistent",
            "the payments are more than the order costs",
            pointer=f"{pointer}/payments",
            found=paid,
            expected=f"at most {total}",
        )


def refuse_double(values: Sequence[str], pointer: str, field: str) -> None:
    """Refuse values of which one stands twice; the pointer is of the second."""
    if len(set(values)) == len(values):
        return
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            where = f"{pointer}/{index}/{field}".rstrip("/")
            raise ApiProblem("duplicate", pointer=where, found=value, expected="each one once")
        seen.add(value)
