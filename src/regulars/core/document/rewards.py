"""The rewards of a program: what they cost, what they give, how they combine, who may have them."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from regulars.core.document.conditions import Condition, ItemSelector
from regulars.core.document.earning import UseLimit
from regulars.core.document.part import Keyed, KeyedPart, Part
from regulars.core.document.times import Duration, LocalTime, ShortTime
from regulars.core.document.values import (
    Count,
    Id,
    MoneyAboveZero,
    Percent,
    PointsAboveZero,
    Word,
    Wording,
    refuse,
)

REWARDS_MAX = 200


class _Discount(KeyedPart):
    """A discount: an amount, or a percentage with perhaps a most."""

    amount: MoneyAboveZero | None = None
    """Money off; never more than what it applies to."""
    percent: Percent | None = None
    """Percent off, above 0 and up to 100."""
    at_most: MoneyAboveZero | None = None
    """With percent: the most money off."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.amount is None) == (self.percent is None):
            raise refuse("discount", "exactly one of amount and percent")
        if self.at_most is not None and self.percent is None:
            raise refuse("discount", "at_most only beside percent")
        return self


class OrderDiscount(_Discount):
    """Money or a percentage off the order."""

    kind: ClassVar[str] = "order_discount"


class ItemDiscount(_Discount):
    """Money or a percentage off the lines that match."""

    kind: ClassVar[str] = "item_discount"

    items: ItemSelector
    """Which lines."""


class CheapestItem(KeyedPart):
    """A percentage off one unit of the cheapest line that matches."""

    kind: ClassVar[str] = "cheapest_item"

    percent: Percent
    """Percent off; 100 makes it free."""
    items: ItemSelector | None = None
    """Among which lines; without it, among all."""


class FreeProduct(KeyedPart):
    """Units of one article for nothing; the cart has to contain them."""

    kind: ClassVar[str] = "free_product"

    sku: Word
    """The article number."""
    quantity: Count = 1
    """How many units."""


class PayWithPoints(KeyedPart):
    """Pay part of the order with points, at a fixed rate."""

    kind: ClassVar[str] = "pay_with_points"

    points: PointsAboveZero
    """So many points ..."""
    worth: MoneyAboveZero
    """... pay so much money."""
    minimum: PointsAboveZero | None = None
    """The fewest points that can be used."""
    multiple_of: PointsAboveZero | None = None
    """Points can be used in multiples of this only."""
    share_at_most: Percent | None = None
    """The most percent of the order that points can pay."""


class Voucher(KeyedPart):
    """A code from a pool of codes that were loaded before."""

    kind: ClassVar[str] = "voucher"

    pool: Id
    """The pool of codes."""


Gives = Annotated[
    OrderDiscount | ItemDiscount | CheapestItem | FreeProduct | PayWithPoints | Voucher,
    Keyed("gift"),
]


class Cost(Part):
    """What a reward costs."""

    currency: Id
    """The point currency, a redeemable one."""
    points: PointsAboveZero | None = None
    """How many points; left out only for pay_with_points."""


class Availability(Part):
    """When and for whom a reward can be had."""

    start: LocalTime | None = Field(default=None, alias="from")
    """The first moment, in the program's time zone."""
    until: LocalTime | None = None
    """The first moment that is too late."""
    tiers: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    """Only members in one of these tiers; empty: all."""
    segments: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    """Only members in one of these segments; empty: all."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start is not None and self.until is not None and self.start >= self.until:
            raise refuse("window_order", "a from that lies before until")
        return self


class RewardLimits(Part):
    """How often a reward can be had."""

    per_member: Annotated[tuple[UseLimit, ...], Field(max_length=5)] = ()
    """How often one member can have it in a period."""
    total: Count | None = None
    """How often it can be had in all; never exceeded."""


class Reward(Part):
    """One reward."""

    id: Id
    """Names the reward for ever."""
    name: Wording
    """What members read."""
    description: Wording | None = None
    """More words for members."""
    cost: Cost
    """What it costs."""
    gives: Gives
    """What it gives."""
    combine: Literal["exclusive", "initial", "remaining"] = "remaining"
    """exclusive: with no other reward on an order; initial: counted on the order as it came;
    remaining: on what other rewards left of it."""
    hold: ShortTime = Duration(15, "minute")
    """How long a reservation lasts before it lapses."""
    when: Condition | None = None
    """What must hold of the cart and the member."""
    available: Availability = Availability()
    """When and for whom."""
    limits: RewardLimits = RewardLimits()
    """How often."""
