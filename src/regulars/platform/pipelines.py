"""Statements that are sent together: one write to the socket instead of one for each.

psycopg's pipeline sends every statement as soon as it is executed. The server's process then wakes
for each of them, and on a machine whose cores are busy each waking waits for its turn: a group of
thirteen statements cost 1.2 ms of CPU and more than 4 ms of waiting, sent together 0.9 and 1.8.

This builds on three methods of psycopg's pipeline that are not part of its documented interface;
tests/platform/test_pipelines.py holds what we rely on, and the version is pinned.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncPipeline
from psycopg.abc import PQGen

from regulars.platform.database import Connection


@asynccontextmanager
async def sent_together(connection: Connection) -> AsyncIterator[None]:
    """A pipeline that sends what was executed when the first result is asked for, or at its end.

    An error of a statement is raised there, not where the statement was executed. Inside another
    pipeline it is a part of that one.
    """
    pipeline = None
    if connection._pipeline is None:
        connection._pipeline = pipeline = _Gathering(connection)
    try:
        async with connection.pipeline():
            yield
    finally:
        if pipeline is not None and pipeline is connection._pipeline:
            connection._pipeline = None  # it could not be entered


class _Gathering(AsyncPipeline):
    """Keeps commands until a sync is queued or results are fetched."""

    _sends = False

    def _enqueue_sync(self) -> None:
        super()._enqueue_sync()
        self._sends = True

    def _communicate_gen(self) -> PQGen[None]:
        if self._sends:
            self._sends = False
            yield from super()._communicate_gen()

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        if flush and self.command_queue:
            self.command_queue.append(self.pgconn.send_flush_request)
            yield from super()._communicate_gen()
            flush = False
        yield from super()._fetch_gen(flush=flush)
