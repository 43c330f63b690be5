"""Scores order customers, treat equals equally, and every pair of scores has one name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.contracts import Orders
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.segments import facade
from regulars.science.segments.contracts import Purchases, RfmScale
from tests.science.cdnow import CALIBRATED_UNTIL, cdnow_master


def known(days: list[float], orders: list[int], value: list[float]) -> Purchases:
    return Purchases(
        0.0,
        np.arange(len(days)),
        np.array(days, dtype=np.float64),
        np.array(orders, dtype=np.int64),
        np.array(value, dtype=np.float64),
    )


def test_purchases_are_counted_before_the_day():
    orders = Orders(
        np.array([0, 0, 0, 2, 2, 1]),
        np.array([1.0, 1.5, 4.0, 8.0, 10.0, 11.0]),
        np.array([5.0, 6.0, 7.0, 8.0, 100.0, 100.0]),
        3,
    )
    found = facade.purchases(orders, 10.0)
    assert found.customer.tolist() == [0, 2]
    assert found.days_since_last.tolist() == [6.0, 2.0]
    assert found.orders.tolist() == [2, 1]
    assert found.value.tolist() == [18.0, 8.0]


def test_ten_different_customers_are_two_to_a_score():
    found = facade.score_rfm(known(list(range(10)), list(range(1, 11)), list(range(10))))
    assert found.recency.tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert found.frequency.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.monetary.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_single_order_has_frequency_one_however_many_have_only_one():
    found = facade.score_rfm(known([1.0] * 10, [1] * 8 + [2, 3], [1.0] * 10))
    assert found.frequency.tolist() == [1] * 8 + [5, 5]


def test_customers_who_are_all_alike_have_the_middle_score():
    found = facade.score_rfm(known([7.0] * 4, [3] * 4, [0.0] * 4))
    for scores in (found.recency, found.frequency, found.monetary):
        assert scores.tolist() == [3] * 4
    assert [found.segments[place].code for place in found.segment] == ["need_attention"] * 4


def test_one_customer_has_a_segment():
    found = facade.score_rfm(known([7.0], [1], [9.0]))
    assert (found.recency[0], found.frequency[0], found.monetary[0]) == (3, 1, 3)
    assert found.segments[found.segment[0]].code == "about_to_sleep"


columns = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 6), st.integers(-3, 20)), min_size=1, max_size=40
)


@given(rows=columns, seed=st.integers(0, 99))
@settings(deadline=None)
def test_scores_are_fair(rows, seed):
    """Better is never scored lower, equals are scored equally, whatever the sequence."""
    days, orders, value = map(list, zip(*rows, strict=True))
    given_known = known(days, orders, value)
    found = facade.score_rfm(given_known)
    for better, scores in (
        (-given_known.days_since_last, found.recency),
        (given_known.orders, found.frequency),
        (given_known.value, found.monetary),
    ):
        assert scores.min() >= 1 and scores.max() <= 5
        order = np.lexsort((scores, better))
        rise = np.diff(scores[order])
        assert (rise >= 0).all()
        assert (rise[np.diff(better[order]) == 0] == 0).all()
    mixed = np.random.default_rng(seed).permutation(len(days))
    other = known(*(np.array(column)[mixed].tolist() for column in (days, orders, value)))
    assert facade.score_rfm(other).segment.tolist() == found.segment[mixed].tolist()


@given(rows=columns)
@settings(deadline=None)
def test_the_scale_gives_its_own_customers_the_same_scores(rows):
    given_known = known(*map(list, zip(*rows, strict=True)))
    found = facade.score_rfm(given_known)
    again = facade.score_rfm(given_known, found.scale)
    assert again.segment.tolist() == found.segment.tolist()
    assert again.monetary.tolist() == found.monetary.tolist()


def test_a_scale_of_one_date_scores_another():
    scale = facade.learn_scale(known(list(range(10)), list(range(1, 11)), list(range(10))))
    found = facade.score_rfm(known([0.0, 100.0], [20, 1], [4.5, 1e6]), scale)
    assert found.recency.tolist() == [5, 1]
    assert found.frequency.tolist() == [5, 1]
    assert found.monetary.tolist() == [3, 5]


def test_every_pair_of_scores_has_a_name_and_every_name_a_pair():
    pairs = [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert {facade.segment_of(r, f) for r, f in pairs} == set(facade.SEGMENTS)
    assert len({segment.code for segment in facade.SEGMENTS}) == 10


MAP = """
new           potential_loyalists  potential_loyalists  champions  champions
promising     potential_loyalists  potential_loyalists  loyal      loyal
about_to_sleep  about_to_sleep     need_attention       loyal      loyal
hibernating   hibernating          at_risk              at_risk    cannot_lose
hibernating   hibernating          at_risk              at_risk    cannot_lose
"""


def test_the_map_is_the_documented_one():
    rows = [line.split() for line in MAP.strip().splitlines()]
    found = [[facade.segment_of(r, f).code for f in range(1, 6)] for r in range(5, 0, -1)]
    assert found == rows


GOOD = known([1.0, 2.0], [1, 2], [3.0, 4.0])
FOUR = np.arange(4.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: facade.score_rfm(known([], [], [])), NoData, "days_since_last is empty"),
        (lambda: facade.score_rfm(known([np.nan], [1], [1.0])), NotFinite, "days_since_last"),
        (lambda: facade.score_rfm(known([1.0], [1], [np.inf])), NotFinite, "value"),
        (lambda: facade.score_rfm(known([-1.0], [1], [1.0])), OutOfRange, "days_since_last"),
        (lambda: facade.score_rfm(known([1.0], [0], [1.0])), OutOfRange, "orders"),
        (lambda: facade.score_rfm(replace(GOOD, value=FOUR)), WrongShape, "value"),
        (
            lambda: facade.score_rfm(GOOD, RfmScale(FOUR[:3], FOUR, FOUR)),
            WrongShape,
            "scale.recency",
        ),
        (lambda: facade.segment_of(0, 1), OutOfRange, "recency"),
        (lambda: facade.segment_of(1, 6), OutOfRange, "frequency"),
        (
            lambda: facade.purchases(Orders(FOUR.astype(int), FOUR, FOUR, 4), 0.0),
            NoData,
            "orders before the cut",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_cdnow_champions_are_few_and_bring_half_of_the_money():
    """The concentration that RFM exists to find: a fifth of the customers, half of the value."""
    found = facade.purchases(cdnow_master(), CALIBRATED_UNTIL)
    scores = facade.score_rfm(found)
    champions = scores.segment == 0
    assert scores.customer.size == 23_570
    assert 0.15 < champions.mean() < 0.25
    assert 0.4 < found.value[champions].sum() / found.value.sum() < 0.6
