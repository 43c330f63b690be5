"""What a review queue of 40 finds in simulated clubs with ten cases of each of four frauds.

Clubs of 4,000 honest members over 90 days, with the odd but honest among them; seeds that no weight
was chosen on. Bold fraudsters do all of what the simulator has them do, careful ones a third of it.
`reference` is the isolation forest alone (scikit-learn, same signals), which fills a queue of the
same size. The simulator is ours: the figures compare methods and say how detection fades as fraud
becomes careful; they are no promise for a real club.
"""

import time
from collections.abc import Sequence

import numpy as np

from bench.report import Figure
from bench.science.environment import Peers
from bench.science.options import Options
from regulars.science.anomaly import facade as anomaly
from regulars.science.anomaly.contracts import Evaluation

BOLDNESS = {
    "anomaly_precision_bold": 1.0,
    "anomaly_precision_half": 0.5,
    "anomaly_precision_careful": 0.3,
}
FIGURES = (*BOLDNESS, "anomaly_queue")
SIZE = 40
CLUBS = 20
FIRST_SEED = 100


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    found = [
        _precision(name, boldness) for name, boldness in BOLDNESS.items() if options.wants(name)
    ]
    if options.wants("anomaly_queue"):
        found.append(_speed(options))
    return found


def _precision(name: str, boldness: float) -> Figure:
    queued: list[Evaluation] = []
    alone: list[Evaluation] = []
    for seed in range(FIRST_SEED, FIRST_SEED + CLUBS):
        made = anomaly.simulate(anomaly.Club(boldness=boldness), seed=seed)
        queue = anomaly.review_queue(made.activity, size=SIZE, seed=1)
        codes = np.array([entry.code for entry in queue.members], dtype=np.int64)
        queued.append(anomaly.evaluate(made, codes))
        scores = anomaly.isolation(anomaly.member_signals(made.activity), seed=1)
        alone.append(anomaly.evaluate(made, anomaly.top_by(made, scores, SIZE)))
    precision, forest = ([one.precision for one in found] for found in (queued, alone))
    return Figure(
        name,
        round(float(np.mean(precision)), 3),
        "share",
        round(float(np.mean(forest)), 3),
        round(float(np.mean(precision) / np.mean(forest)), 2),
        round(min(precision), 3),
        round(max(precision), 3),
        f"range over {CLUBS} clubs; at random {np.mean([one.base_rate for one in queued]):.3f};"
        f" cases caught: {_caught(queued)}; by the forest alone: {_caught(alone)}",
    )


def _caught(found: Sequence[Evaluation]) -> str:
    parts = zip(*(one.patterns for one in found), strict=True)
    return ", ".join(
        f"{same[0].pattern.replace('_', ' ')}"
        f" {sum(one.caught for one in same) / sum(one.cases for one in same):.0%}"
        for same in parts
    )


def _speed(options: Options) -> Figure:
    made = anomaly.simulate(anomaly.Club(members=40_000), seed=1)
    times = []
    for _ in range(options.runs):
        started = time.process_time()
        anomaly.review_queue(made.activity, size=SIZE, seed=1)
        times.append(time.process_time() - started)
    events = made.activity.day.shape[0]
    return Figure(
        "anomaly_queue", round(min(times), 2), "s", detail=f"40,000 members, {events:,} events"
    )
