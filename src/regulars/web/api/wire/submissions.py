"""Makes submissions of what callers send: the checks that no type can say, and the core events.

Nothing is looked up here; a member or a purchase that does not exist is the intake's to find out.
"""

from typing import Any, TypeVar

from msgspec import Struct, UnsetType

from regulars.core.document.event_types import EventType
from regulars.core.events import (
    Activity,
    Adjustment,
    Body,
    Capture,
    Confirm,
    Event,
    Exchange,
    Hold,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.intake.contracts import EventRef, MemberRef, Submission
from regulars.web.api.decoding import to_struct
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.fields import check_fields
from regulars.web.api.wire.orders import (
    EVENT_STRUCTS,
    AdjustmentWire,
    ExchangeEvent,
    HoldWire,
    OtherEvent,
    PurchaseEvent,
    PurchaseName,
    RefundEvent,
    RefundRequest,
    ReturnedWire,
    WireEvent,
)
from regulars.web.api.wire.reading import (
    Terms,
    member_of,
    moment,
    order_of,
    points_of,
    redeemer_of,
    refuse_double,
    reward_points,
)

_Item = TypeVar("_Item")


class Sender(Struct, frozen=True):
    """Who sends: how far back the key may date an event, and the source of what has no other
    identity than its request."""

    backdate_us: int
    source: str


def read_event(value: Any) -> WireEvent:
    """The typed event of one JSON value. Raises ApiProblem."""
    name = value.get("type") if isinstance(value, dict) else None
    wanted = EVENT_STRUCTS.get(name) if isinstance(name, str) else None
    if wanted is not None:
        return to_struct(value, wanted)
    return to_struct(value, OtherEvent)


def event_submission(wire: WireEvent, terms: Terms, sender: Sender) -> Submission:
    """The submission of a sent event. Raises ApiProblem with a pointer into the event."""
    purchase: EventRef | None = None
    member: int | MemberRef | None = None
    personal: tuple[str, ...] = ()
    redeemer = 0
    body: Body
    kind: str
    match wire:
        case PurchaseEvent():
            kind, member = "purchase", member_of(wire.member, "/member")
            body = order_of(wire, terms, "", member)
            redeemer = redeemer_of(wire.redemptions)
        case RefundEvent():
            kind, purchase = "refund", _purchase(wire.purchase)
            body = _refund(wire, "")
        case ExchangeEvent():
            kind, purchase = "exchange", _purchase(wire.purchase)
            redeemer = redeemer_of(wire.order.redemptions)
            body = Exchange(
                _refund(wire.returned, "/returned"),
                order_of(wire.order, terms, "/order", None),
            )
        case OtherEvent():
            kind = wire.type
            declared = _declared(wire, terms)
            if not isinstance(wire.member, UnsetType):
                member = member_of(wire.member, "/member")
            if declared.confirms_purchase:
                purchase, body = _confirmed(wire)
            else:
                body = _activity(wire, declared)
                personal = tuple(n for n in wire.fields if declared.fields[n].personal)
    event = Event(kind, wire.source, wire.id, moment(wire.occurred_at, "/occurred_at"), body)
    return Submission(
        terms.program_id, member, event, sender.backdate_us, purchase, personal, redeemer
    )


def refund_submission(wire: RefundRequest, key: str, terms: Terms, sender: Sender) -> Submission:
    """A refund that is identified by its Idempotency-Key."""
    body = _refund(wire, "")
    at = moment(wire.occurred_at, "/occurred_at")
    event = Event("refund", sender.source, key, at, body)
    named = _purchase(wire.purchase)
    return Submission(terms.program_id, None, event, sender.backdate_us, named)


def hold_submission(wire: HoldWire, key: str, terms: Terms, sender: Sender) -> Submission:
    """A reservation of a reward."""
    member = member_of(wire.member, "/member")
    cart = Purchase(lines=(), currency=terms.currency)
    redeemer = 0
    if not isinstance(wire.cart, UnsetType):
        cart = order_of(wire.cart, terms, "/cart", member)
        redeemer = redeemer_of(wire.cart.redemptions)
    points = reward_points(wire.reward, wire.points, terms, "/points")
    body = Hold(wire.reward, cart, points, wire.quantity)
    event = Event("hold", sender.source, key, 0, body)
    return Submission(terms.program_id, member, event, 0, redeemer=redeemer)


def capture_submission(
    member_id: int, hold: int, key: str, terms: Terms, sender: Sender
) -> Submission:
    """The use of a reservation."""
    return _now(terms, member_id, Event("capture", sender.source, key, 0, Capture(hold)))


def void_submission(
    member_id: int, hold: int, reason: str, key: str, terms: Terms, sender: Sender
) -> Submission:
    """A reservation given back."""
    return _now(terms, member_id, Event("void", sender.source, key, 0, Void(hold, reason)))


def adjustment_submission(
    wire: AdjustmentWire, key: str, terms: Terms, sender: Sender
) -> Submission:
    """Points given or taken by a person, until an instant if one is named."""
    units = points_of(wire.points, wire.currency, terms, "/points")
    if units == 0:
        raise ApiProblem("invalid_value", pointer="/points", found="0", expected="not 0")
    expires_at = moment(wire.expires_at, "/expires_at")
    body = Adjustment(wire.currency, units, wire.reason, wire.actor, expires_at)
    event = Event("adjustment", sender.source, key, 0, body)
    return _now(terms, member_of(wire.member, "/member"), event)


def _now(terms: Terms, member: int | MemberRef, event: Event) -> Submission:
    """Holds, captures, voids and adjustments happen when they are recorded."""
    return Submission(terms.program_id, member, event, 0)


def _purchase(name: PurchaseName) -> EventRef:
    return EventRef(name.source, name.id)


def _declared(wire: OtherEvent, terms: Terms) -> EventType:
    declared = terms.event_types.get(wire.type)
    if declared is None:
        known = ", ".join(sorted(terms.event_types))
        raise ApiProblem("unknown_event_type", pointer="/type", found=wire.type, expected=known)
    return declared


def _confirmed(wire: OtherEvent) -> tuple[EventRef, Confirm]:
    if isinstance(wire.purchase, UnsetType):
        raise ApiProblem(
            "missing_field",
            pointer="/purchase",
            found="nothing",
            expected="the purchase that it confirms",
        )
    if wire.fields:
        raise ApiProblem(
            "undeclared_field", pointer="/fields", expected="no fields on a confirmation"
        )
    return _purchase(wire.purchase), Confirm(0)


def _activity(wire: OtherEvent, declared: EventType) -> Activity:
    if isinstance(wire.member, UnsetType):
        raise ApiProblem("missing_field", pointer="/member", found="nothing", expected="a member")
    if not isinstance(wire.purchase, UnsetType):
        raise ApiProblem(
            "unknown_field",
            pointer="/purchase",
            found="purchase",
            expected="a purchase only on an event type that confirms one",
        )
    fields = check_fields(wire.fields, declared.fields)
    return Activity(fields, wire.channel, wire.store)


def _refund(wire: ReturnedWire, pointer: str) -> Refund:
    if isinstance(wire.lines, UnsetType):
        return Refund(0, (), wire.shipping, wire.reason)
    refuse_double([line.id for line in wire.lines], f"{pointer}/lines", "id")
    returned = tuple(
        ReturnedLine(
            line.id,
            line.quantity,
            -1 if isinstance(line.amount_minor, UnsetType) else line.amount_minor,
        )
        for line in wire.lines
    )
    return Refund(0, returned, wire.shipping, wire.reason)
