"""`python -m bench.science`: measure the figures of the science, all of them or those named.

    python -m bench.science [--figures bandit_decisions,churn] [--no-peers]

A name is a figure or a module of `figures/`. Prints the table and writes bench/out/science.json.
Ends with 1 where a figure could not be measured or is not what it must be.
"""

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from bench import report as files
from bench.report import Figure
from bench.science import figures, report
from bench.science.environment import PeerFailed, Peers, open_peers
from bench.science.options import Options, Skipped


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; answers the exit code."""
    given = _parser().parse_args(arguments)
    modules = _modules()
    named = [name for name in given.figures.split(",") if name]
    unknown = [name for name in named if not any(_measures(one, name) for one in modules)]
    if unknown:
        known = ", ".join(name for one in modules for name in (_name(one), *one.FIGURES))
        print(f"unknown figures {', '.join(unknown)}; known: {known}")
        return 2
    chosen = [one for one in modules if not named or any(_measures(one, name) for name in named)]
    whole = {_name(one) for one in chosen} & set(named)
    wanted = frozenset(name for name in named if name not in whole) | frozenset(
        name for one in chosen if _name(one) in whole for name in one.FIGURES
    )
    options = Options(wanted, given.runs, given.customers, given.seeds)
    peers = None if given.no_peers else _peers()
    found, failures = _measure(chosen, peers, options)
    found = report.in_order(found)
    files.write(found, given.out)
    print("\n" + report.table(found))
    for failure in failures:
        print(f"FAILED {failure}")
    missed = [one.figure for one in found if report.verdict(one) == "MISSED"]
    return 1 if failures or missed else 0


def _modules() -> list[ModuleType]:
    """Every module of `figures/`, by name."""
    return [
        importlib.import_module(f"{figures.__name__}.{found.name}")
        for found in pkgutil.iter_modules(figures.__path__)
    ]


def _peers() -> Peers | None:
    """The peers, or None with the reason said; the figures are measured all the same."""
    try:
        return open_peers()
    except PeerFailed as failure:
        print(f"peers: none: {failure}", flush=True)
        return None


def _measure(
    modules: Sequence[ModuleType], peers: Peers | None, options: Options
) -> tuple[list[Figure], list[str]]:
    """What the modules found; one that fails does not keep the others away."""
    found: list[Figure] = []
    failures: list[str] = []
    for module in modules:
        started = time.perf_counter()
        try:
            answered = module.measure(peers, options)
        except Skipped as reason:
            answered = [
                report.skipped(name, str(reason)) for name in module.FIGURES if options.wants(name)
            ]
        # A bench tells what broke and goes on to the next module.
        except Exception as error:  # noqa: BLE001
            failures.append(f"{_name(module)}: {type(error).__name__}: {error}")
            print(failures[-1], flush=True)
            continue
        found += [one for one in answered if options.wants(one.figure)]
        seconds = time.perf_counter() - started
        print(f"{_name(module)}: measured in {seconds:.0f} s", flush=True)
    return found, failures


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _measures(module: ModuleType, name: str) -> bool:
    return name == _name(module) or name in module.FIGURES


def _parser() -> argparse.ArgumentParser:
    plain = Options()
    parser = argparse.ArgumentParser(
        prog="python -m bench.science", description="Measure the figures of the science."
    )
    parser.add_argument("--figures", default="", help="names of figures or modules, by commas")
    parser.add_argument("--runs", type=int, default=plain.runs, help="a time is the best of these")
    parser.add_argument("--customers", type=int, default=plain.customers, help="synthetic ones")
    parser.add_argument("--seeds", type=int, default=plain.seeds, help="simulations per figure")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument("--out", type=Path, default=report.OUT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
