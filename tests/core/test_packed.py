"""Packed counters say what their pairs say, whatever happens to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.counters import count
from regulars.core.packed import BUCKETS_MAX, Counter, packed, total_of, unpacked
from regulars.core.periods import counted, counter_window

DAY = 20_000
NAMES = st.sampled_from(["spend/30d", "points/base/60d", "spend/365d", "spend/2000d"])
AMOUNTS = st.one_of(
    st.integers(1, 9), st.integers(100, 60_000), st.integers(-30_000, 0), st.just(2**61)
)
STEPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), AMOUNTS), max_size=120)


def plainly(values: dict[int, int], name: str, bucket: int, amount: int) -> dict[int, int]:
    """The same in a dictionary: positive values only, and what the newest bucket's window needs."""
    after = dict(values)
    after[bucket] = after.get(bucket, 0) + amount
    if after[bucket] <= 0:
        del after[bucket]
    if not after:
        return {}
    newest = max(after)
    # A bucket that is already there is added to without looking what else could go.
    if amount > 0 and bucket == newest and bucket in values:
        return after
    since = counter_window(name).keeps_from(newest)
    return {day: value for day, value in after.items() if day >= since}


def pairs_of(values: dict[int, int]) -> tuple[int, ...]:
    return tuple(number for day in sorted(values) for number in (day, values[day]))


@given(NAMES, STEPS)
def test_a_counter_is_its_pairs_packed_whatever_was_counted(
    name: str, steps: list[tuple[int, int, int]]
) -> None:
    counter: Counter = ()
    values: dict[int, int] = {}
    day = DAY
    for back, forward, amount in steps:
        day += forward
        bucket = day - back if amount < 0 or back > 35 else day
        counter = count(counter, name, bucket, amount)
        values = plainly(values, name, bucket, amount)
        assert unpacked(counter) == pairs_of(values)
        assert counter == packed(pairs_of(values)), "the same pairs make the same bytes"
        assert total_of(counter) == sum(values.values())


@given(
    st.dictionaries(st.integers(DAY, DAY + 400), st.integers(1, 2**50), max_size=60),
    st.integers(-10, 410),
    st.integers(0, 410),
)
def test_a_sum_over_some_buckets_is_the_sum_of_those_pairs(
    values: dict[int, int], first: int, length: int
) -> None:
    since, until = DAY + first, DAY + first + length
    expected = sum(value for day, value in values.items() if since <= day <= until)
    assert counted(packed(pairs_of(values)), since, until) == expected


def test_few_buckets_stay_pairs() -> None:
    few = tuple(number for day in range(BUCKETS_MAX) for number in (day, 5))
    assert packed(few) == few
    assert isinstance(packed((*few, BUCKETS_MAX, 5)), bytes)


def test_what_cannot_be_summed_in_64_bits_stays_pairs() -> None:
    large = tuple(number for day in range(20) for number in (day, 2**62))
    assert packed(large) == large
    counter = packed(tuple(number for day in range(20) for number in (day, 1)))
    assert isinstance(counter, bytes)
    grown = count(counter, "spend/365d", 19, 2**63)
    assert grown == (*(number for day in range(19) for number in (day, 1)), 19, 2**63 + 1)


@pytest.mark.parametrize("passed", [364, 365, 400])
def test_a_pause_empties_a_window(passed: int) -> None:
    counter = packed(tuple(number for day in range(30) for number in (DAY + day, 100)))
    after = count(counter, "spend/365d", DAY + 29 + passed, 7)
    kept = (DAY + 29, 100) if passed == 364 else ()
    assert after == (*kept, DAY + 29 + passed, 7)
