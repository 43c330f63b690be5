"""Whatever customers there are, segments are finite numbers or a refusal that says what to do."""

import numpy as np
import pytest

from regulars.science.contracts import Orders
from regulars.science.errors import OutOfRange
from regulars.science.segments import facade as segments
from regulars.science.segments.contracts import StateRule
from tests.science.degenerate import Case, SeededPromises

RANDOM = np.random.default_rng(1)
ORDERS = Orders(
    RANDOM.integers(0, 20, 60), RANDOM.uniform(0.0, 100.0, 60), RANDOM.gamma(2.0, 9.0, 60), 20
)
KNOWN = segments.purchases(ORDERS, 100.0)
VALUES = segments.cluster_values(KNOWN)
CLUSTERS = segments.cluster(VALUES, seed=1, clusters=2)
SCORES = segments.score_rfm(KNOWN)
COUNT = KNOWN.customer.size
STATES = RANDOM.integers(-1, 3, 20)
ROWS = ("known.customer", "known.days_since_last", "known.orders", "known.value")
ORDER_ROWS = ("orders.customer", "orders.day", "orders.value")
DAYS = np.array([30.0, 60.0, 90.0])

CASES = [
    Case(segments.align, {"customer_before": KNOWN.customer, "before": SCORES.segment,
         "customer_after": KNOWN.customer, "after": SCORES.segment, "customers": 20},
         ("customer_before", "before"), frozenset({"customers"})),
    Case(segments.assign, {"clusters": CLUSTERS, "values": VALUES}, ("values",),
         frozenset({"clusters"})),
    Case(segments.cluster, {"values": VALUES, "seed": 1, "clusters": 2}, ("values",)),
    Case(segments.cluster, {"values": VALUES, "seed": 1, "clusters_most": 2, "splits": 2,
         "rows_most": 5}, ("values",), name="as many clusters as are stable"),
    Case(segments.cluster_values, {"known": KNOWN}, ROWS),
    Case(segments.learn_scale, {"known": KNOWN}, ROWS,
         may_be_infinite=frozenset({"recency", "frequency", "monetary"})),
    Case(segments.score_rfm, {"known": KNOWN, "scale": SCORES.scale}, ROWS,
         may_be_infinite=frozenset({"recency", "frequency", "monetary"})),
    Case(segments.lifecycle, {"orders": ORDERS, "days": DAYS, "rule": StateRule()}, ORDER_ROWS,
         frozenset({"orders.customers"})),
    Case(segments.moves, {"before": STATES, "after": STATES[::-1], "names": ("a", "b", "c"),
         "level": 0.95}, ("before", "after")),
    Case(segments.profiles, {"segment": SCORES.segment, "names": tuple("abcdefghij"),
         "values": VALUES}, ("segment", "values")),
    Case(segments.purchases, {"orders": ORDERS, "day": 90.0}, ORDER_ROWS,
         frozenset({"orders.customers"})),
    Case(segments.segment_of, {"recency": 3, "frequency": 2}),
    Case(segments.walk, {"days": DAYS, "risk": RANDOM.uniform(0.0, 8.0, (3, 5)),
         "tenure": np.add.outer(DAYS, RANDOM.uniform(-60.0, 60.0, 5)),
         "orders": np.cumsum(RANDOM.integers(0, 2, (3, 5)), axis=0), "rule": StateRule()},
         ("days", "risk", "tenure", "orders")),
]  # fmt: skip


class TestSegments(SeededPromises):
    cases = CASES
    # Which rows fall into which half goes by the row.
    goes_by_row = frozenset(
        {
            "as many clusters as are stable",
        }
    )
    # Groups this clear are found from any start.
    seed_unseen = frozenset({"cluster"})


def test_a_customer_who_is_in_two_segments_at_one_date_is_refused():
    with pytest.raises(OutOfRange, match=r"customer_after\[2\] is 1.0"):
        segments.align(np.array([0]), np.array([0]), np.array([1, 0, 1]), np.array([0, 1, 2]), 2)
