"""Rewards find their decisions once, late or never; old ones fade; the budget holds."""

import numpy as np
import pytest

from regulars.science.bandit.contracts import NOTHING, Budget, Rewards, Settings
from regulars.science.bandit.errors import RepeatedId, TimeRunsBack
from regulars.science.bandit.facade import begin, choose, learn, make_world, play, record
from regulars.science.bandit.posterior import moments
from regulars.science.errors import NotFinite, OutOfRange, WrongShape

PLAIN = Settings(2, draws=50, holdout_share=0.0)


def recorded(settings: Settings = PLAIN, count: int = 10, day: float = 0.0, arms: int = 3):
    """A fresh bandit with that many pending decisions, ids from 0."""
    state = begin(settings, np.ones(arms), seed=1)
    contexts = np.random.default_rng(2).standard_normal((count, settings.features))
    made = choose(state, contexts, np.arange(count), day=day, seed=3)
    return record(state, made), made


def test_rewards_in_any_sequence_and_batches_teach_the_same():
    state, made = recorded()
    rewards = np.linspace(-1.0, 1.0, 10)
    at_once = learn(state, Rewards(made.id, rewards), day=1.0).state
    shuffled = np.random.default_rng(0).permutation(10)
    apart = state
    for part in (shuffled[:3], shuffled[3:]):
        apart = learn(apart, Rewards(made.id[part], rewards[part]), day=1.0).state
    assert np.allclose(at_once.posterior.gram, apart.posterior.gram, rtol=1e-12)
    assert np.allclose(at_once.posterior.projection, apart.posterior.projection, rtol=1e-12)
    assert apart.pending.id.size == 0


def test_the_posterior_mean_is_the_ridge_regression_of_the_offers():
    state, made = recorded(count=200)
    rewards = np.random.default_rng(5).standard_normal(200)
    learnt = learn(state, Rewards(made.id, rewards), day=0.0).state
    mean, _, shape, scale = moments(learnt.posterior, PLAIN)
    for arm in range(3):
        rows = made.arm == arm
        x = np.c_[made.context[rows], np.ones(rows.sum())]
        ridge = np.linalg.solve(x.T @ x + np.eye(3), x.T @ rewards[rows])
        assert np.allclose(mean[arm], ridge, atol=1e-10)
        assert shape[arm] == 1 + rows.sum() / 2
        residual = rewards[rows] - x @ ridge
        # b = b0 + (|residual|^2 + |m|^2) / 2 is the same sum, written out.
        assert scale[arm] == pytest.approx(1 + (residual @ residual + ridge @ ridge) / 2)


def test_draws_have_the_moments_of_the_posterior():
    state, made = recorded(Settings(2, draws=40_000, exploration=0.5, holdout_share=0.0), count=300)
    rewards = np.random.default_rng(5).standard_normal(300)
    learnt = learn(state, Rewards(made.id, rewards), day=0.0).state
    mean, cholesky, shape, scale = moments(learnt.posterior, learnt.settings)
    for arm in range(3):
        covariance = np.linalg.inv(cholesky[arm] @ cholesky[arm].T)
        covariance *= 0.5**2 * scale[arm] / (shape[arm] - 1)
        spread = np.sqrt(np.diag(covariance) / 40_000)
        assert (np.abs(learnt.draws[:, arm].mean(axis=1) - mean[arm]) < 4.5 * spread).all()
        found = np.cov(learnt.draws[:, arm])
        assert np.abs(found / covariance - 1)[np.diag_indices(3)].max() < 0.05


def test_a_reward_is_learnt_once():
    state, made = recorded()
    rewards = Rewards(made.id, np.ones(10))
    first = learn(state, rewards, day=0.0)
    again = learn(first.state, rewards, day=0.0)
    assert (first.learnt, first.unknown) == (10, 0)
    assert (again.learnt, again.unknown) == (0, 10)
    assert (again.state.posterior.weight == first.state.posterior.weight).all()


def test_a_reward_for_a_decision_nobody_made_changes_nothing():
    state, _ = recorded()
    learnt = learn(state, Rewards(np.array([999]), np.array([5.0])), day=0.0)
    assert (learnt.learnt, learnt.unknown) == (0, 1)
    assert not learnt.state.posterior.weight.any()
    assert learnt.state.pending.id.size == 10


