"""New, active, at risk, lost: a state machine over dates that does not flap.

A state is entered at one threshold and left at a lower one (hysteresis, as in Schmitt 1938, Journal
of Scientific Instruments 15): a risk that wavers between the two changes nothing. The state at a
date depends on orders before it only, and on the state before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers, Orders
from regulars.science.errors import OutOfRange
from regulars.science.occasions import occasions_before
from regulars.science.segments.contracts import Lifecycle, State, StateRule


def lifecycle(orders: Orders, days: Floats, rule: StateRule | None = None) -> Lifecycle:
    """The state of every customer code at each of `days`, float64 (t,), ascending.

    The risk is the days since the last order over the usual gap: (time from first to last order +
    `usual_gap_days`) / (repeat orders + 1). Of gaps that are exponential, 5 % exceed three times
    their mean, which is where the default starts to see a risk. Orders at a date count from the
    next one on.
    """
    chosen = _checked(rule or StateRule())
    given = checks.orders(orders)
    return _fold(_dates(days), lambda _, date: _seen(given, date, chosen), given.customers, chosen)


def walk(
    days: Floats, risk: Floats, tenure: Floats, orders: Integers, rule: StateRule
) -> Lifecycle:
    """The states of n members over t days for a risk of any origin, such as P(churned).

    `risk`, `tenure`: float64 (t, n), the days since the first order, below 0 for a prospect.
    `orders`: int64 (t, n), orders before each date, never falling. Every threshold of `rule` is in
    the unit of the risk.
    """
    _checked(rule)
    dates = _dates(days)
    signal = checks.matrix("risk", risk, rows=dates.size)
    age = checks.matrix("tenure", tenure, rows=dates.size, columns=signal.shape[1])
    counts = checks.matrix("orders", orders, rows=dates.size, columns=signal.shape[1])

    def seen(place: int, _: float) -> _Seen:
        known = age[place] >= 0.0
        return _Seen(np.where(known, signal[place], 0.0), known, age[place], counts[place])

    return _fold(dates, seen, signal.shape[1], rule)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of every member at one date; vectors (n,)."""

    risk: Floats
    known: Booleans
    tenure: Floats
    orders: Floats


def _seen(orders: Orders, date: float, rule: StateRule) -> _Seen:
    """Silence over the usual gap, of everyone who has ordered before the date."""
    risk, tenure = np.zeros(orders.customers), np.full(orders.customers, -1.0)
    counts = np.zeros(orders.customers)
    if (orders.day < date).any():
        found = occasions_before(orders, date)
        who, silence = found.customer, found.days_since_last
        gap = (found.days_since_first - silence + rule.usual_gap_days) / found.count
        risk[who], tenure[who], counts[who] = silence / gap, found.days_since_first, found.count
    return _Seen(risk, tenure >= 0.0, tenure, counts)


def _fold(
    dates: Floats, seen: Callable[[int, float], _Seen], members: int, rule: StateRule
) -> Lifecycle:
    """State after state; only one date's orders and tenures are held at a time."""
    risk, state = np.empty((dates.size, members)), np.empty((dates.size, members), dtype=np.int64)
    changes = np.zeros(members, dtype=np.int64)
    current = np.full(members, State.PROSPECT, dtype=np.int64)
    entered, orders = np.full(members, dates[0]), np.zeros(members)
    for place, date in enumerate(dates):
        now = seen(place, float(date))
        wanted = _wanted(current, now, rule)
        is_free = (now.orders > orders) | (date - entered >= rule.stay_days)
        changed = (wanted != current) & (is_free | (current == State.PROSPECT))
        changes += changed & (current != State.PROSPECT)
        entered = np.where(changed, date, entered)
        current = np.where(changed, wanted, current)
        risk[place], state[place], orders = now.risk, current, now.orders
    return Lifecycle(dates, risk, state, changes)


def _wanted(current: Integers, now: _Seen, rule: StateRule) -> Integers:
    """Where each would go, were there no waiting: the first line that is true."""
    was_lost = current == State.LOST
    was_at_risk = current == State.AT_RISK
    is_new = (now.tenure <= rule.new_days) & (now.orders < 2)
    lines = (
        (~now.known, State.PROSPECT),
        (is_new & (current <= State.NEW), State.NEW),
        ((now.risk >= rule.lost_enter) | (was_lost & (now.risk > rule.lost_leave)), State.LOST),
        (
            (now.risk >= rule.at_risk_enter)
            | ((was_lost | was_at_risk) & (now.risk > rule.at_risk_leave)),
            State.AT_RISK,
        ),
    )
    return np.select(
        [condition for condition, _ in lines], [int(to) for _, to in lines], int(State.ACTIVE)
    ).astype(np.int64)


def _dates(days: Floats) -> Floats:
    dates = checks.days("days", days)
    wrong = np.flatnonzero(np.diff(dates) <= 0.0)
    if wrong.size:
        row = int(wrong[0]) + 1
        raise OutOfRange("days", row, float(dates[row]), "later than the day before it")
    return dates


def _checked(rule: StateRule) -> StateRule:
    """A rule whose thresholds leave room between entering and leaving."""
    checks.number("at_risk_leave", rule.at_risk_leave, at_least=0.0)
    checks.number("at_risk_enter", rule.at_risk_enter, above=rule.at_risk_leave)
    checks.number("lost_leave", rule.lost_leave, at_least=rule.at_risk_leave)
    checks.number("lost_enter", rule.lost_enter, above=max(rule.lost_leave, rule.at_risk_enter))
    checks.number("new_days", rule.new_days, at_least=0.0)
    checks.number("stay_days", rule.stay_days, at_least=0.0)
    checks.number("usual_gap_days", rule.usual_gap_days, above=0.0)
    return rule
