"""From orders to assessed models: on simulated shops always, on CDNOW where it is there."""

import numpy as np
import pytest

from regulars.science.churn import facade
from regulars.science.churn.contracts import Learned, Learner, Settings
from regulars.science.churn.errors import HorizonNotObserved, LabelsPastCut
from regulars.science.contracts import Orders
from regulars.science.errors import NoData, OneClass, TooFew
from tests.science.cdnow import CALIBRATED_UNTIL, OBSERVED_UNTIL, cdnow_master
from tests.science.churn.shops import UNTIL, shop


@pytest.fixture(scope="module")
def orders() -> Orders:
    return shop(3_000, seed=31)


@pytest.fixture(scope="module")
def learned(orders: Orders) -> Learned:
    return facade.learn(orders, 230.0, horizon_days=80.0, observed_until=UNTIL, seed=1)


def test_held_out_probabilities_are_ordered_and_calibrated(learned):
    found = learned.assessment
    assert found.customers == learned.churned.size == learned.held_out.size
    assert found.auc.low > 0.6
    assert found.brier_skill > 0.03
    # Twice what chance would show is reached by about one calibrated model in a thousand.
    assert found.calibration_error < 2.0 * found.calibration_error_by_chance
    assert found.lift[1].lift.low > 1.0


def test_held_out_probabilities_are_not_those_of_the_model_that_has_seen_everyone(learned):
    scores = facade.score(learned.model, learned.features)
    assert (scores.probability != learned.held_out).mean() > 0.99


def test_a_shuffled_outcome_cannot_be_learned(learned):
    """The whole procedure without anything to find: its AUC covers 1/2."""
    random = np.random.default_rng(5)
    shuffled = random.permutation(learned.churned)
    half = np.arange(shuffled.size) % 2 == 0
    table = learned.features
    one, other = (
        type(table)(table.cut, table.customer[rows], table.values[rows], table.measures)
        for rows in (half, ~half)
    )
    model = facade.fit(one, shuffled[half], seed=1)
    probability = facade.score(model, other).probability
    assert facade.assess(probability, shuffled[~half], seed=1, level=0.99).auc.covers(0.5)


def test_what_is_assessed_has_not_been_seen():
    """Returning is a coin, and the trees are free to learn every customer by heart: the AUC of a
    model on its own customers is near 1, on others it is chance."""
    random = np.random.default_rng(41)
    returning = np.flatnonzero(random.random(400) < 0.5)
    orders = Orders(
        np.concatenate([np.repeat(np.arange(400), 3), returning]),
        np.concatenate([random.uniform(0.0, 100.0, 1_200), np.full(returning.size, 150.0)]),
        np.concatenate([random.exponential(30.0, 1_200), np.ones(returning.size)]),
        400,
    )
    by_heart = Settings(
        rhythm=False, learner=Learner.TREES, trees=60, leaves=31, leaf_rows=2, learning_rate=0.3
    )
    found = facade.learn(
        orders, 100.0, horizon_days=60.0, observed_until=160.0, seed=1, settings=by_heart
    )
    assert found.assessment.auc.covers(0.5)
    own = facade.score(found.model, found.features).probability
    assert facade.assess(own, found.churned, seed=1).auc.low > 0.9


def test_the_same_seed_learns_the_same(orders, learned):
    again = facade.learn(orders, 230.0, horizon_days=80.0, observed_until=UNTIL, seed=1)
    np.testing.assert_array_equal(again.held_out, learned.held_out)


def test_orders_after_the_horizon_change_nothing(orders, learned):
    early = orders.day < 310.0
    less = Orders(orders.customer[early], orders.day[early], orders.value[early], orders.customers)
    again = facade.learn(less, 230.0, horizon_days=80.0, observed_until=310.0, seed=1)
    np.testing.assert_array_equal(again.held_out, learned.held_out)


def test_a_later_date_is_scored_with_what_was_learned(orders, learned):
    found = facade.forward(learned, orders, 315.0, observed_until=UNTIL, seed=1)
    assert found.auc.low > 0.6
    features, scores = facade.predict(learned, orders, 315.0)
    assert features.cut == 315.0
    assert scores.probability.size == found.customers


