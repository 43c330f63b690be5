"""`regulars science`: what a file of orders, an experiment or a log of decisions teaches.

Each command reads one file through a mapping and needs no database. The science extra is imported
inside the commands: the product runs without it.
"""

from typing import Annotated

import typer

from regulars.cli.output import Json
from regulars.cli.science.showing import (
    DataFile,
    MapOption,
    OutOption,
    ReportOption,
    answer,
    needs_extra,
)

app = typer.Typer(
    help="Learn from a file of orders, an experiment or a log; needs the science extra.",
    no_args_is_help=True,
)

DayOption = Annotated[str, typer.Option(help="A day such as 2011-12-31.")]


@app.command()
def lifetime(
    file: DataFile,
    map_file: MapOption,
    cut: Annotated[
        str,
        typer.Option(
            help="Last day of the part to fit on; the rest tests it. Default: the middle."
        ),
    ] = "",
    days: Annotated[float, typer.Option(help="How many days ahead to look.", min=1)] = 365,
    margin: Annotated[
        float, typer.Option(help="What is earned of a value; 0.3 is 30%.", min=0, max=1)
    ] = 1.0,
    rate: Annotated[float, typer.Option(help="Interest a year; 0.1 is 10%.", min=0)] = 0.1,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Pareto/NBD instead of BG/NBD; slower.")
    ] = False,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """Who is still a customer, how many orders are to come, and what they are worth."""
    needs_extra()
    from regulars.cli.science.mappings import mapping_of
    from regulars.insights import facade as insights

    options = insights.LifetimeOptions(
        insights.day_number(cut) if cut else None, days, margin, rate, pareto
    )
    mapping = mapping_of(map_file)
    answer(
        lambda tell: insights.lifetime(file, mapping, options, tell),
        as_json=json,
        report=report,
        out=out,
    )
