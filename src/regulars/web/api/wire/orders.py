"""What a caller sends about orders and events: the JSON types, with their bounds.

Types only; `submissions.py` checks what no type can say and makes core events of them. Amounts are
integers in the order's minor unit (cents); points are decimals as text. Unknown fields are refused.
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

INTEGER_MAX = 2**53 - 1
"""Beyond this, JSON numbers lose digits in JavaScript and others."""
LINES_MAX = 500
EVENTS_MAX = 1000

Minor = Annotated[int, Meta(ge=0, le=INTEGER_MAX, description="Amount in minor units.")]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
Word = Annotated[str, Meta(max_length=120)]
Code = Annotated[str, Meta(min_length=1, max_length=120)]
EventId = Annotated[str, Meta(min_length=1, max_length=200, examples=["order-1001"])]
Source = Annotated[
    str,
    Meta(
        pattern=r"\A(?!regulars\Z)[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z",
        description="The system that names its events; identities are unique within it. "
        "`regulars` is kept for the product's own.",
        examples=["webshop"],
    ),
]
Moment = Annotated[
    str,
    Meta(
        max_length=40,
        extra_json_schema={"format": "date-time"},
        description="RFC 3339 with an offset.",
        examples=["2026-03-01T12:30:00Z"],
    ),
]
PointsText = Annotated[
    str,
    Meta(
        pattern=r"\A-?[0-9]{1,15}(\.[0-9]{1,4})?\Z",
        description="Points as a decimal text.",
        examples=["12.5"],
    ),
]
RateText = Annotated[
    str,
    Meta(
        pattern=r"\A[0-9]{1,9}(\.[0-9]{1,9})?\Z",
        description="Units of the program's currency for one unit of the order's.",
        examples=["0.9235"],
    ),
]
CurrencyCode = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Z]{3}\Z",
        description="ISO 4217.",
        examples=["EUR"],
    ),
]
EventTypeName = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,3}\Z",
        max_length=80,
        extra_json_schema={
            "not": {"enum": ["purchase", "refund", "exchange"]},
        },
        description="review, visit, signup, birthday, order.delivered, or a declared type.",
        examples=["review"],
    ),
]
Reason = Annotated[str, Meta(max_length=500)]
Fields = Annotated[
    dict[str, Any],
    Meta(
        max_length=50,
        extra_json_schema={
            "additionalProperties": {"type": ["string", "integer", "boolean"]},
        },
        description="The payload fields that the program declares for the type.",
    ),
]


class MemberWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A member, by exactly one of these."""

    id: Annotated[str, Meta(max_length=64, description="mem_...")] | UnsetType = UNSET
    external_id: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    card: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    number: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    email: Annotated[str, Meta(min_length=3, max_length=254)] | UnsetType = UNSET
    phone: Annotated[str, Meta(min_length=3, max_length=32, description="E.164.")] | UnsetType = (
        UNSET
    )


class PurchaseName(Struct, frozen=True, forbid_unknown_fields=True):
    """A purchase, by the identity it was recorded under."""

    id: EventId
    source: Source = "api"


class LineWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of an order; amounts are for the whole line. `discount_minor` is what all discounts
    took off `gross_minor`; `tax_minor` is the tax on what remains."""

    id: Code
    sku: Code
    quantity: Quantity
    gross_minor: Minor
    discount_minor: Minor = 0
    tax_minor: Minor = 0
    category: Word = ""
    brand: Word = ""
    tags: Annotated[list[Code], Meta(max_length=50)] = []


class PaymentWire(Struct, frozen=True, forbid_unknown_fields=True):
    """One means of payment: card, cash, gift_card, points ..."""

    method: Code
    amount_minor: Minor


class OrderWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An order: its lines and how it was paid."""

    currency: CurrencyCode
    lines: Annotated[list[LineWire], Meta(min_length=1, max_length=LINES_MAX)]
    rate: RateText | UnsetType = UNSET
    channel: Word = ""
    store: Word = ""
    device: Word = ""
    tax_included: bool = True
    shipping_minor: Minor = 0
    shipping_tax_minor: Minor = 0
    payments: Annotated[list[PaymentWire], Meta(max_length=50)] = []
    coupons: Annotated[list[Code], Meta(max_length=50)] = []
    redemptions: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(max_length=20, description="Captured redemptions (red_...) that paid for it."),
    ] = []


class PurchaseEvent(OrderWire, frozen=True, kw_only=True, tag_field="type", tag="purchase"):
    """An order that was paid."""

    id: EventId
    member: MemberWire
    source: Source = "api"
    occurred_at: Moment | UnsetType = UNSET


class ReturnedLineWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Units of one line that come back; without an amount, at the line's own price."""

    id: Code
    quantity: Quantity
    amount_minor: Minor | UnsetType = UNSET


ReturnedLines = Annotated[
    list[ReturnedLineWire],
    Meta(min_length=1, max_length=LINES_MAX, description="What comes back; without it, all."),
]


class ReturnedWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What comes back in an exchange."""

    lines: ReturnedLines | UnsetType = UNSET
    shipping: bool = False
    reason: Reason = ""


class RefundRequest(ReturnedWire, frozen=True, kw_only=True):
    """A refund whose identity is the Idempotency-Key."""

    purchase: PurchaseName
    occurred_at: Moment | UnsetType = UNSET


class RefundEvent(RefundRequest, frozen=True, kw_only=True, tag_field="type", tag="refund"):
    """Goods of one purchase come back. Amounts are in the program's currency."""

    id: EventId
    source: Source = "api"


class ExchangeEvent(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="exchange",
):
    """Some goods come back and others go out, decided as one: all or nothing."""

    id: EventId
    purchase: PurchaseName
    returned: ReturnedWire
    order: OrderWire
    source: Source = "api"
    occurred_at: Moment | UnsetType = UNSET


class OtherEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Anything else a member does, or a confirmation of a purchase (then with `purchase`, and the
    member may be left out)."""

    type: EventTypeName
    id: EventId
    source: Source = "api"
    occurred_at: Moment | UnsetType = UNSET
    member: MemberWire | UnsetType = UNSET
    purchase: PurchaseName | UnsetType = UNSET
    fields: Fields = {}
    channel: Word = ""
    store: Word = ""


WireEvent = PurchaseEvent | RefundEvent | ExchangeEvent | OtherEvent
EVENT_STRUCTS: dict[str, type[PurchaseEvent | RefundEvent | ExchangeEvent]] = {
    "purchase": PurchaseEvent,
    "refund": RefundEvent,
    "exchange": ExchangeEvent,
}
"""The struct of each order event by its type; every other type is an OtherEvent."""


class RewardChoice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A reward to try; `points` only where the member chooses how many to spend."""

    reward: Code
    points: PointsText | UnsetType = UNSET


class QuoteWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A cart before paying, and the rewards to try together on it."""

    member: MemberWire
    order: OrderWire
    rewards: Annotated[list[RewardChoice], Meta(max_length=20)] = []


class HoldWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Reserve a reward on a cart. A reward that needs no order may leave the cart out."""

    member: MemberWire
    reward: Code
    points: PointsText | UnsetType = UNSET
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1
    cart: OrderWire | UnsetType = UNSET


class VoidWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Why a reservation is given back."""

    reason: Reason = ""


class CaptureWire(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is needed to use a reservation."""


class AdjustmentWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A person gives (positive) or takes (negative) points."""

    member: MemberWire
    currency: Code
    points: PointsText
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    actor: Annotated[str, Meta(min_length=1, max_length=120, description="Who decided it.")]
    expires_at: Moment | UnsetType = UNSET
