"""What a rule or reward can ask before it applies: a closed set of single-key objects.

`{all: [...]}`, `{any: [...]}` and `{not: ...}` combine; every other kind asks one thing about the
order, the member or the moment. The engine matches on these types; this module gives them no
meaning beyond their words. Amounts and quantities compare inclusively.
"""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, TypeVar

from pydantic import Field, model_validator

from regulars.core.document.part import Keyed, KeyedPart, Part
from regulars.core.document.times import CalendarTime, ClockMinute, Day, LocalTime
from regulars.core.document.values import Count, FieldName, Id, Money, Words, Written, refuse

CONDITION_DEPTH_MAX = 6
CONDITION_NODES_MAX = 200

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class MoneyBounds(Part):
    """Bounds of an amount, both inclusive; at least one is given."""

    at_least: Money | None = None
    """The smallest amount that holds."""
    at_most: Money | None = None
    """The largest amount that holds."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        return _check_bounds(self, self.at_least, self.at_most)


class CountBounds(Part):
    """Bounds of a number of things, both inclusive; at least one is given."""

    at_least: Count | None = None
    """The smallest number that holds."""
    at_most: Count | None = None
    """The largest number that holds."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        return _check_bounds(self, self.at_least, self.at_most)


class ItemSelector(Part):
    """Which lines of an order are meant: a line matches if it matches every field given.

    Within one field any of the words is enough; words compare exactly, letter case included.
    """

    sku: Words | None = None
    """Any of these article numbers."""
    category: Words | None = None
    """Any of these categories."""
    brand: Words | None = None
    """Any of these brands."""
    tag: Words | None = None
    """At least one of these tags."""
    excluded: "ItemSelector | None" = Field(default=None, alias="not")
    """Lines that match this are not meant, whatever else they match."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        chosen = (self.sku, self.category, self.brand, self.tag, self.excluded)
        if all(field is None for field in chosen):
            raise refuse("items_empty", "at least one of sku, category, brand, tag, not")
        return self


class AllOf(KeyedPart):
    """Every one of the conditions holds."""

    kind: ClassVar[str] = "all"
    content: ClassVar[str | None] = "conditions"

    conditions: Annotated[tuple["Condition", ...], Field(min_length=1)]


class AnyOf(KeyedPart):
    """At least one of the conditions holds."""

    kind: ClassVar[str] = "any"
    content: ClassVar[str | None] = "conditions"

    conditions: Annotated[tuple["Condition", ...], Field(min_length=1)]


class Not(KeyedPart):
    """The condition does not hold."""

    kind: ClassVar[str] = "not"
    content: ClassVar[str | None] = "condition"

    condition: "Condition"


class Subtotal(KeyedPart, MoneyBounds):
    """The order's money, on the rule's basis, over all lines that are not excluded."""

    kind: ClassVar[str] = "subtotal"


class Quantity(KeyedPart, CountBounds):
    """The number of units in the order, over all lines that are not excluded."""

    kind: ClassVar[str] = "quantity"


class Items(KeyedPart, ItemSelector):
    """The order has matching lines: together so many units, or worth so much.

    With neither `quantity` nor `amount`, one unit is enough.
    """

    kind: ClassVar[str] = "items"

    quantity: CountBounds | None = None
    """How many units of the matching lines there are."""
    amount: MoneyBounds | None = None
    """How much the matching lines are worth, on the rule's basis."""


class Channel(KeyedPart):
    """The event came through one of these channels, such as web, app or store."""

    kind: ClassVar[str] = "channel"
    content: ClassVar[str | None] = "one_of"

    one_of: Words


class Store(KeyedPart):
    """The event happened in one of these stores."""

    kind: ClassVar[str] = "store"
    content: ClassVar[str | None] = "one_of"

    one_of: Words


class PaidWith(KeyedPart):
    """Some of the order was paid with one of these means, such as card or gift_card."""

    kind: ClassVar[str] = "payment"
    content: ClassVar[str | None] = "one_of"

    one_of: Words


class Coupon(KeyedPart):
    """The order used one of these coupon codes (letter case counts)."""

    kind: ClassVar[str] = "coupon"
    content: ClassVar[str | None] = "one_of"

    one_of: Words


class InTier(KeyedPart):
    """The member's tier before the event is one of these."""

    kind: ClassVar[str] = "tier"
    content: ClassVar[str | None] = "one_of"

    one_of: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]


class InSegment(KeyedPart):
    """The member is in at least one of these segments."""

    kind: ClassVar[str] = "segment"
    content: ClassVar[str | None] = "one_of"

    one_of: Annotated[tuple[Id, ...], Field(min_length=1, max_length=200)]


Scalar: TypeAlias = bool | int | str


def _read_value(value: Any) -> Scalar:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool | int) or (isinstance(value, str) and 0 < len(value) <= 120):
        return value
    raise refuse("value", "a text, a number, true or false")


def _value_schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 120}
    return {"anyOf": [text, {"type": "number"}, {"type": "boolean"}]}


