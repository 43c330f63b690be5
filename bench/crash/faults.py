"""What is done to the product, and how it comes back: one coroutine per kind of fault.

Only what an operator's supervisor would do is done to repair: a server that is gone is started
again, and so is a PostgreSQL whose postmaster is gone. Everything else has to heal by itself.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from bench.crash.proxies import AnswerProxy, CommitProxy
from bench.processes import descendants
from bench.serving import Server
from bench.world import World

_LOSING_SECONDS = 0.3
_ARMED_SECONDS_MAX = 5.0
_HEALED_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.05


class Faults:
    """Everything that can be done to one server and its database."""

    def __init__(
        self,
        world: World,
        server: Server,
        answers: AnswerProxy,
        commits: CommitProxy,
        random: Random,
    ) -> None:
        self._world = world
        self._server = server
        self._answers = answers
        self._commits = commits
        self._random = random
        self.kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "server killed": self._kill_server,
            "worker killed": self._kill_worker,
            "postmaster killed": self._kill_postmaster,
            "backend killed": self._kill_backend,
            "answers lost, then server killed": self._lose_answers,
            "commit's answer lost": self._lose_commit,
            "server killed between commit and answer": self._kill_after_commit,
        }

    async def _kill_server(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await self._restart_server()

    async def _kill_worker(self) -> None:
        """The supervising process replaces it."""
        worker = self._random.choice(self._server.worker_ids())
        os.kill(worker, signal.SIGKILL)

        def replaced() -> bool:
            workers = self._server.worker_ids()
            return worker not in workers and len(workers) == self._server.workers

        await _until(replaced, "the killed worker is replaced")
        await asyncio.to_thread(self._server.wait_until_ready)

    async def _kill_postmaster(self) -> None:
        os.kill(self._world.postgres_process(), signal.SIGKILL)
        await asyncio.to_thread(self._world.postgres.start)
        await asyncio.to_thread(self._server.wait_until_ready)

    async def _kill_backend(self) -> None:
        """PostgreSQL throws everyone out and recovers by itself."""
        postmaster = self._world.postgres_process()
        backends = [one for one in descendants(postmaster)[1:] if _serves_the_product(one)]
        if backends:
            os.kill(self._random.choice(backends), signal.SIGKILL)
        await asyncio.to_thread(self._server.wait_until_ready)

    async def _lose_answers(self) -> None:
        self._answers.losing = True
        await asyncio.sleep(self._random.uniform(0, _LOSING_SECONDS))
        await asyncio.to_thread(self._server.kill)
        self._answers.losing = False
        await self._restart_server()

    async def _lose_commit(self) -> None:
        """The server lives and cannot know whether its group was committed."""
        self._commits.lose_next(lambda: None)
        await _until(lambda: not self._commits.armed, "a commit happens", _ARMED_SECONDS_MAX)

    async def _kill_after_commit(self) -> None:
        everyone = descendants(self._server.process_id)

        def kill() -> None:
            for one in everyone:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)

        self._commits.lose_next(kill)
        await _until(lambda: not self._commits.armed, "a commit happens", _ARMED_SECONDS_MAX)
        await asyncio.to_thread(self._server.kill)
        await self._restart_server()

    async def _restart_server(self) -> None:
        self._server.start()
        await asyncio.to_thread(self._server.wait_until_ready)


async def _until(
    holds: Callable[[], bool], what: str, seconds: float = _HEALED_SECONDS_MAX
) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"it took more than {seconds:g} s until {what}")
        await asyncio.sleep(_POLL_SECONDS)


def _serves_the_product(process_id: int) -> bool:
    """A backend of the product's role shows user and database in its title."""
    with suppress(OSError):
        title = Path(f"/proc/{process_id}/cmdline").read_bytes()
        return title.startswith(b"postgres: regulars shop_")
    return False
