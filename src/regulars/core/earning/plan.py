"""From the document's earning rules to one plan per event type."""

from collections.abc import Mapping

from regulars.core.compiled import (
    Counter,
    Currency,
    Extra,
    Ladder,
    Limit,
    Plan,
    Rule,
    Solo,
    Stack,
)
from regulars.core.conditions.compile import Surroundings, compile_condition
from regulars.core.conditions.measures import Measures
from regulars.core.document import ProgramDocument
from regulars.core.document import earning as written
from regulars.core.document.event_types import PURCHASE, ValueType
from regulars.core.document.money import Basis
from regulars.core.document.times import Duration
from regulars.core.earning.formulas import compile_formula
from regulars.core.periods import Window, ZoneTable, window
from regulars.core.points import points_units


def compile_plans(
    document: ProgramDocument,
    zone: ZoneTable,
    currencies: Mapping[str, Currency],
    ladder: Ladder | None,
    measures: Measures,
) -> tuple[dict[str, Plan], tuple[Rule, ...]]:
    """A plan for every event type that rules can be for, and all rules in document order."""
    plans: dict[str, Plan] = {}
    by_index: dict[int, Rule] = {}
    for event_type in document.all_event_types:
        compiler = _PlanCompiler(document, zone, currencies, measures, event_type)
        for index, rule in enumerate(document.earning):
            if rule.on == event_type:
                by_index[index] = compiler.add(index, rule)
        plans[event_type] = compiler.plan(ladder)
    return plans, tuple(by_index[index] for index in range(len(document.earning)))


def limit_window(period: str | Duration) -> Window:
    """The window of a limit: a calendar period or rolling days."""
    return window(period if isinstance(period, str) else f"{period.count}d")


def value_kinds(types: Mapping[str, ValueType]) -> dict[str, str]:
    """By name what a condition compares as: the declared type, or `personal`, which no trace
    shows."""
    return {
        name: "personal" if declared.personal else declared.type for name, declared in types.items()
    }


