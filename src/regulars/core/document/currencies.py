"""The point currencies of a program: what a point is worth, when it can be spent, when it ends."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from regulars.core.document.part import Part
from regulars.core.document.times import (
    AnyTime,
    CalendarTime,
    DaysOrNone,
    Duration,
    LocalDate,
    duration_written,
)
from regulars.core.document.values import EventTypeName, Flag, Id, PointValue, Share, Wording

Rounding = Literal["down", "up", "half_up", "half_even"]
Clawback = Literal["clamp", "negative", "pending_only"]


class NoExpiry(Part):
    """Points never expire."""

    kind: Literal["none"]
    """Points never expire."""


class FixedExpiry(Part):
    """Points expire a fixed time after they were earned."""

    kind: Literal["fixed"]
    """A fixed time after earning."""
    after: CalendarTime
    """The time after which they expire."""


class RoundedExpiry(Part):
    """Points expire a time after they were earned, moved on to the end of that calendar period."""

    kind: Literal["rounded"]
    """A time after earning, then to the end of a calendar period."""
    after: CalendarTime
    """The time after which they would expire."""
    round_to: Literal["month", "quarter", "year"]
    """The period at whose end they do expire."""


class SlidingExpiry(Part):
    """All points of the wallet expire together when it saw no activity for a time."""

    kind: Literal["sliding"]
    """A time after the wallet's last activity."""
    after: CalendarTime
    """How long a wallet may be without activity."""


class DateExpiry(Part):
    """Points expire on one date, whenever they were earned."""

    kind: Literal["date"]
    """On one date."""
    on: LocalDate
    """The last day on which they can be used, in the program's time zone."""


Expiry = Annotated[
    NoExpiry | FixedExpiry | RoundedExpiry | SlidingExpiry | DateExpiry,
    Field(discriminator="kind"),
]


class PendingUntil(Part):
    """Points wait for an event that confirms their purchase, such as its delivery."""

    until: EventTypeName
    """The confirming event type: order.delivered, or a declared one with confirms_purchase."""
    at_most: AnyTime
    """After this time they become spendable even without the event."""


def _pending_shape(value: Any) -> str:
    return "until" if isinstance(value, dict | PendingUntil) else "time"


_pending_time = duration_written("minute", "hour", "day", "week", "month", none=True)

Pending = Annotated[
    Annotated[Duration | None, _pending_time, Tag("time")] | Annotated[PendingUntil, Tag("until")],
    Discriminator(_pending_shape),
]
"""How long points wait before they can be spent; None where they can be at once."""


class Currency(Part):
    """One kind of points."""

    name: Wording
    """What members call them."""
    decimals: Annotated[int, Field(strict=True, ge=0, le=4)] = 0
    """Decimals of a point; 1 means that half points and tenths exist. Fixed once published."""
    redeemable: Flag = True
    """Whether rewards can be paid with it."""
    value: PointValue
    """The money that one point is worth in the books."""
    breakage: Share
    """The share assumed never to be redeemed, 0 to 1."""
    pending: Pending = None
    """none, a time such as 14 days, or {until: event type, at_most: time}."""
    expiry: Expiry = NoExpiry(kind="none")
    """When points expire."""
    expiry_by_tier: dict[Id, Expiry] = Field(default={})
    """Other expiry for points earned while in a tier."""
    clawback: Clawback = "clamp"
    """When points to take back were spent: clamp takes the rest only if they return from a hold or
    a refund, negative books a debt, pending_only takes only what is still pending."""
    rounding: Rounding = "down"
    """How a fraction beyond the decimals is rounded."""
    refund_returns: DaysOrNone = Duration(30, "day")
    """How long spent points that a refund gives back live if their expiry has passed; none: they
    stay expired."""

    @property
    def refund_returns_days(self) -> int:
        """`refund_returns` in days, 0 for none."""
        return self.refund_returns.count if self.refund_returns else 0
