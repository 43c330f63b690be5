"""An answer leaves in one write, and nothing of it stays behind."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop

from regulars.cli import serving
from regulars.cli.answering import GatheredWrites, HttpProtocol
from regulars.platform.settings import Settings

Send = Callable[[dict[str, Any]], Awaitable[None]]
_HEAD = b"HTTP/1.1 200 OK\r\n"
_REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
_LAST_REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


class Transport:
    """Keeps what reaches it, in order."""

    def __init__(self) -> None:
        self.told: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def close(self) -> None:
        self.told.append("close")

    def is_closing(self) -> bool:
        return "close" in self.told

    def get_extra_info(self, name: str) -> str | None:
        return "of the inner one" if name == "asked" else None


@pytest.fixture
def inner() -> Transport:
    return Transport()


async def _in_a_turn(inner: Transport, *steps: Callable[[GatheredWrites], None]) -> None:
    gathered = GatheredWrites(inner, asyncio.get_running_loop())  # type: ignore[arg-type]
    for step in steps:
        step(gathered)
    await asyncio.sleep(0)


async def test_what_is_written_in_one_turn_leaves_together(inner: Transport) -> None:
    await _in_a_turn(inner, lambda t: t.write(b"head "), lambda t: t.write(b"body"))
    assert inner.told == [b"head body"]


async def test_what_is_written_in_two_turns_leaves_in_two(inner: Transport) -> None:
    gathered = GatheredWrites(inner, asyncio.get_running_loop())  # type: ignore[arg-type]
    for data in (b"one", b"two"):
        gathered.write(data)
        assert data not in inner.told
        await asyncio.sleep(0)
    assert inner.told == [b"one", b"two"]


async def test_closing_sends_first_what_is_held(inner: Transport) -> None:
    await _in_a_turn(inner, lambda t: t.write(b"last words"), lambda t: t.close())
    assert inner.told == [b"last words", "close"]


async def test_nothing_is_written_to_a_connection_that_has_gone(inner: Transport) -> None:
    await _in_a_turn(inner, lambda t: t.write(b"too late"), lambda _: inner.close())
    assert inner.told == ["close"]


async def test_the_rest_of_the_transport_is_the_inner_one(inner: Transport) -> None:
    gathered = GatheredWrites(inner, asyncio.get_running_loop())  # type: ignore[arg-type]
    assert gathered.get_extra_info("asked") == "of the inner one"
    assert not gathered.is_closing()


async def _answer(scope: dict[str, Any], receive: object, send: Send) -> None:
    """An application that answers in two parts where the path asks for it."""
    is_parted = scope["path"] == "/parts"
    headers = [] if is_parted else [(b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if is_parted:
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b"body"})


@asynccontextmanager
async def _protocol(inner: Transport) -> AsyncIterator[HttpProtocol]:
    config = uvicorn.Config(_answer, http=HttpProtocol, ws="none", log_config=None)  # type: ignore[arg-type]
    config.load()
    state = uvicorn.server.ServerState()
    protocol = HttpProtocol(config, state, {})
    protocol.connection_made(inner)  # type: ignore[arg-type]
    yield protocol
    protocol.connection_lost(None)


async def _served(inner: Transport, *requests: bytes) -> list[bytes | str]:
    async with _protocol(inner) as protocol:
        for request in requests:
            protocol.data_received(request)
        await asyncio.sleep(0.05)
        return list(inner.told)


async def test_head_and_body_are_one_write(inner: Transport) -> None:
    (answer,) = await _served(inner, _REQUEST)
    assert isinstance(answer, bytes)
    assert answer.startswith(_HEAD) and answer.endswith(b"\r\n\r\nbody")


async def test_an_answer_without_a_body_is_sent(inner: Transport) -> None:
    (answer,) = await _served(inner, _REQUEST.replace(b"GET", b"HEAD"))
    assert isinstance(answer, bytes)
    assert answer.startswith(_HEAD) and answer.endswith(b"\r\n\r\n")


async def test_a_part_does_not_wait_for_the_next(inner: Transport) -> None:
    first, second = await _served(inner, _REQUEST.replace(b"/ ", b"/parts "))
    assert isinstance(first, bytes) and first.startswith(_HEAD) and b"first" in first
    assert isinstance(second, bytes) and b"body" in second


async def test_the_last_answer_is_sent_before_the_connection_closes(inner: Transport) -> None:
    answer, end, *_ = await _served(inner, _LAST_REQUEST)
    assert isinstance(answer, bytes) and answer.endswith(b"body")
    assert end == "close"


def test_over_a_socket_an_answer_arrives_whole() -> None:
    """uvloop itself, and as many answers as were asked for at once."""

    async def ask() -> bytes:
        config = uvicorn.Config(_answer, http=HttpProtocol, ws="none", log_config=None)  # type: ignore[arg-type]
        config.load()
        state = uvicorn.server.ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(_REQUEST * 20 + _LAST_REQUEST)
        told = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.close()
        return told

    told = uvloop.run(ask())
    assert told.count(_HEAD) == told.count(b"\r\n\r\nbody") == 21


def test_the_server_answers_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Asked(Exception):
        """Instead of a server, with what it was to be made of."""

    def config(*arguments: object, **options: object) -> None:
        raise Asked(options["http"])

    monkeypatch.setattr("regulars.cli.serving.uvicorn.Config", config)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(Asked) as asked:
            serving._serve(Settings(home=tmp_path, port=0))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert asked.value.args == (HttpProtocol,)
