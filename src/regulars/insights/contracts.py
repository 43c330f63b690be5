"""What crosses the door of the room: what was read, and what was learnt, ready to be shown.

An `Insight` holds the same result three times: `facts` and `grids` for a terminal or a page, `data`
for machines, `plots` for the page alone; a plot is drawn only when a page is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Tell = Callable[[str, int, int], None]
"""Told of (step, done, all); all 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of words: `codes` int64 (n,) into `labels`, which are sorted and each used."""

    codes: Integers
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many rows of the file were not used, and why."""

    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of a file by what they mean. `numbers` holds days too, as float64 days since 1970
    in the file's own zone; NaN stands only where an optional day is empty. `words` are codes;
    `features` go by the file's own names."""

    name: str
    count: int
    numbers: Mapping[str, Floats]
    words: Mapping[str, Coded]
    features: Mapping[str, Floats | Coded]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an answer: a name, a value ready to be read, and what it means."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of an answer; cells are ready to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: `reading` is the one sentence on how to read it, `shows` says in words what is to
    be seen, for who cannot see it; `draw` draws on matplotlib axes; `grid` holds the numbers. A
    picture is 4.6 wide and `height` high."""

    name: str
    title: str
    reading: str
    shows: str
    draw: Callable[[Any], None]
    grid: Grid | None = None
    height: float = 3.2


@dataclass(frozen=True, slots=True)
class Insight:
    """What one command found out about one file. `limits` say where not to trust it; `members` are
    columns of equal length, one row for each customer or other unit of the file."""

    command: str
    title: str
    summary: str
    source: str
    facts: tuple[Fact, ...]
    grids: tuple[Grid, ...]
    plots: tuple[Plot, ...]
    limits: tuple[str, ...]
    data: Mapping[str, Any]
    members: Mapping[str, Sequence[Any]] | None = None
