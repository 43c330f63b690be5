"""From the document's conditions to closures over a Subject.

A compiled condition answers None where it holds and otherwise says why not: `(number, actual)` of
the leaf that failed, numbers counting the document's conditions in preorder from 0. `all` stops at
its first failure; `any` gives the failures of all its alternatives; a failing `not` gives its own
number with what the inner leaf found. Every condition is total: a value that is absent, or an order
condition on an event without an order, does not hold. `reading.py` turns the numbers into words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from regulars.core.conditions.measures import Measures
from regulars.core.conditions.subject import Actual, Check, Find, Subject, Test, Why, nothing
from regulars.core.conditions.values import value_test
from regulars.core.document import conditions as written
from regulars.core.document.money import Basis
from regulars.core.document.times import Duration, MonthDay
from regulars.core.events import Purchase
from regulars.core.money import to_units
from regulars.core.periods import (
    DAY,
    MINUTE,
    SECOND,
    Span,
    ZoneTable,
    add_span,
    civil,
    day_number,
    in_week,
    local_day,
    weekly_bounds,
)

_Compiled = tuple[Check, Find]


@dataclass
class Surroundings:
    """What compiling a condition needs to know: the zone, the money's decimals, the basis of the
    rule, the measures to add to, whether the event is an order, and which attributes and fields are
    personal. `attributes` and `segments` collect what was asked for."""

    zone: ZoneTable
    money_decimals: int
    basis: Basis
    measures: Measures
    on_order: bool
    value_types: Mapping[str, str]
    field_types: Mapping[str, str]
    attributes: set[str]
    segments: set[str]


def compile_condition(
    condition: written.Condition | None, surroundings: Surroundings
) -> Check | None:
    """The check of a condition, None for no condition."""
    if condition is None:
        return None
    return _compile(condition, surroundings, iter(range(1_000_000)))[0]


def span_of(duration: Duration) -> Span:
    """The document's duration as a span."""
    return Span(duration.count, duration.unit)


def instant_of(zone: ZoneTable, moment: datetime) -> int:
    """The instant of the document's local time."""
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return zone.instant(_day_of(moment.date()) * DAY + seconds * SECOND)


def _day_of(day: date) -> int:
    return day_number(day.year, day.month, day.day)


def _compile(
    condition: written.Condition, around: Surroundings, numbers: Iterator[int]
) -> _Compiled:
    number = next(numbers)
    match condition:
        case written.AllOf(conditions=inside):
            return _all([_compile(each, around, numbers)[0] for each in inside]), nothing
        case written.AnyOf(conditions=inside):
            return _any([_compile(each, around, numbers)[0] for each in inside]), nothing
        case written.Not(condition=inner):
            check, find = _compile(inner, around, numbers)
            return _not(check, number, find), nothing
        case _:
            compile_leaf = _LEAVES[type(condition)]
            test, find = compile_leaf(condition, around)
            if not around.on_order and type(condition) in _ORDER_ONLY:
                test, find = _never, nothing
            return _leaf(test, number, find), find


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks

        def both(subject: Subject) -> Why | None:
            return first(subject) or second(subject)

        return both
    every = tuple(checks)

    def check(subject: Subject) -> Why | None:
        for each in every:
            why = each(subject)
            if why is not None:
                return why
        return None

    return check


def _any(checks: list[Check]) -> Check:
    every = tuple(checks)

    def check(subject: Subject) -> Why | None:
        reasons: Why = ()
        for each in every:
            why = each(subject)
            if why is None:
                return None
            reasons += why
        return reasons

    return check


def _not(inner: Check, number: int, find: Find) -> Check:
    def check(subject: Subject) -> Why | None:
        return (number, find(subject)) if inner(subject) is None else None

    return check


def _leaf(test: Test, number: int, find: Find) -> Check:
    def check(subject: Subject) -> Why | None:
        return None if test(subject) else (number, find(subject))

    return check


def _never(_subject: Subject) -> bool:
    return False


# Leaves ---------------------------------------------------------------------------------------
# Each answers its test and what finds the actual value for the trace.


def _bounds(find: Callable[[Subject], int], low: int | None, high: int | None) -> Test:
    """Whether a number lies within bounds, both included."""
    if high is None:
        least = low or 0
        return lambda subject: find(subject) >= least
    if low is None:
        return lambda subject: find(subject) <= high
    return lambda subject: low <= find(subject) <= high


def _money(amount: Decimal | None, around: Surroundings) -> int | None:
    return None if amount is None else to_units(amount, around.money_decimals)


def _subtotal(leaf: written.Subtotal, around: Surroundings) -> tuple[Test, Find]:
    measure = around.measures.index(around.basis)
    low, high = _money(leaf.at_least, around), _money(leaf.at_most, around)

    def find(subject: Subject) -> int:
        return subject.amounts[measure]

    return _bounds(find, low, high), find


def _quantity(leaf: written.Quantity, around: Surroundings) -> tuple[Test, Find]:
    measure = around.measures.index(around.basis)

    def find(subject: Subject) -> int:
        return subject.quantities[measure]

    return _bounds(find, leaf.at_least, leaf.at_most), find


