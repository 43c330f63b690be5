"""Checks the payload of an activity against what the program declares for its type.

An undeclared field is refused, so that personal data is never stored by accident; a value must be
what its declaration says. Values stay as they came: texts, whole numbers, booleans.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from regulars.core.document.event_types import (
    BooleanType,
    DateType,
    DecimalType,
    IntegerType,
    StringType,
    ValueType,
)
from regulars.web.api.problems import ApiProblem, escape_pointer
from regulars.web.api.wire.orders import INTEGER_MAX

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_fields(
    values: Mapping[str, Any], declared: Mapping[str, ValueType], pointer: str = "/fields"
) -> dict[str, str | int | bool | bytes]:
    """The values, every one of them declared and fitting. Raises ApiProblem with its pointer."""
    checked: dict[str, str | int | bool | bytes] = {}
    for name, value in values.items():
        where = f"{pointer}/{escape_pointer(name)}"
        kind = declared.get(name)
        if kind is None:
            known = ", ".join(sorted(declared)) or "no fields"
            raise ApiProblem("undeclared_field", pointer=where, found=name, expected=known)
        expected = _expected(kind, value)
        if expected is not None:
            # A personal value is not repeated, not even to the one who sent it.
            if kind.personal:
                raise ApiProblem("invalid_value", pointer=where, expected=expected)
            raise ApiProblem("invalid_value", pointer=where, found=value, expected=expected)
        checked[name] = value
    return checked


def _expected(kind: ValueType, value: Any) -> str | None:
    """What would be right, or None where the value is."""
    match kind:
        case StringType():
            return _string_expected(kind, value)
        case IntegerType():
            low = -INTEGER_MAX if kind.minimum is None else kind.minimum
            high = INTEGER_MAX if kind.maximum is None else kind.maximum
            fits = type(value) is int and low <= value <= high
            return None if fits else f"a whole number from {low} to {high}"
        case DecimalType():
            return _decimal_expected(kind, value)
        case BooleanType():
            return None if isinstance(value, bool) else "true or false"
        case DateType():
            return None if _is_date(value) else "a date such as 2026-03-01"


def _string_expected(kind: StringType, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > kind.length_max:
        return f"a text of at most {kind.length_max} characters"
    if kind.one_of is not None and value not in kind.one_of:
        return "one of " + ", ".join(kind.one_of[:20])
    return None


def _decimal_expected(kind: DecimalType, value: Any) -> str | None:
    bounds = [
        f"at least {kind.minimum}" if kind.minimum is not None else "",
        f"at most {kind.maximum}" if kind.maximum is not None else "",
    ]
    expected = " ".join(['a decimal as text such as "1.50"', *filter(None, bounds)])
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        return expected
    number = Decimal(value)
    low = kind.minimum is not None and number < kind.minimum
    high = kind.maximum is not None and number > kind.maximum
    return expected if low or high else None


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
