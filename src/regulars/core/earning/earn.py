"""Run the rules for one event: docs/architecture.md, "Earning".

A pure function of the program version and the Subject: the same for a live event, a quote, the rest
of an order whose refund is decided anew, and an event that a late one makes earn again. It opens no
lots and changes no state; what it counted comes back as effects to apply.
"""

from typing import Final, NamedTuple

from regulars.core.compiled import Limit, Plan, Program, Rule
from regulars.core.conditions.measures import MASK_LINES_MAX
from regulars.core.conditions.subject import PURCHASES, Subject, Why
from regulars.core.decision import Award, Considered, Context
from regulars.core.effects import Counted
from regulars.core.events import Purchase
from regulars.core.periods import counted
from regulars.core.trace import (
    CLIPPED,
    CONDITION,
    EARNED,
    EXCLUDED,
    MULTIPLIED,
    NO_LINES,
    NO_RULE,
    NOTHING,
    OUTSTACKED,
    REJECTED,
    USED_UP,
)

_MASK_MAX: Final = (1 << MASK_LINES_MAX) - 1


class Earned(NamedTuple):
    """What the rules give for one event. `awards` in document order, each currency's tier
    multiplier (rule -1) after all rules; their `lot` is still 0. `counted` is what the event adds
    to counters: the purchase itself, spend and points for tiers, uses and points for limits."""

    awards: tuple[Award, ...]
    trace: tuple[Considered, ...]
    counted: tuple[Counted, ...]
    context: Context


def earn(program: Program, subject: Subject) -> Earned:
    """What `subject` earns under `program`. Units are final: stacked, limited and multiplied."""
    plan = program.plans.get(subject.kind)
    if plan is None:
        return Earned((), (), (), Context(subject.tier, subject.nth_purchase))
    subject.place(program.zone)
    order = subject.body
    if isinstance(order, Purchase):
        subject.amounts, subject.quantities, subject.masks = program.measures.measure(order)
    verdicts: list[int] = []
    numbers: list[Why] = []
    points = _evaluate(plan, subject, verdicts, numbers)
    if plan.stacks:
        _stack(plan, points, verdicts, numbers)
    if plan.solos:
        _leave_exclusive(plan, points, verdicts, numbers)
    used = _used_before(plan, subject)
    counts = _count_order(plan, subject)
    if plan.limited:
        _limit_all(plan, subject.day, points, used, verdicts, numbers, counts)
    awards = _awards(plan, subject, points)
    trace = list(map(Considered, plan.indices, verdicts, numbers))
    if plan.extras:
        _multiply_by_tier(plan, subject, points, awards, trace)
    for currency, counter in plan.earned:
        total = sum([award.points for award in awards if award.currency == currency])
        if total:
            counts.append(Counted(counter.name, counter.window.first_of(subject.day), total))
    return Earned(tuple(awards), tuple(trace), tuple(counts), _context(plan, subject, used))


def _evaluate(plan: Plan, subject: Subject, verdicts: list[int], numbers: list[Why]) -> list[int]:
    """Each rule's units before stacking, left in `subject.units` too for rules that multiply."""
    units: list[int] = []
    subject.units = units
    for check, gate, formula in plan.steps:
        if check is not None:
            why = check(subject)
            if why is not None:
                verdicts.append(CONDITION)
                numbers.append(why)
                units.append(0)
                continue
        if gate >= 0 and not subject.masks[gate]:
            verdicts.append(NO_LINES)
            numbers.append(())
            units.append(0)
            continue
        found = formula(subject)
        gives: int = found[0]  # type: ignore[assignment]  # a formula's first number
        if gives > 0:
            verdicts.append(EARNED)
            units.append(gives)
        else:
            verdicts.append(NOTHING)
            units.append(0)
        numbers.append(found)
    return units.copy()


def _stack(plan: Plan, points: list[int], verdicts: list[int], numbers: list[Why]) -> None:
    for stack in plan.stacks:
        winner = -1
        most = 0
        for position in stack.positions:
            if points[position] > most:
                winner, most = position, points[position]
                if not stack.best_of:
                    break
        if winner >= 0:
            _drop_others(plan, stack.positions, winner, OUTSTACKED, points, verdicts, numbers)


def _leave_exclusive(
    plan: Plan, points: list[int], verdicts: list[int], numbers: list[Why]
) -> None:
    for solo in plan.solos:
        for winner in solo.exclusive:
            if points[winner]:
                _drop_others(plan, solo.positions, winner, EXCLUDED, points, verdicts, numbers)
                break


def _drop_others(
    plan: Plan,
    positions: tuple[int, ...],
    winner: int,
    verdict: int,
    points: list[int],
    verdicts: list[int],
    numbers: list[Why],
) -> None:
    for position in positions:
        if points[position] and position != winner:
            points[position] = 0
            verdicts[position] = verdict
            numbers[position] = (plan.indices[winner], *numbers[position])


