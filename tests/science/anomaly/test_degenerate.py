"""Whatever was done, the search for anomalies answers finite numbers or says what to do."""

import numpy as np

from regulars.science.anomaly import facade as anomaly
from tests.science.degenerate import Case, SeededPromises

CLUB = anomaly.Club(members=50, stores=3, tills_per_store=2, days=30.0, cases=0)
LABELLED = anomaly.simulate(CLUB, seed=1)
ACTIVITY = LABELLED.activity
MEASURED = anomaly.member_signals(ACTIVITY)
APART = anomaly.isolation(MEASURED, seed=1, trees=5)
SCORES = anomaly.combined(MEASURED, APART)
VALUES = np.random.default_rng(1).normal(size=30)
ROWS = tuple(f"activity.{column}" for column in (
    "day", "kind", "member", "store", "device", "amount", "points", "other"))  # fmt: skip
SIZES = frozenset({"activity.members", "activity.stores"})
PARTS = frozenset({"measured", "labelled"})

CASES = [
    *(Case(function, {"activity": ACTIVITY}, ROWS, SIZES)
      for function in (anomaly.member_signals, anomaly.store_signals, anomaly.device_signals)),
    Case(anomaly.combined, {"measured": MEASURED, "isolated": APART}, (), PARTS),
    Case(anomaly.evaluate, {"labelled": LABELLED, "reviewed": np.arange(5)}, ("reviewed",), PARTS),
    Case(anomaly.evidence, {"z": VALUES * 9.0}, ("z",)),
    Case(anomaly.isolation, {"measured": MEASURED, "seed": 1, "trees": 5}, (), PARTS),
    Case(anomaly.peak_within, {"entity": np.arange(30) % 4, "day": VALUES, "entities": 4,
         "window_days": 1.0, "weight": np.abs(VALUES)}, ("entity", "day", "weight"),
         frozenset({"entities"})),
    Case(anomaly.reasons, {"measured": MEASURED, "code": 2}, (), PARTS),
    Case(anomaly.review_queue, {"activity": ACTIVITY, "size": 5, "seed": 1}, ROWS,
         frozenset({*ROWS, *SIZES, "activity.till"})),
    Case(anomaly.robust_z, {"values": VALUES, "groups": np.arange(30) % 2, "unit": 0.1},
         ("values", "groups")),
    Case(anomaly.simulate, {"club": CLUB, "seed": 1}, (), frozenset({"club.days"})),
    Case(anomaly.top_by, {"labelled": LABELLED, "scores": SCORES, "size": 5}, ("scores",), PARTS),
]  # fmt: skip


class TestAnomaly(SeededPromises):
    cases = CASES
    # Nobody here is so odd that the forest has a say.
    seed_unseen = frozenset({"review_queue"})
