"""The product's server as a benchmark runs it: its own processes, in a session of their own.

It is started like an operator would start it, with settings from the environment, and watched from
outside: readiness by its health address, CPU from /proc, its end by a signal.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from bench.processes import descendants
from bench.world import Shop

WORKERS = 2
_RATE_LIMIT_PER_MINUTE = 10_000_000  # the generator is one caller with one key
_READY_SECONDS_MAX = 60.0
_STOP_SECONDS_MAX = 20.0
_POLL_SECONDS = 0.05
_SETTLED_SECONDS = 4.0


class Server:
    """A running server. `log` is where its processes write."""

    command: Sequence[str | Path] = (Path(sys.executable).with_name("regulars"), "serve")

    def __init__(self, shop: Shop, *, workers: int = WORKERS, url: str = "") -> None:
        """`url` is the database's address where it is not the shop's own (through a proxy)."""
        self.port = free_port()
        self.workers = workers
        self.log = shop.home / f"server-{self.port}.log"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("REGULARS_")},
            "REGULARS_HOME": str(shop.home),
            "REGULARS_DATABASE_URL": url or shop.database_url,
            "REGULARS_PORT": str(self.port),
            "REGULARS_WORKERS": str(workers),
            "REGULARS_RATE_LIMIT_PER_MINUTE": str(_RATE_LIMIT_PER_MINUTE),
            "REGULARS_LOG_LEVEL": "warning",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return at once."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def process_id(self) -> int:
        """The supervising process."""
        assert self._process is not None, "the server was started"
        return self._process.pid

    def worker_ids(self) -> list[int]:
        """The processes below the supervising one that hold the listening socket's work."""
        return [one for one in descendants(self.process_id)[1:] if _is_worker(one)]

    def wait_until_ready(self, seconds: float = _READY_SECONDS_MAX) -> None:
        """Wait until every worker answers. Raises RuntimeError with the end of the log."""
        deadline = time.monotonic() + seconds
        since = time.monotonic()
        # The worker that is ready takes most connections, so good answers alone do not tell of the
        # others: they have to stay good for longer than a worker takes to start.
        while time.monotonic() < since + _SETTLED_SECONDS:
            if not self._is_ready():
                since = time.monotonic()
                if since > deadline or self.has_ended():
                    raise RuntimeError(f"the server is not ready: {self.log_end()}")
            time.sleep(_POLL_SECONDS)

    def has_ended(self) -> bool:
        """Whether the supervising process is gone."""
        assert self._process is not None, "the server was started"
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it in order; by force where it does not."""
        if self._process is None:
            return
        everyone = descendants(self._process.pid)
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            kill_all(everyone)
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL to all its processes at once."""
        kill_all(descendants(self.process_id))
        assert self._process is not None, "the server was started"
        self._process.wait()

    def log_end(self) -> str:
        """The last lines of the log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (HTTPError, OSError):
            return False


@contextmanager
def serving(shop: Shop, *, workers: int = WORKERS) -> Iterator[Server]:
    """A server on a shop, ready to answer, stopped afterwards."""
    server = Server(shop, workers=workers)
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kill_all(process_ids: list[int]) -> None:
    """SIGKILL to each; one that is gone already is passed over."""
    for one in process_ids:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _is_worker(process_id: int) -> bool:
    """A worker is what is not the resource tracker of multiprocessing."""
    with suppress(OSError):
        command = Path(f"/proc/{process_id}/cmdline").read_bytes()
        return b"resource_tracker" not in command
    return False
