"""Conditions in words: what was required, what was there, what is missing.

Personal values are never shown; coupon codes that a rule would accept are not either, since an
explanation may be shown to a member who has none.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from regulars.core.compiled import Program
from regulars.core.conditions.compile import span_of
from regulars.core.conditions.reading import condition_at
from regulars.core.document import conditions as written
from regulars.core.document.part import KeyedPart
from regulars.core.document.times import MonthDay
from regulars.core.explanation.model import Failure
from regulars.core.explanation.reader import Reader
from regulars.core.money import to_units
from regulars.core.periods import day_number, local_day

Actual = int | str | bool | None


def explain_condition(
    program: Program,
    condition: written.Condition,
    why: Sequence[Actual],
    at: int,
    locale: str = "en",
) -> tuple[Failure, ...]:
    """Why a condition did not hold: `why` is what its compiled form answered, `at` the instant of
    the event."""
    reader = Reader(program, locale)
    pairs = [(why[place], why[place + 1]) for place in range(0, len(why) - 1, 2)]
    return failures_in_words(
        reader, condition, [(int(number or 0), actual) for number, actual in pairs], at
    )


def failures_in_words(
    reader: Reader,
    condition: written.Condition | None,
    failures: Sequence[tuple[int, Actual]],
    at: int,
) -> tuple[Failure, ...]:
    """The failing leaves of a condition in words."""
    found: list[Failure] = []
    for number, actual in failures:
        leaf = None if condition is None else condition_at(condition, number)
        if leaf is None:
            found.append(Failure(number, "unknown", "", str(actual)))
            continue
        inner: KeyedPart = leaf.condition if isinstance(leaf, written.Not) else leaf
        found.append(
            Failure(
                number,
                leaf.kind,
                required(reader, leaf),
                _actual(reader, inner, actual, at),
                "" if isinstance(leaf, written.Not) else _missing(reader, leaf, actual),
            )
        )
    return tuple(found)


def required(reader: Reader, condition: KeyedPart) -> str:
    """What a condition asks for, in words."""
    match condition:
        case written.AllOf(conditions=inside):
            return reader.both([required(reader, each) for each in inside])
        case written.AnyOf(conditions=inside):
            return reader.either([required(reader, each) for each in inside])
        case written.Not(condition=inner):
            return reader.say("required.not", what=required(reader, inner))
    return _REQUIRED[type(condition)](reader, condition)


def selected(reader: Reader, items: written.ItemSelector | written.Items) -> str:
    """The lines that a selector takes, in words."""
    asked = [
        reader.say(f"items.{kind}", words=reader.either(words))
        for kind, words in (
            ("sku", items.sku),
            ("category", items.category),
            ("brand", items.brand),
            ("tag", items.tag),
        )
        if words is not None
    ]
    if items.excluded is not None:
        asked.append(reader.say("required.not", what=selected(reader, items.excluded)))
    return reader.both(asked)


def _between(reader: Reader, low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return reader.say("bounds.between", low=low, high=high)
    if low is not None:
        return reader.say("bounds.at_least", low=low)
    return reader.say("bounds.at_most", high=high or "")


def _money_bounds(reader: Reader, bounds: written.MoneyBounds) -> str:
    return _between(reader, _money(reader, bounds.at_least), _money(reader, bounds.at_most))


def _money(reader: Reader, amount: Decimal | None) -> str | None:
    if amount is None:
        return None
    return reader.money(to_units(amount, reader.program.money_decimals))


def _count_bounds(reader: Reader, low: int | None, high: int | None) -> str:
    return _between(reader, None if low is None else str(low), None if high is None else str(high))


def _subtotal(reader: Reader, leaf: written.Subtotal) -> str:
    return reader.say("required.subtotal", bounds=_money_bounds(reader, leaf))


def _quantity(reader: Reader, leaf: written.Quantity) -> str:
    bounds = _count_bounds(reader, leaf.at_least, leaf.at_most)
    return reader.say("required.quantity", bounds=bounds)


def _items(reader: Reader, leaf: written.Items) -> str:
    asked: list[str] = []
    if leaf.quantity is not None:
        bounds = _count_bounds(reader, leaf.quantity.at_least, leaf.quantity.at_most)
        asked.append(reader.say("items.units", bounds=bounds))
    if leaf.amount is not None:
        asked.append(reader.say("items.worth", bounds=_money_bounds(reader, leaf.amount)))
    if not asked:
        asked.append(reader.say("items.units", bounds=_count_bounds(reader, 1, None)))
    return reader.say("required.items", items=selected(reader, leaf), bounds=reader.both(asked))


def _words(key: str) -> Callable[[Reader, "written.Channel | written.Store"], str]:
    return lambda reader, leaf: reader.say(key, words=reader.either(leaf.one_of))


def _tier(reader: Reader, leaf: written.InTier) -> str:
    return reader.say(
        "required.tier", words=reader.either([reader.tier(each) for each in leaf.one_of])
    )


def _value(reader: Reader, leaf: written.ValueTest) -> str:
    kind = "attribute" if isinstance(leaf, written.AttributeIs) else "field"
    if leaf.equals is not None:
        bounds = _shown(reader, leaf.equals)
    elif leaf.one_of is not None:
        bounds = reader.either([_shown(reader, each) for each in leaf.one_of])
    else:
        low = None if leaf.at_least is None else _shown(reader, leaf.at_least)
        high = None if leaf.at_most is None else _shown(reader, leaf.at_most)
        bounds = _between(reader, low, high)
    return reader.say(f"required.{kind}", name=leaf.name, bounds=bounds)


def _member_for(reader: Reader, leaf: written.MemberFor) -> str:
    low = None if leaf.at_least is None else reader.span(span_of(leaf.at_least))
    high = None if leaf.at_most is None else reader.span(span_of(leaf.at_most))
    return reader.say("required.member_for", bounds=_between(reader, low, high))


def _nth_purchase(reader: Reader, leaf: written.NthPurchase) -> str:
    if leaf.every is not None:
        return reader.say("required.nth_every", count=leaf.every)
    if leaf.one_of is not None:
        return reader.say("required.nth_one_of", words=reader.either(leaf.one_of))
    bounds = _count_bounds(reader, leaf.at_least, leaf.first or leaf.at_most)
    return reader.say("required.nth", bounds=bounds)


def _moment_between(reader: Reader, leaf: written.Between) -> str:
    texts = [
        None
        if moment is None
        else reader.day(day_number(moment.year, moment.month, moment.day))
        + f" {moment.hour:02d}:{moment.minute:02d}"
        for moment in (leaf.start, leaf.until)
    ]
    if texts[0] is None:
        return reader.say("required.before", until=texts[1])
    if texts[1] is None:
        return reader.say("required.from", start=texts[0])
    return reader.say("required.between", start=texts[0], until=texts[1])


def _dates(reader: Reader, leaf: written.OnDates) -> str:
    days = [
        f"{day.day:02d}.{day.month:02d}."
        if isinstance(day, MonthDay) and reader.language == "de"
        else f"{day.month:02d}-{day.day:02d}"
        if isinstance(day, MonthDay)
        else reader.day(day_number(day.year, day.month, day.day))
        for day in leaf.on
    ]
    return reader.say("required.dates", words=reader.either(days))


def _weekly(reader: Reader, leaf: written.Weekly) -> str:
    return reader.say(
        "required.weekly",
        days=reader.either([reader.say(f"weekday.{day}") for day in leaf.days]),
        start=f"{leaf.start_minute // 60:02d}:{leaf.start_minute % 60:02d}",
        until=f"{leaf.until_minute // 60:02d}:{leaf.until_minute % 60:02d}",
    )


_REQUIRED: dict[type, Callable[..., str]] = {
    written.Subtotal: _subtotal,
    written.Quantity: _quantity,
    written.Items: _items,
    written.Channel: _words("required.channel"),
    written.Store: _words("required.store"),
    written.PaidWith: _words("required.payment"),
    written.Coupon: lambda reader, _leaf: reader.say("required.coupon"),
    written.InTier: _tier,
    written.InSegment: _words("required.segment"),
    written.AttributeIs: _value,
    written.FieldIs: _value,
    written.MemberFor: _member_for,
    written.NthPurchase: _nth_purchase,
    written.Between: _moment_between,
    written.OnDates: _dates,
    written.Weekly: _weekly,
}


def _shown(reader: Reader, value: Actual) -> str:
    if value is None:
        return reader.say("word.none")
    if isinstance(value, bool):
        return reader.say("word.yes" if value else "word.no")
    return str(value)


def _actual(reader: Reader, leaf: KeyedPart, actual: Actual, at: int) -> str:
    """What was there, in words."""
    match leaf:
        case written.Between() | written.OnDates() | written.Weekly():
            weekday = (local_day(reader.program.zone, at) + 3) % 7
            day = reader.say(f"weekday.{written.WEEKDAYS[weekday]}")
            return reader.say("actual.moment", day=day, at=reader.instant(at))
        case written.AttributeIs() | written.FieldIs():
            return _value_actual(reader, leaf, actual)
        case written.Subtotal():
            return reader.money(_number(actual))
        case written.Quantity():
            return reader.count("actual.units", _number(actual))
        case written.Items():
            return _items_actual(reader, leaf, actual)
        case written.Coupon():
            return reader.count("actual.coupons", _number(actual))
        case written.InTier():
            return reader.tier(str(actual or ""))
        case written.MemberFor():
            # What happened before the enrolment is no membership of a negative length.
            return reader.count("actual.days", max(0, _number(actual)))
        case written.NthPurchase():
            return reader.say("actual.nth", count=actual or 0)
    return _shown(reader, actual if actual != "" else None)


def _value_actual(
    reader: Reader, leaf: written.AttributeIs | written.FieldIs, actual: Actual
) -> str:
    """A value; one that is personal is neither in a trace nor shown, so it reads like none."""
    personal = False
    if isinstance(leaf, written.AttributeIs):
        declared = reader.program.document.attributes.get(leaf.name)
        personal = declared is not None and declared.personal
    if personal or (actual is None and isinstance(leaf, written.FieldIs)):
        return reader.say("actual.not_shown")
    return _shown(reader, actual)


def _items_actual(reader: Reader, leaf: written.Items, actual: Actual) -> str:
    """Units, or money where only money is bounded or the trace has it as text (`_items` there)."""
    if isinstance(actual, str):
        return reader.money(int(actual))
    found = _number(actual)
    by_money = leaf.amount is not None and leaf.quantity is None
    return reader.money(found) if by_money else reader.count("actual.units", found)


def _number(actual: Actual) -> int:
    return actual if isinstance(actual, int) else 0


def _missing(reader: Reader, leaf: KeyedPart, actual: Actual) -> str:
    """How much more would have been enough, in words; empty where that cannot be counted."""
    if not isinstance(actual, int) or isinstance(actual, bool):
        return ""
    match leaf:
        case written.Subtotal(at_least=low) if low is not None:
            short = to_units(low, reader.program.money_decimals) - actual
            return reader.money(short) if short > 0 else ""
        case written.Quantity(at_least=low) if low is not None and low > actual:
            return reader.count("actual.units", low - actual)
        case written.Items(amount=None, quantity=None):
            return reader.count("actual.units", 1)
        case written.Items(amount=None, quantity=bounds) if bounds is not None:
            short = (bounds.at_least or 0) - actual
            return reader.count("actual.units", short) if short > 0 else ""
        case written.Items(amount=priced, quantity=None) if priced is not None:
            least = priced.at_least
            short = 0 if least is None else to_units(least, reader.program.money_decimals) - actual
            return reader.money(short) if short > 0 else ""
        case written.NthPurchase(every=every) if every is not None:
            return reader.count("missing.purchases", every - actual % every)
        case written.NthPurchase(at_least=low) if low is not None and low > actual:
            return reader.count("missing.purchases", low - actual)
        case written.MemberFor(at_least=span) if span is not None and span.unit == "day":
            return reader.count("actual.days", max(span.count - actual, 0))
    return ""