@pytest.mark.parametrize(("counts_as_zero", "weight"), [(True, 10.0), (False, 4.0)])
def test_what_is_never_rewarded_expires_as_the_settings_say(counts_as_zero, weight):
    settings = Settings(
        2, draws=50, holdout_share=0.0, expires_after_days=3.0, unrewarded_is_zero=counts_as_zero
    )
    state, made = recorded(settings)
    early = learn(state, Rewards(made.id[:4], np.ones(4)), day=2.9)
    assert (early.learnt, early.expired) == (4, 0)
    late = learn(early.state, day=3.0)
    assert late.expired == 6
    assert late.state.pending.id.size == 0
    assert late.state.posterior.weight.sum() == weight
    assert learn(late.state, Rewards(made.id[5:6], np.ones(1)), day=3.5).unknown == 1


def test_waiting_until_expiry_learns_successes_no_earlier_than_failures():
    settings = Settings(
        2, draws=50, holdout_share=0.0, expires_after_days=3.0, waits_until_expiry=True
    )
    state, made = recorded(settings)
    early = learn(state, Rewards(made.id[:4], np.ones(4)), day=1.0)
    assert (early.learnt, early.waiting, early.state.posterior.weight.sum()) == (0, 4, 0.0)
    repeated = learn(early.state, Rewards(made.id[:4], np.full(4, 9.0)), day=2.0)
    assert repeated.unknown == 4
    done = learn(repeated.state, day=3.0)
    assert (done.learnt, done.expired) == (10, 6)
    assert done.state.posterior.squares.sum() == pytest.approx(4.0)


def test_an_observation_counts_half_after_its_half_life_whenever_its_reward_came():
    settings = Settings(
        2, draws=50, holdout_share=0.0, half_life_days=10.0, expires_after_days=99.0
    )
    state, made = recorded(settings)
    prompt = learn(state, Rewards(made.id, np.ones(10)), day=0.0).state
    assert prompt.posterior.weight.sum() == pytest.approx(10.0)
    later = learn(prompt, day=20.0).state
    late = learn(state, Rewards(made.id, np.ones(10)), day=20.0).state
    assert later.posterior.weight.sum() == pytest.approx(2.5)
    assert np.allclose(later.posterior.gram, late.posterior.gram)


def test_forgetting_pays_where_the_audience_changes():
    before, after = (make_world("linear", 4, 3, seed=seed, level=1.0) for seed in (1, 2))
    shares = {
        half_life: play(
            before,
            Settings(3, draws=100, holdout_share=0.0, half_life_days=half_life),
            decisions=6_000,
            seed=4,
            change=after,
        ).share(0.75)
        for half_life in (3.0, float("inf"))
    }
    assert shares[3.0] > shares[float("inf")] + 0.02


@pytest.mark.parametrize(("kind", "level"), [("linear", 1.0), ("clicks", -1.0)])
def test_the_second_half_earns_95_percent_of_the_best_possible(kind, level):
    played = play(
        make_world(kind, 4, 4, seed=7, level=level),
        Settings(4, draws=100, floor=0.005, holdout_share=0.0),
        decisions=6_000,
        seed=1,
        delay_days=0.2,
    )
    assert played.share() > 0.95


