"""vowpalwabbit and plain LinUCB on given contexts: shares of the best reward, and their speed.

vowpalwabbit explores by epsilon-greedy, by SquareCB (Foster & Rakhlin 2020) and by a bag of models,
each with a learner of its own per action (or by pairs of context and action), and learns after
every decision. Of some twenty settings tried on one audience these were the best. LinUCB is the
disjoint one (Li, Chu, Langford & Schapire 2010, algorithm 1), its inverse updated by rank one.
"""

import time

import numpy as np
import vowpalwabbit
from answering import answer, versions

PAIRS = "--cb_explore_adf --interactions sa"
SETTINGS = {
    "epsilon .02, direct": "--cb_explore 8 --epsilon 0.02 --cb_type dm",
    "epsilon .1 by pairs": f"{PAIRS} --epsilon 0.1",
    "bag 5": "--cb_explore 8 --bag 5",
    "bag 5 by pairs": f"{PAIRS} --bag 5 --epsilon 0.02",
    "SquareCB 100": f"{PAIRS} --squarecb --gamma_scale 100",
    "SquareCB 100, slower": f"{PAIRS} --squarecb --gamma_scale 100 --learning_rate 0.1",
}
WIDTHS = (0.1, 0.3, 1.0)


def work(job):
    shares = {}
    for kind, paths in job["runs"].items():
        found = shares.setdefault(kind, {"vowpalwabbit": {}, "LinUCB": {}})
        runs = [load(path) for path in paths]
        for name, arguments in SETTINGS.items():
            found["vowpalwabbit"][name] = mean_share(runs, vowpal, arguments)
        for width in WIDTHS:
            found["LinUCB"][f"width {width}"] = mean_share(runs, linucb, width)
    speeds = speed(load(job["runs"]["clicks"][0]))
    return {"shares": shares, "decisions": speeds, "versions": versions("vowpalwabbit", "numpy")}


def load(path):
    with np.load(path) as made:
        return {name: made[name] for name in made.files}


def mean_share(runs, play, setting):
    return float(np.mean([share(made, play(made, setting)) for made in runs]))


def share(made, chosen):
    means = made["means"]
    rows = np.arange(means.shape[0] // 2, means.shape[0])
    return float(means[rows, chosen[rows]].sum() / means[rows].max(axis=1).sum())


def numbers(context):
    return " ".join(f"f{place}:{value:.5f}" for place, value in enumerate(context))


def vowpal(made, arguments):
    contexts, rewards = made["contexts"], made["rewards"]
    pairs = "adf" in arguments
    model = vowpalwabbit.Workspace(f"{arguments} --quiet --random_seed 1")
    rng = np.random.default_rng(1)
    points = rng.random(contexts.shape[0])
    arms = rewards.shape[1]
    chosen = np.empty(contexts.shape[0], dtype=np.int64)
    for row, context in enumerate(contexts):
        text = numbers(context)
        chance = chances(model, text, arms, pairs)
        arm = min(int(np.searchsorted(np.cumsum(chance), points[row] * sum(chance))), arms - 1)
        chosen[row] = arm
        label = f"{-rewards[row, arm]:.5f}:{max(chance[arm], 1e-6):.6f}"
        if pairs:
            lines = [f"shared |s {text}"]
            lines += [f"0:{label} |a a{one}" if one == arm else f"|a a{one}" for one in range(arms)]
            model.learn(lines)
        else:
            model.learn(f"{arm + 1}:{label} |s {text}")
    model.finish()
    return chosen


def chances(model, text, arms, pairs):
    if pairs:
        return model.predict([f"shared |s {text}"] + [f"|a a{one}" for one in range(arms)])
    return model.predict(f"|s {text}")


class LinUcb:
    def __init__(self, arms, size, width):
        self.inverse = np.tile(np.eye(size), (arms, 1, 1))
        self.projection = np.zeros((arms, size))
        self.mean = np.zeros((arms, size))
        self.width = width

    def choose(self, x):
        spread = np.sqrt(np.maximum((self.inverse @ x) @ x, 0.0))
        return int(np.argmax(self.mean @ x + self.width * spread))

    def learn(self, x, arm, reward):
        changed = self.inverse[arm] @ x
        self.inverse[arm] -= np.outer(changed, changed) / (1.0 + x @ changed)
        self.projection[arm] += reward * x
        self.mean[arm] = self.inverse[arm] @ self.projection[arm]


def linucb(made, width):
    contexts = with_constant(made["contexts"])
    rewards = made["rewards"]
    model = LinUcb(rewards.shape[1], contexts.shape[1], width)
    chosen = np.empty(contexts.shape[0], dtype=np.int64)
    for row, x in enumerate(contexts):
        arm = chosen[row] = model.choose(x)
        model.learn(x, arm, rewards[row, arm])
    return chosen


def with_constant(contexts):
    return np.concatenate([contexts, np.ones((contexts.shape[0], 1))], axis=1)


def speed(made):
    """Decisions per second of CPU without learning, one by one, the best of three."""
    contexts = made["contexts"][:5_000]
    arms = made["rewards"].shape[1]
    found = {}
    for name in ("epsilon .02, direct", "SquareCB 100"):
        arguments = SETTINGS[name]
        pairs = "adf" in arguments
        model = vowpalwabbit.Workspace(f"{arguments} --quiet --random_seed 1")
        times = []
        for _ in range(3):
            started = time.process_time()
            for context in contexts:
                chances(model, numbers(context), arms, pairs)
            times.append(time.process_time() - started)
        found[f"vowpalwabbit ({name})"] = contexts.shape[0] / min(times)
        model.finish()
    rows = with_constant(contexts)
    plain = LinUcb(arms, rows.shape[1], 0.3)
    times = []
    for _ in range(3):
        started = time.process_time()
        for x in rows:
            plain.choose(x)
        times.append(time.process_time() - started)
    found["LinUCB, no propensities"] = contexts.shape[0] / min(times)
    return found


answer(work)
