"""The rules of a trace in words: held or not, formula, rounding, stacking, limits, multiplier."""

from collections.abc import Sequence

from regulars.core import trace
from regulars.core.compiled import Limit, Rule
from regulars.core.decision import Considered, Entry
from regulars.core.document import earning as written
from regulars.core.explanation.conditions import failures_in_words, selected
from regulars.core.explanation.model import RuleExplained
from regulars.core.explanation.reader import Reader
from regulars.core.money import to_units
from regulars.core.points import factor, points_units, rate
from regulars.core.trace import Numbers, number_of


def explain_rules(reader: Reader, entry: Entry) -> tuple[RuleExplained, ...]:
    """Every rule that the trace names, in its order."""
    return tuple(_explain(reader, entry, considered) for considered in entry.trace)


def _explain(reader: Reader, entry: Entry, considered: Considered) -> RuleExplained:
    if considered.rule < 0 or considered.rule >= len(reader.program.rules):
        return _no_rule(reader, entry, considered)
    rule = reader.program.rules[considered.rule]
    document = reader.program.document.earning[considered.rule]
    formula = trace.formula_numbers(considered)
    units = number_of(formula, 0)
    awards = [award for award in entry.awards if award.rule == considered.rule]
    earned = sum(award.points for award in awards)
    failures = failures_in_words(
        reader, document.when, trace.failures(considered), entry.event.occurred_at
    )
    sentences: list[str] = []
    if formula:
        sentences += explain_formula(reader, rule, document.earn.formula, formula)
    sentences += _verdict(reader, considered, rule, units, earned)
    if len(failures) > 1:
        sentences.append(reader.say("rule.none_held"))
    for failure in failures:
        sentences.append(
            reader.say("rule.not_held", required=failure.required, actual=failure.actual)
        )
        if failure.missing:
            sentences.append(reader.say("rule.missing", missing=failure.missing))
    return RuleExplained(
        rule=rule.id,
        name=reader.named(document.name),
        verdict=trace.verdict_name(considered),
        currency=rule.currency.id,
        units=units,
        earned=earned,
        lots=tuple(award.lot for award in awards if award.lot),
        failures=failures,
        instead=_instead(reader, considered),
        sentences=tuple(sentences),
    )


def _instead(reader: Reader, considered: Considered) -> str:
    if considered.verdict not in (trace.OUTSTACKED, trace.EXCLUDED):
        return ""
    return reader.program.rules[number_of(considered.numbers, 0)].id


def _verdict(
    reader: Reader, considered: Considered, rule: Rule, units: int, earned: int
) -> list[str]:
    verdict = considered.verdict
    points = reader.points(units, rule.currency.id)
    if verdict == trace.EARNED:
        return [reader.say("rule.earned", points=points)]
    if verdict in (trace.NOTHING, trace.CONDITION):
        return [reader.say("rule.nothing")]
    if verdict == trace.NO_LINES:
        items = reader.program.document.earning[rule.index].items
        words = "" if items is None else selected(reader, items)
        return [reader.say("rule.no_lines", items=words)]
    if verdict in (trace.OUTSTACKED, trace.EXCLUDED):
        winner = reader.rule(number_of(considered.numbers, 0))
        return [reader.say(f"rule.{trace.verdict_name(considered)}", points=points, rule=winner)]
    if verdict in (trace.USED_UP, trace.REJECTED, trace.CLIPPED):
        return [_limited(reader, considered, rule, units, earned)]
    return []


def _limited(reader: Reader, considered: Considered, rule: Rule, units: int, earned: int) -> str:
    currency = rule.currency.id
    limit: Limit = rule.limits[number_of(considered.numbers, 0)]
    used = number_of(considered.numbers, 1)
    period = "" if limit.window is None else reader.period(limit.window.name)
    points = reader.points(units, currency)
    if considered.verdict == trace.USED_UP:
        return reader.say("rule.used_up", used=used, most=limit.most, period=period)
    most = reader.points(limit.most, currency)
    if considered.verdict == trace.REJECTED:
        return reader.say("rule.rejected", points=points, most=most)
    left = reader.points(earned, currency)
    if limit.window is None:
        return reader.say("rule.clipped_transaction", points=points, earned=left, most=most)
    return reader.say(
        "rule.clipped_member",
        points=points,
        earned=left,
        most=most,
        period=period,
        used=reader.points(used, currency),
    )