class TestBudget:
    COSTS = np.array([0.0, 1.0, 2.0])

    def played(self, total: float, decisions: int = 4_000):
        # The dearest arm is the best by far, so that only the budget keeps it back.
        world = make_world("linear", 3, 2, seed=3, level=1.0)
        world.constants[:] = [0.5, 1.5, 3.0]
        return play(
            world,
            Settings(2, draws=64, floor=0.005, holdout_share=0.0),
            decisions=decisions,
            seed=5,
            costs=self.COSTS,
            budget=Budget(total, 0.0, 4.0, 1_000.0),
        )

    @pytest.mark.parametrize("total", [0.0, 37.0, 2_000.0, 5_000.0])
    def test_is_never_exceeded(self, total):
        ledger = self.played(total).state.ledger
        assert ledger.spent + ledger.reserved <= total
        assert ledger.reserved == 0.0

    def test_lasts_until_the_end_and_is_used(self):
        assert self.played(2_000.0, 2_000).state.ledger.spent == pytest.approx(1_000, rel=0.15)
        assert 0.9 * 2_000 < self.played(2_000.0).state.ledger.spent <= 2_000

    def test_that_is_ample_has_no_price(self):
        ledger = self.played(1e6).state.ledger
        assert ledger.price == 0.0
        assert ledger.spent > 6_000

    def test_closes_an_arm_from_the_row_that_cannot_pay_it(self):
        state = begin(
            Settings(1, draws=50, holdout_share=0.0),
            np.array([1.0, 3.0]),
            seed=1,
            budget=Budget(10.0, 0.0, 1.0, 50.0),
        )
        made = choose(state, np.zeros((50, 1)), np.arange(50), day=0.5, seed=1)
        left = 10.0 - np.concatenate([[0.0], np.cumsum(made.cost)[:-1]])
        assert made.cost.sum() <= 10.0
        assert (made.probabilities[left < 3.0, 1] == 0.0).all()
        assert (made.arm[left < 1.0] == NOTHING).all()
        assert (made.probabilities[left >= 3.0, 1] > 0.0).all()

    def test_pays_nothing_outside_of_its_time(self):
        state = begin(
            Settings(1, draws=50), np.array([1.0, 0.0]), seed=1, budget=Budget(10.0, 5.0, 6.0)
        )
        for day in (4.9, 6.0):
            made = choose(state, np.zeros((40, 1)), np.arange(40), day=day, seed=1)
            assert made.cost.sum() == 0.0

    def test_takes_the_cost_that_arose_for_the_one_reserved(self):
        state = begin(
            Settings(1, draws=50, holdout_share=0.0, expires_after_days=1.0),
            np.array([2.0]),
            seed=1,
            budget=Budget(100.0, 0.0, 10.0, 5.0),
        )
        state = record(state, choose(state, np.zeros((5, 1)), np.arange(5), day=0.0, seed=1))
        assert state.ledger.reserved == 10.0
        actual = Rewards(np.arange(2), np.ones(2), cost=np.array([1.5, 0.0]))
        state = learn(state, actual, day=0.5).state
        assert (state.ledger.spent, state.ledger.reserved) == (1.5, 6.0)
        state = learn(state, day=1.0).state
        assert (state.ledger.spent, state.ledger.reserved) == (1.5, 0.0)


@pytest.mark.parametrize(
    ("rewards", "day", "error", "words"),
    [
        (Rewards(np.array([1]), np.array([np.nan])), 0.0, NotFinite, r"reward\[0\] is nan"),
        (Rewards(np.array([1]), np.array([np.inf])), 0.0, NotFinite, r"reward\[0\] is inf"),
        (Rewards(np.array([1]), np.array([1e13])), 0.0, OutOfRange, r"rewards.*1e"),
        (Rewards(np.array([1, 1]), np.ones(2)), 0.0, RepeatedId, "names 1 more than once"),
        (Rewards(np.array([1, 2]), np.ones(1)), 0.0, WrongShape, r"rewards\.reward"),
        (Rewards(np.array([1]), np.ones(1), margin=np.array([np.nan])), 0.0, NotFinite, "margin"),
        (Rewards(np.array([1]), np.ones(1), cost=np.array([-1.0])), 0.0, OutOfRange, "cost"),
        (Rewards(np.array([1]), np.ones(1)), -1.0, TimeRunsBack, "day -1.0 is before day 0.0"),
        (Rewards(np.array([1]), np.ones(1)), np.nan, OutOfRange, "day is nan"),
    ],
)  # fmt: skip
def test_bad_rewards_are_refused_with_what_would_be_right(rewards, day, error, words):
    state, _ = recorded()
    with pytest.raises(error, match=words) as raised:
        learn(state, rewards, day=day)
    assert raised.value.next_step


def test_no_rewards_at_all_are_fine():
    state, _ = recorded()
    assert learn(state, day=0.0).learnt == 0


def test_a_decision_that_waits_already_is_refused():
    state, made = recorded()
    with pytest.raises(RepeatedId, match=r"decisions\.id names 0"):
        record(state, made)


def test_rewards_that_are_all_equal_or_huge_leave_a_finite_posterior():
    for reward in (0.0, 1.0, 1e12, -1e12):
        state, made = recorded(count=60)
        learnt = learn(state, Rewards(made.id, np.full(60, reward)), day=0.0).state
        assert np.isfinite(learnt.draws).all()
