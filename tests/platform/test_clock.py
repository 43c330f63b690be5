"""Instants are exact, and their text is strict."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.clock import (
    INSTANT_MAX,
    INSTANT_MIN,
    FixedClock,
    InvalidInstant,
    SystemClock,
    parse_rfc3339,
    to_datetime,
    to_instant,
    to_rfc3339,
)

FIRST = to_instant(datetime(1, 1, 1, tzinfo=UTC))
LAST = to_instant(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01.000001Z", 1_000_001),
        ("1969-12-31T23:00:01-01:00", 1_000_000),
        ("9999-12-31T00:00:00Z", 253_402_214_400_000_000),
        ("2026-03-01T12:30:00+01:00", 1_772_364_600_000_000),
        ("2026-03-01T11:30:00z", 1_772_364_600_000_000),
        ("2026-03-01t11:30:00-00:00", 1_772_364_600_000_000),
        ("2024-02-29T00:00:00.1234567Z", 1_709_164_800_123_456),
    ],
)
def test_texts_of_instants(text: str, instant: int) -> None:
    assert parse_rfc3339(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T12:30:00",
        "2026-03-01T12:30Z",
        "2026-03-01 12:30:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:59:60Z",
        "2026-03-01T12:30:00+25:00",
        "2026-03-01T12:30:00.Z",
        "2026-03-01T12:30:00.1234567890Z",
        "20260301T123000Z",
        " 2026-03-01T12:30:00Z",
        "2026-03-01T12:30:00Z\n",
        "0000-03-01T12:30:00Z",
        "0001-01-01T00:00:00+01:00Z",
        "٢٠٢٦-03-01T12:30:00Z",
    ],
)
def test_texts_that_are_no_instant(text: str) -> None:
    with pytest.raises(InvalidInstant, match="Write it like 2026-03-01T12:30:00Z"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.999999Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:30:00+01:00",
        "9999-12-31T00:00:00.000001Z",
        "9999-12-31T23:59:59-10:00",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_instants_that_cannot_be_kept(text: str) -> None:
    with pytest.raises(InvalidInstant) as caught:
        parse_rfc3339(text)
    bounds = "1970-01-01T00:00:01Z to 9999-12-31T00:00:00Z"
    assert caught.value.expected == f"an RFC 3339 instant from {bounds}"
    assert bounds in str(caught.value)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (FIRST, "0001-01-01T00:00:00.000000Z"),
        (FIRST - 1, "0001-01-01T00:00:00.000000Z"),
        (-(2**63), "0001-01-01T00:00:00.000000Z"),
        (LAST, "9999-12-31T23:59:59.999999Z"),
        (LAST + 1, "9999-12-31T23:59:59.999999Z"),
        (2**63 - 1, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_what_is_stored_can_always_be_written(instant: int, text: str) -> None:
    assert to_rfc3339(instant) == text


@given(st.integers(INSTANT_MIN, INSTANT_MAX))
def test_text_round_trips_exactly(instant: int) -> None:
    assert parse_rfc3339(to_rfc3339(instant)) == instant
    assert to_instant(to_datetime(instant)) == instant


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=5))
def test_texts_sort_as_instants_do(instants: list[int]) -> None:
    assert [to_rfc3339(i) for i in sorted(instants)] == sorted(to_rfc3339(i) for i in instants)


def test_a_naive_datetime_names_no_instant() -> None:
    with pytest.raises(AssertionError):
        to_instant(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(5)
    assert [clock.now(), clock.now()] == [5, 5]
    assert clock.advance(seconds=1, microseconds=2) == 1_000_007 == clock.now()


def test_the_system_clock_counts_microseconds() -> None:
    assert to_datetime(SystemClock().now()).year >= 2024
