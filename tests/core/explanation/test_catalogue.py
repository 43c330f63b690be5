"""The catalogue is whole: both languages, the same placeholders, every refusal, effect, verdict."""

from dataclasses import fields
from string import Formatter
from typing import get_args

import pytest

from regulars.core import trace
from regulars.core.accounts import Account
from regulars.core.effects import Effect
from regulars.core.errors import REFUSALS
from regulars.core.explanation.effects import _DRAWN, _IN_WORDS
from regulars.core.explanation.words import CATALOGUE
from regulars.core.money import ROUNDINGS
from regulars.core.periods import CALENDAR_PERIODS


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_both_languages_say_the_same_things(key: str) -> None:
    words = CATALOGUE[key]
    assert set(words) == {"en", "de"}
    assert placeholders(words["en"]) == placeholders(words["de"])
    assert all(text and text == text.strip() for text in words.values())


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_has_words_and_a_next_step(code: str) -> None:
    refusal = REFUSALS[code]
    data = {field.name for field in fields(refusal)}  # type: ignore[arg-type]
    assert placeholders(CATALOGUE[f"refusal.{code}"]["en"]) <= data
    assert CATALOGUE[f"next.{code}"]["en"] == refusal.next_step


def test_every_effect_has_words() -> None:
    assert set(_IN_WORDS) == set(get_args(Effect))
    assert {f"drawn.{why}" for why in _DRAWN.values()} <= set(CATALOGUE)
    outward = {account for account in Account if account > Account.ISSUED} | {Account.HELD}
    assert outward <= set(_DRAWN)


def test_verdicts_have_names_by_their_code() -> None:
    assert trace.NAMES[trace.LATE] == "late"
    assert len(trace.NAMES) == trace.LATE + 1 == len(set(trace.NAMES))


def test_every_rounding_and_period_has_words() -> None:
    assert {f"rounding.{name}" for name in ROUNDINGS} <= set(CATALOGUE)
    assert {f"period.{name}" for name in CALENDAR_PERIODS} <= set(CATALOGUE)
