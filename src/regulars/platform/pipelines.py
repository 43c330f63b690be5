"""A connection whose statements are prepared once and sent together: for the write path.

psycopg's own pipeline sends every statement as soon as it is executed, and each costs a cursor, a
query and a command. A group of events runs the same dozen statements again and again: here they are
prepared at their first use, wait until somebody asks for a result, leave in one write to the
socket, and become rows when they are asked for (docs/decisions/0018).

It stands on libpq as psycopg documents it (`psycopg.pq`), and on psycopg's adaptation of values.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection, abc, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.rows import TupleRow

from regulars.platform.arrays import register_columns

_Types: TypeAlias = tuple[int, ...]
_PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\)s|%)")
_DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)


class PipelineConnection:
    """One autocommitting connection in libpq's pipeline mode, for one task at a time.

    After an error of the database the connection goes on, in a transaction that takes nothing but
    ROLLBACK; one that broke, or whose answers were not waited for, is `closed`.
    """

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        """Take over an idle connection; nobody else may use it from now on."""
        register_columns(connection)
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.enter_pipeline_mode()
        self._adaptation: abc.Transformer = Transformer(connection)
        self._names: dict[tuple[str, _Types], bytes] = {}
        self._named = 0
        self._waiting: list[Result] = []
        self._blocks = 0

    @classmethod
    async def connect(cls, conninfo: str) -> Self:
        """Open a connection. Raises psycopg.OperationalError."""
        return cls(await AsyncConnection.connect(conninfo, autocommit=True))

    @property
    def closed(self) -> bool:
        """Whether it has been closed, or broke."""
        return self._connection.closed

    async def close(self) -> None:
        """Close it, whatever it is doing. Idempotent."""
        await self._connection.close()

    @asynccontextmanager
    async def sent_together(self) -> AsyncIterator[None]:
        """Inside, statements wait until a result is asked for, and what is left goes at the end.

        An error of a statement is raised then. When the block itself fails, what still waits is
        dropped. Nested blocks are one.
        """
        self._blocks += 1
        try:
            yield
            if self._blocks == 1:
                await self.send()
        finally:
            self._blocks -= 1
            if not self._blocks:
                self._waiting.clear()

    async def execute(self, query: str, params: Mapping[str, Any] | None = None) -> "Result":
        """Run one statement with parameters named `%(name)s`; inside a block it waits."""
        statement, names = _numbered(query)
        values: Sequence[abc.Buffer | None] = ()
        types: _Types = ()
        formats: Sequence[pq.Format] = ()
        if params is not None:
            given = [params[name] for name in names]
            adaptation = self._adaptation
            values = adaptation.dump_sequence(given, [PyFormat.AUTO] * len(given))
            types, formats = adaptation.types or (), adaptation.formats or ()
        result = Result(self, self._adaptation, statement, (query, types), values, formats)
        self._waiting.append(result)
        if not self._blocks:
            await self.send()
        return result

    async def send(self) -> None:
        """Send what waits and take in all results. Raises the first error: what stood after it was
        not run."""
        sent, self._waiting = self._waiting, []
        if not sent:
            return
        try:
            for result in sent:
                self._hand_over(result)
            answers = iter(await self._exchange())
        except BaseException:
            # Answers that nobody waits for would be taken for those of the next statements.
            await self.close()
            raise
        error: psycopg.Error | None = None
        for result in sent:
            failed = self._take(result, answers)
            error = error or failed
        if error is not None:
            raise error

    def _hand_over(self, result: "Result") -> None:
        """Give a statement to libpq, which sends it at the next flush; at first, prepare it."""
        name = self._names.get(result.key)
        if name is None:
            self._named += 1
            name = self._names[result.key] = b"s%d" % self._named
            result.is_first = True
            self._libpq.send_prepare(name, result.statement, result.key[1])
        self._libpq.send_query_prepared(name, result.values, result.formats, pq.Format.BINARY)

    def _take(self, result: "Result", answers: Iterator[pq.abc.PGresult]) -> psycopg.Error | None:
        """Keep what the database answered to a statement; its error, unless it was not run because
        of an earlier one."""
        failed = None
        if result.is_first:
            prepared = next(answers, None)
            if prepared is None or prepared.status != pq.ExecStatus.COMMAND_OK:
                del self._names[result.key]
                failed = prepared
        result.answer = next(answers, None)
        if failed is None:
            if result.answer is None:
                return psycopg.OperationalError("the connection broke before it answered")
            failed = result.answer
        if failed.status in _DONE or failed.status == pq.ExecStatus.PIPELINE_ABORTED:
            return None
        return error_from_result(failed)

    async def _exchange(self) -> list[pq.abc.PGresult]:
        """Send all that libpq was given, and a sync; one result for each command, in order. Where
        the connection breaks, those that came before that."""
        libpq = self._libpq
        libpq.pipeline_sync()
        is_unsent = bool(libpq.flush())
        loop, socket, woken = asyncio.get_running_loop(), libpq.socket, asyncio.Event()
        answers: list[pq.abc.PGresult] = []
        loop.add_reader(socket, woken.set)
        if is_unsent:
            loop.add_writer(socket, woken.set)
        try:
            while True:
                await woken.wait()
                woken.clear()
                libpq.consume_input()
                if is_unsent and not libpq.flush():
                    is_unsent = False
                    loop.remove_writer(socket)
                while not libpq.is_busy():
                    result = libpq.get_result()
                    if result is None:
                        if libpq.status != pq.ConnStatus.OK:
                            return answers
                        continue
                    if result.status == pq.ExecStatus.PIPELINE_SYNC:
                        return answers
                    answers.append(result)
        finally:
            loop.remove_reader(socket)
            if is_unsent:
                loop.remove_writer(socket)


class Result:
    """A statement and what it answers; asking for that sends all that waits."""

    __slots__ = (
        "_adaptation",
        "_connection",
        "answer",
        "formats",
        "is_first",
        "key",
        "statement",
        "values",
    )

    def __init__(
        self,
        connection: PipelineConnection,
        adaptation: abc.Transformer,
        statement: bytes,
        key: tuple[str, _Types],
        values: Sequence[abc.Buffer | None],
        formats: Sequence[pq.Format],
    ) -> None:
        """`key`: what makes it one prepared statement, its text and its parameters' types."""
        self._connection = connection
        self._adaptation = adaptation
        self.statement = statement
        self.key = key
        self.values = values
        self.formats = formats
        self.is_first = False
        self.answer: pq.abc.PGresult | None = None

    async def fetchall(self) -> list[TupleRow]:
        """All rows. Raises the error of the first statement that failed."""
        if self.answer is None:
            await self._connection.send()
        assert self.answer is not None, "sent, or an error was raised"
        self._adaptation.set_pgresult(self.answer)
        return self._adaptation.load_rows(0, self.answer.ntuples, tuple)

    async def fetchone(self) -> TupleRow | None:
        """The first row, None where there is none."""
        rows = await self.fetchall()
        return rows[0] if rows else None


@lru_cache(maxsize=256)
def _numbered(query: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1`, `$2` ... in place of its named parameters, and their names."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACEHOLDER.sub(number, query).encode(), tuple(names)
