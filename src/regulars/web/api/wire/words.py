"""Explanations as JSON: a decision in words, for programs to show to people."""

from msgspec import UNSET, Struct, UnsetType


class FailureAnswer(Struct, frozen=True, omit_defaults=True):
    """A condition that did not hold, in words."""

    kind: str
    required: str
    actual: str
    missing: str = ""


class RuleAnswer(Struct, frozen=True, omit_defaults=True):
    """One rule that was looked at: its verdict, what it earned, and why, in sentences."""

    rule: str
    name: str
    verdict: str
    sentences: list[str]
    currency: str | UnsetType = UNSET
    earned: str | UnsetType = UNSET
    lots: list[int] = []
    failures: list[FailureAnswer] = []


class ExplanationAnswer(Struct, frozen=True, omit_defaults=True):
    """A decision in words, in the language that was asked for (English where it is not known)."""

    language: str
    summary: str
    program_version: int
    rules: list[RuleAnswer]
    effects: list[str]
    due: list[str] = []
    inputs: list[str] = []
    refusal: str | UnsetType = UNSET
    next_step: str | UnsetType = UNSET
