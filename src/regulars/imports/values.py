"""Texts of an export as exact integers: quantities, amounts, instants, codes.

Each kind is a dictionary that computes a missing text once: exports repeat few different prices,
quantities, times and codes very often, and a hit costs no Python call. None stands for a text that
cannot be read. No float and no Decimal: digits are shifted.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from regulars.imports.mapping import Mapping, Money, NotGoods, Time
from regulars.platform.clock import INSTANT_MAX, INSTANT_MIN, to_instant

FINE = 10_000
"""Fine units in one minor unit: unit prices may have four decimals more than the currency."""

_FINE_DECIMALS = 4
_QUANTITY = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_AMOUNT = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")


class Quantities(dict[str, int | None]):
    """Whole quantities; `3.0` is 3, `2.5` cannot be read."""

    def __missing__(self, text: str) -> int | None:
        match = _QUANTITY.fullmatch(text.strip())
        value = int(match[1]) if match else None
        self[text] = value
        return value


class Amounts(dict[str, int | None]):
    """Amounts of money in fine units, exact; more decimals than that cannot be read.

    >>> Amounts(Money(currency="GBP"))["2.55"]
    2550000
    """

    def __init__(self, money: Money) -> None:
        self._decimal_mark = money.decimal_mark
        self._thousands_mark = money.thousands_mark
        self._places = money.decimals + _FINE_DECIMALS

    def __missing__(self, text: str) -> int | None:
        plain = text.strip()
        if self._thousands_mark:
            plain = plain.replace(self._thousands_mark, "")
        match = _AMOUNT.fullmatch(plain.replace(self._decimal_mark, "."))
        value = self._shifted(match[1], match[2], match[3] or "") if match else None
        self[text] = value
        return value

    def _shifted(self, sign: str, whole: str, fraction: str) -> int | None:
        fraction = fraction.rstrip("0")
        if len(fraction) > self._places or not whole + fraction:
            # "0." leaves no fraction but a whole part; "." and "-" leave neither.
            return None
        fine = int(whole + fraction.ljust(self._places, "0"))
        return -fine if sign == "-" else fine


class Instants(dict[str, int | None]):
    """Instants in microseconds, from local or offset times of the mapping's formats."""

    def __init__(self, time: Time) -> None:
        self._formats = time.formats
        self._zone: ZoneInfo = time.zone_info

    def __missing__(self, text: str) -> int | None:
        value = next(filter(None, (self._read(text.strip(), f) for f in self._formats)), None)
        self[text] = value
        return value

    def _read(self, text: str, form: str) -> int | None:
        try:
            if form == "iso":
                moment = datetime.fromisoformat(text)
            else:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows below
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        try:
            instant = to_instant(moment.astimezone(UTC))
        except OverflowError:
            return None
        return instant if INSTANT_MIN <= instant <= INSTANT_MAX else None


class Codes(dict[str, NotGoods | None]):
    """The rule that says what a code is; None for goods. The first rule that fits decides."""

    def __init__(self, mapping: Mapping) -> None:
        self._rules = [
            (re.compile(rule.code, re.IGNORECASE).fullmatch, rule) for rule in mapping.not_goods
        ]

    def __missing__(self, sku: str) -> NotGoods | None:
        found = next((rule for fits, rule in self._rules if fits(sku.strip())), None)
        self[sku] = found
        return found


def rounded(fine: int, rounding: str) -> int:
    """Fine units to whole minor units: `half_up` takes ties away from zero, `half_even` to even.

    >>> rounded(25_000, "half_up"), rounded(25_000, "half_even"), rounded(-25_000, "half_up")
    (3, 2, -3)
    """
    minor, rest = divmod(abs(fine), FINE)
    half = FINE // 2
    if rest > half or (rest == half and (rounding == "half_up" or minor % 2)):
        minor += 1
    return -minor if fine < 0 else minor


def exact_text(fine: int, decimals: int) -> str:
    """Fine units as exact decimal text, of the major unit where `decimals` are the currency's.

    >>> exact_text(2_550_000, 2), exact_text(-10, 0)
    ('2.55', '-0.001')
    """
    places = decimals + _FINE_DECIMALS
    digits = str(abs(fine)).rjust(places + 1, "0")
    whole, fraction = digits[:-places], digits[-places:].rstrip("0").ljust(decimals, "0")
    return ("-" if fine < 0 else "") + whole + ("." + fraction if fraction else "")
