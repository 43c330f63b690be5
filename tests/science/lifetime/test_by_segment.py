"""Segments: separate where they differ, pooled where they do not, none where they are small."""

import numpy as np
import pytest

from regulars.science.errors import OutOfRange
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import Histories
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.pareto import Pareto

SLOW, QUICK = BetaGeometric(0.5, 12.0, 0.8, 2.4), BetaGeometric(1.0, 5.0, 0.8, 2.4)
AGE = np.linspace(30.0, 60.0, 1_500)


def joined(*parts: Histories) -> Histories:
    return lifetime.histories(
        *(
            np.concatenate([getattr(part, column) for part in parts])
            for column in ("frequency", "recency", "age")
        )
    )


def two(first: BetaGeometric, second: BetaGeometric) -> tuple[Histories, np.ndarray]:
    histories = joined(
        lifetime.simulate_histories(first, AGE, seed=1),
        lifetime.simulate_histories(second, AGE, seed=2),
    )
    return histories, np.repeat([0, 1], AGE.size)


@pytest.mark.parametrize("kind", [BetaGeometric, Pareto])
def test_segments_that_differ_are_told_apart(kind):
    found = lifetime.fit_by_segment(kind, *two(SLOW, QUICK), 2)
    assert found.p_value < 1e-6
    assert found.degrees == 4
    slow, quick = found.fits
    assert slow.model.r / slow.model.alpha < quick.model.r / quick.model.alpha
    total = slow.log_likelihood + quick.log_likelihood - found.pooled.log_likelihood
    assert found.log_likelihood_gain == pytest.approx(total)


def test_segment_fit_is_the_fit_of_its_customers_alone():
    histories, segment = two(SLOW, QUICK)
    found = lifetime.fit_by_segment(BetaGeometric, histories, segment, 2)
    alone = lifetime.fit_beta_geometric(lifetime.simulate_histories(QUICK, AGE, seed=2))
    assert found.fits[1].log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-12)


def test_test_of_equal_segments_rejects_as_often_as_it_says():
    rejected = 0
    for seed in range(100):
        histories = lifetime.simulate_histories(QUICK, AGE, seed=seed)
        segment = np.arange(AGE.size) % 2
        rejected += lifetime.fit_by_segment(BetaGeometric, histories, segment, 2).p_value < 0.05
    # 5 of 100 expected; 0 to 12 leave out 0.1 % of binomial chance.
    assert rejected <= 12


def test_small_and_hopeless_segments_get_no_fit_but_a_reason():
    histories, segment = two(SLOW, QUICK)
    never = lifetime.histories([0] * 300, [0.0] * 300, np.linspace(1, 9, 300))
    found = lifetime.fit_by_segment(
        BetaGeometric,
        joined(histories, never),
        np.concatenate([segment, np.full(300, 2)]),
        4,
        customers_min=200,
    )
    assert [fit is None for fit in found.fits] == [False, False, True, True]
    assert found.reasons[2].startswith("0 customers with a repeat order")
    assert found.reasons[3] == "0 customers, at least 200 are needed"
    assert found.degrees == 4


def test_one_segment_has_nothing_to_be_compared_with():
    histories, _ = two(SLOW, QUICK)
    found = lifetime.fit_by_segment(BetaGeometric, histories, np.zeros(2 * AGE.size), 1)
    assert found.p_value is None
    assert found.log_likelihood_gain is None
    assert found.fits[0].log_likelihood == pytest.approx(found.pooled.log_likelihood)


def test_unknown_segment_is_refused():
    histories, segment = two(SLOW, QUICK)
    with pytest.raises(OutOfRange, match="from 0 to 0"):
        lifetime.fit_by_segment(BetaGeometric, histories, segment, 1)
