"""A log of decisions, as a file tells it: each with the probability with which it was made."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regulars.insights.contracts import Coded, Floats, Integers
from regulars.insights.mapping import Mapping, require
from regulars.insights.models.features import feature_matrix
from regulars.insights.reading import Wanted, read_rows
from regulars.science.bandit.contracts import Log


@dataclass(frozen=True, slots=True)
class Decided:
    """A log as a file tells it: `log` for the estimators, `arms` names, `position` (n,) codes from
    0 where the file has several places, `contexts` float64 (n, k), k may be 0."""

    name: str
    log: Log
    arms: tuple[str, ...]
    position: Integers
    positions: tuple[str, ...]
    contexts: Floats


def read_log(path: Path, mapping: Mapping, command: str) -> Decided:
    """The decisions in a file, sorted by time where it has one."""
    require(mapping, command, "action", "reward", "propensity")
    columns = mapping.columns
    wanted = [
        Wanted("action", columns.action or "", "word"),
        Wanted("reward", columns.reward or "", "number"),
        Wanted("propensity", columns.propensity or "", "number"),
        *(Wanted("features", name, "feature") for name in columns.features),
    ]
    if columns.time is not None:
        wanted.append(Wanted("time", columns.time, "day"))
    if columns.position is not None:
        wanted.append(Wanted("position", columns.position, "word"))
    rows = read_rows(path, mapping, wanted)
    order = np.arange(rows.count)
    if "time" in rows.numbers:
        order = np.argsort(rows.numbers["time"], kind="stable")
    nowhere = Coded(np.zeros(rows.count, dtype=np.int64), ("",))
    position, action = rows.words.get("position", nowhere), rows.words["action"]
    contexts, _ = feature_matrix(rows)
    return Decided(
        rows.name,
        Log(
            action.codes[order],
            rows.numbers["reward"][order],
            rows.numbers["propensity"][order],
        ),
        action.labels,
        position.codes[order],
        position.labels,
        contexts[order],
    )
