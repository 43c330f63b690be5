"""The codes of a trace and what their numbers mean: the one place for those who write and read it.

A trace is one Considered per rule for the event's type, in document order, then one per currency
that a tier multiplied (rule -1). Numbers are integers in the units of the program; nothing personal
and no words. What can be computed from the event and the program version is left out.

| verdict | numbers |
|---|---|
| EARNED | the formula's |
| CONDITION | pairs: preorder number of a failing leaf, actual value or None |
| NO_LINES | none: no line matches the rule's items |
| NOTHING | the formula's, whose units are 0 |
| OUTSTACKED | index of the rule of the group that earned instead, then the formula's |
| EXCLUDED | index of the exclusive rule that earned instead, then the formula's |
| USED_UP | limit, uses before, then the formula's |
| REJECTED | limit, 0, then the formula's: more than the limit per transaction |
| CLIPPED | the last limit that cut, used before, then the formula's; the award says what is left |
| MULTIPLIED | currency index, units before, units that the tier added |
| LATE | occurred_at, latest instant before: beyond the late window, decided on the state of now |

A limit is its index in the rule's limits: uses, then per transaction, then per member and period.

| formula | numbers |
|---|---|
| fixed | units |
| per_money | units, basis in minor units |
| per_quantity | units, quantity |
| bands | units, amount in minor units or quantity, index of the step reached or -1 |
| multiply | units, units of the other rule before stacking |
| first_match | units, index of the choice or -1, then the rest of that choice's formula |
"""

from typing import Final

from regulars.core.decision import Considered

EARNED: Final = 0
CONDITION: Final = 1
NO_LINES: Final = 2
NOTHING: Final = 3
OUTSTACKED: Final = 4
EXCLUDED: Final = 5
USED_UP: Final = 6
REJECTED: Final = 7
CLIPPED: Final = 8
MULTIPLIED: Final = 9
LATE: Final = 10

NAMES: Final = (
    "earned",
    "condition",
    "no_lines",
    "nothing",
    "outstacked",
    "excluded",
    "used_up",
    "rejected",
    "clipped",
    "multiplied",
    "late",
)
"""Stable names of the verdicts, by code."""


def verdict_name(considered: Considered) -> str:
    """The stable name of a verdict; its code where a later engine wrote it."""
    code = considered.verdict
    return NAMES[code] if 0 <= code < len(NAMES) else str(code)


NO_RULE: Final = -1
"""The rule of what is no rule's: the tier multiplier, a late event."""

# How many numbers stand before the formula's.
_BEFORE_FORMULA: Final = {EARNED: 0, NOTHING: 0, OUTSTACKED: 1, EXCLUDED: 1} | dict.fromkeys(
    (USED_UP, REJECTED, CLIPPED), 2
)

Numbers = tuple[int | str | bool | None, ...]


def formula_numbers(considered: Considered) -> Numbers:
    """The formula's numbers, empty where the rule did not come to its formula.

    >>> formula_numbers(Considered(4, CLIPPED, (2, 40, 30, 2999)))
    (30, 2999)
    """
    skip = _BEFORE_FORMULA.get(considered.verdict)
    return () if skip is None else considered.numbers[skip:]


def failures(considered: Considered) -> list[tuple[int, int | str | bool | None]]:
    """The failing leaves and their actual values of a condition that did not hold.

    >>> failures(Considered(4, CONDITION, (1, "web")))
    [(1, 'web')]
    """
    if considered.verdict != CONDITION:
        return []
    numbers = considered.numbers
    return [(number_of(numbers, at), numbers[at + 1]) for at in range(0, len(numbers) - 1, 2)]


def number_of(numbers: Numbers, at: int) -> int:
    """The integer at a place of the numbers, 0 where there is none."""
    value = numbers[at] if at < len(numbers) else 0
    return value if isinstance(value, int) else 0


def late(occurred_at: int, latest: int) -> Considered:
    """What the trace says of an event that came too late to revise what came after it."""
    return Considered(NO_RULE, LATE, (occurred_at, latest))
