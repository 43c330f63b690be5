"""`python -m bench`: measure the published figures, all of them or those named.

    python -m bench [--figures decide,import] [--runs 5] [--seconds 5]

Prints the table and writes bench/out/latest.json. Ends with 1 where a figure could not be measured
or missed the least it should be.
"""

import argparse
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench import report
from bench.figures import comparing, deciding, disk, http, importing
from bench.figures.options import Options
from bench.reference import Reference
from bench.report import Figure
from bench.world import BenchFailed, World, open_world
from regulars.core.facade import IS_COMPILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; answers the exit code."""
    given = _parser().parse_args(arguments)
    wanted = list(report.GOALS)
    if given.figures:
        wanted = given.figures.split(",")
        unknown = [name for name in wanted if name not in report.GOALS]
        if unknown:
            print(f"unknown figures {', '.join(unknown)}; known: {', '.join(report.GOALS)}")
            return 2
    options = Options(
        runs=given.runs,
        seconds=given.seconds,
        members=given.members,
        members_many=given.members_many,
        deep_members=given.deep_members,
        deep_events=given.deep_events,
        run_in_megabytes=given.run_in_megabytes,
    )
    figures, failures = _measure(wanted, options)
    form = "compiled" if IS_COMPILED else "in Python"
    figures = [replace(one, detail=f"{one.detail}; engine {form}") for one in figures]
    report.write(figures, given.out)
    print("\n" + report.table(figures))
    for failure in failures:
        print(f"FAILED {failure}")
    missed = [one.figure for one in figures if report.verdict(one) == "MISSED"]
    return 1 if failures or missed else 0


def _measure(wanted: Sequence[str], options: Options) -> tuple[list[Figure], list[str]]:
    """The figures in the order of the table; one that fails does not keep the others away."""
    figures: list[Figure] = []
    failures: list[str] = []
    if "decide" in wanted:
        figures += deciding.measure(options.runs, options.seconds)
        _told(figures[-1:])
    if set(wanted) == {"decide"}:
        return figures, failures
    with open_world() as world:
        world.run_in(options.run_in_megabytes)
        reference = Reference(world.url, world.postgres.programs)
        for names, measure in _scenarios(world, reference, wanted, options):
            asked = [name for name in names if name in wanted]
            if not asked:
                continue
            started = time.perf_counter()
            try:
                found = measure()
            except BenchFailed as failure:
                failures.append(f"{', '.join(asked)}: {failure}")
                print(failures[-1], flush=True)
                continue
            figures += found
            _told(found, time.perf_counter() - started)
    order = list(report.GOALS)
    return sorted(figures, key=lambda one: order.index(one.figure)), failures


def _scenarios(
    world: World, reference: Reference, wanted: Collection[str], options: Options
) -> Sequence[tuple[tuple[str, ...], Callable[[], list[Figure]]]]:
    """What measures which figures, the quick ones first."""
    return (
        (http.FIGURES, lambda: http.measure(world, reference, wanted, options)),
        (("import",), lambda: importing.measure(world, reference, options)),
        (("bytes_per_event",), lambda: disk.measure(world, options)),
        (("deep_history",), lambda: comparing.measure_depth(world, options)),
        (("scale_2m",), lambda: comparing.measure_scale(world, options)),
    )


def _told(figures: Sequence[Figure], seconds: float = 0.0) -> None:
    for one in figures:
        print(
            f"{one.figure}: {one.value:,.2f} {one.unit} ({seconds:.0f} s) {one.detail}", flush=True
        )


def _parser() -> argparse.ArgumentParser:
    plain = Options()
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the published figures."
    )
    parser.add_argument("--figures", default="", help=f"some of {','.join(report.GOALS)}")
    parser.add_argument("--runs", type=int, default=plain.runs)
    parser.add_argument("--seconds", type=float, default=plain.seconds, help="of one run")
    parser.add_argument("--members", type=int, default=plain.members)
    parser.add_argument("--members-many", type=int, default=plain.members_many)
    parser.add_argument("--deep-members", type=int, default=plain.deep_members)
    parser.add_argument("--deep-events", type=int, default=plain.deep_events)
    parser.add_argument(
        "--run-in-megabytes",
        type=int,
        default=plain.run_in_megabytes,
        help="of the server's log, written before anything is measured",
    )
    parser.add_argument("--out", type=Path, default=report.OUT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