def _used_before(plan: Plan, subject: Subject) -> dict[str, int]:
    """What is counted already in each counter that a limit looks at, without those at 0."""
    used: dict[str, int] = {}
    recorded = subject.recorded
    if recorded is not None:
        for counter in plan.counters:
            if counter.name in recorded:
                used[counter.name] = recorded[counter.name]
        return used
    find = subject.counters.get
    for counter in plan.counters:
        pairs = find(counter.name)
        if pairs:
            day = subject.day
            window = counter.window
            last = window.first_of(day)
            value = counted(pairs, day - window.days + 1 if window.days else last, last)
            if value:
                used[counter.name] = value
    return used


def _count_order(plan: Plan, subject: Subject) -> list[Counted]:
    if not plan.on_order:
        return []
    counts = [Counted(PURCHASES, 0, 1)]
    spent = plan.spent
    amount = subject.amounts[0]
    if spent is not None and amount > 0:
        counts.append(Counted(spent.name, spent.window.first_of(subject.day), amount))
    return counts


def _limit_all(
    plan: Plan,
    day: int,
    points: list[int],
    used: dict[str, int],
    verdicts: list[int],
    numbers: list[Why],
    counts: list[Counted],
) -> None:
    """Limit each rule that earned, and count what it earns then."""
    for position, limits in plan.limited:
        units = points[position]
        if not units:
            continue
        units = _limit(limits, position, units, used, verdicts, numbers)
        points[position] = units
        if units:
            for limit in limits:
                window = limit.window
                if window is not None:
                    amount = 1 if limit.kind == "uses" else units
                    counts.append(Counted(limit.counter, window.first_of(day), amount))


def _limit(
    limits: tuple[Limit, ...],
    position: int,
    units: int,
    used: dict[str, int],
    verdicts: list[int],
    numbers: list[Why],
) -> int:
    """The units that a rule's limits leave."""
    formula = numbers[position]
    for index, limit in enumerate(limits):
        before = used.get(limit.counter, 0) if limit.counter else 0
        if limit.kind == "uses":
            if before >= limit.most:
                verdicts[position] = USED_UP
                numbers[position] = (index, before, *formula)
                return 0
            continue
        left = limit.most - before
        if units <= left:
            continue
        if limit.kind == "reject":
            verdicts[position] = REJECTED
            numbers[position] = (index, 0, *formula)
            return 0
        units = max(left, 0)
        verdicts[position] = CLIPPED
        numbers[position] = (index, before, *formula)
    return units


def _awards(plan: Plan, subject: Subject, points: list[int]) -> list[Award]:
    awards: list[Award] = []
    masks = plan.masks
    for position, units in enumerate(points):
        if units:
            measure = masks[position]
            mask = subject.masks[measure] if measure >= 0 else 0
            if mask > _MASK_MAX:
                mask = -1
            awards.append(Award(plan.indices[position], plan.currencies[position], units, mask))
    return awards


def _multiply_by_tier(
    plan: Plan,
    subject: Subject,
    points: list[int],
    awards: list[Award],
    trace: list[Considered],
) -> None:
    for extra in plan.extras:
        by = extra.by_tier.get(subject.tier)
        if by is None:
            continue
        base = sum([points[position] for position in extra.positions])
        if not base:
            continue
        currency = extra.currency
        added = currency.divide(base * by.numerator, by.denominator)
        trace.append(Considered(NO_RULE, MULTIPLIED, (currency.index, base, added)))
        if added:
            lines = 0
            for award in awards:
                if award.currency == currency.id:
                    if award.lines <= 0:
                        lines = award.lines
                        break
                    lines |= award.lines
            awards.append(Award(NO_RULE, currency.id, added, lines))


def _context(plan: Plan, subject: Subject, used: dict[str, int]) -> Context:
    attributes = subject.attributes
    segments = subject.segments
    if not plan.attributes and not plan.segments:
        return Context(subject.tier, subject.nth_purchase, used)
    return Context(
        subject.tier,
        subject.nth_purchase,
        used,
        {name: attributes[name] for name in plan.attributes if name in attributes},
        tuple([each for each in segments if each in plan.segments]) if segments else (),
    )


def basis_of_lines(program: Program, rule_index: int, purchase: Purchase) -> list[int]:
    """The basis of each line, in minor units, on which a rule earned (-1: the tier multiplier, on
    the program's own basis): 0 for a line that does not count. Shipping is left out: what it earned
    comes back in proportion to the lines. Weights for a proportional refund."""
    if rule_index < 0:
        return program.measures.of_lines(0, purchase)
    return program.measures.of_lines(program.rules[rule_index].measure, purchase)


def award_mask(program: Program, award: Award, purchase: Purchase) -> int:
    """The lines that an award names, as a mask of any length: `award.lines`, or worked out again
    where that is -1 since the order had more lines than a stored mask holds."""
    if award.lines >= 0:
        return award.lines
    if award.rule < 0:
        return program.measures.mask(0, purchase)
    rule: Rule = program.rules[award.rule]
    return program.measures.mask(rule.measure, purchase)
