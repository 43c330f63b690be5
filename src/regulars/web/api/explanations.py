"""Adds words to answers: picks the reader's language and shows the core's explanation as JSON."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from regulars.core.decision import Entry
from regulars.core.explanation import Explanation, RuleExplained, explain
from regulars.core.points import points_text
from regulars.intake.contracts import Outcome
from regulars.web.api.operation import Call
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.answers import DecisionAnswer
from regulars.web.api.wire.words import ExplanationAnswer, FailureAnswer, RuleAnswer

LANGUAGES = ("en", "de")


def explained(call: Call, answer: DecisionAnswer, outcome: Outcome) -> DecisionAnswer:
    """The answer of a recorded outcome with its explanation; others stay as they are."""
    if outcome.entry is None:
        return answer
    words = explain_entry(call, outcome.entry)
    return msgspec.structs.replace(answer, explanation=words)


def explain_entry(call: Call, entry: Entry) -> ExplanationAnswer:
    """A recorded entry in words, in the caller's language."""
    program = call.services.cache.versions(call.program_id).get(entry.program_version)
    if program is None:
        raise ApiProblem("no_program_version", "the entry's version has not been read yet")
    language = preferred_language(call.language)
    decimals = {id_: currency.decimals for id_, currency in program.currencies.items()}
    return _answer(explain(program, entry, language), language, decimals)


def preferred_language(accepted: str) -> str:
    """The first known language of an `Accept-Language` header by weight, else English.

    >>> preferred_language("fr, de-AT;q=0.8, en;q=0.5")
    'de'
    """
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((float(weight) if weight else 1.0, tag.partition("-")[0].lower()))
        except ValueError:
            continue
    for quality, language in sorted(ranked, key=lambda one: -one[0]):
        if quality > 0 and language in LANGUAGES:
            return language
    return LANGUAGES[0]


def _answer(
    explanation: Explanation, language: str, decimals: Mapping[str, int]
) -> ExplanationAnswer:
    refusal = explanation.refusal
    return ExplanationAnswer(
        language=language,
        summary=explanation.summary,
        program_version=explanation.program_version,
        rules=[_rule(rule, decimals) for rule in explanation.rules],
        effects=[effect.sentence for effect in explanation.effects],
        due=[effect.sentence for effect in explanation.due],
        inputs=list(explanation.inputs),
        refusal=UNSET if refusal is None else refusal.sentence,
        next_step=UNSET if refusal is None else refusal.next_step,
    )


def _rule(rule: RuleExplained, decimals: Mapping[str, int]) -> RuleAnswer:
    currency = rule.currency or UNSET
    earned = points_text(rule.earned, decimals.get(rule.currency, 0)) if rule.currency else UNSET
    return RuleAnswer(
        rule=rule.rule,
        name=rule.name,
        verdict=rule.verdict,
        sentences=list(rule.sentences),
        currency=currency,
        earned=earned,
        lots=list(rule.lots),
        failures=[
            FailureAnswer(one.kind, one.required, one.actual, one.missing) for one in rule.failures
        ],
    )
