"""What a review queue is worth on activity whose frauds are known."""

import numpy as np

from regulars.science import checks
from regulars.science.anomaly.contracts import (
    NONE,
    Evaluation,
    Labelled,
    Pattern,
    PatternFound,
)
from regulars.science.anomaly.review import links
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import WrongShape


def evaluate(labelled: Labelled, reviewed: Integers) -> Evaluation:
    """Precision of the reviewed members (int64 codes, in any sequence) and, per pattern, how many
    of its cases have at least one member among them."""
    codes = checks.codes("reviewed", reviewed, labelled.activity.members)
    hit = labelled.case[codes] != NONE
    caught = set(labelled.case[codes][hit].tolist())
    count = codes.shape[0]
    found = tuple(
        PatternFound(
            pattern,
            sum(one == pattern for one in labelled.patterns),
            sum(labelled.patterns[case] == pattern for case in caught),
        )
        for pattern in Pattern
    )
    return Evaluation(
        count,
        int(hit.sum()),
        float(hit.mean()) if count else 0.0,
        float((labelled.case != NONE).mean()),
        found,
    )


def top_by(labelled: Labelled, scores: Floats, size: int) -> Integers:
    """The `size` members with the highest scores above 0, the linked ones riding along as in the
    queue: how a single method would fill the same queue. int64, fewer where fewer have a score."""
    given = checks.floats("scores", scores)
    if given.shape[0] != labelled.activity.members:
        raise WrongShape("scores", given.shape, f"({labelled.activity.members},)")
    linked = links(labelled.activity)
    taken: list[int] = []
    riding: set[int] = set()
    for code in np.argsort(-given, kind="stable").tolist():
        if len(taken) == size or given[code] <= 0.0:
            break
        if code not in riding:
            taken.append(code)
            riding |= linked.get(code, set())
    return np.array(taken, dtype=np.int64)
