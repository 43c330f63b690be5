"""Rates of points."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.points import Rate, factor, points_text, points_units, rate


@given(st.integers(1, 10**6), st.integers(0, 4), st.integers(0, 4), st.integers(1, 10**6))
def test_a_rate_is_the_exact_ratio_in_lowest_terms(
    points: int, digits: int, decimals: int, each: int
) -> None:
    text = str(points) if digits == 0 else f"{points}e-{digits}"
    found = rate(text, decimals, each)
    exact = Fraction(points, 10**digits) * 10**decimals / each
    assert found == Rate(exact.numerator, exact.denominator)


def test_a_rate_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        rate("1", 0, 0)


def test_points_finer_than_the_currency_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 0 decimals"):
        points_units("0.5", 0)


def test_factors_and_texts() -> None:
    assert factor("1.1") == Rate(11, 10)
    assert [points_text(units, 2) for units in (0, 5, 150, 100, -25)] == [
        "0", "0.05", "1.5", "1", "-0.25",
    ]  # fmt: skip
