"""Counters: ascending, positive and bounded, and forgetting only what no window needs."""

from hypothesis import given
from hypothesis import strategies as st

from regulars.core.counters import count
from regulars.core.packed import Counter, unpacked
from regulars.core.periods import counter_window

periods = st.sampled_from(
    ["day", "week", "month", "quarter", "year", "lifetime", "1d", "30d", "365d"]
)
steps = st.lists(st.tuples(st.integers(20_000, 20_400), st.integers(-5, 9)), max_size=30)


@given(periods, steps)
def test_a_counter_stays_ascending_positive_and_bounded(
    period: str, counts: list[tuple[int, int]]
) -> None:
    name = f"uses/x/{period}"
    window = counter_window(name)
    counter: Counter = ()
    for day, amount in counts:
        counter = count(counter, name, window.bucket(day), amount)
        pairs = unpacked(counter)
        buckets, values = pairs[::2], pairs[1::2]
        assert list(buckets) == sorted(set(buckets))
        assert all(value > 0 for value in values)
        if buckets:
            assert buckets[0] >= window.keeps_from(buckets[-1])
            assert len(buckets) <= max(window.days, 2)


@given(periods, st.lists(st.integers(20_000, 20_400), min_size=1, max_size=30))
def test_a_counter_forgets_nothing_that_its_window_still_needs(
    period: str, days: list[int]
) -> None:
    name = f"uses/x/{period}"
    window = counter_window(name)
    counter: Counter = ()
    for day in sorted(days):
        counter = count(counter, name, window.bucket(day), 1)
    pairs = unpacked(counter)
    today = max(days)
    kept = sum(
        value
        for bucket, value in zip(pairs[::2], pairs[1::2], strict=True)
        if bucket >= window.since(today)
    )
    assert kept == sum(window.bucket(day) >= window.since(today) for day in days)
