"""The load generator: a lean HTTP/1.1 client over raw sockets, in a process of its own.

Reads a `Job` as JSON from standard input and writes a `LoadResult` to standard output. Bodies are
encoded before the clock starts; per request only an id and a member are put between ready bytes.
Closed loop: every connection sends its next request when it has its answer. Open loop (`rate` > 0):
requests are due at fixed instants, whether or not the server keeps up, and a request's latency
counts from the instant at which it was due. Every answer is read and checked; one that is not what
was asked for is an error.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import uvloop

from bench.baskets import baskets

BASKETS = 1000
BATCH_EVENTS = 100
_CONNECTIONS_OPEN_MAX = 512
_TICK_SECONDS = 0.001
_DRAIN_SECONDS = 15.0
_ERRORS_KEPT = 5


class Job(msgspec.Struct, frozen=True):
    """What to send. `run` makes the event ids of this run its own; `members` is a file with one
    member id text per line. Answers before `warmup_seconds` have passed are not counted."""

    kind: str
    port: int
    api_key: str
    members: str
    run: str
    connections: int = 128
    seconds: float = 5.0
    warmup_seconds: float = 1.0
    rate: float = 0.0
    seed: int = 1


class LoadResult(msgspec.Struct, frozen=True):
    """What came of it. `events` were answered as expected within the measured window of `seconds`;
    latencies are of requests, in milliseconds; `cpu` is the generator's share of one core;
    `late_p99` is how late it sent, at the 99th percentile (open loop only)."""

    requests: int
    events: int
    seconds: float
    errors: int
    first_errors: list[str]
    cpu: float
    p50: float
    p99: float
    p999: float
    slowest: float
    late_p99: float = 0.0

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


def run_load(job: Job) -> LoadResult:
    """Run the generator as a child process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(job),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed: {done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=LoadResult)


