"""From the document's formulas to closures that give a rule's units.

A compiled formula answers a tuple: the units, rounded once by the currency's rounding, then the
numbers that explain them (`core/trace.py`). It reads the measured order and, to multiply, the units
of an earlier rule before stacking; it is only asked after the rule's condition has held.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping

from regulars.core.compiled import Currency, Formula
from regulars.core.conditions.compile import Surroundings, compile_condition
from regulars.core.conditions.subject import Check, Subject, Why
from regulars.core.document import earning as written
from regulars.core.money import to_units
from regulars.core.points import factor, points_units, rate


def compile_formula(
    formula: written.Formula,
    currency: Currency,
    measure: int,
    positions: Mapping[str, int],
    around: Surroundings,
) -> Formula:
    """The closure of a formula. `measure` is that of the rule's lines, `positions` gives the place
    of each earlier rule in the plan; ValueError for one that is not there."""
    match formula:
        case written.Fixed(points=points):
            constant: Why = (points_units(points, currency.decimals),)
            return lambda _subject: constant
        case written.PerMoney():
            each = to_units(formula.each, around.money_decimals)
            of_money = rate(formula.points, currency.decimals, each)
            return _per_money(measure, of_money.numerator, of_money.denominator, currency)
        case written.PerQuantity():
            of_set = rate(formula.points, currency.decimals, 1)
            return _per_quantity(
                measure, formula.each, of_set.numerator, of_set.denominator, currency.divide
            )
        case written.Bands():
            return _bands(formula, currency, measure, around.money_decimals)
        case written.Multiply():
            if formula.rule not in positions:
                raise ValueError(f"no earlier rule {formula.rule} to multiply")
            by = factor(formula.by)
            extra = by.numerator - by.denominator
            return _multiply(positions[formula.rule], extra, by.denominator, currency.divide)
        case written.FirstMatch(choices=choices):
            return _first_match(
                tuple(
                    (
                        compile_condition(choice.when, around),
                        compile_formula(choice.earn, currency, measure, positions, around),
                    )
                    for choice in choices
                )
            )
    raise TypeError(f"unknown formula: {type(formula).__name__}")


def _per_money(measure: int, numerator: int, denominator: int, currency: Currency) -> Formula:
    if currency.rounding == "down":
        # A basis is never negative, so rounding down is a plain floor.

        def rounded_down(subject: Subject) -> Why:
            basis = subject.amounts[measure]
            return basis * numerator // denominator, basis

        return rounded_down
    divide = currency.divide

    def rounded(subject: Subject) -> Why:
        basis = subject.amounts[measure]
        return divide(basis * numerator, denominator), basis

    return rounded


def _per_quantity(
    measure: int, each: int, numerator: int, denominator: int, divide: Callable[[int, int], int]
) -> Formula:
    def units(subject: Subject) -> Why:
        quantity = subject.quantities[measure]
        return divide(quantity // each * numerator, denominator), quantity

    return units


def _bands(
    formula: written.Bands, currency: Currency, measure: int, money_decimals: int
) -> Formula:
    decimals = money_decimals if formula.of == "money" else 0
    starts = [to_units(step.start, decimals) for step in formula.steps]
    gives = [points_units(step.points, currency.decimals) for step in formula.steps]
    if starts != sorted(set(starts)):
        raise ValueError("the steps of a band ascend")

    def of_money(subject: Subject) -> Why:
        amount = subject.amounts[measure]
        step = bisect_right(starts, amount) - 1
        return gives[step] if step >= 0 else 0, amount, step

    def of_quantity(subject: Subject) -> Why:
        quantity = subject.quantities[measure]
        step = bisect_right(starts, quantity) - 1
        return gives[step] if step >= 0 else 0, quantity, step

    return of_money if formula.of == "money" else of_quantity


def _multiply(
    position: int, extra: int, denominator: int, divide: Callable[[int, int], int]
) -> Formula:
    def units(subject: Subject) -> Why:
        other = subject.units[position]
        return divide(other * extra, denominator), other

    return units


def _first_match(choices: tuple[tuple[Check | None, Formula], ...]) -> Formula:
    def units(subject: Subject) -> Why:
        for index, (check, formula) in enumerate(choices):
            if check is None or check(subject) is None:
                found = formula(subject)
                return found[0], index, *found[1:]
        return 0, -1

    return units