def _no_rule(reader: Reader, entry: Entry, considered: Considered) -> RuleExplained:
    numbers = considered.numbers
    verdict = trace.verdict_name(considered)
    if considered.verdict == trace.LATE:
        sentence = reader.say(
            "rule.late",
            occurred=reader.instant(number_of(numbers, 0)),
            latest=reader.instant(number_of(numbers, 1)),
        )
        return RuleExplained("", "", verdict, "", 0, 0, (), (), "", (sentence,))
    if considered.verdict != trace.MULTIPLIED:
        return RuleExplained("", "", verdict, "", 0, 0, (), (), "", ())
    currency = list(reader.program.currencies)[number_of(numbers, 0)]
    added = number_of(numbers, 2)
    tier = entry.context.tier
    lots = tuple(
        award.lot
        for award in entry.awards
        if award.rule == trace.NO_RULE and award.currency == currency and award.lot
    )
    sentence = reader.say(
        "rule.multiplied",
        points=reader.points(added, currency),
        base=reader.points(number_of(numbers, 1), currency),
    )
    name = reader.rule_by_id(f"tier:{tier}")
    return RuleExplained(
        f"tier:{tier}", name, verdict, currency, added, added, lots, (), "", (sentence,)
    )


def explain_formula(
    reader: Reader, rule: Rule, formula: written.Formula, numbers: Numbers
) -> list[str]:
    """How a formula came to its units, with its rounding step: `numbers` as in `core/trace.py`."""
    currency = rule.currency.id
    decimals = rule.currency.decimals
    money_decimals = reader.program.money_decimals
    units = number_of(numbers, 0)
    given = number_of(numbers, 1)
    match formula:
        case written.Fixed():
            return [reader.say("formula.fixed", points=reader.points(units, currency))]
        case written.PerMoney(each=each, points=points):
            each_minor = to_units(each, money_decimals)
            ratio = rate(points, decimals, each_minor)
            sentence = reader.say(
                "formula.per_money",
                rate=_finer(reader, points, currency),
                each=reader.money(each_minor),
                basis=reader.money(given),
                exact=reader.exact_points(given * ratio.numerator, ratio.denominator, currency),
            )
            exact = given * ratio.numerator % ratio.denominator == 0
            return [sentence, *_rounded(reader, rule, units, exact)]
        case written.PerQuantity(each=count, points=points):
            ratio = rate(points, decimals, 1)
            numerator = given // count * ratio.numerator
            sentence = reader.say(
                "formula.per_quantity",
                rate=_finer(reader, points, currency),
                each=reader.count("actual.units", count),
                quantity=reader.count("actual.units", given),
                exact=reader.exact_points(numerator, ratio.denominator, currency),
            )
            return [sentence, *_rounded(reader, rule, units, numerator % ratio.denominator == 0)]
        case written.Bands():
            return [_bands(reader, rule, formula, numbers)]
        case written.Multiply(rule=other, by=by):
            ratio = factor(by)
            numerator = given * (ratio.numerator - ratio.denominator)
            sentence = reader.say(
                "formula.multiply",
                by=reader.number(format(by.normalize(), "f")),
                rule=reader.rule_by_id(other),
                other=reader.points(given, currency),
                exact=reader.exact_points(numerator, ratio.denominator, currency),
            )
            return [sentence, *_rounded(reader, rule, units, numerator % ratio.denominator == 0)]
        case written.FirstMatch(choices=choices):
            if given < 0:
                return [reader.say("formula.no_choice")]
            chosen = choices[given].earn
            return [
                reader.say("formula.choice", number=given + 1),
                *explain_formula(reader, rule, chosen, (units, *numbers[2:])),
            ]
    raise TypeError(f"unknown formula: {type(formula).__name__}")


def _finer(reader: Reader, points: object, currency: str) -> str:
    """The points of a rate, which may be finer than the currency's units."""
    ratio = factor(str(points))
    decimals = reader.program.currencies[currency].decimals
    units = ratio.numerator * 10**decimals
    return reader.exact_points(units, ratio.denominator, currency)


def _rounded(reader: Reader, rule: Rule, units: int, exact: bool) -> Sequence[str]:
    if exact:
        return ()
    how = reader.say(f"rounding.{rule.currency.rounding}")
    points = reader.points(units, rule.currency.id)
    return (reader.say("formula.rounded", how=how, points=points),)


def _bands(reader: Reader, rule: Rule, formula: written.Bands, numbers: Numbers) -> str:
    amount, step = number_of(numbers, 1), number_of(numbers, 2)
    by_money = formula.of == "money"
    decimals = reader.program.money_decimals if by_money else 0

    def shown(value: int) -> str:
        return reader.money(value) if by_money else reader.count("actual.units", value)

    start = shown(to_units(formula.steps[max(step, 0)].start, decimals))
    if step < 0:
        return reader.say("formula.bands_below", amount=shown(amount), start=start)
    gives = points_units(formula.steps[step].points, rule.currency.decimals)
    return reader.say(
        "formula.bands",
        amount=shown(amount),
        start=start,
        points=reader.points(gives, rule.currency.id),
    )
