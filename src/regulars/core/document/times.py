"""Times in a program document: lengths, periods, times of day, local moments and dates.

Local times carry no zone: they are those of the program's time zone, which the document names.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic_core import PydanticCustomError

from regulars.core.document.values import Written, refuse

_DURATION = re.compile(r"([0-9]{1,5}) (minute|hour|day|week|month|year)s?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")

DurationUnit = Literal["minute", "hour", "day", "week", "month", "year"]
CalendarPeriod = Literal["day", "week", "month", "quarter", "year", "lifetime"]
CALENDAR_PERIODS: tuple[str, ...] = get_args(CalendarPeriod)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as written: `14 days` is Duration(14, "day").

    Minutes and hours are exact; days, weeks, months and years are calendar lengths in the
    program's time zone.
    """

    count: int
    unit: DurationUnit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def read_duration(value: Any) -> Duration:
    """Read `14 days`; raises PydanticCustomError.

    >>> read_duration("1 month")
    Duration(count=1, unit='month')
    """
    if isinstance(value, Duration):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise refuse("duration", "a time such as 30 minutes, 14 days, 12 months or 1 year")
    unit: Any = match[2]
    return Duration(int(match[1]), unit)


def duration_written(*units: DurationUnit, none: bool = False) -> Written:
    """A time in one of `units`; with `none`, the word `none` is read as None."""
    listed = ", ".join(f"{unit}s" for unit in units)
    example = "14 days" if "day" in units else f"14 {units[-1]}s"
    expected = f"a time in {listed}, such as {example}" + (", or none" if none else "")

    def read(value: Any) -> Duration | None:
        if none and (value == "none" or value is None):
            return None
        try:
            duration = read_duration(value)
        except PydanticCustomError:
            raise refuse("duration", expected) from None
        if duration.unit not in units:
            raise refuse("duration_unit", expected)
        return duration

    def schema() -> dict[str, Any]:
        pattern = f"[1-9][0-9]{{0,4}} ({'|'.join(units)})s?"
        return {
            "type": "string",
            "pattern": f"^(none|{pattern})$" if none else f"^{pattern}$",
            "$comment": expected,
        }

    return Written(read, schema, _write_none_or_text)


def _write_none_or_text(value: Any) -> str:
    return "none" if value is None else str(value)


AnyTime = Annotated[Duration, duration_written("minute", "hour", "day", "week", "month", "year")]
CalendarTime = Annotated[Duration, duration_written("year", "month", "week", "day")]
ShortTime = Annotated[Duration, duration_written("minute", "hour", "day")]
DaysOrNone = Annotated[Duration | None, duration_written("day", none=True)]


def _read_period(value: Any) -> CalendarPeriod | Duration:
    if isinstance(value, str) and value in CALENDAR_PERIODS:
        period: Any = value
        return period  # type: ignore[no-any-return]
    expected = f"{', '.join(CALENDAR_PERIODS)}, or a rolling time in days such as 30 days"
    try:
        duration = read_duration(value)
    except PydanticCustomError:
        raise refuse("period", expected) from None
    if duration.unit != "day" or duration.count > 366:
        raise refuse("period", f"{expected} (at most 366)")
    return duration


def _period_schema() -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": f"^({'|'.join(CALENDAR_PERIODS)}|[1-9][0-9]{{0,2}} days?)$",
        "$comment": "a calendar period, lifetime, or a rolling time in days",
    }


Period = Annotated[CalendarPeriod | Duration, Written(_read_period, _period_schema)]
"""The time over which a limit counts: a calendar period of the program's zone or rolling days."""


def _read_clock(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440:
        return value
    if not isinstance(value, str) or _CLOCK.fullmatch(value) is None:
        raise refuse("clock_time", "a time of day from 00:00 to 24:00, such as 16:30")
    return int(value[:2]) * 60 + int(value[3:])


def _write_clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


ClockMinute = Annotated[
    int,
    Written(
        _read_clock, lambda: {"type": "string", "pattern": f"^({_CLOCK.pattern})$"}, _write_clock
    ),
]
"""A time of day as minutes since midnight, 0 to 1440."""


def _read_local_time(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _LOCAL_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise refuse("local_time", "a local date or time such as 2027-03-01 or 2027-03-01T08:00")


def _write_local_time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


LocalTime = Annotated[
    datetime,
    Written(
        _read_local_time,
        lambda: {"type": "string", "pattern": f"^{_LOCAL_TIME.pattern}$"},
        _write_local_time,
    ),
]
"""A date and time in the program's time zone (naive); a date alone is its first moment."""


class MonthDay(NamedTuple):
    """A day that comes every year. 02-29 comes in leap years only."""

    month: int
    day: int


def read_date(value: Any) -> date:
    """Read `2027-12-31`; raises PydanticCustomError, which is a ValueError."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise refuse("date", "a date that exists, such as 2027-12-31")


LocalDate = Annotated[date, Written(read_date, lambda: {"type": "string", "format": "date"}, str)]


def _read_day(value: Any) -> date | MonthDay:
    if isinstance(value, MonthDay):
        return value
    if isinstance(value, str) and _MONTH_DAY.fullmatch(value):
        value = f"2024-{value}"  # a leap year, so that 02-29 exists
        if _is_date(value):
            return MonthDay(int(value[5:7]), int(value[8:]))
    elif isinstance(value, date) or _is_date(value):
        return read_date(value)
    raise refuse("day", "a day such as 12-24 (every year) or 2027-12-24 (once)")


def _is_date(value: Any) -> bool:
    try:
        read_date(value)
    except PydanticCustomError:
        return False
    return True


def _write_day(day: date | MonthDay) -> str:
    return str(day) if isinstance(day, date) else f"{day.month:02d}-{day.day:02d}"


Day = Annotated[
    date | MonthDay,
    Written(
        _read_day,
        lambda: {"type": "string", "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"},
        _write_day,
    ),
]
