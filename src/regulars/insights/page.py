"""An insight becomes one HTML page that needs nothing else: no script, no font, no address.

Owns the template and the order of what stands on the page; every plot is drawn here, once. What
comes from the file is escaped, so that a customer named like a tag stays a name.
"""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from regulars.insights.contracts import Grid, Insight, Tell
from regulars.insights.drawing.canvas import draw_svg

_NUMBER = re.compile(r"^(?:[A-Z]{3} |< )?[-+]?\d[\d,.]*%?(?: .*)?$|^—?$")
_CODE = re.compile(r"`([^`]+)`")


def page(insight: Insight, tell: Tell) -> str:
    """The page of an insight."""
    environment = Environment(
        loader=PackageLoader("regulars.insights"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    plots = []
    for number, plot in enumerate(insight.plots):
        tell("drawing", number, len(insight.plots))
        # What draw_svg answers is markup of our own, with all text in it escaped by matplotlib.
        svg = Markup(draw_svg(plot))  # noqa: S704
        plots.append(
            {"title": plot.title, "reading": plot.reading, "svg": svg, "grid": _grid(plot.grid)}
        )
    return environment.get_template("report.html").render(
        insight=insight,
        plots=plots,
        grids=list(map(_grid, insight.grids)),
        version=version("regulars"),
    )


def _code(text: str) -> Markup:
    """Text with what stands in backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _grid(grid: Grid | None) -> dict[str, Any] | None:
    """A table with, for every column, whether it holds words, which stand to the left."""
    if grid is None:
        return None
    cells: Iterable[tuple[str, ...]] = zip(*grid.rows, strict=True) if grid.rows else ()
    words = [not all(_NUMBER.match(cell) for cell in column) for column in cells]
    return {
        "title": grid.title,
        "columns": grid.columns,
        "rows": grid.rows,
        "note": grid.note,
        "words": words or [True] * len(grid.columns),
    }