class _PlanCompiler:
    """Collects the rules of one event type."""

    def __init__(
        self,
        document: ProgramDocument,
        zone: ZoneTable,
        currencies: Mapping[str, Currency],
        measures: Measures,
        event_type: str,
    ) -> None:
        self._document = document
        self._currencies = currencies
        self._measures = measures
        self._on_order = event_type == PURCHASE
        self._around = Surroundings(
            zone=zone,
            money_decimals=document.money.decimals,
            basis=document.basis,
            measures=measures,
            on_order=self._on_order,
            value_types=value_kinds(document.attributes),
            field_types=value_kinds(document.all_event_types[event_type].fields),
            attributes=set(),
            segments=set(),
        )
        self._rules: list[Rule] = []
        self._masks: list[int] = []
        self._steps: list[tuple] = []  # type: ignore[type-arg]  # see Plan.steps
        self._positions: dict[str, int] = {}

    def add(self, index: int, rule: written.Rule) -> Rule:
        """Compile one rule into the plan."""
        basis: Basis = (
            self._document.basis if rule.basis is None else rule.basis.over(self._document.basis)
        )
        around = self._around
        around.basis = basis
        currency = self._currencies[rule.earn.currency]
        items = rule.items if self._on_order else None
        measure = self._measures.index(basis, items) if self._on_order else -1
        formula = rule.earn.formula
        about_lines = self._on_order and (items is not None or not _is_fixed(formula))
        compiled = Rule(
            id=rule.id,
            index=index,
            on=rule.on,
            currency=currency,
            group=rule.group or "",
            priority=rule.priority,
            exclusive=rule.exclusive,
            measure=measure,
            measured=about_lines,
            limits=_limits(rule, currency),
        )
        self._steps.append(
            (
                compile_condition(rule.when, around),
                measure if items is not None else -1,
                compile_formula(formula, currency, max(measure, 0), self._positions, around),
            )
        )
        if isinstance(formula, written.Multiply):
            self._masks.append(self._masks[self._positions[formula.rule]])
        else:
            self._masks.append(measure if about_lines else -1)
        self._positions[rule.id] = len(self._rules)
        self._rules.append(compiled)
        return compiled

    def plan(self, ladder: Ladder | None) -> Plan:
        """The plan of the rules added."""
        rules = self._rules
        limited = tuple(
            (position, rule.limits) for position, rule in enumerate(rules) if rule.limits
        )
        counters = {
            limit.counter: Counter(limit.counter, limit.window)
            for _, limits in limited
            for limit in limits
            if limit.window is not None
        }
        return Plan(
            on_order=self._on_order,
            rules=tuple(rules),
            indices=tuple(rule.index for rule in rules),
            currencies=tuple(rule.currency.id for rule in rules),
            masks=tuple(self._masks),
            steps=tuple(self._steps),
            stacks=self._stacks(),
            solos=self._solos(),
            limited=limited,
            counters=tuple(counters.values()),
            extras=self._extras(ladder),
            spent=_spent(ladder) if self._on_order else None,
            earned=_earned(ladder),
            attributes=tuple(sorted(self._around.attributes)),
            segments=frozenset(self._around.segments),
        )

    def _stacks(self) -> tuple[Stack, ...]:
        members: dict[tuple[str, str], list[int]] = {}
        for position, rule in enumerate(self._rules):
            if rule.group:
                members.setdefault((rule.group, rule.currency.id), []).append(position)
        stacks: list[Stack] = []
        for (group, _), positions in members.items():
            stack = self._document.groups[group].stack
            if stack == "sum" or len(positions) < 2:
                continue
            if stack == "priority":
                positions = self._preferred(positions)
            stacks.append(Stack(stack == "best_of", tuple(positions)))
        return tuple(stacks)

    def _solos(self) -> tuple[Solo, ...]:
        solos: list[Solo] = []
        for currency in self._currencies:
            positions = self._in_currency(currency)
            exclusive = [each for each in positions if self._rules[each].exclusive]
            if exclusive:
                solos.append(Solo(tuple(self._preferred(exclusive)), positions))
        return tuple(solos)

    def _extras(self, ladder: Ladder | None) -> tuple[Extra, ...]:
        extras: list[Extra] = []
        for currency in self._currencies.values():
            positions = self._in_currency(currency.id)
            by_tier = {
                tier.id: tier.multipliers[currency.id]
                for tier in (ladder.tiers if ladder else ())
                if currency.id in tier.multipliers
            }
            if positions and by_tier:
                extras.append(Extra(currency, by_tier, positions))
        return tuple(extras)

    def _in_currency(self, currency: str) -> tuple[int, ...]:
        return tuple(
            position for position, rule in enumerate(self._rules) if rule.currency.id == currency
        )

    def _preferred(self, positions: list[int]) -> list[int]:
        return sorted(positions, key=lambda position: -self._rules[position].priority)


def _is_fixed(formula: written.Formula) -> bool:
    """Whether a formula gives the same whatever the lines are."""
    if isinstance(formula, written.FirstMatch):
        return all(_is_fixed(choice.earn) for choice in formula.choices)
    return isinstance(formula, written.Fixed)


def _limits(rule: written.Rule, currency: Currency) -> tuple[Limit, ...]:
    """The limits in the order in which they are applied."""
    given = rule.limits
    limits = []
    for uses in given.uses:
        period = limit_window(uses.period)
        limits.append(Limit("uses", uses.count, f"uses/{rule.id}/{period.name}", period))
    if given.per_transaction is not None:
        most = points_units(given.per_transaction.points, currency.decimals)
        kind = "reject" if given.per_transaction.over == "reject" else "transaction"
        limits.append(Limit(kind, most))
    for member in given.per_member:
        period = limit_window(member.period)
        most = points_units(member.points, currency.decimals)
        limits.append(Limit("points", most, f"points/{rule.id}/{period.name}", period))
    return tuple(limits)


def _spent(ladder: Ladder | None) -> Counter | None:
    if ladder is None or ladder.metric != "spend" or ladder.window is None:
        return None
    return Counter(ladder.counter, ladder.window)


def _earned(ladder: Ladder | None) -> tuple[tuple[str, Counter], ...]:
    if ladder is None or ladder.metric != "earned" or ladder.window is None:
        return ()
    return ((ladder.currency, Counter(ladder.counter, ladder.window)),)
