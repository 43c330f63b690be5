"""What is logged is the probability that was used, and the probability is Thompson's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.bandit.contracts import NOTHING, Rewards, Settings
from regulars.science.bandit.errors import RepeatedId
from regulars.science.bandit.facade import (
    add_arm,
    begin,
    chances,
    choose,
    from_arrays,
    learn,
    record,
    retire_arm,
    return_arm,
    to_arrays,
)
from regulars.science.bandit.posterior import moments, with_constant
from regulars.science.bandit.probabilities import best_by_draws, best_by_quadrature, with_floor
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape

FEATURES = 3


def contexts_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, FEATURES))


def taught(settings: Settings, arms: int = 4, rows: int = 400, seed: int = 5):
    """A bandit that has learnt from random rewards, better for higher arms."""
    state = begin(settings, np.zeros(arms), seed=seed)
    decisions = choose(state, contexts_of(rows, seed), np.arange(rows), day=0.0, seed=seed)
    noise = np.random.default_rng(seed).standard_normal(rows)
    reward = 0.2 * decisions.arm + decisions.context[:, 0] * (decisions.arm == 0) + noise
    return learn(record(state, decisions), Rewards(decisions.id, reward), day=0.0).state


@pytest.fixture(scope="module")
def state():
    return taught(Settings(FEATURES, draws=2_000, exploration=1.0, floor=0.02, holdout_share=0.1))


def test_the_logged_propensity_is_the_frequency_of_the_choice(state):
    context = contexts_of(1, 8)
    repeats = 40_000
    decisions = choose(
        state, np.repeat(context, repeats, axis=0), np.arange(repeats), day=0.0, seed=3
    )
    counts = np.bincount(np.where(decisions.arm == NOTHING, 4, decisions.arm), minlength=5)
    expected = decisions.probabilities[0]
    spread = np.sqrt(expected * (1 - expected) / repeats)
    assert expected.sum() == pytest.approx(1.0, abs=1e-12)
    # Five comparisons at 4.5 standard deviations: a right sampler fails once in 30,000 seeds.
    assert (np.abs(counts / repeats - expected) < 4.5 * spread).all()
    rows = np.arange(repeats)
    assert (decisions.propensity == decisions.probabilities[rows, decisions.arm]).all()


def test_probabilities_are_those_of_the_posterior_with_the_floor_mixed_in(state):
    # The coefficients are Student distributed with some hundred degrees of freedom: almost normal.
    contexts = contexts_of(200, 9)
    mean, cholesky, shape, scale = moments(state.posterior, state.settings)
    features = with_constant(contexts)
    score = features @ mean.T
    spread = np.stack(
        [
            np.sqrt((np.linalg.solve(factor, features.T) ** 2).sum(axis=0) * b / (a - 1))
            for factor, a, b in zip(cholesky, shape, scale, strict=True)
        ],
        axis=1,
    )
    exact = best_by_quadrature(score, spread)
    counted = best_by_draws(state.draws, contexts, np.zeros(4), np.ones((200, 4), bool))
    # The standard error of a share over 2,000 draws is at most .0112.
    assert np.abs(counted - exact).max() < 5 * 0.0112
    assert np.abs(counted - exact).mean() < 0.0112
    whole = chances(state, contexts, np.ones((200, 4), bool))
    assert np.allclose(whole[:, :4], 0.9 * (0.02 + 0.92 * counted), atol=1e-12)
    assert np.allclose(whole[:, 4], 0.1)


def test_quadrature_agrees_with_a_closed_form():
    # P(X > Y) of two normals is Phi((mx - my) / sqrt(sx^2 + sy^2)).
    chance = best_by_quadrature(np.array([[0.3, 0.0]]), np.array([[1.0, 0.05]]))
    assert chance[0, 0] == pytest.approx(0.617772, abs=2e-5)


def test_the_same_arguments_choose_the_same_and_another_seed_does_not(state):
    contexts, ids = contexts_of(500), np.arange(500)
    first = choose(state, contexts, ids, day=1.0, seed=7)
    again = choose(state, contexts, ids, day=1.0, seed=7)
    other = choose(state, contexts, ids, day=1.0, seed=8)
    assert (first.arm == again.arm).all()
    assert (first.arm != other.arm).any()
    assert (first.probabilities == other.probabilities).all()


def test_a_row_is_chosen_for_as_if_it_were_alone(state):
    contexts = contexts_of(3_000)
    together = choose(state, contexts, np.arange(3_000), day=0.0, seed=1)
    alone = choose(state, contexts[2_222:2_223], [1], day=0.0, seed=1)
    # The sums may be taken in another order by the linear algebra, which can turn one draw.
    assert np.abs(together.probabilities[2_222] - alone.probabilities[0]).max() <= 1 / 2_000


@given(
    st.integers(1, 6),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.99),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_probabilities_are_a_distribution_and_respect_the_floor(arms, floor, held, seed):
    rng = np.random.default_rng(seed)
    fresh = begin(
        Settings(FEATURES, floor=floor, holdout_share=held, draws=20), np.zeros(arms), seed=seed
    )
    eligible = rng.random((12, arms)) < 0.6
    decisions = choose(
        fresh, contexts_of(12, seed), np.arange(12), day=0.0, seed=seed, eligible=eligible
    )
    open_rows = eligible.any(axis=1)
    chance = decisions.probabilities
    assert np.allclose(chance.sum(axis=1), 1.0)
    assert (chance[:, :-1][~eligible] == 0.0).all()
    least = (1 - held) * np.minimum(floor, 1 / np.maximum(eligible.sum(axis=1), 1))
    assert (chance[:, :-1] >= np.where(eligible, least[:, None], 0.0) - 1e-12).all()
    assert (decisions.arm[~open_rows] == NOTHING).all()
    assert (decisions.propensity[~open_rows] == 1.0).all()
    assert (decisions.propensity > 0.0).all()
    offered = decisions.arm != NOTHING
    assert eligible[np.flatnonzero(offered), decisions.arm[offered]].all()


def test_a_floor_of_one_arm_each_is_uniform():
    usable = np.array([[True, True, False]])
    mixed = with_floor(np.array([[1.0, 0.0, 0.0]]), usable, 0.9)
    assert mixed.tolist() == [[0.5, 0.5, 0.0]]


def test_equal_scores_go_to_the_lower_code():
    draws = np.zeros((FEATURES + 1, 3, 10))
    shares = best_by_draws(draws, contexts_of(2), np.zeros(3), np.ones((2, 3), bool))
    assert shares.tolist() == [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]


def test_a_permanent_holdout_is_never_offered_anything(state):
    held = np.arange(100) % 10 == 0
    decisions = choose(state, contexts_of(100), np.arange(100), day=0.0, seed=1, held_out=held)
    assert ((decisions.arm == NOTHING) == held).all()
    assert np.allclose(decisions.propensity[held], 0.1)


def test_a_state_written_and_read_chooses_and_learns_the_same(state):
    arrays = to_arrays(state)
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in arrays.values())
    read = from_arrays(arrays)
    contexts, ids = contexts_of(50, 4), np.arange(50)
    first = choose(state, contexts, ids, day=2.0, seed=9)
    second = choose(read, contexts, ids, day=2.0, seed=9)
    assert (first.probabilities == second.probabilities).all()
    rewards = Rewards(ids, np.ones(50))
    learnt = learn(record(state, first), rewards, day=3.0).state
    other = learn(record(read, second), rewards, day=3.0).state
    assert (learnt.draws == other.draws).all()
    assert to_arrays(learnt).keys() == to_arrays(other).keys()


def test_stored_arrays_that_do_not_fit_are_refused(state):
    arrays = to_arrays(state)
    with pytest.raises(NoData, match=r"posterior\.gram is empty"):
        from_arrays({name: one for name, one in arrays.items() if name != "posterior.gram"})
    with pytest.raises(WrongShape, match="draws"):
        from_arrays(arrays | {"draws": arrays["draws"][:2]})
    with pytest.raises(WrongShape, match="version"):
        from_arrays(arrays | {"version": np.zeros(2)})


def test_arms_come_and_go():
    state = taught(Settings(FEATURES, draws=200, holdout_share=0.0))
    without = retire_arm(state, 3)
    contexts, ids = contexts_of(400), np.arange(400)
    before = choose(state, contexts, ids, day=0.0, seed=2)
    assert (before.arm == 3).any()
    assert not (choose(without, contexts, ids, day=0.0, seed=2).arm == 3).any()
    back = return_arm(without, 3)
    assert (choose(back, contexts, ids, day=0.0, seed=2).arm == before.arm).all()
    wider = add_arm(record(without, before))
    assert wider.arms.cost.shape == (5,)
    chosen = choose(wider, contexts, np.arange(1_000, 1_400), day=0.0, seed=2)
    assert (chosen.arm == 4).any()
    assert not (chosen.arm == 3).any()
    # Decisions that were made before the arm came are still learnt, the retired arm's too.
    learnt = learn(record(wider, chosen), Rewards(ids, np.ones(400)), day=0.0)
    assert (learnt.learnt, learnt.unknown) == (400, 0)
    assert learnt.state.posterior.weight[3] > state.posterior.weight[3]


def test_without_any_arm_left_nothing_is_offered():
    state = begin(Settings(FEATURES, draws=20), np.zeros(1), seed=1)
    decisions = choose(retire_arm(state, 0), contexts_of(5), np.arange(5), day=0.0, seed=1)
    assert decisions.arm.tolist() == [NOTHING] * 5
    assert decisions.propensity.tolist() == [1.0] * 5


def test_a_bandit_without_features_still_tells_arms_apart():
    state = begin(Settings(0, draws=300, holdout_share=0.0), np.zeros(2), seed=1)
    for round_ in range(30):
        ids = np.arange(20) + 20 * round_
        made = choose(state, np.zeros((20, 0)), ids, day=0.0, seed=round_)
        state = learn(record(state, made), Rewards(ids, 1.0 * (made.arm == 1)), day=0.0).state
    last = choose(state, np.zeros((1, 0)), [1], day=0.0, seed=0)
    assert last.probabilities[0, 1] > 0.95


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda s: choose(s, np.zeros((0, 3)), [], day=0, seed=1), NoData, "contexts is empty"),
        (lambda s: choose(s, [[0, np.nan, 0]], [1], day=0, seed=1), NotFinite, r"contexts\[0\]"),
        (lambda s: choose(s, [[0, np.inf, 0]], [1], day=0, seed=1), NotFinite, r"contexts\[0\]"),
        (lambda s: choose(s, [[0, 2e9, 0]], [1], day=0, seed=1), OutOfRange, "contexts.*1e"),
        (lambda s: choose(s, [[0, 0]], [1], day=0, seed=1), WrongShape, r"\(n, 3\)"),
        (lambda s: choose(s, [[0, 0, 0]], [1, 2], day=0, seed=1), WrongShape, r"\(1,\)"),
        (lambda s: choose(s, [[0, 0, 0]], [-1], day=0, seed=1), OutOfRange, "ids"),
        (lambda s: choose(s, np.zeros((2, 3)), [1, 1], day=0, seed=1), RepeatedId, "ids names 1"),
        (lambda s: choose(s, [[0, 0, 0]], [1], day=np.nan, seed=1), OutOfRange, "day is nan"),
        (
            lambda s: choose(s, [[0, 0, 0]], [1], day=0, seed=1, eligible=[True]),
            WrongShape,
            r"eligible.*\(1, 4\)",
        ),
        (
            lambda s: choose(s, [[0, 0, 0]], [1], day=0, seed=1, eligible=[[1, 2, 0, 0]]),
            OutOfRange,
            "eligible",
        ),
        (lambda s: retire_arm(s, 4), OutOfRange, "from 0 to 3"),
        (lambda s: add_arm(s, -1.0), OutOfRange, "cost"),
        (lambda s: begin(Settings(2), [], seed=1), NoData, "arm_costs is empty"),
        (lambda s: begin(Settings(2), [np.nan], seed=1), NotFinite, "arm_costs"),
        (lambda s: begin(Settings(-1), [0.0], seed=1), OutOfRange, "features"),
        (lambda s: begin(Settings(2, floor=1.5), [0.0], seed=1), OutOfRange, "floor"),
        (lambda s: begin(Settings(2, holdout_share=1.0), [0.0], seed=1), OutOfRange, "holdout"),
        (lambda s: begin(Settings(2, half_life_days=0.0), [0.0], seed=1), OutOfRange, "half_life"),
        (
            lambda s: begin(Settings(2, expires_after_days=float("nan")), [0.0], seed=1),
            OutOfRange,
            "expires",
        ),
        (lambda s: begin(Settings(2, prior_precision=0.0), [0.0], seed=1), OutOfRange, "prior"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_would_be_right(state, call, error, words):
    with pytest.raises(error, match=words) as raised:
        call(state)
    assert raised.value.next_step


def test_contexts_that_are_all_the_same_or_zero_are_no_trouble():
    state = begin(Settings(FEATURES, draws=50), np.zeros(3), seed=2)
    for contexts in (np.zeros((30, FEATURES)), np.full((30, FEATURES), 1e9)):
        made = choose(state, contexts, np.arange(30), day=0.0, seed=1)
        learnt = learn(record(state, made), Rewards(made.id, np.zeros(30)), day=0.0).state
        assert np.isfinite(learnt.draws).all()
        again = choose(learnt, contexts, np.arange(30), day=0.0, seed=1)
        assert np.allclose(again.probabilities.sum(axis=1), 1.0)


def test_more_features_than_observations_are_held_by_the_prior():
    state = begin(Settings(50, draws=50), np.zeros(2), seed=2)
    made = choose(state, np.eye(50)[:3], np.arange(3), day=0.0, seed=1)
    learnt = learn(record(state, made), Rewards(made.id, np.ones(3)), day=0.0).state
    assert np.isfinite(learnt.draws).all()
