"""`regulars import` and `regulars simulate-shop`: orders in, orders of a made-up shop out."""

from pathlib import Path
from typing import Annotated

import typer

from regulars.cli.output import Exit, Json, ProgramOption, messages, progress, say, show
from regulars.cli.session import program_named, with_services
from regulars.imports.facade import (
    Plan,
    Progress,
    RunResult,
    describe,
    describe_result,
    load_mapping,
    read_and_match,
    write_report,
)
from regulars.imports.facade import run as run_plan
from regulars.platform.clock import MICROSECONDS_PER_DAY, SystemClock
from regulars.platform.counting import counted
from regulars.simulations.facade import (
    DEMO_SEED,
    simulate_shop,
    write_events,
    write_orders,
)
from regulars.web.api.services import Services

ExportFile = Annotated[
    Path, typer.Argument(help="The export of orders.", exists=True, dir_okay=False)
]


def import_orders(
    orders: ExportFile,
    mapping: Annotated[
        Path, typer.Option("--mapping", "-m", help="What its columns mean.", exists=True)
    ],
    program: ProgramOption = "",
    report: Annotated[
        Path | None, typer.Option(help="Write the lines that were not imported to this file.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Reconcile, import nothing.")] = False,
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="Keep no readable profile of new members.")
    ] = False,
    json: Json = False,
) -> None:
    """Import a shop's orders and returns. Running it again changes nothing."""
    with progress("reading"):
        plan = read_and_match(orders, load_mapping(mapping))
    if not json:
        for line in describe(plan.reconciliation):
            say(line)
    if report is not None:
        rows = write_report(plan, report)
        messages.print(f"{report} reports {counted(rows, 'line')}", markup=False)
    if dry_run:
        show({"reconciliation": plan.reconciliation}, json, lambda: None)
        return

    async def work(opened: Services) -> RunResult:
        return await import_plan(opened, plan, program, hashes_only=hashes_only)

    result = with_services(work)

    def in_words() -> None:
        say()
        for line in describe_result(result, plan.reconciliation.decimals):
            say(line)

    show({"reconciliation": plan.reconciliation, "result": result}, json, in_words)
    if result.problems:
        raise typer.Exit(Exit.PROBLEM)


async def import_plan(
    opened: Services, plan: Plan, program: str, *, hashes_only: bool = False
) -> RunResult:
    """Run a plan into a program, with a bar."""
    found = await program_named(opened, program)
    rules = opened.program(found.program_id)
    with progress("importing") as tell:

        def on_progress(made: Progress) -> None:
            tell("importing lines", made.lines_done, made.lines_all)

        return await run_plan(
            plan,
            opened.intake,
            opened.members,
            program_id=found.program_id,
            currency=rules.money_currency,
            first_tier=rules.ladder.tiers[0].id if rules.ladder is not None else "",
            now=opened.clock.now(),
            hashes_only=hashes_only,
            on_progress=on_progress,
        )


def simulate(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if missing.")],
    people: Annotated[int, typer.Option(help="How many members.", min=1, max=200_000)] = 2_000,
    days: Annotated[int, typer.Option(help="How many days.", min=1, max=3_660)] = 365,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = DEMO_SEED,
    json: Json = False,
) -> None:
    """Write the orders (orders.csv) and events (events.jsonl) of a made-up shop."""
    folder.mkdir(parents=True, exist_ok=True)
    starts_at = SystemClock().now() - days * MICROSECONDS_PER_DAY
    with progress("simulating"):
        shop = simulate_shop(seed, people, days, starts_at=starts_at)
        orders = write_orders(shop, folder / "orders.csv")
        events = write_events(shop, folder / "events.jsonl")
    answer = {"folder": folder, "order_lines": orders, "events": events}
    words = (
        f"{folder} holds {counted(orders, 'order line')} and {counted(events, 'event')} of "
        f"{'1 person' if people == 1 else f'{people:,} people'}"
    )
    show(answer, json, lambda: say(words))
