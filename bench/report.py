"""What a benchmark says: figures, the table of them, and the file for machines.

A figure is one published number. Where it was measured several times `value` is the median, and
`low` and `high` are the range; `ratio` is what is compared with the aims where they are relative.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

OUT = Path(__file__).parent / "out" / "latest.json"


class Figure(msgspec.Struct, frozen=True):
    """One number. `reference` is the R measured between its runs, 0 where it has none."""

    figure: str
    value: float
    unit: str
    reference: float = 0.0
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    detail: str = ""


class Goal(msgspec.Struct, frozen=True):
    """What a figure should be: at least (or, with `lower_is_better`, at most) `least`."""

    least: float
    aim: float
    of_reference: bool = False
    lower_is_better: bool = False


GOALS: dict[str, Goal] = {
    "single_http": Goal(0.45, 1.0, of_reference=True),
    "batch_http": Goal(1.2, 3.0, of_reference=True),
    "import": Goal(2.0, 6.0, of_reference=True),
    "decide": Goal(10_000, 30_000),
    "event_p99": Goal(20, 6, lower_is_better=True),
    "quote_p99": Goal(20, 6, lower_is_better=True),
    "scale_2m": Goal(0.8, 0.95),
    "deep_history": Goal(0.8, 0.95),
    "bytes_per_event": Goal(2000, 1000, lower_is_better=True),
}


def measured(
    figure: str,
    values: Sequence[float],
    unit: str,
    *,
    references: Sequence[float] = (),
    detail: str = "",
) -> Figure:
    """The figure of several runs: median and range, compared with the median of the references."""
    value = statistics.median(values)
    reference = statistics.median(references) if references else 0.0
    return Figure(
        figure,
        round(value, 3),
        unit,
        round(reference, 1),
        round(value / reference, 3) if reference else 0.0,
        round(min(values), 3),
        round(max(values), 3),
        detail,
    )


def verdict(figure: Figure) -> str:
    """How a figure stands against its goal, in a word."""
    goal = GOALS.get(figure.figure)
    if goal is None:
        return ""
    value = figure.ratio if goal.of_reference else figure.value
    if goal.of_reference and not figure.reference:
        return "not compared"
    sign = -1 if goal.lower_is_better else 1
    if sign * value >= sign * goal.aim:
        return "aim met"
    return "met" if sign * value >= sign * goal.least else "MISSED"


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns, for people."""
    rows = [("figure", "value", "unit", "range", "R", "ratio", "goal")]
    for one in figures:
        rows.append(
            (
                one.figure,
                _number(one.value),
                one.unit,
                f"{_number(one.low)} - {_number(one.high)}" if one.high else "",
                _number(one.reference) if one.reference else "",
                f"{one.ratio:.2f}" if one.ratio else "",
                verdict(one),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    details = [f"{one.figure}: {one.detail}" for one in figures if one.detail]
    return "\n".join([*lines, "", *details])


def write(figures: Sequence[Figure], path: Path = OUT) -> None:
    """Write the file for machines: a list of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(list(figures))) + b"\n")


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
