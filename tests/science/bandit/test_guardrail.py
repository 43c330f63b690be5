"""Arms that cost margin are paused; those that do not are left alone however often one looks."""

import numpy as np
import pytest

from regulars.science.bandit import guardrail
from regulars.science.bandit.contracts import (
    NOTHING,
    Arms,
    Evidence,
    Pending,
    Rewards,
    Settings,
)
from regulars.science.bandit.facade import begin, choose, guardrail_bounds, learn, record, resume
from regulars.science.errors import OutOfRange

ARMS = 3
SETTINGS = Settings(1, holdout_share=0.1)


def batch(rng: np.random.Generator, effects, rows: int = 100, paused=None) -> Pending:
    """Settled decisions of a policy that prefers arms by person; most people buy nothing."""
    chance = np.empty((rows, ARMS + 1))
    preference = rng.random((rows, ARMS)) ** 2
    preference /= preference.sum(axis=1, keepdims=True)
    chance[:, :ARMS] = 0.9 * (0.03 + 0.91 * preference)
    chance[:, ARMS] = 0.1
    if paused is not None:
        chance[:, :ARMS][:, paused] = 0.0
        left = np.maximum(chance[:, :ARMS].sum(axis=1, keepdims=True), 1e-300)
        chance[:, :ARMS] *= 0.9 / left
    arm = (rng.random((rows, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    arm = np.where(arm >= ARMS, NOTHING, arm)
    margin = rng.exponential(10.0, rows) * (rng.random(rows) < 0.3)
    margin = margin + np.append(effects, 0.0)[arm]
    blank = np.zeros(rows)
    return Pending(
        np.arange(rows), np.zeros((rows, 1)), arm, chance, blank, blank, blank > 0, blank, margin
    )


def looked(effects, seed: int, looks: int = 50, settings: Settings = SETTINGS):
    """Pauses of a run that is looked at after every hundred decisions, and the evidence."""
    rng = np.random.default_rng(seed)
    arms = Arms(np.zeros(ARMS), np.ones(ARMS, bool), np.zeros(ARMS, bool), False)
    evidence = Evidence(*(np.zeros(ARMS + 1) for _ in range(5)))
    pauses = []
    for _ in range(looks):
        evidence = guardrail.add(evidence, settings, batch(rng, effects, paused=arms.paused))
        arms, evidence, fresh = guardrail.look(arms, settings, evidence)
        pauses += fresh
    return pauses, evidence


def test_harmless_arms_are_paused_in_at_most_5_percent_of_runs_looked_at_50_times():
    alarms = sum(bool(looked([0.0, 0.0, 0.0], seed)[0]) for seed in range(200))
    assert alarms <= 10


def test_an_arm_that_costs_margin_is_paused_and_the_others_are_not():
    for seed in range(5):
        pauses, _ = looked([-5.0, 1.0, 1.0], seed)
        assert [pause.arm for pause in pauses] == [0]
        assert pauses[0].upper < 0.0


def test_a_policy_that_costs_margin_is_paused_as_a_whole_where_no_arm_alone_shows_it():
    rows = np.full(ARMS + 1, 5_000.0)
    mean, deviation = np.array([-0.1, -0.1, -0.1, -0.5]), 3.0
    treated = np.array([1_500.0, 1_500.0, 1_500.0, 4_500.0])
    evidence = Evidence(
        rows, rows * mean, rows * (deviation**2 + mean**2), treated, np.full(ARMS + 1, 500.0)
    )
    arms = Arms(np.zeros(ARMS), np.ones(ARMS, bool), np.zeros(ARMS, bool), False)
    stopped, kept, pauses = guardrail.look(arms, SETTINGS, evidence)
    assert [pause.arm for pause in pauses] == [NOTHING]
    assert stopped.all_paused
    assert not stopped.paused.any()
    assert kept is evidence


def test_a_tolerated_loss_is_no_reason():
    pauses, _ = looked(
        [-2.0, -2.0, -2.0], 1, settings=Settings(1, holdout_share=0.1, guard_tolerance=3.0)
    )
    assert pauses == []


def test_the_mean_is_the_margin_gained_on_the_people_an_arm_goes_to():
    watching_only = Settings(1, holdout_share=0.1, guard_rows=10**9)
    _, evidence = looked([-5.0, 2.0, 0.0], 3, looks=400, settings=watching_only)
    mean, upper = guardrail_bounds(SETTINGS, evidence)
    # Each arm goes to .3 of the decisions: 0.9 (0.03 + 0.91 / 3).
    spread = np.sqrt(evidence.squares) / evidence.rows
    share = 0.9 * (0.03 + 0.91 / 3)
    assert (np.abs(mean[:3] - share * np.array([-5.0, 2.0, 0.0])) < 4.5 * spread[:3]).all()
    assert mean[3] == pytest.approx(mean[:3].sum())
    assert (upper > mean).all()


def test_the_bound_narrows_with_rows_and_widens_with_certainty():
    evidence = [looked([0.0, 0.0, 0.0], 1, looks=looks)[1] for looks in (5, 500)]
    widths = [np.subtract(*guardrail_bounds(SETTINGS, one)[::-1])[0] for one in evidence]
    assert widths[1] < widths[0] / 4
    surer = Settings(1, holdout_share=0.1, guard_level=0.001)
    wider = np.subtract(*guardrail_bounds(surer, evidence[1])[::-1])[0]
    assert wider > widths[1]


def test_without_evidence_the_bound_is_infinite():
    mean, upper = guardrail_bounds(SETTINGS, Evidence(*(np.zeros(3) for _ in range(5))))
    assert mean.tolist() == [0.0] * 3
    assert np.isinf(upper).all()


def test_learning_pauses_and_a_person_resumes():
    settings = Settings(1, draws=40, floor=0.05, holdout_share=0.2, guard_rows=200)
    state = begin(settings, np.zeros(2), seed=1)
    rng = np.random.default_rng(4)
    pauses = ()
    for round_ in range(40):
        ids = np.arange(100) + 100 * round_
        made = choose(state, rng.standard_normal((100, 1)), ids, day=0.0, seed=round_)
        margin = rng.standard_normal(100) + np.where(made.arm == 1, -2.0, 0.5 * (made.arm == 0))
        # The reward that is learnt, clicks say, is silent about the margin.
        rewards = Rewards(ids, rng.standard_normal(100) + (made.arm == 1), margin=margin)
        learnt = learn(record(state, made), rewards, day=0.0)
        state, pauses = learnt.state, pauses + learnt.pauses
    assert 1 in [pause.arm for pause in pauses]
    contexts, ids = rng.standard_normal((200, 1)), np.arange(10_000, 10_200)
    assert not (choose(state, contexts, ids, day=0.0, seed=1).arm == 1).any()
    resumed = resume(resume(state, NOTHING), 1)
    assert (choose(resumed, contexts, ids, day=0.0, seed=1).arm == 1).any()
    assert resumed.evidence.rows[[1, 2]].tolist() == [0.0, 0.0]
    with pytest.raises(OutOfRange, match="from 0 to 1"):
        resume(state, 2)


def test_decisions_without_a_holdout_tell_nothing():
    pending = batch(np.random.default_rng(1), [0.0, 0.0, 0.0])
    pending.probabilities[:, ARMS] = 0.0
    blank = Evidence(*(np.zeros(ARMS + 1) for _ in range(5)))
    assert guardrail.add(blank, SETTINGS, pending) is blank