Value = Annotated[Scalar, Written(_read_value, _value_schema, lambda value: value)]
"""A value that an attribute or field is compared with; a decimal or date is its text."""


class ValueTest(Part):
    """One comparison of a named value: `is`, `in`, or bounds. A value that is absent fails it."""

    name: FieldName
    """The declared name."""
    equals: Value | None = Field(default=None, alias="is")
    """The value is exactly this."""
    one_of: Annotated[tuple[Value, ...], Field(min_length=1, max_length=200)] | None = Field(
        default=None, alias="in"
    )
    """The value is one of these."""
    at_least: Value | None = None
    """The value is this or more (integer, decimal or date)."""
    at_most: Value | None = None
    """The value is this or less (integer, decimal or date)."""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        if [self.equals is not None, self.one_of is not None, bounded].count(True) != 1:
            raise refuse("value_test", "exactly one of is, in, or at_least and/or at_most")
        return self


class AttributeIs(KeyedPart, ValueTest):
    """An attribute of the member compares so."""

    kind: ClassVar[str] = "attribute"


class FieldIs(KeyedPart, ValueTest):
    """A field of the event compares so."""

    kind: ClassVar[str] = "field"


class MemberFor(KeyedPart):
    """So much time has passed since the member joined, at the time of the event."""

    kind: ClassVar[str] = "member_for"

    at_least: CalendarTime | None = None
    """Joined this long ago or longer."""
    at_most: CalendarTime | None = None
    """Joined this long ago or less."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise refuse("bounds_missing", "at_least, at_most or both")
        return self


class NthPurchase(KeyedPart):
    """The number of this purchase among the member's: the first is 1."""

    kind: ClassVar[str] = "nth_purchase"

    every: Count | None = None
    """Every so many: 5 means the 5th, 10th, 15th."""
    first: Count | None = None
    """The first so many: 3 means the 1st, 2nd and 3rd."""
    one_of: Annotated[tuple[Count, ...], Field(min_length=1, max_length=100)] | None = Field(
        default=None, alias="in"
    )
    """Exactly these."""
    at_least: Count | None = None
    """This one and all later ones."""
    at_most: Count | None = None
    """This one and all earlier ones."""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        given = [self.every is not None, self.first is not None, self.one_of is not None, bounded]
        if given.count(True) != 1:
            raise refuse("nth_purchase", "exactly one of every, first, in, or at_least/at_most")
        if bounded:
            _check_bounds(self, self.at_least, self.at_most)
        return self


class Between(KeyedPart):
    """The event happened from one local time (included) until another (not included)."""

    kind: ClassVar[str] = "between"

    start: LocalTime | None = Field(default=None, alias="from")
    """The first moment, in the program's time zone."""
    until: LocalTime | None = None
    """The first moment that is too late."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start is None and self.until is None:
            raise refuse("bounds_missing", "from, until or both")
        if self.start is not None and self.until is not None and self.start >= self.until:
            raise refuse("window_order", "a from that lies before until")
        return self


class OnDates(KeyedPart):
    """The event happened on one of these days of the program's time zone."""

    kind: ClassVar[str] = "dates"

    on: Annotated[tuple[Day, ...], Field(min_length=1, max_length=400)]
    """Days: MM-DD for every year, YYYY-MM-DD for once."""


class Weekly(KeyedPart):
    """The event happened in a window of the week, by the clock of the program's time zone."""

    kind: ClassVar[str] = "weekly"

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = WEEKDAYS
    """The days of the week."""
    start_minute: ClockMinute = Field(default=0, alias="from")
    """The time of day from which it holds (included)."""
    until_minute: ClockMinute = Field(default=1440, alias="until")
    """The time of day until which it holds (not included); 24:00 is the end of the day."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start_minute >= self.until_minute:
            raise refuse(
                "window_order", "a from that lies before until (split a night into two windows)"
            )
        return self


Condition = Annotated[
    AllOf
    | AnyOf
    | Not
    | Subtotal
    | Quantity
    | Items
    | Channel
    | Store
    | PaidWith
    | Coupon
    | InTier
    | InSegment
    | AttributeIs
    | FieldIs
    | MemberFor
    | NthPurchase
    | Between
    | OnDates
    | Weekly,
    Keyed("condition"),
]
"""What must hold; exactly one key, which says what is asked."""


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside a combining one, none for any other."""
    match condition:
        case AllOf(conditions=inside) | AnyOf(conditions=inside):
            return inside
        case Not(condition=inside):
            return (inside,)
        case _:
            return ()


_Bounded = TypeVar("_Bounded", bound=Part)


def _check_bounds(
    part: _Bounded, at_least: Decimal | int | None, at_most: Decimal | int | None
) -> _Bounded:
    if at_least is None and at_most is None:
        raise refuse("bounds_missing", "at_least, at_most or both")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise refuse("bounds_order", "an at_least that is not above at_most")
    return part


AllOf.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()
