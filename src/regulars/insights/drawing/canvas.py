"""A plot becomes an SVG that takes its colours from the page: light, dark and on paper.

Matplotlib draws with stand-in colours, which are then replaced by CSS variables. What it writes of
its own (document type, metadata with addresses, ids that two plots would share) is taken out, and a
title and a description for screen readers are put in.
"""

import io
import re
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from regulars.insights.contracts import Plot

INK, MUTED, GRID, SURFACE = "#010101", "#010102", "#010103", "#010104"
SERIES = ("#010201", "#010202", "#010203", "#010204", "#010205", "#010206")

_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    SURFACE: "--surface",
} | {color: f"--series-{number}" for number, color in enumerate(SERIES, 1)}
_WIDTH = 4.6
_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "regulars",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


def draw_svg(plot: Plot) -> str:
    """A plot as an SVG element. Its name is unique within the page; its title and what it shows
    are what a screen reader says."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, plot.height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        plot.draw(axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return _of_the_page(written.getvalue(), plot.name, plot.title, plot.shows)


def _of_the_page(svg: str, name: str, title: str, shows: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "",
        svg,
    )
    svg = re.sub(r'href="#|url\(#', lambda found: f"{found[0]}{name}-", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var({variable})")
    # Fonts are the page's; sizes stay.
    svg = re.sub(r"font-family: [^;\"]*; ?", "", svg)
    box = re.search(r'viewBox="([^"]+)"', svg)
    assert box is not None, "matplotlib writes a viewBox"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" role="img" '
        f'aria-labelledby="{name}-title {name}-shows">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-shows">{escape(shows)}</desc>'
    )
    body = svg[svg.index(">") + 1 :]
    return re.sub(r"\n\s*", "\n", opening + body)
