"""Lists are ranked by what speaks for an item, hold only what may be shown, and say why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.recommend.facade import (
    Constraints,
    HalfConstraint,
    Kind,
    Settings,
    Source,
    fit,
    list_similarity,
    reasons,
    recommend,
)
from regulars.science.recommend.ordering import best
from tests.science.recommend.shops import lines, shop_with_tastes

# Tea (0) and biscuits (1) go together for five customers; nails (2) and hammers (3) for five more.
# Customer 10 has bought tea alone, customer 11 nothing, and nobody item 4.
_GROCER = lines(
    *[(c, i, 90.0) for c in range(5) for i in (0, 1)],
    *[(c, i, 90.0) for c in range(5, 10) for i in (2, 3)],
    (0, 0, 80.0),
    (10, 0, 95.0),
    customers=12,
    items=5,
)


@pytest.fixture(scope="module")
def grocer():
    return fit(
        _GROCER,
        100.0,
        Settings(regularization=1.0, discovery_weight=1.0, segment_prior=1.0),
        segment=np.array([0] * 5 + [1] * 5 + [0, 1]),
        segments=2,
    )


@pytest.fixture(scope="module")
def tastes():
    return fit(shop_with_tastes(7), 200.0, Settings(regularization=20.0))


def test_a_repeat_stands_first_then_what_goes_with_it(grocer):
    lists = recommend(grocer, np.array([10]), 2)
    assert lists.item.tolist() == [[0, 1]]
    assert lists.source.tolist() == [[Source.REPEAT, Source.DISCOVERY]]


def test_repeat_and_discovery_can_be_asked_for_apart(grocer):
    repeat = recommend(grocer, np.array([10]), 3, kind=Kind.REPEAT)
    assert repeat.item.tolist() == [[0, -1, -1]]
    assert repeat.score[0, 1:].tolist() == [0.0, 0.0]
    assert repeat.source[0, 1:].tolist() == [Source.NOTHING, Source.NOTHING]
    discovery = recommend(grocer, np.array([10]), 4, kind=Kind.DISCOVERY)
    assert discovery.item[0, 0] == 1
    assert 0 not in discovery.item


def test_without_a_past_the_segment_decides(grocer):
    lists = recommend(grocer, np.array([11]), 2)
    assert sorted(lists.item[0]) == [2, 3]
    assert lists.source.tolist() == [[Source.POPULAR] * 2]


def test_reasons_can_be_counted_by_hand(grocer):
    lists = recommend(grocer, np.array([10, 0, 11]), 2)
    told = reasons(grocer, lists)
    # Customer 10 bought tea once, five days ago; five of the six who bought tea bought biscuits,
    # and five of the eleven who bought anything: 5 * 11 / (6 * 5).
    assert told.times[0].tolist() == [1, 0]
    assert told.days_since[0].tolist() == [5.0, 0.0]
    assert told.because[0].tolist() == [-1, 0]
    assert (told.both[0, 1], told.of[0, 1]) == (5, 6)
    assert told.lift[0, 1] == pytest.approx(5 * 11 / (6 * 5))
    assert told.times[1].tolist() == [2, 1]
    assert told.because[2].tolist() == [-1, -1]
    assert told.lift[2].tolist() == [0.0, 0.0]


def test_the_reason_is_the_purchase_that_weighs_most(tastes):
    customer = np.arange(50)
    lists = recommend(tastes, customer, 5, kind=Kind.DISCOVERY)
    told = reasons(tastes, lists)
    past = tastes.history
    for row in range(50):
        bought = past.item[past.start[row] : past.start[row + 1]]
        for place in np.flatnonzero(lists.source[row] == Source.DISCOVERY):
            speaks = tastes.weights[bought, lists.item[row, place]]
            assert told.because[row, place] == bought[np.argmax(speaks)]
            assert speaks.max() > 0


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        (Constraints(), [0, 1, 2, 3, 4]),
        (Constraints(available=np.array([1, 0, 1, 1, 1])), [0, 2, 3, 4]),
        (
            Constraints(price=np.array([5.0, 1.0, 2.0, 9.0, 2.0]), budget=np.array([2.0])),
            [1, 2, 4],
        ),
        (
            Constraints(tier_needed=np.array([0, 2, 1, 1, 3]), tier=np.array([1])),
            [0, 2, 3],
        ),
        (Constraints(excluded=np.array([[True, False, False, True, False]])), [1, 2, 4]),
        (Constraints(available=np.zeros(5)), []),
        (
            Constraints(
                available=np.array([1, 1, 1, 1, 0]),
                price=np.zeros(5),
                budget=np.array([0.0]),
                excluded=np.array([[True, True, True, False, False]]),
            ),
            [3],
        ),
    ],
)
@pytest.mark.parametrize("diversity", [0.0, 0.5, 1.0])
def test_only_what_may_be_shown_is_shown(grocer, constraints, expected, diversity):
    lists = recommend(grocer, np.array([10]), 5, constraints=constraints, diversity=diversity)
    assert sorted(lists.item[0][lists.item[0] >= 0]) == expected
    assert (lists.item[0, len(expected) :] == -1).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: recommend(m, np.array([], int)), NoData, "customer is empty"),
        (lambda m: recommend(m, np.array([12])), OutOfRange, r"customer\[0\] is 12"),
        (lambda m: recommend(m, np.array([np.nan])), NotFinite, "customer"),
        (lambda m: recommend(m, np.array([0]), 0), OutOfRange, "k is 0"),
        (lambda m: recommend(m, np.array([0]), diversity=1.5), OutOfRange, "diversity is 1.5"),
        (lambda m: recommend(m, np.array([0]), category=np.array([1])), WrongShape, "category"),
        (
            lambda m: recommend(m, np.array([0]), constraints=Constraints(price=np.ones(5))),
            HalfConstraint,
            "price is compared with constraints.budget",
        ),
        (
            lambda m: recommend(m, np.array([0]), constraints=Constraints(tier=np.ones(1))),
            HalfConstraint,
            "tier is compared with constraints.tier_needed",
        ),
        (
            lambda m: recommend(
                m,
                np.array([0]),
                constraints=Constraints(price=np.full(5, np.nan), budget=np.ones(1)),
            ),
            NotFinite,
            r"price\[0\] is nan",
        ),
        (
            lambda m: recommend(
                m,
                np.array([0]),
                constraints=Constraints(tier_needed=np.zeros(5), tier=np.array([1.5])),
            ),
            OutOfRange,
            r"tier\[0\] is 1\.5.*whole number",
        ),
        (
            lambda m: recommend(m, np.array([0]), constraints=Constraints(available=np.ones(2))),
            WrongShape,
            "available",
        ),
        (
            lambda m: recommend(m, np.array([0]), constraints=Constraints(excluded=np.ones(5))),
            WrongShape,
            "excluded",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(grocer, call, error, words):
    with pytest.raises(error, match=words) as raised:
        call(grocer)
    assert raised.value.next_step


@settings(max_examples=100, deadline=None)
@given(
    some.lists(
        some.lists(some.sampled_from([-np.inf, 0.0, 1.0, 2.0, 3.0]), min_size=6, max_size=6),
        min_size=1,
        max_size=5,
    ),
    some.integers(1, 8),
)
def test_the_best_columns_are_those_of_a_full_stable_sort(rows, k):
    values = np.array(rows, dtype=np.float32)
    expected = np.argsort(-values, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(best(values, k), expected)


def test_customers_asked_alone_get_what_they_get_among_many(tastes):
    together = recommend(tastes, np.arange(400), 7, diversity=0.3)
    for customer in (0, 123, 399):
        alone = recommend(tastes, np.array([customer]), 7, diversity=0.3)
        assert alone.item[0].tolist() == together.item[customer].tolist()


def test_a_list_of_one_category_each_takes_the_best_of_every_category(tastes):
    category = np.repeat(np.arange(4), 15)
    plain = recommend(tastes, np.arange(400), 4)
    mixed = recommend(tastes, np.arange(400), 4, diversity=1.0, category=category)
    assert (plain.item[:, 0] == mixed.item[:, 0]).all()
    # Five candidates stand for each place; a category that none of them has cannot be shown.
    candidates = recommend(tastes, np.arange(400), 20).item
    for row, among in zip(mixed.item, candidates, strict=True):
        assert set(category[row]) == set(category[among])
    assert list_similarity(tastes, mixed, category) < list_similarity(tastes, plain, category)


def test_more_diversity_makes_lists_less_alike_for_less_score(tastes):
    lists = [recommend(tastes, np.arange(400), 8, diversity=share) for share in (0.0, 0.3, 0.6)]
    alike = [list_similarity(tastes, one) for one in lists]
    worth = [float(one.score.sum()) for one in lists]
    assert alike[0] > alike[1] > alike[2]
    assert worth[0] > worth[1] > worth[2]


def test_a_list_of_one_has_no_pair_to_be_alike(tastes):
    assert list_similarity(tastes, recommend(tastes, np.array([0]), 1)) == 0.0


def test_scores_are_the_blend_that_the_formula_says(tastes):
    lists = recommend(tastes, np.arange(20), 60)
    chosen, past, trend = tastes.settings, tastes.history, tastes.trend
    for row in range(20):
        pairs = slice(past.start[row], past.start[row + 1])
        frequency, bought = np.zeros(60), np.zeros(60)
        frequency[past.item[pairs]] = past.frequency[pairs]
        bought[past.item[pairs]] = 1.0
        expected = (
            frequency * trend**chosen.repeat_trend_power
            + chosen.discovery_weight
            * np.maximum(bought @ tastes.weights, 0.0)
            * trend**chosen.discovery_trend_power
        )
        # Popularity adds at most a millionth.
        np.testing.assert_allclose(lists.score[row], expected[lists.item[row]], atol=3e-6)
        assert (np.diff(lists.score[row]) <= 0.0).all()
