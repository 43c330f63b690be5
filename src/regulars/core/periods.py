"""Instants, local days and calendars, in integers.

Owns the conversion between an instant (microseconds since 1970-01-01T00:00:00Z) and the local
calendar of a program, durations, period buckets and weekly windows. It reads no clock and no zone
file: a ZoneTable is passed in, and its version is recorded with each decision.

A day number counts days since 1970-01-01 in the program's zone. Periods are half-open. A local time
that a clock change skips is read with the offset before the change, so it lies that much later; one
that occurs twice is the first of the two (PEP 495, fold=0). Calendar algorithms: Howard Hinnant,
"chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from regulars.core.packed import Counter, total_within, unpacked

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
# 1970-01-01 was a Thursday, so Monday of its week is three days earlier.
_MONDAY_SHIFT: Final = 3

CALENDAR_PERIODS: Final = ("day", "week", "month", "quarter", "year", "lifetime")
_FIXED_UNITS: Final = {"second": SECOND, "minute": MINUTE, "hour": HOUR}
_DAY_UNITS: Final = {"day": 1, "week": 7}
_MONTH_UNITS: Final = {"month": 1, "quarter": 3, "year": 12}


class ZoneTable:
    """When the offset from UTC of one time zone changes.

    `transitions`: the instants, ascending, from which a new offset holds. `offsets`: seconds east
    of UTC, one more than transitions; the first holds before the first transition. `version` names
    the zone data. Times after the last transition keep its offset, so a table reaches far ahead.

    >>> berlin = ZoneTable("Europe/Berlin", "demo", (1_711_846_800_000_000,), (3600, 7200))
    >>> local_day(berlin, 1_711_839_600_000_000), local_day(berlin, 1_711_839_599_999_999)
    (19813, 19812)
    """

    __slots__ = ("_walls", "name", "offsets", "transitions", "version")

    def __init__(
        self, name: str, version: str, transitions: Sequence[int], offsets: Sequence[int]
    ) -> None:
        if len(offsets) != len(transitions) + 1:
            raise ValueError("a zone has one offset more than transitions")
        if any(a >= b for a, b in pairwise(transitions)):
            raise ValueError("the transitions of a zone are strictly ascending")
        self.name = name
        self.version = version
        self.transitions = tuple(transitions)
        self.offsets = tuple(offset * SECOND for offset in offsets)
        # The wall time from which the later offset is read: the end of a gap or an overlap.
        self._walls = tuple(
            at + max(self.offsets[i], self.offsets[i + 1]) for i, at in enumerate(self.transitions)
        )

    def local(self, at: int) -> int:
        """The local wall time of an instant, as microseconds since local 1970-01-01T00:00."""
        return at + self.offsets[bisect_right(self.transitions, at)]

    def instant(self, local: int) -> int:
        """The instant of a local wall time; in a gap or an overlap as the module says."""
        return local - self.offsets[bisect_right(self._walls, local)]


UTC: Final = ZoneTable("UTC", "fixed", (), (0,))


def local_day(zone: ZoneTable, at: int) -> int:
    """The day number of an instant in the zone."""
    return (at + zone.offsets[bisect_right(zone.transitions, at)]) // DAY


def midnight(zone: ZoneTable, day: int) -> int:
    """The instant at which a local day begins."""
    return zone.instant(day * DAY)


# The civil calendar on day numbers ------------------------------------------------------------


def day_number(year: int, month: int, day: int) -> int:
    """The day number of a date of the proleptic Gregorian calendar; the date must exist.

    >>> day_number(2000, 3, 1)
    11017
    """
    shifted = year - (month <= 2)
    era_year = shifted % 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    era_day = era_year * 365 + era_year // 4 - era_year // 100 + day_of_year
    return shifted // 400 * 146_097 + era_day - 719_468


@lru_cache(maxsize=4096)
def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of month of a day number.

    >>> civil(11016)
    (2000, 2, 29)
    """
    shifted = day + 719_468
    era_day = shifted % 146_097
    era_year = (era_day - era_day // 1460 + era_day // 36_524 - era_day // 146_096) // 365
    day_of_year = era_day - (365 * era_year + era_year // 4 - era_year // 100)
    march_month = (5 * day_of_year + 2) // 153
    month = march_month + (3 if march_month < 10 else -9)
    year = era_year + shifted // 146_097 * 400 + (month <= 2)
    return year, month, day_of_year - (153 * march_month + 2) // 5 + 1


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (day + _MONDAY_SHIFT) % 7


def month_length(year: int, month: int) -> int:
    """Days in a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def add_months(day: int, months: int) -> int:
    """The same day of the month `months` later, or the last day of a shorter month.

    >>> civil(add_months(day_number(2027, 1, 31), 1))
    (2027, 2, 28)
    """
    year, month, day_of_month = civil(day)
    year, month_index = divmod(year * 12 + month - 1 + months, 12)
    return day_number(year, month_index + 1, min(day_of_month, month_length(year, month_index + 1)))


def first_of(period: str, day: int) -> int:
    """The first day of the calendar period that holds the day; 0 for `lifetime`.

    >>> civil(first_of("quarter", day_number(2027, 8, 15)))
    (2027, 7, 1)
    """
    return _FIRST[period](day)


def first_after(period: str, day: int) -> int:
    """The first day after the calendar period (not `lifetime`) that holds the day.

    >>> civil(first_after("month", day_number(2027, 12, 31)))
    (2028, 1, 1)
    """
    first = _FIRST[period](day)
    if period in _DAY_UNITS:
        return first + _DAY_UNITS[period]
    return add_months(first, _MONTH_UNITS[period])


def _first_of_week(day: int) -> int:
    return day - (day + _MONDAY_SHIFT) % 7


@lru_cache(maxsize=4096)
def _first_of_month(day: int) -> int:
    return day - civil(day)[2] + 1


@lru_cache(maxsize=4096)
def _first_of_quarter(day: int) -> int:
    year, month, _ = civil(day)
    return day_number(year, (month - 1) // 3 * 3 + 1, 1)


@lru_cache(maxsize=4096)
def _first_of_year(day: int) -> int:
    return day_number(civil(day)[0], 1, 1)


_FIRST: Final[dict[str, Callable[[int], int]]] = {
    "day": lambda day: day,
    "week": _first_of_week,
    "month": _first_of_month,
    "quarter": _first_of_quarter,
    "year": _first_of_year,
    "lifetime": lambda day: 0,
}


# Durations ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A length of time: `count` times `unit` (second, minute, hour, day, week, month, quarter,
    year). Seconds to hours are exact; days and longer are calendar time in the program's zone."""

    count: int
    unit: str


def add_span(zone: ZoneTable, at: int, span: Span) -> int:
    """The instant a span later (or earlier, for a negative count). Calendar units keep the local
    wall time; 31 January and one month is the last day of February.

    >>> add_span(UTC, 0, Span(90, "minute")), add_span(UTC, 0, Span(1, "month")) // DAY
    (5400000000, 31)
    """
    fixed = _FIXED_UNITS.get(span.unit)
    if fixed is not None:
        return at + span.count * fixed
    local = zone.local(at)
    day, time_of_day = divmod(local, DAY)
    return zone.instant(add_span_days(day, span) * DAY + time_of_day)


def add_span_days(day: int, span: Span) -> int:
    """The day number a calendar span later; fixed units are not calendar time (ValueError)."""
    days = _DAY_UNITS.get(span.unit)
    if days is not None:
        return day + span.count * days
    months = _MONTH_UNITS.get(span.unit)
    if months is None:
        raise ValueError(f"{span.unit} is not a calendar unit")
    return add_months(day, span.count * months)


def span_days(span: Span) -> int:
    """How many whole days a rolling window of this span has, at least 1. A rolling month is a
    twelfth of 365 days, rounded down, and a year 365 days, so that a window has a fixed length.

    >>> span_days(Span(12, "month")), span_days(Span(1, "month")), span_days(Span(36, "hour"))
    (365, 30, 2)
    """
    if span.unit in _DAY_UNITS:
        days = span.count * _DAY_UNITS[span.unit]
    elif span.unit in _MONTH_UNITS:
        days = span.count * _MONTH_UNITS[span.unit] * 365 // 12
    else:
        days = -(-span.count * _FIXED_UNITS[span.unit] // DAY)
    return max(days, 1)


# Counter periods ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """The period of a counter: a calendar period by `name`, or `days` > 0 for a rolling window that
    ends with the current day (name `<n>d`)."""

    name: str
    days: int
    first_of: Callable[[int], int]

    def bucket(self, day: int) -> int:
        """The bucket in which a day's amount is counted."""
        return self.first_of(day)

    def since(self, day: int) -> int:
        """The oldest bucket that still counts on a day."""
        return day - self.days + 1 if self.days else self.first_of(day)

    def keeps_from(self, day: int) -> int:
        """The oldest bucket worth keeping on a day: for a calendar period the one before too."""
        if self.days:
            return day - self.days + 1
        return 0 if self.name == "lifetime" else self.first_of(self.first_of(day) - 1)


@lru_cache(maxsize=1024)
def window(name: str) -> Window:
    """The window named in a counter: a calendar period or `<n>d`. ValueError for another name.

    >>> window("30d").since(100), window("week").bucket(4), window("week").keeps_from(4)
    (71, 4, -3)
    """
    if name in _FIRST:
        return Window(name, 0, _FIRST[name])
    if name.endswith("d") and name[:-1].isdecimal() and int(name[:-1]) > 0:
        return Window(name, int(name[:-1]), _FIRST["day"])
    raise ValueError(f"not a counter period: {name}")


@lru_cache(maxsize=4096)
def counter_window(counter: str) -> Window:
    """The window of a counter, which its name ends with.

    >>> counter_window("points/stars/month").name
    'month'
    """
    return window(counter.rpartition("/")[2])


def counted(counter: Counter, first: int, last: int) -> int:
    """The sum of a counter's values whose bucket lies in first..last, both included.

    >>> counted((3, 10, 5, 20, 9, 40), 4, 9), counted((), 0, 0)
    (60, 0)
    """
    if not counter:
        return 0
    if isinstance(counter, bytes):
        found = total_within(counter, first, last)
        if found is not None:
            return found
    pairs = unpacked(counter)
    if pairs[0] >= first and pairs[-2] <= last:
        return pairs[1] if len(pairs) == 2 else sum(pairs[1::2])
    total = 0
    for at in range(len(pairs) - 2, -1, -2):
        bucket = pairs[at]
        if bucket < first:
            break
        if bucket <= last:
            total += pairs[at + 1]
    return total


# Weekly windows -------------------------------------------------------------------------------


def weekly_bounds(days: Iterable[int], start: int, end: int) -> tuple[int, ...]:
    """The bounds of a weekly window, for `in_week`. `days`: 0 for Monday; `start`, `end`: local
    time of day in microseconds. An end at or before the start lies on the next day, which need not
    be among `days`.

    >>> [bound // HOUR for bound in weekly_bounds([6], 22 * HOUR, 2 * HOUR)]
    [0, 2, 166, 168]
    """
    spans: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        begin = day * DAY + start
        finish = day * DAY + (end if end > start else end + DAY)
        spans.append((begin, min(finish, WEEK)))
        if finish > WEEK:
            spans.append((0, finish - WEEK))
    bounds: list[int] = []
    for begin, finish in sorted(spans):
        if bounds and begin <= bounds[-1]:
            bounds[-1] = max(bounds[-1], finish)
        else:
            bounds += (begin, finish)
    return tuple(bounds)


def in_week(bounds: tuple[int, ...], local: int) -> bool:
    """Whether a local wall time (see `ZoneTable.local`) lies in a weekly window."""
    return bisect_right(bounds, (local + _MONDAY_SHIFT * DAY) % WEEK) & 1 == 1
