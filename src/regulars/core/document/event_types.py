"""The events that a program knows beyond purchases, their fields, and the member's attributes.

Undeclared payload fields are refused at intake, so that personal data is never stored by accident.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regulars.core.document.part import Part
from regulars.core.document.values import FieldName, Flag, Words, decimal_written, refuse

Whole = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]
AnyDecimal = Annotated[Decimal, decimal_written()]


class _Declared(Part):
    """What every declared value has."""

    personal: Flag = False
    """Personal data: kept encrypted, deleted on erasure, and not usable in conditions."""


class StringType(_Declared):
    """A text."""

    type: Literal["string"]
    """A text."""
    one_of: Words | None = None
    """The only values that are accepted."""
    length_max: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 200
    """The most characters accepted."""


class IntegerType(_Declared):
    """A whole number."""

    type: Literal["integer"]
    """A whole number."""
    minimum: Whole | None = None
    """The smallest number accepted."""
    maximum: Whole | None = None
    """The largest number accepted."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise refuse("bounds_order", "a minimum that is not above maximum")
        return self


class DecimalType(_Declared):
    """A decimal number, sent as text."""

    type: Literal["decimal"]
    """A decimal number, sent as text."""
    minimum: AnyDecimal | None = None
    """The smallest number accepted."""
    maximum: AnyDecimal | None = None
    """The largest number accepted."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise refuse("bounds_order", "a minimum that is not above maximum")
        return self


class BooleanType(_Declared):
    """true or false."""

    type: Literal["boolean"]
    """true or false."""


class DateType(_Declared):
    """A calendar date, sent as YYYY-MM-DD."""

    type: Literal["date"]
    """A calendar date, sent as YYYY-MM-DD."""


ValueType = Annotated[
    StringType | IntegerType | DecimalType | BooleanType | DateType, Field(discriminator="type")
]


class EventType(Part):
    """An event type that the program declares."""

    fields: Annotated[dict[FieldName, ValueType], Field(max_length=50)] = Field(default={})
    """The payload fields by name."""
    confirms_purchase: Flag = False
    """The event names a purchase and makes its waiting points spendable; no rule
    can earn on it."""


PURCHASE = "purchase"

BUILT_IN_EVENT_TYPES: dict[str, EventType] = {
    PURCHASE: EventType(),
    "signup": EventType(),
    "visit": EventType(),
    "birthday": EventType(),
    "review": EventType(
        fields={
            "rating": IntegerType(type="integer", minimum=0, maximum=10),
            "sku": StringType(type="string"),
            "with_photo": BooleanType(type="boolean"),
        }
    ),
    "order.delivered": EventType(confirms_purchase=True),
}
"""The event types that every program has."""
