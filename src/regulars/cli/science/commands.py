"""`regulars science`: what a file of orders, an experiment or a log of decisions teaches.

Each command reads one file through a mapping and needs no database. The science extra is imported
inside the commands: the product runs without it.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regulars.cli.output import Json
from regulars.cli.science.showing import (
    DataFile,
    MapOption,
    OutOption,
    ReportOption,
    SeedOption,
    answer,
    needs_extra,
)

app = typer.Typer(
    help="Learn from a file of orders, an experiment or a log; needs the science extra.",
    no_args_is_help=True,
)


class Learner(StrEnum):
    """The learners of uplift."""

    T = "t"
    X = "x"
    DR = "dr"


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
    from regulars.insights import facade as insights

    options = insights.LifetimeOptions(
        insights.day_number(cut) if cut else None, days, margin, rate, pareto
    )
    answer(insights.lifetime, file, map_file, options, as_json=json, report=report, out=out)


@app.command()
def churn(
    file: DataFile,
    map_file: MapOption,
    days: Annotated[float, typer.Option(help="So long without an order is churn.", min=1)] = 90,
    cut: Annotated[
        str, typer.Option(help="The day to learn at. Default: the last that leaves so many days.")
    ] = "",
    seed: SeedOption = 1,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """Who will place no order in the coming days, how sure that is, and why."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.ChurnOptions(days, insights.day_number(cut) if cut else None, seed)
    answer(insights.churn, file, map_file, options, as_json=json, report=report, out=out)


@app.command()
def segments(
    file: DataFile,
    map_file: MapOption,
    days: Annotated[float, typer.Option(help="Moves are counted over so many days.", min=1)] = 90,
    seed: SeedOption = 1,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """Which kinds of customers there are, what each is like, and who moved between them."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.SegmentOptions(days, seed)
    answer(insights.segments, file, map_file, options, as_json=json, report=report, out=out)


@app.command()
def experiment(
    file: DataFile,
    map_file: MapOption,
    value_of: Annotated[
        str, typer.Option(help="The outcome that is money, to say the return.")
    ] = "",
    margin: Annotated[
        float, typer.Option(help="What is earned of that money; 0.3 is 30%.", min=0, max=1)
    ] = 1.0,
    cost: Annotated[float, typer.Option(help="What a treated unit costs.", min=0)] = 0.0,
    level: Annotated[
        float, typer.Option(help="Confidence of the intervals.", min=0.5, max=0.999)
    ] = 0.95,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """Whether a treatment made a difference, how sure that is, and what it was worth."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.ExperimentOptions(value_of, margin, cost, level)
    answer(insights.experiment, file, map_file, options, as_json=json, report=report)


@app.command()
def uplift(
    file: DataFile,
    map_file: MapOption,
    outcome: Annotated[str, typer.Option(help="Which outcome; default: the mapping's first.")] = "",
    value: Annotated[
        float, typer.Option(help="What a unit of the outcome is worth.", min=0.000001)
    ] = 1.0,
    cost: Annotated[float, typer.Option(help="What a treated customer costs.", min=0)] = 0.0,
    share: Annotated[
        float, typer.Option(help="The share to compare with likely buyers.", min=0.01, max=0.99)
    ] = 0.3,
    learner: Annotated[Learner, typer.Option(help="T-, X- or doubly-robust learner.")] = Learner.DR,
    seed: SeedOption = 1,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """Whom a treatment changes, and what it is worth to treat only them."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.UpliftOptions(outcome, value, cost, share, learner.value, seed)
    answer(insights.uplift, file, map_file, options, as_json=json, report=report, out=out)


@app.command()
def recommend(
    file: DataFile,
    map_file: MapOption,
    days: Annotated[float, typer.Option(help="The last so many days judge the lists.", min=1)] = 56,
    k: Annotated[int, typer.Option("--k", help="How many items a list has.", min=1, max=100)] = 10,
    diversity: Annotated[
        float, typer.Option(help="0: the likeliest items; 1: as different as can be.", min=0, max=1)
    ] = 0.0,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """What each customer may want next, and how well such lists did in the last weeks."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.RecommendOptions(days, k, diversity)
    answer(insights.recommend, file, map_file, options, as_json=json, report=report, out=out)


@app.command()
def bandit(
    file: DataFile,
    map_file: MapOption,
    target: Annotated[
        Path | None,
        typer.Option(
            help="A second log: judge its way of choosing on the first.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    floor: Annotated[
        float, typer.Option(help="The chance of each arm that a learnt policy keeps.", min=0, max=1)
    ] = 0.01,
    seed: SeedOption = 1,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """What other ways of choosing would have brought, from a log of decisions made by chance."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.BanditOptions(floor, target, seed)
    answer(insights.bandit, file, map_file, options, as_json=json, report=report)


@app.command()
def liability(
    file: DataFile,
    map_file: MapOption,
    smallest: Annotated[
        float, typer.Option(help="The smallest balance that can be redeemed.", min=0)
    ] = 0.0,
    draws: Annotated[int, typer.Option(help="How many futures to simulate.", min=50)] = 200,
    seed: SeedOption = 1,
    out: OutOption = None,
    report: ReportOption = None,
    json: Json = False,
) -> None:
    """What the open points will cost, how surely, and how well that was foretold before."""
    needs_extra()
    from regulars.insights import facade as insights

    options = insights.LiabilityOptions(smallest, draws, seed)
    answer(insights.liability, file, map_file, options, as_json=json, report=report, out=out)
