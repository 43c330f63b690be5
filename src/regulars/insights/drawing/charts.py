"""The kinds of picture that the reports are made of, each drawn on matplotlib axes.

Series differ by line or marker as well as by colour, so that a picture says the same in grey. A
heat map shows its values by how opaque one colour is, which works on a light page and a dark one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, ScalarFormatter
from numpy.typing import ArrayLike

from regulars.insights.drawing.canvas import INK, MUTED, SERIES

_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True)
class Span:
    """An interval for every x: `low` and `high` like the line's values."""

    low: ArrayLike
    high: ArrayLike


def curves(
    axes: Any,
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    x_label: str,
    y_label: str,
    spans: Mapping[str, Span] | None = None,
    markers: bool = False,
) -> None:
    """Lines over a common x, each with the interval of its name where there is one."""
    for number, (name, values) in enumerate(series.items()):
        color = SERIES[number % len(SERIES)]
        axes.plot(
            x,
            values,
            color=color,
            linestyle=_DASHES[number % len(_DASHES)],
            marker=_MARKERS[number % len(_MARKERS)] if markers else None,
            markersize=4,
            label=name,
        )
        span = (spans or {}).get(name)
        if span is not None:
            axes.fill_between(x, span.low, span.high, color=color, alpha=0.2, linewidth=0)
    _labels(axes, x_label, y_label)
    if len(series) > 1:
        axes.legend()


def paired_bars(
    axes: Any,
    classes: Sequence[str],
    series: Mapping[str, ArrayLike],
    *,
    x_label: str,
    y_label: str,
) -> None:
    """For each class one bar per series, beside each other; the second series is hatched."""
    places = np.arange(len(classes))
    width = 0.8 / len(series)
    for number, (name, values) in enumerate(series.items()):
        axes.bar(
            places + (number - (len(series) - 1) / 2) * width,
            values,
            width,
            color=SERIES[number],
            alpha=1.0 if number == 0 else 0.75,
            label=name,
        )
    axes.set_xticks(places, classes)
    axes.grid(visible=False, axis="x")
    _labels(axes, x_label, y_label)
    if len(series) > 1:
        axes.legend()


def bars_down(
    axes: Any,
    names: Sequence[str],
    values: ArrayLike,
    *,
    x_label: str,
    texts: Sequence[str] | None = None,
) -> None:
    """Horizontal bars, the first on top, with their values written at their ends."""
    places = np.arange(len(names))[::-1]
    numbers = np.asarray(values, dtype=np.float64)
    axes.barh(places, numbers, 0.7, color=SERIES[0])
    for place, number, text in zip(places, numbers, texts or (), strict=False):
        axes.annotate(
            text, (max(number, 0.0), place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(places, [_short(name) for name in names])
    axes.margins(x=0.18)
    axes.grid(visible=False, axis="y")
    _labels(axes, x_label, "")


def paired_bars_down(axes: Any, names: Sequence[str], series: Mapping[str, ArrayLike]) -> None:
    """For each name one horizontal bar per series, the first name on top; the legend says what a
    bar is."""
    places = np.arange(len(names))[::-1]
    height = 0.8 / len(series)
    for number, (label, values) in enumerate(series.items()):
        axes.barh(
            places - (number - (len(series) - 1) / 2) * height,
            values,
            height,
            color=SERIES[number],
            alpha=1.0 if number == 0 else 0.75,
            label=label,
        )
    axes.set_yticks(places, [_short(name) for name in names])
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    _labels(axes, "", "")


def intervals(
    axes: Any,
    names: Sequence[str],
    value: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    x_label: str,
    reference: float | None = None,
) -> None:
    """One estimate with its interval a row, the first on top, and a line to compare with."""
    places = np.arange(len(names))[::-1]
    if reference is not None:
        axes.axvline(reference, color=INK, linewidth=1.0, linestyle="--")
    axes.hlines(places, low, high, color=SERIES[0], linewidth=2.5)
    axes.plot(value, places, "o", color=SERIES[0], markersize=6)
    axes.set_yticks(places, [_short(name) for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(visible=False, axis="y")
    _labels(axes, x_label, "")


def calibration(
    axes: Any, predicted: ArrayLike, observed: ArrayLike, low: ArrayLike, high: ArrayLike
) -> None:
    """What was said against what came out of it, with intervals, and the diagonal of saying so."""
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.2, label="said = happened")
    axes.vlines(predicted, low, high, color=SERIES[0], linewidth=1.8)
    axes.plot(predicted, observed, "o", color=SERIES[0], markersize=5, label="members, in groups")
    _labels(axes, "probability that the model gave", "share to whom it happened")
    axes.legend()


def heat_map(
    axes: Any,
    values: ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    x_label: str,
    y_label: str,
    texts: Sequence[Sequence[str]] | None = None,
    slanted: bool = False,
) -> None:
    """Cells from empty to full: opacity is the value over the largest one. Row 0 is at the top."""
    shares = np.asarray(values, dtype=np.float64)
    most = float(shares.max()) or 1.0
    # Words are written on cells, which must stay light enough to read them.
    fullest = 0.81 if texts is None else 0.56
    for row in range(shares.shape[0]):
        for column in range(shares.shape[1]):
            axes.bar(
                column, 1.0, 1.0, bottom=row - 0.5, color=SERIES[0], linewidth=0, antialiased=False,
                alpha=round(0.04 + fullest * float(shares[row, column]) / most, 3),
            )  # fmt: skip
            if texts is not None:
                axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=8)
    axes.set_xlim(-0.5, shares.shape[1] - 0.5)
    axes.set_ylim(shares.shape[0] - 0.5, -0.5)
    _ticks(axes.set_xticks, [_short(name) for name in columns])
    if slanted:
        axes.tick_params(axis="x", rotation=45, labelsize=8.5)
        axes.tick_params(axis="y", labelsize=8.5)
        for tick in axes.get_xticklabels():
            tick.set(ha="right", rotation_mode="anchor")
    _ticks(axes.set_yticks, [_short(name) for name in rows])
    axes.grid(visible=False)
    _labels(axes, x_label, y_label)


def cross(axes: Any, x: float, name: str) -> None:
    """A vertical line at x that stands for the truth, named in a legend."""
    axes.axvline(x, color=SERIES[1], linewidth=1.6, linestyle=":", label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))


def limits_of(axes: Any, x: ArrayLike, low: ArrayLike, high: ArrayLike, name: str) -> None:
    """A second interval over x, as two dotted lines with one entry in the legend."""
    axes.plot(x, low, color=MUTED, linestyle=":", linewidth=1.4, label=name)
    axes.plot(x, high, color=MUTED, linestyle=":", linewidth=1.4)
    axes.legend()


def mark(axes: Any, x: float, text: str) -> None:
    """A vertical line at x with a word, such as where a forecast begins."""
    axes.axvline(x, color=MUTED, linewidth=1.2, linestyle="--")
    axes.annotate(
        text, (x, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
        textcoords="offset points", fontsize=9, color=INK,
    )  # fmt: skip


def level(axes: Any, y: float) -> None:
    """A horizontal line to compare with."""
    axes.axhline(y, color=INK, linewidth=1.0, linestyle="--")


def _ticks(put: Any, names: Sequence[str]) -> None:
    """All names where they fit, else every second, third ..."""
    step = max(1, -(-len(names) // 12))
    put(range(0, len(names), step), list(names)[::step])


def _labels(axes: Any, x_label: str, y_label: str) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.set_major_formatter(FuncFormatter(_tick))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)


def _tick(value: float, _place: int) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _short(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:29]}…"
