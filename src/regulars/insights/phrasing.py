"""Numbers as people read them: few digits, a unit, and the interval beside the estimate."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from regulars.science.contracts import Interval


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits; whole ones and large ones without a point.

    >>> number(4.41392), number(1234.5), number(12.0), number(0.0), number(float("nan"))
    ('4.41', '1,234', '12', '0', '—')
    """
    if not math.isfinite(value):
        return "—"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(decimals, 8)}f}"


def percent(share: float, decimals: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.1234), percent(float("nan"))
    ('12.3%', '—')
    """
    return f"{share * 100:.{decimals}f}%" if math.isfinite(share) else "—"


def p_value(value: float) -> str:
    """A p-value; what is very small is only said to be so.

    >>> p_value(0.03124), p_value(1e-9)
    ('0.0312', '< 0.0001')
    """
    return "< 0.0001" if value < 0.0001 else number(value)


def money(value: float, currency: str) -> str:
    """An amount: whole where it is large.

    >>> money(12345.6, "EUR"), money(3.5, "")
    ('EUR 12,346', '3.50')
    """
    if not math.isfinite(value):
        return "—"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
    return f"{currency} {text}".strip()


def between(interval: Interval, decimals: int | None = None) -> str:
    """Both ends of an interval and its level, percentages where `decimals` are given.

    >>> between(Interval(0.2, 0.1, 0.3, 0.95), 0)
    '10% to 30% at 95% confidence'
    """
    low, high = (
        (number(interval.low), number(interval.high))
        if decimals is None
        else (percent(interval.low, decimals), percent(interval.high, decimals))
    )
    return f"{low} to {high} at {interval.level * 100:.0f}% confidence"


def listed(lead: str, names: Sequence[str], values: Iterable[str]) -> str:
    """A sentence that gives every name its value.

    >>> listed("Effects", ["a", "b"], ["1 to 2", "0 to 3"])
    'Effects: a 1 to 2; b 0 to 3.'
    """
    pairs = (f"{name} {value}" for name, value in zip(names, values, strict=True))
    return f"{lead}: {'; '.join(pairs)}."


def plain(values: ArrayLike) -> list[float | None]:
    """An array for JSON: floats, None for what is not finite."""
    return [
        float(value) if math.isfinite(value) else None
        for value in np.asarray(values, dtype=np.float64).ravel().tolist()
    ]


def plain_interval(interval: Interval) -> dict[str, float | None]:
    """An interval for JSON."""
    value, low, high = plain([interval.value, interval.low, interval.high])
    return {"value": value, "low": low, "high": high, "level": interval.level}
