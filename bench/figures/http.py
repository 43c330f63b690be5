"""What callers of the API see: `single_http`, `batch_http`, `event_p99` and `quote_p99`.

One shop, one server with two processes, one generator. The rates are measured in a closed loop, R
between the runs; the latencies in an open loop at half of the highest rate, which is measured first
where the figure is asked for alone.
"""

import statistics
from collections.abc import Collection

from bench.figures.options import Options
from bench.load import Job, LoadResult, run_load
from bench.processes import cpu_seconds
from bench.reference import Reference
from bench.report import Figure, measured
from bench.serving import WORKERS, Server, serving
from bench.world import BenchFailed, Shop, World

FIGURES = ("single_http", "batch_http", "event_p99", "quote_p99")
SINGLE_CONNECTIONS = 128
BATCH_CONNECTIONS = 48
WARMUP_SECONDS_MAX = 1.0


class Caller:
    """Puts load on one server and tells what it cost; every run has event ids of its own."""

    def __init__(self, world: World, shop: Shop, server: Server, seconds: float) -> None:
        self._world = world
        self._shop = shop
        self._server = server
        self._seconds = seconds
        self._warmup_seconds = min(seconds, WARMUP_SECONDS_MAX)
        self._run = 0
        self.costs: list[str] = []

    def run(self, kind: str, *, connections: int = SINGLE_CONNECTIONS, rate: float = 0.0
    ) -> LoadResult:  # fmt: skip
        """One run; raises BenchFailed where any answer was not what was asked for."""
        self._run += 1
        job = Job(
            kind=kind,
            port=self._server.port,
            api_key=self._shop.api_key,
            members=str(self._shop.members),
            run=f"{self._server.port}-{self._run}",
            connections=connections,
            seconds=self._seconds,
            warmup_seconds=self._warmup_seconds,
            rate=rate,
            seed=self._run,
        )
        before = self._cpu()
        result = run_load(job)
        if result.errors or not result.requests:
            raise BenchFailed(f"{kind}: {result.errors} errors, {result.first_errors}")
        after = self._cpu()
        # The warm-up and the end of a run are in the processes' CPU as well.
        share = result.seconds / (self._seconds + self._warmup_seconds) / result.events * 1e6
        served, stored = (share * (b - a) for a, b in zip(before, after, strict=True))
        self.costs.append(
            f"CPU per event: server {served:.0f} us, PostgreSQL {stored:.0f} us; "
            f"generator {result.cpu:.2f} of a core"
        )
        return result

    def _cpu(self) -> tuple[float, float]:
        return cpu_seconds(self._server.process_id), cpu_seconds(self._world.postgres_process())


def measure(
    world: World, reference: Reference, wanted: Collection[str], options: Options
) -> list[Figure]:
    """Those of FIGURES that are wanted."""
    shop = world.shop(options.members)
    figures = []
    with serving(shop) as server:
        caller = Caller(world, shop, server, options.seconds)
        fastest = 0.0
        if "single_http" in wanted:
            figure = _rate(caller, reference, "single_http", "event", SINGLE_CONNECTIONS, options)
            figures.append(figure)
            fastest = figure.value
        if "batch_http" in wanted:
            figures.append(
                _rate(caller, reference, "batch_http", "batch", BATCH_CONNECTIONS, options)
            )
        if "event_p99" in wanted:
            fastest = fastest or caller.run("event").rate
            figures.append(_latency(caller, "event_p99", "event", fastest / 2, options))
        if "quote_p99" in wanted:
            fastest_quote = caller.run("quote").rate
            figures.append(_latency(caller, "quote_p99", "quote", fastest_quote / 2, options))
    books = world.verify(shop, "http")
    world.drop(shop)
    return [_with_detail(figure, books) for figure in figures]


def _rate(
    caller: Caller,
    reference: Reference,
    figure: str,
    kind: str,
    connections: int,
    options: Options,
) -> Figure:
    results, references = [], []
    for _ in range(options.runs):
        references.append(reference.measure(options.seconds))
        results.append(caller.run(kind, connections=connections))
    p99 = statistics.median(result.p99 for result in results)
    detail = (
        f"{connections} connections, {WORKERS} server processes; p99 of a request {p99:.1f} ms; "
        f"R {min(references):,.0f} - {max(references):,.0f}; {caller.costs[-1]}"
    )
    rates = [result.rate for result in results]
    return measured(figure, rates, "events/s", references=references, detail=detail)


def _latency(caller: Caller, figure: str, kind: str, rate: float, options: Options) -> Figure:
    results = [caller.run(kind, rate=rate) for _ in range(options.runs)]
    last = results[-1]
    detail = (
        f"open loop at {rate:,.0f} requests/s; last run: median {last.p50:.1f} ms, "
        f"99.9 % {last.p999:.1f} ms, slowest {last.slowest:.1f} ms; the generator sent at most "
        f"{max(result.late_p99 for result in results):.1f} ms late (99 %); {caller.costs[-1]}"
    )
    return measured(figure, [result.p99 for result in results], "ms", detail=detail)


def _with_detail(figure: Figure, more: str) -> Figure:
    return Figure(
        **{
            **{name: getattr(figure, name) for name in figure.__struct_fields__},
            "detail": f"{figure.detail}; {more}",
        }
    )
