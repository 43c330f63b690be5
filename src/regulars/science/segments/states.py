"""New, active, at risk, lost: a state machine over dates that does not flap.

A state is entered at one threshold and left at a lower one (hysteresis, as in Schmitt 1938, Journal
of Scientific Instruments 15): a risk that wavers between the two changes nothing. The state at a
date depends on orders before it only, and on the state before.
"""

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
    dates = _dates(days)
    shape = (dates.size, given.customers)
    risk, tenure = np.zeros(shape), np.full(shape, -1.0)
    occasions = np.zeros(shape, dtype=np.int64)
    for place, date in enumerate(dates):
        if not (given.day < date).any():
            continue
        known = occasions_before(given, float(date))
        who, silence = known.customer, known.days_since_last
        gap = (known.days_since_first - silence + chosen.usual_gap_days) / known.count
        risk[place, who] = silence / gap
        tenure[place, who] = known.days_since_first
        occasions[place, who] = known.count
    return walk(dates, risk, tenure, occasions, chosen)


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
    known = checks.matrix("tenure", tenure, rows=dates.size, columns=signal.shape[1]) >= 0.0
    counts = checks.matrix("orders", orders, rows=dates.size, columns=signal.shape[1])
    state = np.empty(signal.shape, dtype=np.int64)
    changes = np.zeros(signal.shape[1], dtype=np.int64)
    current = np.full(signal.shape[1], State.PROSPECT, dtype=np.int64)
    entered = np.full(signal.shape[1], dates[0])
    for place, date in enumerate(dates):
        is_new = (tenure[place] <= rule.new_days) & (counts[place] < 2)
        ordered = counts[place] > counts[place - 1] if place else known[place]
        wanted = _wanted(current, signal[place], known[place], is_new, rule)
        free = ordered | (date - entered >= rule.stay_days) | (current == State.PROSPECT)
        changed = (wanted != current) & free
        changes += changed & (current != State.PROSPECT)
        entered = np.where(changed, date, entered)
        current = np.where(changed, wanted, current)
        state[place] = current
    return Lifecycle(dates, np.where(known, signal, 0.0), state, changes)


def _wanted(
    current: Integers, risk: Floats, known: Booleans, is_new: Booleans, rule: StateRule
) -> Integers:
    """Where each would go, were there no waiting: the first line that is true."""
    was_lost = current == State.LOST
    was_at_risk = current == State.AT_RISK
    return np.select(
        [
            ~known,
            is_new & ((current == State.PROSPECT) | (current == State.NEW)),
            (risk >= rule.lost_enter) | (was_lost & (risk > rule.lost_leave)),
            (risk >= rule.at_risk_enter) | ((was_lost | was_at_risk) & (risk > rule.at_risk_leave)),
        ],
        [
            np.full(current.shape, State.PROSPECT),
            np.full(current.shape, State.NEW),
            np.full(current.shape, State.LOST),
            np.full(current.shape, State.AT_RISK),
        ],
        default=np.full(current.shape, State.ACTIVE),
    ).astype(np.int64)


def _dates(days: Floats) -> Floats:
    dates = checks.floats("days", days)
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
