"""`import`: a real export of a shop through the whole engine, from the file to the last commit.

The order lines of the UCI Online Retail file that become events, per second of everything: reading,
matching returns, enrolling the customers, deciding, writing. Each run is a process of its own on an
empty shop, as `regulars import` would be.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from bench.baskets import CURRENCY
from bench.figures.options import Options
from bench.reference import Reference
from bench.report import Figure, measured
from bench.world import FIRST_TIER, BenchFailed, World
from regulars.app import open_services
from regulars.imports.facade import Plan, load_mapping, read_and_match, run
from regulars.platform.clock import SystemClock
from regulars.platform.settings import Settings

_ROOT = Path(__file__).parents[2]
MAPPING = _ROOT / "examples" / "imports" / "online_retail.yaml"
FILE = "online_retail.csv.gz"


class Order(msgspec.Struct, frozen=True):
    """What one importing process does."""

    database_url: str
    home: str
    program_id: int
    path: str


class Imported(msgspec.Struct, frozen=True):
    """What it did, and the seconds for the plan and for running it."""

    lines: int
    invoices: int
    events: int
    plan_seconds: float
    run_seconds: float
    problems: int
    refused: int


def data_file() -> Path:
    """Where the export lies, if it is there."""
    folder = os.environ.get("REGULARS_SHARED_DATA")
    return (Path(folder) if folder else _ROOT.parent / "shared" / "data") / FILE


def measure(world: World, reference: Reference, options: Options) -> list[Figure]:
    """Order lines per second, R between the runs; a figure without a value where the file is not
    there."""
    path = data_file()
    if not path.exists():
        reason = f"skipped: {FILE} is not there; REGULARS_SHARED_DATA names its folder"
        return [Figure("import", 0.0, "lines/s", detail=reason)]
    rates, invoice_rates, references, books = [], [], [], ""
    last = None
    for _ in range(options.runs):
        references.append(reference.measure(options.seconds))
        shop = world.shop(0)
        last = _imported(Order(shop.database_url, str(shop.home), shop.program_id, str(path)))
        seconds = last.plan_seconds + last.run_seconds
        rates.append(last.lines / seconds)
        invoice_rates.append(last.invoices / seconds)
        books = world.verify(shop, "import")
        world.drop(shop)
    assert last is not None, "at least one run"
    detail = (
        f"{last.lines:,} lines of {last.invoices:,} invoices in {last.events:,} events, "
        f"{sum(invoice_rates) / len(invoice_rates):,.0f} invoices/s; last run: plan "
        f"{last.plan_seconds:.1f} s, enrolling and deciding {last.run_seconds:.1f} s; "
        f"{last.refused} refused, {last.problems} problems; {books}"
    )
    return [measured("import", rates, "lines/s", references=references, detail=detail)]


def _imported(order: Order) -> Imported:
    done = subprocess.run(
        [sys.executable, "-m", "bench.figures.importing"],
        input=msgspec.json.encode(order),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchFailed(f"import: {done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Imported)


async def _import(order: Order) -> Imported:
    started = time.perf_counter()
    plan = read_and_match(Path(order.path), load_mapping(MAPPING))
    planned = time.perf_counter()
    settings = Settings(home=Path(order.home), database_url=order.database_url)
    async with open_services(settings, SystemClock()) as services:
        result = await run(
            plan,
            services.intake,
            services.members,
            program_id=order.program_id,
            currency=CURRENCY,
            first_tier=FIRST_TIER,
            now=SystemClock().now(),
            hashes_only=True,
        )
    finished = time.perf_counter()
    return Imported(
        lines=result.recorded.lines,
        invoices=_invoices(plan),
        events=result.recorded.events,
        plan_seconds=planned - started,
        run_seconds=finished - planned,
        problems=sum(tally.events for tally in result.problems.values()),
        refused=sum(tally.events for tally in result.refused.values()),
    )


def _invoices(plan: Plan) -> int:
    return len({planned.event.event_id.partition("/")[0] for planned in plan.events})


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_import(asked))))
