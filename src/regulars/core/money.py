"""Amounts in integer minor units: rounding, sharing out, reading and writing.

Owns every division of the engine: each names its rounding, and remainders are shared out by the
largest-remainder method, so that parts always add up to the whole. It has no currency table; how
many decimals a currency has is the program's statement.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

ROUNDINGS: Final = ("down", "up", "half_up", "half_even")
# A document or an order that needs more digits than this is a mistake, and bounding it keeps every
# later product small.
DIGITS_MAX: Final = 18


class AmountError(ValueError):
    """A text that is no amount in the asked precision; the message says what is wrong with it."""


def divide_down(numerator: int, denominator: int) -> int:
    """Towards zero. `denominator` > 0, here and in all of these.

    >>> divide_down(7, 2), divide_down(-7, 2)
    (3, -3)
    """
    return numerator // denominator if numerator >= 0 else -(-numerator // denominator)


def divide_up(numerator: int, denominator: int) -> int:
    """Away from zero.

    >>> divide_up(7, 2), divide_up(-7, 2), divide_up(6, 2)
    (4, -4, 3)
    """
    return -(-numerator // denominator) if numerator >= 0 else numerator // denominator


def divide_half_up(numerator: int, denominator: int) -> int:
    """To the nearest; a half goes away from zero.

    >>> divide_half_up(5, 2), divide_half_up(-5, 2), divide_half_up(4, 3)
    (3, -3, 1)
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


def divide_half_even(numerator: int, denominator: int) -> int:
    """To the nearest; a half goes to the even neighbour.

    >>> divide_half_even(5, 2), divide_half_even(7, 2), divide_half_even(-5, 2)
    (2, 4, -2)
    """
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


_DIVIDERS: Final[dict[str, Callable[[int, int], int]]] = {
    "down": divide_down,
    "up": divide_up,
    "half_up": divide_half_up,
    "half_even": divide_half_even,
}


def divider(rounding: str) -> Callable[[int, int], int]:
    """The division that rounds as named: down (towards zero), up, half_up or half_even."""
    return _DIVIDERS[rounding]


def share(amount: int, part: int, whole: int) -> int:
    """`amount * part / whole`, rounded half_even; 0 of a whole of 0.

    >>> share(100, 1, 3), share(5, 1, 2), share(10, 0, 0)
    (33, 2, 0)
    """
    return divide_half_even(amount * part, whole) if whole > 0 else 0


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` out in proportion to `weights` (>= 0) by the largest-remainder method.

    Each part differs from its exact share by less than one unit and the parts sum to `total`
    exactly. Of equal remainders the earlier part gets the unit. When all weights are 0 the first
    part gets everything. ValueError without weights or with a negative one.

    >>> allocate(100, [1, 1, 1]), allocate(-5, [1, 1]), allocate(7, [0, 0])
    ([34, 33, 33], [-3, -2], [7, 0])
    """
    if not weights or min(weights) < 0:
        raise ValueError("an allocation needs weights, none of them negative")
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    size = -total if total < 0 else total
    parts: list[int] = []
    remainders: list[int] = []
    for weight in weights:
        part, remainder = divmod(size * weight, whole)
        parts.append(part)
        remainders.append(remainder)
    left = size - sum(parts)
    if left:
        for index in sorted(range(len(parts)), key=lambda i: -remainders[i])[:left]:
            parts[index] += 1
    return [-part for part in parts] if total < 0 else parts


def parse_decimal(text: str, what: str = "amount") -> Decimal:
    """A finite decimal of at most 18 digits, or AmountError.

    >>> parse_decimal("12.50")
    Decimal('12.50')
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise AmountError(f"{what}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise AmountError(f"{what}: {text!r} is not a finite number")
    _sign, digits, exponent = value.as_tuple()
    if len(digits) > DIGITS_MAX or not -DIGITS_MAX <= int(exponent) <= DIGITS_MAX:
        raise AmountError(f"{what}: {text!r} has more than {DIGITS_MAX} digits")
    return value


def to_units(value: Decimal | str, decimals: int, what: str = "amount") -> int:
    """The integer units of a decimal, exactly: digits beyond `decimals` are an AmountError.

    >>> to_units("12.5", 2), to_units("-0.05", 2)
    (1250, -5)
    >>> to_units("1.005", 2)
    Traceback (most recent call last):
    regulars.core.money.AmountError: amount: '1.005' has more than 2 decimals
    """
    numerator, denominator = to_ratio(value, what)
    units, rest = divmod(numerator * power_of_ten(decimals), denominator)
    if rest:
        raise AmountError(f"{what}: {str(value)!r} has more than {decimals} decimals")
    return units


def to_ratio(value: Decimal | str, what: str = "amount") -> tuple[int, int]:
    """A decimal as numerator and denominator (> 0) in lowest terms.

    >>> to_ratio("1.25")
    (5, 4)
    """
    decimal = parse_decimal(value, what) if isinstance(value, str) else value
    return decimal.as_integer_ratio()


def power_of_ten(decimals: int) -> int:
    """How many units make one, in a currency with so many decimals."""
    return int(10**decimals)


def plain(units: int, decimals: int) -> str:
    """Units as a decimal text with exactly `decimals` places and a point.

    >>> plain(1250, 2), plain(-5, 2), plain(7, 0)
    ('12.50', '-0.05', '7')
    """
    if decimals <= 0:
        return str(units)
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"
