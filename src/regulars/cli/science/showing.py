"""What every command of science does: read and learn from its file, show or write its answer."""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from regulars.cli.output import CommandFailed, Exit, messages, progress, say, show, table
from regulars.platform.counting import counted

if TYPE_CHECKING:
    from regulars.insights import facade as insights

Options = TypeVar("Options")

EXTRA = ("duckdb", "jinja2", "lightgbm", "matplotlib", "numpy", "scipy", "sklearn", "statsmodels")

DataFile = Annotated[
    Path, typer.Argument(help="The file: .csv, .csv.gz or .parquet.", exists=True, dir_okay=False)
]
MapOption = Annotated[
    Path,
    typer.Option("--map", "-m", help="What its columns mean.", exists=True, dir_okay=False),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write a page with the pictures to this file.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write one CSV row per customer to this file.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed gives the same answer.")]


def needs_extra() -> None:
    """End the command where the science extra is not installed, and say how to install it."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise CommandFailed(
            f"this needs the science extra ({', '.join(missing)} not found): run `make science` in "
            "a clone, or pip install 'regulars[science]'",
            Exit.UNAVAILABLE,
        )


def answer(
    learn: Callable[[Path, "insights.Mapping", Options, "insights.Tell"], "insights.Insight"],
    file: Path,
    map_file: Path,
    options: Options,
    *,
    as_json: bool,
    report: Path | None,
    out: Path | None = None,
) -> None:
    """Learn from the file with a bar, write what was asked for, and show the answer."""
    from regulars.cli.science.mappings import mapping_of
    from regulars.insights import facade as insights

    mapping = mapping_of(map_file)
    with progress("reading") as tell:
        found = learn(file, mapping, options, tell)
        if report is not None:
            insights.write_page(found, report, tell)
    if out is not None:
        rows = insights.write_members(found, out)
        messages.print(f"{out} holds {counted(rows, 'row')}", markup=False)
    if report is not None:
        messages.print(f"{report} shows it: open it in a browser", markup=False)
    document = {
        "command": found.command,
        "source": found.source,
        "summary": found.summary,
        "limits": found.limits,
        **found.data,
    }
    show(document, as_json, lambda: _in_words(found))


def _in_words(found: "insights.Insight") -> None:
    say(found.title)
    say(found.source)
    say()
    say(found.summary)
    say()
    names = max(len(fact.name) for fact in found.facts)
    values = max(len(fact.value) for fact in found.facts)
    for fact in found.facts:
        say(f"{fact.name.ljust(names)}  {fact.value.ljust(values)}  {fact.note}".rstrip())
    for grid in found.grids:
        say()
        say(grid.title)
        table("", grid.columns, grid.rows if sys.stdout.isatty() else [grid.columns, *grid.rows])
        if grid.note:
            say(grid.note)
    say()
    say("Where not to trust it")
    for limit in found.limits:
        say(f"- {limit}")