class _Requests:
    """Makes requests: ready bytes around a fresh id and the next member."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._members = Path(job.members).read_bytes().split()
        Random(job.seed).shuffle(self._members)
        self._number = 0
        self._next_member = 0
        self._bodies = [basket.json_tail() for basket in baskets(job.seed, BASKETS)]
        path = "/v1/quotes" if job.kind == "quote" else "/v1/events"
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {job.api_key}\r\n"
            "content-type: application/json\r\ncontent-length: "
        ).encode()
        self.events_each = BATCH_EVENTS if job.kind == "batch" else 1
        make = {"event": self._event, "batch": self._batch, "quote": self._quote}[job.kind]
        self.make = make
        expected = b'"status":"accepted"' if job.kind != "quote" else b'"rewards":['
        self.expected, self.expected_count = expected, self.events_each

    def _event(self) -> bytes:
        return self._framed(self._event_body())

    def _batch(self) -> bytes:
        bodies = b",".join([self._event_body() for _ in range(BATCH_EVENTS)])
        return self._framed(b'{"events":[' + bodies + b"]}")

    def _quote(self) -> bytes:
        self._number += 1
        order = self._bodies[self._number % BASKETS]
        return self._framed(b'{"member":{"id":"' + self._member() + b'"},"order":{' + order + b"}")

    def _event_body(self) -> bytes:
        self._number += 1
        return b'{"type":"purchase","source":"bench","id":"%s-%09d","member":{"id":"%s"},%s' % (
            self._job.run.encode(),
            self._number,
            self._member(),
            self._bodies[self._number % BASKETS],
        )

    def _member(self) -> bytes:
        self._next_member += 1
        if self._next_member >= len(self._members):
            self._next_member = 0
        return self._members[self._next_member]

    def _framed(self, body: bytes) -> bytes:
        return b"%s%d\r\n\r\n%s" % (self._head, len(body), body)


class _Tally:
    """What has been answered; the measured window opens with `open` and closes with `close`."""

    def __init__(self, requests: _Requests) -> None:
        self._requests = requests
        self.counting = False
        self.first = asyncio.Event()
        self.latencies: list[float] = []
        self.lateness: list[float] = []
        self.errors: Counter[str] = Counter()
        self.started = self.cpu_started = self.seconds = self.cpu = 0.0

    def open(self) -> None:
        self.counting = True
        self.started, self.cpu_started = time.perf_counter(), time.process_time()

    def close(self) -> None:
        self.counting = False
        self.seconds = time.perf_counter() - self.started
        self.cpu = (time.process_time() - self.cpu_started) / self.seconds

    def answered(self, since: float, status: bytes, body: bytes) -> None:
        requests = self._requests
        good = status == b"200" and body.count(requests.expected) >= requests.expected_count
        if not good:
            self.errors[f"{status.decode()} {body[:300].decode(errors='replace')}"] += 1
        elif self.counting:
            self.latencies.append(time.perf_counter() - since)
        if self.counting and not self.first.is_set():
            self.first.set()

    def result(self) -> LoadResult:
        times = sorted(self.latencies)
        late = sorted(self.lateness)
        return LoadResult(
            requests=len(times),
            events=len(times) * self._requests.events_each,
            seconds=self.seconds,
            errors=sum(self.errors.values()),
            first_errors=[text for text, _ in self.errors.most_common(_ERRORS_KEPT)],
            cpu=self.cpu,
            p50=_percentile(times, 0.50),
            p99=_percentile(times, 0.99),
            p999=_percentile(times, 0.999),
            slowest=_percentile(times, 1.0),
            late_p99=_percentile(late, 0.99),
        )


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, tally: _Tally, idle: "_Idle") -> None:
        self._tally = tally
        self._idle = idle
        self._since = 0.0
        self._received = b""
        self.busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, since: float) -> None:
        assert self._transport is not None, "connected before it is given out"
        self.busy, self._since = True, since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            self._received = received
            return
        length_at = received.lower().find(b"content-length:", 0, head_end)
        line_end = received.find(b"\r\n", length_at)
        length = int(received[length_at + 15 : line_end]) if length_at >= 0 else 0
        if len(received) < head_end + 4 + length:
            self._received = received
            return
        self._received = b""
        self.busy = False
        self._tally.answered(self._since, received[9:12], received[head_end + 4 :])
        self._idle(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self.busy:
            self.busy = False
            self._tally.errors[f"connection lost: {error}"] += 1

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


_Idle = Any  # a function that takes the connection that has become idle


async def _closed_loop(job: Job, requests: _Requests, tally: _Tally) -> None:
    sending = True

    def idle(connection: _Connection) -> None:
        if sending:
            connection.send(requests.make(), time.perf_counter())

    connections = await _connect(job, tally, idle, job.connections)
    for connection in connections:
        idle(connection)
    await asyncio.sleep(job.warmup_seconds)
    tally.open()
    await asyncio.sleep(job.seconds)
    # A short window on a busy machine may see no answer at all: it stays open for the first one.
    with suppress(TimeoutError):
        await asyncio.wait_for(tally.first.wait(), _DRAIN_SECONDS)
    tally.close()
    sending = False
    await _drain(connections, tally)


async def _open_loop(job: Job, requests: _Requests, tally: _Tally) -> None:
    idle_connections: deque[_Connection] = deque()
    overdue: deque[float] = deque()

    def idle(connection: _Connection) -> None:
        if overdue:
            connection.send(requests.make(), overdue.popleft())
        else:
            idle_connections.append(connection)

    connections = await _connect(job, tally, idle, job.connections)
    idle_connections.extend(connections)
    start = time.perf_counter()
    opens, ends = start + job.warmup_seconds, start + job.warmup_seconds + job.seconds
    number = 0
    while (due := start + number / job.rate) < ends:
        now = time.perf_counter()
        if due > now:
            # The loop's timers count milliseconds: a shorter sleep would be spinning, on a core
            # that the server needs. What is sent late by this counts as latency.
            await asyncio.sleep(max(due - now, _TICK_SECONDS))
            now = time.perf_counter()
        if not tally.counting and now >= opens:
            tally.open()
        while (due := start + number / job.rate) <= now and due < ends:
            number += 1
            if tally.counting:
                tally.lateness.append(now - due)
            if idle_connections:
                idle_connections.popleft().send(requests.make(), due)
            else:
                overdue.append(due)
        await asyncio.sleep(0)
    # Late answers are the ones that matter most: the window stays open until they have come.
    seconds = time.perf_counter() - tally.started
    await _drain(connections, tally)
    tally.close()
    tally.seconds = seconds


async def _connect(job: Job, tally: _Tally, idle: _Idle, count: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    made = []
    for _ in range(min(count, _CONNECTIONS_OPEN_MAX)):
        _, connection = await loop.create_connection(
            lambda: _Connection(tally, idle), "127.0.0.1", job.port
        )
        made.append(connection)
    return made


async def _drain(connections: list[_Connection], tally: _Tally) -> None:
    deadline = time.perf_counter() + _DRAIN_SECONDS
    while any(connection.busy for connection in connections):
        if time.perf_counter() > deadline:
            waiting = sum(connection.busy for connection in connections)
            tally.errors["no answer"] += waiting
            break
        await asyncio.sleep(0.01)
    for connection in connections:
        connection.busy = False
        connection.close()


def _percentile(ascending: list[float], share: float) -> float:
    """Milliseconds at a share of the sorted seconds, by the nearest rank."""
    if not ascending:
        return 0.0
    index = max(0, min(len(ascending) - 1, round(share * len(ascending)) - 1))
    return round(ascending[index] * 1000, 3)


def main() -> None:
    """Read a job, run it, write what came of it."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    requests = _Requests(job)
    tally = _Tally(requests)
    loop = _open_loop if job.rate else _closed_loop
    uvloop.run(loop(job, requests, tally))
    sys.stdout.buffer.write(msgspec.json.encode(tally.result()))


if __name__ == "__main__":
    main()
