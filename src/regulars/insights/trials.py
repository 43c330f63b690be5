"""Rows of a file become an experiment: who was in which group, and what came of it."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from regulars.imports.errors import MappingInvalid
from regulars.insights.contracts import Coded, Floats, Integers, Rows
from regulars.insights.errors import Unfit
from regulars.insights.mapping import Mapping, require
from regulars.insights.models.features import feature_matrix
from regulars.insights.reading import Wanted, read_rows
from regulars.platform.strict_documents import Misfit


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment as a file tells it. `group`: int64 (n,), places in `groups`, of which number 0
    is the control; `treatment` is the group to learn from. `shares`: what each was meant to get,
    adding up to 1. `outcomes` by name, (n,) each; `features`: (n, k); `time` in days where the file
    has one."""

    name: str
    units: tuple[str, ...] | None
    groups: tuple[str, ...]
    group: Integers
    treatment: int
    shares: tuple[float, ...]
    outcomes: dict[str, Floats]
    before: Floats | None
    features: Floats
    feature_names: tuple[str, ...]
    time: Floats | None
    rows: Rows


def read_trial(path: Path, mapping: Mapping, command: str) -> Trial:
    """The experiment in a file."""
    require(mapping, command, "group", "outcomes", "experiment")
    columns = mapping.columns
    wanted = [Wanted("group", columns.group or "", "word")]
    wanted += [Wanted(f"outcomes {name}", name, "number") for name in columns.outcomes]
    wanted += [Wanted("features", name, "feature") for name in columns.features]
    for meaning, name, kind in (
        ("before", columns.before, "number"),
        ("time", columns.time, "day"),
        ("customer", columns.customer, "word"),
    ):
        if name is not None:
            wanted.append(Wanted(meaning, name, kind))  # type: ignore[arg-type]
    rows = read_rows(path, mapping, wanted)
    groups, group = _control_first(rows, mapping)
    matrix, names = feature_matrix(rows)
    units = rows.words.get("customer")
    return Trial(
        rows.name,
        tuple(units.labels[code] for code in units.codes) if units is not None else None,
        groups,
        group,
        _treatment(groups, mapping),
        _shares(groups, mapping),
        {name: rows.numbers[f"outcomes {name}"] for name in columns.outcomes},
        rows.numbers.get("before"),
        matrix,
        names,
        rows.numbers.get("time"),
        rows,
    )


def _control_first(rows: Rows, mapping: Mapping) -> tuple[tuple[str, ...], Integers]:
    assert mapping.experiment is not None
    given: Coded = rows.words["group"]
    control = mapping.experiment.control
    _known("experiment.control", control, given.labels)
    if len(given.labels) < 2:
        raise Unfit(
            f"{rows.name}: everybody is in the group {control}",
            "An experiment needs a second group to compare with.",
        )
    first = given.labels.index(control)
    order = [first, *(place for place in range(len(given.labels)) if place != first)]
    place_of = {code: place for place, code in enumerate(order)}
    lookup = [place_of[code] for code in range(len(order))]
    group: Integers = np.array(lookup, dtype=np.int64)[given.codes]
    return tuple(given.labels[code] for code in order), group


def _treatment(groups: tuple[str, ...], mapping: Mapping) -> int:
    assert mapping.experiment is not None
    named = mapping.experiment.treatment
    if named is None:
        return 1
    _known("experiment.treatment", named, groups[1:])
    return groups.index(named)


def _shares(groups: tuple[str, ...], mapping: Mapping) -> tuple[float, ...]:
    assert mapping.experiment is not None
    given = mapping.experiment.shares
    if not given:
        return (1.0 / len(groups),) * len(groups)
    for name in given:
        _known("experiment.shares", name, groups)
    missing = [name for name in groups if name not in given]
    if missing:
        problem = Misfit(
            "experiment.shares", f"no share for {missing[0]}", "each group would be right"
        )
        raise MappingInvalid("the mapping", (problem,))
    total = sum(given.values())
    return tuple(given[name] / total for name in groups)


def _known(key: str, found: str, groups: tuple[str, ...]) -> None:
    if found in groups:
        return
    close = get_close_matches(found, groups, n=1)
    shown = ", ".join(groups[:10])
    expected = f"{close[0]} would be right" if close else f"one of: {shown}"
    problem = Misfit(key, repr(found), expected)
    raise MappingInvalid("the mapping", (problem,))
