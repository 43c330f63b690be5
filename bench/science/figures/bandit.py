"""The contextual bandit beside vowpalwabbit and plain LinUCB: 8 arms, 12 features.

Two made-up audiences, each drawn anew for every run: clicks, whose probability is logistic in the
context (about one in six offers is clicked), and linear rewards with normal noise of 1. Everybody
meets the same contexts and the same luck. Ours learns in batches of 100 decisions; the peers learn
after every decision, which favours them. The share is the expected reward of what was chosen over
that of the best arm, in the second half of 20,000 decisions, mean over runs. A peer is run with
several settings and told with its best of each audience. LinUCB has no propensities: its log cannot
evaluate another policy, while the floor that makes ours measurable costs reward.

The other figures: coverage of the 95 % off-policy intervals over simulated logs, and the sample of
Open Bandit, where the log of a uniformly random policy evaluates Bernoulli Thompson sampling.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np

from bench.report import Figure
from bench.science import open_bandit
from bench.science.environment import PeerFailed, Peers
from bench.science.options import Options, save_arrays, shared_file
from regulars.science.bandit import facade as bandit
from regulars.science.bandit.contracts import Log, Rewards, Settings
from regulars.science.bandit.simulation import Kind

FIGURES = (
    "bandit_decisions",
    "bandit_decisions_single",
    "bandit_decisions_learnt",
    "bandit_reward_share",
    "bandit_reward_share_linear",
    "bandit_coverage_doubly_robust",
    "bandit_coverage_inverse_propensity",
    "bandit_coverage_adaptive_log",
    "open_bandit_men",
    "open_bandit_women",
)

ARMS, FEATURES = 8, 12
DECISIONS = 20_000
BATCH = 100
SETTINGS = Settings(FEATURES, floor=0.0025, holdout_share=0.0)
LEVELS: dict[Kind, float] = {"clicks": -2.0, "linear": 1.0}


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    found: list[Figure] = []
    if options.wants(*FIGURES[:5]):
        found += _beside_peers(peers, options)
    if options.wants(*FIGURES[5:8]):
        found += _coverage(options)
    for campaign in ("men", "women"):
        if options.wants(f"open_bandit_{campaign}"):
            found.append(_open_bandit(campaign))
    return found


def _beside_peers(peers: Peers | None, options: Options) -> list[Figure]:
    runs = {kind: [_audience(kind, seed) for seed in range(options.runs)] for kind in LEVELS}
    shares = {
        kind: [_share(made, _ours(made, seed)) for seed, made in enumerate(audiences)]
        for kind, audiences in runs.items()
    }
    bare = replace(SETTINGS, floor=0.0)
    unfloored = {
        kind: np.mean([_share(made, _ours(made, seed, bare)) for seed, made in enumerate(made_all)])
        for kind, made_all in runs.items()
    }
    answered, told = _asked(peers, runs)
    single, batched, learnt = _speeds(options.runs)
    fastest = max((speed for speed in answered.get("decisions", {}).values()), default=0.0)
    speeds = ", ".join(
        f"{name} {speed:,.0f}" for name, speed in answered.get("decisions", {}).items()
    )
    found = [
        _speed(
            "bandit_decisions",
            batched,
            fastest,
            f"in batches of {BATCH}; peers one by one: {speeds}",
        ),
        _speed("bandit_decisions_single", single, fastest, "one by one"),
        _speed("bandit_decisions_learnt", learnt, 0.0, f"chosen, recorded and learnt by {BATCH}"),
    ]
    for kind, name in (("clicks", "bandit_reward_share"), ("linear", "bandit_reward_share_linear")):
        best, words = _best(answered, kind)
        value = float(np.mean(shares[kind]))
        found.append(
            Figure(
                name,
                round(value, 4),
                "share",
                round(best, 4),
                round(value / best, 3) if best else 0.0,
                round(min(shares[kind]), 4),
                round(max(shares[kind]), 4),
                f"{kind}, {DECISIONS} decisions, floor {SETTINGS.floor} an arm, range over"
                f" {options.runs} runs; without a floor {unfloored[kind]:.4f}; {words or told}",
            )
        )
    return found


def _speed(name: str, value: float, best: float, detail: str) -> Figure:
    ratio = round(value / best, 2) if best else 0.0
    return Figure(name, round(value), "decisions/s", round(best), ratio, detail=detail)


def _audience(kind: Kind, seed: int) -> dict[str, np.ndarray]:
    """Contexts, expected rewards and what each arm would bring, of every decision."""
    world = bandit.make_world(kind, ARMS, FEATURES, seed=seed, level=LEVELS[kind])
    rng = np.random.default_rng([seed, 2])
    contexts = rng.standard_normal((DECISIONS, FEATURES))
    means = world.means(contexts)
    return {"contexts": contexts, "means": means, "rewards": world.rewards(means, rng)}


def _ours(made: dict[str, np.ndarray], seed: int, settings: Settings = SETTINGS) -> np.ndarray:
    """The arms that the bandit chose."""
    state = bandit.begin(settings, np.zeros(ARMS), seed=seed)
    chosen = np.empty(DECISIONS, dtype=np.int64)
    for start in range(0, DECISIONS, BATCH):
        rows = np.arange(start, start + BATCH)
        decisions = bandit.choose(state, made["contexts"][rows], rows, day=0.0, seed=start)
        chosen[rows] = decisions.arm
        rewards = Rewards(rows, made["rewards"][rows, decisions.arm])
        state = bandit.learn(bandit.record(state, decisions), rewards, day=0.0).state
    return chosen


def _share(made: dict[str, np.ndarray], chosen: np.ndarray) -> float:
    """Expected reward as a share of the best arm's, second half."""
    rows = np.arange(DECISIONS // 2, DECISIONS)
    return float(made["means"][rows, chosen[rows]].sum() / made["means"][rows].max(axis=1).sum())


def _asked(
    peers: Peers | None, runs: dict[Kind, list[dict[str, np.ndarray]]]
) -> tuple[dict[str, Any], str]:
    if peers is None:
        return {}, "peers were not asked"
    job = {
        "runs": {
            kind: [
                save_arrays(peers.folder / f"bandit-{kind}-{place}.npz", **made)
                for place, made in enumerate(audiences)
            ]
            for kind, audiences in runs.items()
        }
    }
    try:
        return peers.ask("bandit", job), ""
    except PeerFailed as failure:
        return {}, str(failure)


def _best(answered: dict[str, Any], kind: Kind) -> tuple[float, str]:
    """The best setting of each peer in that audience, and the best of all."""
    shares: dict[str, dict[str, float]] = answered.get("shares", {}).get(kind, {})
    if not shares:
        return 0.0, ""
    chosen = {name: max(tried, key=lambda one: tried[one]) for name, tried in shares.items()}
    words = ", ".join(
        f"{name} ({setting}) {shares[name][setting]:.4f}" for name, setting in chosen.items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in answered["versions"].items())
    return max(shares[name][setting] for name, setting in chosen.items()), f"{words}; {versions}"


def _speeds(runs: int) -> tuple[float, float, float]:
    """Decisions per second of CPU, with the default settings' 500 draws: single, in batches, and
    in batches with recording and learning; the best of the runs."""
    made = _audience("clicks", 0)
    state = bandit.begin(SETTINGS, np.zeros(ARMS), seed=1)
    single, batched, learnt = [], [], []
    for _ in range(max(runs, 3)):
        started = time.process_time()
        for row in range(2_000):
            bandit.choose(state, made["contexts"][row : row + 1], [row], day=0.0, seed=row)
        single.append(2_000 / (time.process_time() - started))
        started = time.process_time()
        for start in range(0, DECISIONS, BATCH):
            rows = np.arange(start, start + BATCH)
            bandit.choose(state, made["contexts"][rows], rows, day=0.0, seed=start)
        batched.append(DECISIONS / (time.process_time() - started))
        started = time.process_time()
        _ours(made, 1)
        learnt.append(DECISIONS / (time.process_time() - started))
    return max(single), max(batched), max(learnt)


def _coverage(options: Options) -> list[Figure]:
    """How many of the 95 % intervals hold the truth, over logs of 2,000 and 5,000 decisions."""
    arms, features = 5, 4
    world = bandit.make_world("clicks", arms, features, seed=3, level=-1.0)
    many = np.random.default_rng(99).standard_normal((400_000, features))
    truth = float((_soft(many, 1.0, 7, arms) * world.means(many)).sum(axis=1).mean())
    fixed: dict[str, list[bool]] = {}
    adaptive: list[bool] = []
    settings = Settings(features, floor=0.05, holdout_share=0.1, draws=100)
    for seed in range(options.seeds):
        rng = np.random.default_rng(seed)
        contexts = rng.standard_normal((2_000, features))
        chance = 0.1 + 0.5 * _soft(contexts, 0.5, 8, arms)
        arm = (rng.random((2_000, 1)) > chance.cumsum(axis=1)).sum(axis=1)
        rows = np.arange(2_000)
        reward = world.rewards(world.means(contexts)[rows, arm], rng)
        log = Log(arm, reward, chance[rows, arm])
        policy = _soft(contexts, 1.0, 7, arms)
        expected = bandit.expected_rewards(contexts, log, arms, seed=seed)
        for estimate in (
            bandit.inverse_propensity(log, policy),
            bandit.doubly_robust(log, policy, expected),
        ):
            fixed.setdefault(estimate.method, []).append(estimate.value.covers(truth))
        played = bandit.play(world, settings, decisions=5_000, seed=seed)
        policy = _soft(played.contexts, 1.0, 7, arms)
        expected = bandit.expected_rewards(played.contexts, played.log, arms, seed=seed)
        estimate = bandit.doubly_robust(
            played.log, policy, expected, interval="studentised", resamples=400, seed=seed
        )
        adaptive.append(estimate.value.covers(truth))
    words = f"share of {options.seeds} simulated logs whose 95 % interval holds the truth"
    return [
        Figure(f"bandit_coverage_{name}", float(np.mean(covered)), "share", detail=detail)
        for name, covered, detail in (
            ("doubly_robust", fixed["doubly_robust"], f"{words}; 2,000 rows of a fixed policy"),
            ("inverse_propensity", fixed["inverse_propensity"], f"{words}; the same logs"),
            (
                "adaptive_log",
                adaptive,
                f"{words}; 5,000 decisions of this bandit, doubly robust, studentised",
            ),
        )
    ]


def _soft(contexts: np.ndarray, sharpness: float, seed: int, arms: int) -> np.ndarray:
    preference = np.random.default_rng(seed).standard_normal((arms, contexts.shape[1]))
    scores = np.exp(sharpness * contexts @ preference.T)
    return scores / scores.sum(axis=1, keepdims=True)


def _open_bandit(campaign: str) -> Figure:
    """The value of Bernoulli Thompson sampling, clicks per recommendation, by inverse propensity
    with a percentile bootstrap; `reference` is what the policy got where it ran itself."""
    clicks = open_bandit.sample(shared_file(f"obd_bts_{campaign}.csv.gz")).log.reward.mean()
    given = open_bandit.sample(shared_file(f"obd_random_{campaign}.csv.gz"))
    policy = open_bandit.simulated_places(campaign)[:, given.place].T
    exact = bandit.beta_place_probabilities(*open_bandit.PRIORS[campaign], open_bandit.PLACES)
    weighted = bandit.inverse_propensity(given.log, policy, interval="bootstrap", resamples=10_000)
    robust = bandit.doubly_robust(given.log, policy, open_bandit.click_model(given))
    without = bandit.inverse_propensity(given.log, exact[:, given.place].T)
    return Figure(
        f"open_bandit_{campaign}",
        round(weighted.value.value, 5),
        "clicks/offer",
        round(float(clicks), 5),
        0.0,
        round(weighted.value.low, 4),
        round(weighted.value.high, 4),
        f"inverse propensity; doubly robust {robust.value.value:.5f}; with exact instead of"
        f" simulated probabilities {without.value.value:.5f}; {weighted.effective_rows:,.0f}"
        f" effective rows of {weighted.rows:,}; the reference is its own clicks",
    )
