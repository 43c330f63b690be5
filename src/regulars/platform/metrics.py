"""Prometheus metrics of one process.

Each worker process counts for itself: a scrape of a port that several workers share answers for
the one that took it, marked by the `worker` label (its process id) on `regulars_process_info`.
Scrape with one worker per address, or sum over time; the books are never read from metrics.
Labels are few, closed sets of words: never a member, a program's own words or anything personal.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from regulars.platform.logging import is_personal_field

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""For durations of requests, groups and transactions."""
COUNT_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""For sizes of groups and batches."""

_PREFIX = "regulars_"
_FORBIDDEN_LABELS = frozenset({"member_id", "event_id", "request_id", "entry_id", "key_id"})

registry = CollectorRegistry()
"""The registry of this process; nothing else is exported."""


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """A count that only grows. `name` comes without the product's prefix and `_total`."""
    return Counter(_PREFIX + name, meaning, _checked(labels), registry=registry)


def gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    """A number that goes up and down; the unit comes last in the name."""
    return Gauge(_PREFIX + name, meaning, _checked(labels), registry=registry)


def histogram(
    name: str,
    meaning: str,
    labels: Sequence[str] = (),
    buckets: Sequence[float] = SECONDS_BUCKETS,
) -> Histogram:
    """A distribution over fixed buckets; durations are in seconds and named `..._seconds`."""
    return Histogram(_PREFIX + name, meaning, _checked(labels), registry=registry, buckets=buckets)


@contextmanager
def timed(distribution: Histogram) -> Iterator[None]:
    """Observe how many seconds the block took, also when it raises."""
    start = time.perf_counter()
    try:
        yield
    finally:
        distribution.observe(time.perf_counter() - start)


def render_metrics() -> bytes:
    """This process's metrics in Prometheus' text format, to be sent as `CONTENT_TYPE`."""
    _process_info.labels(worker=str(os.getpid())).set(1)
    return generate_latest(registry)


def _checked(labels: Sequence[str]) -> Sequence[str]:
    unfit = [name for name in labels if name in _FORBIDDEN_LABELS or is_personal_field(name)]
    assert not unfit, f"labels {unfit} would hold an id or personal data"
    return labels


_process_info = gauge("process_info", "Always 1; tells which worker answered.", ["worker"])