def _items(leaf: written.Items, around: Surroundings) -> tuple[Test, Find]:
    selected = written.ItemSelector(
        sku=leaf.sku,
        category=leaf.category,
        brand=leaf.brand,
        tag=leaf.tag,
        **{"not": leaf.excluded},
    )
    measure = around.measures.index(around.basis, selected)

    def units(subject: Subject) -> int:
        return subject.quantities[measure]

    def money(subject: Subject) -> int:
        return subject.amounts[measure]

    counted = leaf.quantity
    priced = leaf.amount
    if priced is None:
        if counted is None:
            return _bounds(units, 1, None), units
        return _bounds(units, counted.at_least, counted.at_most), units
    by_money = _bounds(money, _money(priced.at_least, around), _money(priced.at_most, around))
    if counted is None:
        return by_money, money
    by_units = _bounds(units, counted.at_least, counted.at_most)

    def find(subject: Subject) -> Actual:
        # Money as text, so that the reader can tell it from units.
        return str(money(subject)) if by_units(subject) else units(subject)

    return lambda subject: by_units(subject) and by_money(subject), find


def _channel(leaf: written.Channel, _around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)
    return lambda subject: subject.body.channel in allowed, lambda subject: subject.body.channel


def _store(leaf: written.Store, _around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)
    return lambda subject: subject.body.store in allowed, lambda subject: subject.body.store


def _payment(leaf: written.PaidWith, _around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)

    def test(subject: Subject) -> bool:
        order = subject.body
        return isinstance(order, Purchase) and any(
            payment.method in allowed and payment.amount_minor > 0 for payment in order.payments
        )

    return test, nothing


def _coupon(leaf: written.Coupon, _around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)

    def test(subject: Subject) -> bool:
        order = subject.body
        return isinstance(order, Purchase) and not allowed.isdisjoint(order.coupons)

    def find(subject: Subject) -> Actual:
        order = subject.body
        return len(order.coupons) if isinstance(order, Purchase) else 0

    return test, find


def _tier(leaf: written.InTier, _around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)
    return lambda subject: subject.tier in allowed, lambda subject: subject.tier


def _segment(leaf: written.InSegment, around: Surroundings) -> tuple[Test, Find]:
    allowed = frozenset(leaf.one_of)
    around.segments.update(allowed)

    def find(subject: Subject) -> Actual:
        return next((each for each in subject.segments if each in allowed), None)

    return lambda subject: not allowed.isdisjoint(subject.segments), find


def _attribute(leaf: written.AttributeIs, around: Surroundings) -> tuple[Test, Find]:
    name = leaf.name
    around.attributes.add(name)
    return value_test(
        leaf, around.value_types.get(name, ""), lambda subject: subject.attributes.get(name)
    )


def _field(leaf: written.FieldIs, around: Surroundings) -> tuple[Test, Find]:
    name = leaf.name

    def value(subject: Subject) -> Actual:
        body = subject.body
        if isinstance(body, Purchase):
            return None
        found = body.fields.get(name)
        return None if isinstance(found, bytes) else found

    return value_test(leaf, around.field_types.get(name, ""), value)


def _member_for(leaf: written.MemberFor, around: Surroundings) -> tuple[Test, Find]:
    zone = around.zone
    low = None if leaf.at_least is None else span_of(leaf.at_least)
    high = None if leaf.at_most is None else span_of(leaf.at_most)

    def test(subject: Subject) -> bool:
        joined = subject.enrolled_at
        return (low is None or subject.at >= add_span(zone, joined, low)) and (
            high is None or subject.at <= add_span(zone, joined, high)
        )

    return test, lambda subject: subject.day - local_day(zone, subject.enrolled_at)


def _nth_purchase(leaf: written.NthPurchase, _around: Surroundings) -> tuple[Test, Find]:
    def find(subject: Subject) -> int:
        return subject.nth_purchase

    if leaf.every is not None:
        every = leaf.every
        return lambda subject: subject.nth_purchase % every == 0, find
    if leaf.one_of is not None:
        allowed = frozenset(leaf.one_of)
        return lambda subject: subject.nth_purchase in allowed, find
    return _bounds(find, leaf.at_least, leaf.first or leaf.at_most), find


def _between(leaf: written.Between, around: Surroundings) -> tuple[Test, Find]:
    start = -(2**62) if leaf.start is None else instant_of(around.zone, leaf.start)
    until = 2**62 if leaf.until is None else instant_of(around.zone, leaf.until)
    return lambda subject: start <= subject.at < until, nothing


def _dates(leaf: written.OnDates, _around: Surroundings) -> tuple[Test, Find]:
    once = frozenset(_day_of(day) for day in leaf.on if not isinstance(day, MonthDay))
    yearly = frozenset((day.month, day.day) for day in leaf.on if isinstance(day, MonthDay))

    def test(subject: Subject) -> bool:
        day = subject.day
        return day in once or civil(day)[1:] in yearly

    return test, nothing


def _weekly(leaf: written.Weekly, _around: Surroundings) -> tuple[Test, Find]:
    days = [written.WEEKDAYS.index(day) for day in leaf.days]
    bounds = weekly_bounds(days, leaf.start_minute * MINUTE, leaf.until_minute * MINUTE)
    return lambda subject: in_week(bounds, subject.local), nothing


_LEAVES: Final[dict[type, Callable[..., tuple[Test, Find]]]] = {
    written.Subtotal: _subtotal,
    written.Quantity: _quantity,
    written.Items: _items,
    written.Channel: _channel,
    written.Store: _store,
    written.PaidWith: _payment,
    written.Coupon: _coupon,
    written.InTier: _tier,
    written.InSegment: _segment,
    written.AttributeIs: _attribute,
    written.FieldIs: _field,
    written.MemberFor: _member_for,
    written.NthPurchase: _nth_purchase,
    written.Between: _between,
    written.OnDates: _dates,
    written.Weekly: _weekly,
}
_ORDER_ONLY: Final = frozenset(
    (
        written.Subtotal,
        written.Quantity,
        written.Items,
        written.PaidWith,
        written.Coupon,
        written.NthPurchase,
    )
)
