"""Reasons say what differs from the average member, which way it pushes, and by how much."""

import numpy as np
import pytest
from scipy.special import expit

from regulars.science.churn import facade
from regulars.science.churn.contracts import ChurnModel, Features, Learner, Reason, Settings
from regulars.science.churn.features import MEASURES, RHYTHM_MEASURES
from regulars.science.errors import OutOfRange
from tests.science.churn.shops import UNTIL, logistic_data, shop


@pytest.fixture(scope="module")
def fitted() -> tuple[ChurnModel, Features]:
    features, churned, _ = logistic_data(800, seed=21)
    settings = Settings(learner=Learner.ADDITIVE)
    return facade.fit(features, churned, seed=1, settings=settings), features


@pytest.mark.parametrize("learner", list(Learner))
def test_no_reason_reads_upside_down(learner):
    """More of what may only raise the risk never stands as a reason for less, whatever the model;
    trees share out what measures do together, and would say so here and there."""
    features, churned, _ = logistic_data(800, seed=23)
    settings = Settings(learner=learner, trees=40, leaf_rows=20)
    model = facade.fit(features, churned, seed=1, settings=settings)
    scores = facade.score(model, features)
    found = facade.reasons(model, features, scores, np.arange(800), least_points=0.0)
    side = {"up": 1.0, "down": -1.0, "noise": 0.0}
    for each in found:
        for reason in each:
            assert side[reason.code] * (reason.value - reason.average) * reason.log_odds >= 0.0
    directions = np.array([1.0, -1.0, 0.0])
    against = directions * (features.values - model.average) * scores.contributions < 0.0
    assert against.any() == (learner is Learner.TREES)


def test_points_are_what_the_probability_would_fall_by(fitted):
    model, features = fitted
    scores = facade.score(model, features)
    (found,) = facade.reasons(model, features, scores, np.array([5]), count=1)
    log_odds = scores.average_log_odds + scores.contributions[5].sum()
    without = expit(log_odds - found[0].log_odds)
    np.testing.assert_allclose(found[0].points, 100 * (scores.probability[5] - without))


def test_the_strongest_reason_comes_first_and_weak_ones_stay_away(fitted):
    model, features = fitted
    scores = facade.score(model, features)
    rows = np.arange(100)
    for each in facade.reasons(model, features, scores, rows, count=2, least_points=3.0):
        sizes = [abs(reason.log_odds) for reason in each]
        assert len(each) <= 2
        assert sizes == sorted(sizes, reverse=True)
        assert all(abs(reason.points) >= 3.0 for reason in each)


def test_a_row_that_is_not_there_is_refused(fitted):
    model, features = fitted
    scores = facade.score(model, features)
    with pytest.raises(OutOfRange, match=r"rows\[0\] is 800"):
        facade.reasons(model, features, scores, np.array([800]))


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            Reason("days_since_last", "days", 120.0, 64.2, 0.8, 12.4),
            "The last order was 120 days ago; the average member's was 64 days ago: "
            "12 points more risk.",
        ),
        (
            Reason("orders", "orders", 1.0, 1.66, 0.4, 1.0),
            "Has placed 1 order so far; the average member 1.7 orders: 1.0 point more risk.",
        ),
        (
            Reason("average_value", "money", 1048.867, 25.7, -0.2, -4.2),
            "Pays 1,048.87 per order; the average member 25.70: 4 points less risk.",
        ),
        (
            Reason("overdue", "times", 3.54, 0.8, 0.2, 4.2),
            "Silent for 3.5 times the usual gap; the average member for 0.8 times: "
            "4 points more risk.",
        ),
        (
            Reason("alive", "probability", 0.254, 0.9, 0.2, 4.2),
            "Seems still a customer with a chance of 25 %; the average member of 90 %: "
            "4 points more risk.",
        ),
        (
            Reason("visits_by_app", "visits", 0.0, 12.345, 0.2, 4.2),
            "visits by app is 0 visits; the average member's 12.35 visits: 4 points more risk.",
        ),
    ],
)
def test_reasons_read_as_sentences(reason, sentence):
    assert facade.english(reason) == sentence


@pytest.mark.parametrize("measure", MEASURES + RHYTHM_MEASURES, ids=lambda one: one.code)
def test_every_measure_has_a_sentence_of_its_own(measure):
    sentence = facade.english(Reason(measure.code, measure.unit, 2.0, 3.0, 1.0, 5.0))
    assert measure.code.replace("_", " ") + " is" not in sentence
    assert sentence.endswith("5 points more risk.")


def test_silence_is_the_reason_of_a_silent_member():
    """Of simulated customers with five orders or more, the one silent for longest is explained by
    what silence does: recency, being overdue, or what the rhythm lets expect."""
    orders = shop(1_500, seed=22)
    learned = facade.learn(orders, 280.0, horizon_days=100.0, observed_until=UNTIL, seed=1)
    features, scores = facade.predict(learned, orders, 280.0)
    overdue = np.where(features.values[:, 1] >= 5, features.values[:, 5], 0.0)
    (found,) = facade.reasons(learned.model, features, scores, np.array([overdue.argmax()]))
    for_it = {reason.code for reason in found if reason.points > 0}
    assert for_it & {"days_since_last", "overdue", "alive", "expected_orders"}
