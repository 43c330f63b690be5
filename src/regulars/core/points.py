"""Points in integer units of their currency, and the rates that turn a basis into points.

A currency with 1 decimal counts tenths: 15 units are 1.5 points. A rate is compiled to a ratio of
two integers in lowest terms, so that earning is one multiplication and one division, rounded once
by the currency's rounding.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from regulars.core.money import plain, power_of_ten, to_ratio, to_units


@dataclass(frozen=True)
class Rate:
    """`units = basis * numerator / denominator`, in lowest terms; the denominator is positive."""

    numerator: int
    denominator: int


def points_units(points: Decimal | str, decimals: int, what: str = "points") -> int:
    """Units of an exact number of points; AmountError beyond the currency's decimals.

    >>> points_units("1.5", 1)
    15
    """
    return to_units(points, decimals, what)


def rate(points: Decimal | str, decimals: int, each_units: int) -> Rate:
    """`points` (of a currency with `decimals`) for every `each_units` of the basis. The points may
    be finer than the currency: only the result is rounded.

    >>> rate("0.5", 1, 1000)
    Rate(numerator=1, denominator=200)
    """
    if each_units <= 0:
        raise ValueError("a rate is for a positive amount")
    top, bottom = to_ratio(points, "points")
    numerator, denominator = top * power_of_ten(decimals), bottom * each_units
    common = gcd(numerator, denominator)
    return Rate(numerator // common, denominator // common)


def factor(value: Decimal | str, what: str = "factor") -> Rate:
    """A decimal factor as a ratio.

    >>> factor("1.25")
    Rate(numerator=5, denominator=4)
    """
    return Rate(*to_ratio(value, what))


def points_text(units: int, decimals: int) -> str:
    """Units as points, without trailing zeros after the point.

    >>> points_text(15, 1), points_text(20, 1), points_text(7, 0)
    ('1.5', '2', '7')
    """
    text = plain(units, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
