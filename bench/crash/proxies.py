"""Two proxies that lose answers: one between clients and server, one before PostgreSQL.

What is lost has happened: the HTTP proxy passes requests on and drops what comes back, and the
database proxy waits for the message that says that a COMMIT is done, and never delivers it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete of a COMMIT, as the server sends it (protocol 3.0, message formats)."""
_CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes both ways; `_passes` decides about each chunk that comes back."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise NotImplementedError

    def _passes(self, chunk: bytes) -> bool:
        """Whether a chunk from upstream is delivered; if not, the connection is cut."""
        raise NotImplementedError

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        upstream: asyncio.StreamWriter | None = None
        try:
            back, upstream = await self._upstream()
            directions = (
                asyncio.create_task(_pump(reader, upstream, lambda chunk: True)),
                asyncio.create_task(_pump(back, writer, self._passes)),
            )
            try:
                await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in directions:
                    one.cancel()
        except OSError:
            pass  # Nobody is there at this moment, which is the point of the exercise.
        finally:
            writer.close()
            if upstream is not None:
                upstream.close()


class AnswerProxy(Proxy):
    """Before the server. While `losing`, requests arrive and answers do not."""

    def __init__(self, server_port: int) -> None:
        super().__init__()
        self._server_port = server_port
        self.losing = False
        self.lost = 0
        self.port = 0

    async def listen(self) -> None:
        """Listen on a port of its own, then in `port`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._server_port)

    def _passes(self, chunk: bytes) -> bool:
        self.lost += self.losing
        return not self.losing


class CommitProxy(Proxy):
    """Before PostgreSQL, on a local socket of its own.

    `lose_next(then)`: the next answer to a COMMIT is not delivered; `then` is called at that very
    moment.
    """

    def __init__(self, folder: Path, socket: Path) -> None:
        """Listens in `folder` under the same name as the server's own `socket`."""
        super().__init__()
        self._socket = socket
        self._mine = folder / socket.name
        self._then: Callable[[], None] | None = None
        self.lost = 0

    async def listen(self) -> None:
        """Begin to accept."""
        self._server = await asyncio.start_unix_server(self._accept, self._mine)

    def lose_next(self, then: Callable[[], None]) -> None:
        """Lose the next answer to a COMMIT."""
        self._then = then

    @property
    def armed(self) -> bool:
        """Whether an answer is still to be lost."""
        return self._then is not None

    async def _upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self._socket)

    def _passes(self, chunk: bytes) -> bool:
        if self._then is None or _COMMITTED not in chunk:
            return True
        then, self._then = self._then, None
        self.lost += 1
        then()
        return False


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: Callable[[bytes], bool]
) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            if not passes(chunk):
                return
            writer.write(chunk)
            await writer.drain()
