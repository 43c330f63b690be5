"""Rounding, sharing out, reading amounts: against fractions and decimal."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core import money

NAMES = {
    "down": ROUND_DOWN,
    "up": ROUND_UP,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}
amounts = st.integers(-(10**15), 10**15)


@given(
    st.sampled_from(sorted(NAMES)), st.integers(-(10**6), 10**6), st.sampled_from([2, 4, 5, 8, 10])
)
def test_rounding_is_that_of_decimal(rounding: str, numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    expected = exact.quantize(Decimal(1), NAMES[rounding], Context(prec=40))
    assert money.divider(rounding)(numerator, denominator) == int(expected)


@given(st.sampled_from(sorted(NAMES)), amounts, st.integers(1, 10**9))
def test_rounding_moves_less_than_one_and_to_the_right_side(
    rounding: str, numerator: int, denominator: int
) -> None:
    exact = Fraction(numerator, denominator)
    found = money.divider(rounding)(numerator, denominator)
    assert abs(found - exact) < 1
    if rounding == "down":
        assert abs(found) <= abs(exact)
    elif rounding == "up":
        assert abs(found) >= abs(exact)
    else:
        assert abs(found - exact) <= Fraction(1, 2)
    if rounding == "half_even":
        assert found == round(exact)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_parts_sum_to_the_whole_and_stay_within_one_of_their_share(
    total: int, weights: list[int]
) -> None:
    parts = money.allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(total * weight, whole)) < 1
            assert weight or not part


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.data())
def test_a_part_of_no_more_than_the_whole_never_exceeds_its_weight(
    weights: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = money.allocate(total, weights)
    if sum(weights):
        assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_an_allocation_needs_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        money.allocate(10, weights)


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [("12.50", 2, 1250), ("0.5", 1, 5), ("7", 0, 7), ("-3.1", 2, -310), ("1.50", 1, 15),
     ("1e2", 2, 10_000), ("0", 3, 0)],
)  # fmt: skip
def test_amounts_are_read_exactly(text: str, decimals: int, units: int) -> None:
    assert money.to_units(text, decimals) == units


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1.005", "has more than 2 decimals"),
        ("12,50", "is not a decimal number"),
        ("", "is not a decimal number"),
        ("NaN", "is not a finite number"),
        ("Infinity", "is not a finite number"),
        ("1234567890123456789", "has more than 18 digits"),
        ("1e30", "has more than 18 digits"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(money.AmountError, match=says):
        money.to_units(text, 2, "price")


@given(amounts, st.integers(0, 4))
def test_amounts_are_written_as_they_are_read(units: int, decimals: int) -> None:
    assert money.to_units(money.plain(units, decimals), decimals) == units
