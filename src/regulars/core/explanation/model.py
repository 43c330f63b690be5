"""What an explanation is: structured for programs, with sentences for people."""

from msgspec import Struct


class Failure(Struct, frozen=True):
    """A condition that did not hold. `number` is its preorder place in the rule's condition and
    `kind` its key there. `required`, `actual` and `missing` are words; `actual` says when a value
    is personal, `missing` is empty where nothing can be counted."""

    number: int
    kind: str
    required: str
    actual: str
    missing: str = ""


class RuleExplained(Struct, frozen=True):
    """One rule that was considered, or the multiplier of a tier (`rule` is then `tier:<id>`).

    `verdict` is a name of `core/trace.py`. `units` is what the formula gave, `earned` what was left
    after stacking, limits and so on, both in units of `currency`; `lots` are those it opened.
    `instead` is the rule that earned in its place. `sentences` say all of it.
    """

    rule: str
    name: str
    verdict: str
    currency: str
    units: int
    earned: int
    lots: tuple[int, ...]
    failures: tuple[Failure, ...]
    instead: str
    sentences: tuple[str, ...]


class EffectExplained(Struct, frozen=True):
    """One effect. `type` is its name in `core/effects.py`; `units` is 0 where none move."""

    type: str
    sentence: str
    currency: str = ""
    units: int = 0
    lot: int = 0


class RefusalExplained(Struct, frozen=True):
    """Why an event was refused, and what a person can do now."""

    code: str
    sentence: str
    next_step: str


class Explanation(Struct, frozen=True):
    """A decision in words. `summary` is one sentence; `inputs` are what the rules looked at of the
    member; `due` is what time had done before the event."""

    event: str
    occurred_at: int
    program_version: int
    summary: str
    refusal: RefusalExplained | None
    inputs: tuple[str, ...]
    rules: tuple[RuleExplained, ...]
    due: tuple[EffectExplained, ...]
    effects: tuple[EffectExplained, ...]
