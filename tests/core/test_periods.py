"""Local days, calendars, windows: against datetime and zoneinfo."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.zones import EPOCH, at, zone_table

from regulars.core import periods
from regulars.core.periods import DAY, HOUR, MINUTE, SECOND, Span, ZoneTable

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "UTC")  # fmt: skip
zones = st.sampled_from(ZONES)
instants = st.integers(
    at("1991-01-01T00:00", "UTC") // SECOND, at("2059-01-01T00:00", "UTC") // SECOND
).map(lambda seconds: seconds * SECOND)
days = st.dates(date(1600, 1, 1), date(2400, 12, 31))


def number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def of_number(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def in_zone(instant: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))


@given(zones, instants)
def test_the_local_day_is_that_of_zoneinfo(zone: str, instant: int) -> None:
    assert periods.local_day(zone_table(zone), instant) == number(in_zone(instant, zone).date())


@given(zones, instants, st.integers(-3 * HOUR, 3 * HOUR))
def test_around_every_change_of_clocks_days_and_wall_times_agree_with_zoneinfo(
    zone: str, instant: int, shift: int
) -> None:
    table = zone_table(zone)
    if table.transitions:
        nearest = min(table.transitions, key=lambda change: abs(change - instant))
        instant = nearest + shift
    local = in_zone(instant, zone)
    assert periods.local_day(table, instant) == number(local.date())
    wall = local.replace(tzinfo=UTC)
    assert table.local(instant) == (wall - EPOCH) // timedelta(microseconds=1)
    # Back again: the same instant, or the first of two with that wall time.
    first = local.replace(fold=0).astimezone(UTC)
    assert table.instant(table.local(instant)) == (first - EPOCH) // timedelta(microseconds=1)


@given(zones, instants, st.integers(0, DAY - 1))
def test_a_wall_time_becomes_the_instant_that_zoneinfo_gives(
    zone: str, instant: int, time_of_day: int
) -> None:
    table = zone_table(zone)
    day = periods.local_day(table, instant)
    wall = datetime.combine(of_number(day), datetime.min.time()) + timedelta(
        microseconds=time_of_day
    )
    expected = (wall.replace(tzinfo=ZoneInfo(zone)) - EPOCH) // timedelta(microseconds=1)
    assert table.instant(day * DAY + time_of_day) == expected


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:30+00:00"),  # skipped: an hour later
        ("Europe/Berlin", "2027-10-31T02:30", "2027-10-31T00:30+00:00"),  # twice: the first
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00+00:00"),  # midnight skipped
    ],
)
def test_wall_times_that_do_not_exist_or_occur_twice(zone: str, wall: str, instant: str) -> None:
    local = (datetime.fromisoformat(wall).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    found = EPOCH + timedelta(microseconds=zone_table(zone).instant(local))
    assert found == datetime.fromisoformat(instant)


@given(days)
def test_day_numbers_and_dates_are_each_others_inverse(day: date) -> None:
    assert periods.day_number(day.year, day.month, day.day) == number(day)
    assert periods.civil(number(day)) == (day.year, day.month, day.day)
    assert periods.weekday(number(day)) == day.weekday()


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2027-12-15", 1, "2028-01-15"),
        ("2027-03-31", -1, "2027-02-28"),
        ("2027-10-31", 4, "2028-02-29"),
        ("2100-01-30", 1, "2100-02-28"),
    ],
)
def test_adding_months_keeps_the_day_or_takes_the_last(start: str, months: int, end: str) -> None:
    day = number(date.fromisoformat(start))
    assert of_number(periods.add_months(day, months)) == date.fromisoformat(end)


@given(days)
def test_calendar_periods_begin_and_end_where_datetime_says(day: date) -> None:
    this = number(day)
    quarter = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    assert of_number(periods.first_of("day", this)) == day
    assert of_number(periods.first_of("week", this)) == day - timedelta(days=day.weekday())
    assert of_number(periods.first_of("month", this)) == day.replace(day=1)
    assert of_number(periods.first_of("quarter", this)) == quarter
    assert of_number(periods.first_of("year", this)) == day.replace(month=1, day=1)
    assert periods.first_of("lifetime", this) == 0
    for period in ("day", "week", "month", "quarter", "year"):
        after = periods.first_after(period, this)
        assert periods.first_of(period, after - 1) == periods.first_of(period, this)
        assert periods.first_of(period, after) == after > this


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        # Days keep the wall time over a change of clocks, hours do not.
        ("2027-03-27T12:00", Span(1, "day"), "2027-03-28T12:00"),
        ("2027-03-27T12:00", Span(24, "hour"), "2027-03-28T13:00"),
        ("2027-10-30T12:00", Span(1, "week"), "2027-11-06T12:00"),
        ("2027-03-27T02:30", Span(1, "day"), "2027-03-28T03:30"),
        ("2027-01-31T08:15", Span(1, "month"), "2027-02-28T08:15"),
        ("2028-02-29T08:15", Span(1, "year"), "2029-02-28T08:15"),
        ("2027-08-31T08:15", Span(2, "quarter"), "2028-02-29T08:15"),
        ("2027-05-01T08:15", Span(45, "minute"), "2027-05-01T09:00"),
        ("2027-05-01T08:15", Span(30, "second"), "2027-05-01T08:15:30"),
        ("2027-05-01T08:15", Span(-1, "month"), "2027-04-01T08:15"),
    ],
)
def test_spans_are_calendar_time_in_the_zone_or_exact(start: str, span: Span, end: str) -> None:
    assert periods.add_span(zone_table("Europe/Berlin"), at(start), span) == at(end)


def test_a_fixed_span_is_not_calendar_time() -> None:
    with pytest.raises(ValueError, match="hour"):
        periods.add_span_days(0, Span(1, "hour"))


@pytest.mark.parametrize(
    ("span", "days_in_window"),
    [(Span(30, "day"), 30), (Span(2, "week"), 14), (Span(12, "month"), 365), (Span(2, "year"), 730),
     (Span(3, "month"), 91), (Span(1, "minute"), 1), (Span(25, "hour"), 2)],
)  # fmt: skip
def test_rolling_windows_have_whole_days(span: Span, days_in_window: int) -> None:
    assert periods.span_days(span) == days_in_window


@pytest.mark.parametrize(
    ("name", "day", "bucket", "since", "keeps_from"),
    [
        ("day", 100, 100, 100, 99),
        ("week", 100, 95, 95, 88),
        ("month", 100, 90, 90, 59),
        ("quarter", 100, 90, 90, 0),
        ("year", 100, 0, 0, -365),
        ("lifetime", 100, 0, 0, 0),
        ("30d", 100, 100, 71, 71),
        ("1d", 100, 100, 100, 100),
    ],
)
def test_windows_of_counters(name: str, day: int, bucket: int, since: int, keeps_from: int) -> None:
    window = periods.counter_window(f"uses/some-rule/{name}")
    found = (window.bucket(day), window.since(day), window.keeps_from(day))
    assert found == (bucket, since, keeps_from)


@pytest.mark.parametrize("name", ["fortnight", "0d", "d", "-3d", "3.5d", ""])
def test_an_unknown_window_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a counter period"):
        periods.window(name)


@given(
    st.dictionaries(st.integers(0, 60), st.integers(1, 100)), st.integers(0, 60), st.integers(0, 60)
)
def test_what_is_counted_is_the_sum_of_the_buckets_within(
    buckets: dict[int, int], first: int, last: int
) -> None:
    pairs = tuple(value for bucket in sorted(buckets) for value in (bucket, buckets[bucket]))
    expected = sum(amount for bucket, amount in buckets.items() if first <= bucket <= last)
    assert periods.counted(pairs, first, last) == expected


@pytest.mark.parametrize(
    ("days_of_week", "start", "end", "moment", "inside"),
    [
        ([1, 2], 16 * HOUR, 18 * HOUR, "2027-03-02T16:00", True),  # a Tuesday
        ([1, 2], 16 * HOUR, 18 * HOUR, "2027-03-02T17:59:59.999999", True),
        ([1, 2], 16 * HOUR, 18 * HOUR, "2027-03-02T18:00", False),
        ([1, 2], 16 * HOUR, 18 * HOUR, "2027-03-02T15:59:59.999999", False),
        ([1, 2], 16 * HOUR, 18 * HOUR, "2027-03-04T17:00", False),
        ([4], 22 * HOUR, 2 * HOUR, "2027-03-06T01:59", True),  # the night of Friday
        ([4], 22 * HOUR, 2 * HOUR, "2027-03-05T01:59", False),
        ([6], 22 * HOUR, 2 * HOUR, "2027-03-08T01:00", True),  # Sunday into Monday
        ([6], 0, DAY, "2027-03-07T23:59", True),
        ([6], 0, DAY, "2027-03-08T00:00", False),
        ([0, 1, 2, 3, 4, 5, 6], 0, DAY, "2027-03-08T00:00", True),
        ([3], 9 * HOUR, 9 * HOUR, "2027-03-05T08:59", True),  # a whole day from nine
    ],
)
def test_weekly_windows(
    days_of_week: list[int], start: int, end: int, moment: str, inside: bool
) -> None:
    bounds = periods.weekly_bounds(days_of_week, start, end)
    local = zone_table("Europe/Berlin").local(at(moment))
    assert periods.in_week(bounds, local) is inside


def test_a_weekly_window_follows_the_clock_over_a_change_of_clocks() -> None:
    bounds = periods.weekly_bounds([6], 2 * HOUR, 4 * HOUR)
    table = zone_table("Europe/Berlin")
    assert periods.in_week(bounds, table.local(at("2027-03-28T03:00")))
    assert not periods.in_week(bounds, table.local(at("2027-03-28T03:00") - MINUTE))


@pytest.mark.parametrize(
    ("transitions", "offsets"), [((5,), (0,)), ((5, 5), (0, 1, 2)), ((6, 5), (0, 1, 2))]
)
def test_a_zone_table_that_cannot_be_is_refused(
    transitions: tuple[int, ...], offsets: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="zone"):
        ZoneTable("X", "test", transitions, offsets)
