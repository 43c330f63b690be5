"""Comparing a declared value (an attribute of the member, a field of the event) by its type."""

from decimal import Decimal
from typing import Any

from regulars.core.conditions.subject import Actual, Find, Subject, Test, nothing
from regulars.core.document import conditions as written


def value_test(leaf: written.ValueTest, kind: str, value: Find) -> tuple[Test, Find]:
    """`kind` is the declared type; `personal` hides the value from the trace. A decimal compares as
    a number, everything else as itself (dates are ISO texts, whose order is theirs)."""
    shown = nothing if kind == "personal" else value
    if leaf.one_of is not None or leaf.equals is not None:
        wanted = leaf.one_of if leaf.one_of is not None else (leaf.equals,)
        comparable = frozenset(_comparable(each, kind) for each in wanted)
        return lambda subject: _comparable(value(subject), kind) in comparable, shown
    low, high = _comparable(leaf.at_least, kind), _comparable(leaf.at_most, kind)

    def test(subject: Subject) -> bool:
        found = _comparable(value(subject), kind)
        if found is None:
            return False
        try:
            return (low is None or low[1] <= found[1]) and (high is None or found[1] <= high[1])
        except TypeError:  # of another type than declared
            return False

    return test, shown


def _comparable(value: Actual, kind: str) -> tuple[bool, Any] | None:
    """A value so that true is not 1, and a decimal compares as a number; None for what is absent or
    cannot be compared at all."""
    if not isinstance(value, str | int):
        return None
    if kind == "decimal" and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except ArithmeticError:
            return None
        return (False, number) if number.is_finite() else None
    return isinstance(value, bool), value
