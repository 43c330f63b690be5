"""States follow the orders, depend on the past only, and do not flap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.contracts import Orders
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.segments import facade
from regulars.science.segments.contracts import Lifecycle, State, StateRule
from tests.science.cdnow import OBSERVED_UNTIL, cdnow_master
from tests.science.churn.shops import shop

RULE = StateRule()
P, N, A, R, L = State


def states_of(days: list[float], dates: list[float], rule: StateRule = RULE) -> list[State]:
    """The states of one customer who orders on `days`."""
    orders = Orders(np.zeros(len(days), int), np.array(days), np.ones(len(days)), 1)
    found = facade.lifecycle(orders, np.array(dates), rule)
    return [State(value) for value in found.state[:, 0]]


def walked(risk: list[float], rule: StateRule, step: float = 30.0) -> Lifecycle:
    """One old member with this risk at dates `step` days apart, who orders no more."""
    signal = np.array(risk)[:, None]
    days = np.arange(signal.size) * step
    return facade.walk(
        days, signal, days[:, None] + 100.0, np.full(signal.shape, 5, dtype=np.int64), rule
    )


def test_a_member_who_orders_once_is_new_then_at_risk_then_lost():
    # A usual gap of 30 days: at risk from 90 days of silence on, lost from 180 on.
    dates = [0.0, 1.0, 60.0, 61.0, 89.0, 90.0, 179.0, 180.0, 400.0]
    assert states_of([0.0], dates) == [P, N, N, A, A, R, R, L, L]


def test_a_second_order_makes_a_new_member_active():
    assert states_of([0.0, 20.0], [10.0, 21.0]) == [N, A]


def test_an_order_brings_a_lost_member_back_at_once():
    assert states_of([0.0, 400.0], [399.0, 400.0, 401.0]) == [L, L, A]


def test_a_member_of_a_slow_rhythm_is_given_longer():
    """Orders half a year apart: silence of 200 days, lost for most, is usual here."""
    slow = [0.0, 180.0, 360.0, 540.0, 720.0]
    assert states_of(slow, [721.0, 920.0]) == [A, A]
    assert states_of([700.0, 710.0, 720.0], [721.0, 920.0]) == [A, L]


def test_a_state_is_entered_at_one_risk_and_left_at_a_lower_one():
    risk = [1.0, 2.9, 3.0, 2.0, 1.6, 1.5, 2.9, 6.0, 4.1, 4.0, 1.6, 1.5]
    found = walked(risk, RULE)
    assert [State(value) for value in found.state[:, 0]] == [A, A, R, R, R, A, A, L, L, R, R, A]
    assert found.changes[0] == 5


def test_a_change_without_an_order_waits_until_the_state_has_lasted():
    found = walked([1.0, 3.0, 1.0, 1.0, 1.0], StateRule(stay_days=14.0), step=7.0)
    assert [State(value) for value in found.state[:, 0]] == [A, A, A, A, A]
    later = walked([1.0, 1.0, 3.0, 1.0, 1.0, 1.0], StateRule(stay_days=14.0), step=7.0)
    assert [State(value) for value in later.state[:, 0]] == [A, A, R, R, A, A]


def test_a_first_date_late_in_life_finds_the_state_of_the_silence():
    assert states_of([0.0], [500.0]) == [L]
    assert states_of([0.0], [100.0]) == [R]


@given(
    wobble=st.lists(st.floats(1.51, 2.99), min_size=1, max_size=40),
    start=st.sampled_from([1.0, 3.5]),
)
@settings(deadline=None)
def test_a_risk_that_wavers_between_the_thresholds_changes_nothing(wobble, start):
    found = walked([start, *wobble], StateRule(stay_days=0.0))
    assert found.changes[0] == 0


@given(risk=st.lists(st.floats(0.0, 10.0), min_size=1, max_size=60))
@settings(deadline=None)
def test_changes_are_no_more_than_crossings_of_the_whole_band(risk):
    """Between two entries into any worse state the risk has fallen to a leaving threshold."""
    rule = StateRule(stay_days=0.0)
    state = walked(risk, rule).state[:, 0]
    for place in range(1, state.size):
        before, after, level = state[place - 1], state[place], risk[place]
        if after > before:
            assert level >= (rule.lost_enter if after == L else rule.at_risk_enter)
        if after < before:
            assert level <= (rule.lost_leave if after == R else rule.at_risk_leave)


def test_what_comes_later_changes_no_state():
    orders = shop(300, seed=1)
    days = np.arange(50.0, 400.0, 25.0)
    whole = facade.lifecycle(orders, days)
    early = orders.day < days[6]
    known = Orders(orders.customer[early], orders.day[early], orders.value[early], orders.customers)
    part = facade.lifecycle(known, days[:7])
    np.testing.assert_array_equal(part.state, whole.state[:7])


def test_prospects_are_those_without_an_order_yet():
    orders = shop(300, seed=1)
    first = np.full(300, np.inf)
    np.minimum.at(first, orders.customer, orders.day)
    days = np.arange(20.0, 400.0, 20.0)
    found = facade.lifecycle(orders, days)
    np.testing.assert_array_equal(found.state == State.PROSPECT, first >= days[:, None])
    assert (found.risk[found.state == State.PROSPECT] == 0.0).all()


def test_hysteresis_leaves_fewer_changes_than_one_threshold():
    """A noisy risk around the threshold, 500 members, 60 dates: the band takes most changes away.
    (The single threshold is a band of almost no width.)"""
    random = np.random.default_rng(2)
    risk = 2.8 + 0.5 * random.normal(size=(60, 500))
    days = np.arange(60.0) * 30.0
    tenure = np.broadcast_to(days[:, None] + 100.0, risk.shape)
    orders = np.full(risk.shape, 5)
    band = facade.walk(days, risk, tenure, orders, RULE)
    single = facade.walk(days, risk, tenure, orders, StateRule(at_risk_leave=2.999, lost_leave=5.0))
    assert band.changes.mean() < 0.1 * single.changes.mean()


def test_states_at_two_dates_are_moves_between_segments():
    found = facade.lifecycle(shop(300, seed=1), np.array([200.0, 300.0]))
    moves = facade.moves(found.state[0], found.state[1], tuple(state.name for state in State))
    assert moves.counts.sum() == 300
    assert moves.counts[State.LOST, State.NEW] == 0
    assert moves.counts[:, State.PROSPECT].sum() == 0


ORDERS = Orders(np.zeros(2, int), np.array([0.0, 5.0]), np.ones(2), 1)
ONE = np.ones((1, 1))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: facade.lifecycle(ORDERS, np.array([])), NoData, "days is empty"),
        (lambda: facade.lifecycle(ORDERS, np.array([2.0, 2.0])), OutOfRange, r"days\[1\]"),
        (lambda: facade.lifecycle(ORDERS, np.array([np.nan])), NotFinite, r"days\[0\]"),
        (
            lambda: facade.lifecycle(
                Orders(np.array([], int), np.array([]), np.array([]), 1), np.array([1.0])
            ),
            NoData,
            "orders is empty",
        ),
        (
            lambda: facade.lifecycle(ORDERS, ONE[0], StateRule(at_risk_enter=1.0)),
            OutOfRange,
            "at_risk_enter",
        ),
        (
            lambda: facade.lifecycle(ORDERS, ONE[0], StateRule(lost_enter=3.5)),
            OutOfRange,
            "lost_enter",
        ),
        (
            lambda: facade.lifecycle(ORDERS, ONE[0], StateRule(lost_leave=1.0)),
            OutOfRange,
            "lost_leave",
        ),
        (
            lambda: facade.lifecycle(ORDERS, ONE[0], StateRule(usual_gap_days=0.0)),
            OutOfRange,
            "usual_gap_days",
        ),
        (lambda: facade.walk(ONE[0], ONE * np.inf, ONE, ONE, RULE), NotFinite, "risk"),
        (lambda: facade.walk(ONE[0], ONE, np.ones((2, 1)), ONE, RULE), WrongShape, "tenure"),
        (lambda: facade.walk(ONE[0], ONE, ONE, np.ones((1, 2)), RULE), WrongShape, "orders"),
    ],
)
def test_what_has_no_state_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_dates_before_the_first_order_find_prospects_only():
    assert states_of([10.0], [1.0, 5.0]) == [P, P]


def test_cdnow_members_rarely_change_back_and_forth():
    """Monthly over a year and a half: a member is new, then mostly silent or mostly active."""
    found = facade.lifecycle(cdnow_master(), np.arange(30.0, OBSERVED_UNTIL, 30.0))
    assert found.state.shape == (18, 23_570)
    assert (found.changes <= 4).mean() > 0.9
    lost = found.state == State.LOST
    assert 0.5 < lost[-1].mean() < 0.8