def test_a_date_within_the_horizon_that_was_learned_from_is_refused(orders, learned):
    with pytest.raises(LabelsPastCut, match=r"reach to day 310.0.*starts on day 309.0") as raised:
        facade.forward(learned, orders, 309.0, observed_until=UNTIL, seed=1)
    assert raised.value.next_step == "Learn at least one horizon before the day that is tested."


def test_without_enough_orders_for_a_rhythm_the_features_do_without(orders):
    once = np.unique(orders.customer, return_index=True)[1]
    firsts = Orders(
        np.concatenate([orders.customer[once], np.arange(500)]),
        np.concatenate([np.floor(orders.day[once]), np.full(500, 300.0)]),
        np.ones(once.size + 500),
        orders.customers,
    )
    found = facade.learn(firsts, 230.0, horizon_days=80.0, observed_until=UNTIL, seed=1)
    assert found.rhythm is None
    assert "repeat" in found.rhythm_missing
    assert [measure.code for measure in found.features.measures][-1] == "recent_orders"


def test_a_rhythm_can_be_left_out(orders):
    plain = Settings(rhythm=False)
    found = facade.learn(
        orders, 230.0, horizon_days=80.0, observed_until=UNTIL, seed=1, settings=plain
    )
    assert (found.rhythm, found.rhythm_missing) == (None, "left out")


def few(customers: int, returning: int) -> Orders:
    """Everyone orders on day 0, some again on day 10."""
    return Orders(
        np.concatenate([np.arange(customers), np.arange(returning)]),
        np.concatenate([np.zeros(customers), np.full(returning, 10.0)]),
        np.ones(customers + returning),
        customers,
    )


@pytest.mark.parametrize(
    ("given", "until", "error", "words"),
    [
        (few(0, 0), 20.0, NoData, "orders is empty"),
        (few(1, 0), 20.0, OneClass, "all of churned are 1"),
        (few(100, 0), 20.0, OneClass, "all of churned are 1"),
        (few(100, 100), 20.0, OneClass, "all of churned are 0"),
        (few(100, 9), 20.0, TooFew, "9 customers of the rarer outcome"),
        (few(100, 50), 14.0, HorizonNotObserved, "ends on day 15"),
    ],
)
def test_shops_that_teach_nothing_are_refused(given, until, error, words):
    with pytest.raises(error, match=words) as raised:
        facade.learn(given, 5.0, horizon_days=10.0, observed_until=until, seed=1)
    assert raised.value.next_step


def test_customers_who_are_all_alike_get_the_churned_share():
    found = facade.learn(few(200, 60), 5.0, horizon_days=10.0, observed_until=20.0, seed=1)
    np.testing.assert_allclose(found.held_out, 0.7, atol=0.01)
    assert found.assessment.auc.covers(0.5)


def test_cdnow_churn_is_told_as_well_as_published():
    """All 23,570 customers at 1997-09-30, who orders within the 39 weeks after it: every customer
    judged by models that were fitted on others. Fewer folds than usual, and without the trees that
    `fit` would try beside, for time; the bench has all."""
    found = facade.learn(
        cdnow_master(),
        CALIBRATED_UNTIL,
        horizon_days=OBSERVED_UNTIL - CALIBRATED_UNTIL,
        observed_until=OBSERVED_UNTIL,
        seed=1,
        settings=Settings(learner=Learner.ADDITIVE, folds=3),
    ).assessment
    assert found.customers == 23_570
    assert found.auc.value >= 0.765
    assert found.brier.value <= 0.160
    assert found.calibration_error <= 0.015
    assert found.calibration_error < 2.0 * found.calibration_error_by_chance


def test_cdnow_features_do_not_look_past_the_cut():
    def extract(given: Orders, cut: float):
        return facade.features(given, cut, horizon_days=90.0)

    assert facade.leaks(extract, cdnow_master(), CALIBRATED_UNTIL, seed=1).clean
