"""The door of the search for anomalies: who deserves a look, in which sequence, and why.

`review_queue` ranks members, stores and devices with reasons in words. Its parts can be used alone:
`robust_z`, `peak_within` (velocity), the signals, the isolation forest. `simulate` makes activity
with four known frauds, and `evaluate` says what a queue finds of them. The types stand in
`contracts`.
"""

from regulars.science.anomaly.evaluation import evaluate, top_by
from regulars.science.anomaly.forest import isolation
from regulars.science.anomaly.review import combined, evidence, reasons, review_queue
from regulars.science.anomaly.robust import robust_z
from regulars.science.anomaly.signals import device_signals, member_signals, store_signals
from regulars.science.anomaly.simulation import Club, simulate
from regulars.science.anomaly.velocity import peak_within

__all__ = [
    "Club",
    "combined",
    "device_signals",
    "evaluate",
    "evidence",
    "isolation",
    "member_signals",
    "peak_within",
    "reasons",
    "review_queue",
    "robust_z",
    "simulate",
    "store_signals",
    "top_by",
]
