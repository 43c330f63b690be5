"""Checks the earning rules against each other and against the rest of the document."""

from decimal import Decimal

from regulars.core.document.condition_checks import check_condition, check_selector
from regulars.core.document.earning import (
    Bands,
    FirstMatch,
    Fixed,
    Formula,
    Multiply,
    PerMoney,
    PerQuantity,
    Rule,
    SimpleFormula,
)
from regulars.core.document.event_types import PURCHASE
from regulars.core.document.findings import closest, one_of
from regulars.core.document.reading import Path
from regulars.core.document.reporter import Reporter

RESERVED_RULE_IDS = ("adjustment", "move", "refund", "revision", "import")
"""What a lot names as its cause where no rule is."""

_ABOUT_ORDERS = (PerMoney, PerQuantity, Bands)


def check_rules(reporter: Reporter) -> None:
    """Check every sound rule, in document order."""
    rules = reporter.document.earning
    places = reporter.sound.indexes["earning"]
    for position, (index, rule) in enumerate(zip(places, rules, strict=True)):
        path: Path = ["earning", index]
        if rule.id in RESERVED_RULE_IDS:
            expected = "another id: lots without a rule carry this one"
            reporter.report([*path, "id"], "reserved_id", expected)
        _check_event(reporter, path, rule)
        _check_stacking(reporter, path, rule)
        known = reporter.known(
            [*path, "earn", "currency"], "currency", rule.earn.currency, reporter.names.currency
        )
        check_condition(reporter, [*path, "when"], rule.when, rule.on)
        _check_formula(reporter, [*path, "earn"], rule.earn.formula, rule, rules[:position])
        if known:
            _check_limits(reporter, path, rule)


def _check_event(reporter: Reporter, path: Path, rule: Rule) -> None:
    if not reporter.known([*path, "on"], "event_type", rule.on, reporter.names.event_type):
        return
    declared = reporter.document.all_event_types.get(rule.on)
    if declared is not None and declared.confirms_purchase:
        expected = "an event type that rules can earn on; this one confirms a purchase"
        reporter.report([*path, "on"], "confirming_event", expected)
    if rule.on != PURCHASE:
        for name in ("items", "basis"):
            if getattr(rule, name) is not None:
                expected = f"no {name}: {rule.on} has no order"
                reporter.report([*path, name], "needs_purchase", expected)
    check_selector(reporter, [*path, "items"], rule.items)


def _check_stacking(reporter: Reporter, path: Path, rule: Rule) -> None:
    if rule.group is not None:
        reporter.known([*path, "group"], "group", rule.group, reporter.names.group)
    group = reporter.document.groups.get(rule.group or "")
    by_priority = group is not None and group.stack == "priority"
    if rule.priority and not by_priority and not rule.exclusive:
        expected = "no priority: it counts only in a group that stacks by priority, or if exclusive"
        reporter.warn([*path, "priority"], "priority_unused", expected)


def _check_formula(
    reporter: Reporter, path: Path, formula: Formula, rule: Rule, earlier: tuple[Rule, ...]
) -> None:
    inside: Path = [*path, formula.kind]
    if not isinstance(formula, FirstMatch):
        _check_simple(reporter, inside, formula, rule, earlier)
        return
    last = len(formula.choices) - 1
    for index, choice in enumerate(formula.choices):
        place: Path = [*inside, index]
        check_condition(reporter, [*place, "when"], choice.when, rule.on)
        if choice.when is None and index < last:
            expected = "a when, or this choice in the last place: it hides those below"
            reporter.report(place, "unreachable_choice", expected)
        earn: Path = [*place, "earn", choice.earn.kind]
        _check_simple(reporter, earn, choice.earn, rule, earlier)


def _check_simple(
    reporter: Reporter, path: Path, formula: SimpleFormula, rule: Rule, earlier: tuple[Rule, ...]
) -> None:
    if isinstance(formula, _ABOUT_ORDERS) and rule.on != PURCHASE:
        expected = f"fixed or first_match: {rule.on} has no order to count"
        reporter.report(path, "needs_purchase", expected, found=formula.kind)
    currency = rule.earn.currency
    match formula:
        case Fixed(points=points):
            reporter.points(path, points, currency)
        case PerMoney(each=each):
            reporter.money([*path, "each"], each)
        case PerQuantity(points=points):
            reporter.points([*path, "points"], points, currency)
        case Bands():
            _check_bands(reporter, path, formula, currency)
        case Multiply():
            _check_multiply(reporter, path, formula, rule, earlier)


def _check_bands(reporter: Reporter, path: Path, bands: Bands, currency: str) -> None:
    before: Decimal | None = None
    for index, step in enumerate(bands.steps):
        place: Path = [*path, "steps", index]
        if before is not None and step.start <= before:
            reporter.report([*place, "from"], "bands_order", f"more than {before:f}: steps ascend")
        before = step.start
        reporter.points([*place, "points"], step.points, currency)
        if bands.of == "money":
            reporter.money([*place, "from"], step.start)
        elif step.start != int(step.start):
            reporter.report([*place, "from"], "bands_quantity", "a whole number of units")


def _check_multiply(
    reporter: Reporter, path: Path, formula: Multiply, rule: Rule, earlier: tuple[Rule, ...]
) -> None:
    place: Path = [*path, "rule"]
    if reporter.names.rule is not None and formula.rule not in reporter.names.rule:
        # Only what would be right is worth suggesting: see the findings below.
        fitting = [
            one.id
            for one in earlier
            if one.earn.currency == rule.earn.currency and one.on == rule.on
        ]
        which = f"that earns {rule.earn.currency} on {rule.on}"
        expected = f"a rule before this one {which}; there is none"
        if fitting:
            expected = f"a rule before this one {which}: {one_of(fitting)}"
        reporter.report(
            place,
            "unknown_rule",
            expected,
            found=f'"{formula.rule}"',
            suggestion=closest(formula.rule, fitting),
        )
        return
    target = next((one for one in earlier if one.id == formula.rule), None)
    if target is None:
        later = any(one.id == formula.rule for one in reporter.document.earning)
        if later:  # else the named rule has errors of its own
            expected = "a rule that stands before this one, so that it is already counted"
            reporter.report(place, "multiply_order", expected)
        return
    if target.earn.currency != rule.earn.currency:
        expected = f"a rule that earns {rule.earn.currency}; this one earns {target.earn.currency}"
        reporter.report(place, "multiply_currency", expected)
    if target.on != rule.on:
        expected = f"a rule on {rule.on}; this one is on {target.on}"
        reporter.report(place, "multiply_event", expected)


def _check_limits(reporter: Reporter, path: Path, rule: Rule) -> None:
    limits = rule.limits
    currency = rule.earn.currency
    inside: Path = [*path, "limits"]
    if limits.per_transaction is not None:
        points = limits.per_transaction.points
        reporter.points([*inside, "per_transaction", "points"], points, currency)
    for index, limit in enumerate(limits.per_member):
        reporter.points([*inside, "per_member", index, "points"], limit.points, currency)
    _check_periods_differ(reporter, [*inside, "per_member"], [x.period for x in limits.per_member])
    _check_periods_differ(reporter, [*inside, "uses"], [x.period for x in limits.uses])


def _check_periods_differ(reporter: Reporter, path: Path, periods: list[object]) -> None:
    for index, period in enumerate(periods):
        if period in periods[:index]:
            expected = "another period: one limit for a period is enough"
            reporter.report([*path, index, "period"], "duplicate_period", expected)
