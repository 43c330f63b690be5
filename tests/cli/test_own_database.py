"""The embedded database lives as long as the server that brought it along, and no longer."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.cli.main import outcome
from regulars.cli.output import Exit
from regulars.cli.own_database import own_database
from regulars.cli.session import database
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.settings import Settings

REVIVAL_SECONDS_MAX = 30


@pytest.fixture(scope="module")
def given() -> Iterator[Settings]:
    """A home that the server's user can pass into, with a database that is stopped."""
    root = Path(tempfile.mkdtemp(prefix="regulars-test-"))
    root.chmod(0o711)
    home = root / "home"
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    server.stop()
    yield Settings(home=home)
    server.stop()
    shutil.rmtree(root)


def is_running(given: Settings) -> bool:
    return EmbeddedPostgres.from_settings(given).status().running


def test_what_was_started_is_stopped(given):
    with own_database(given):
        assert is_running(given)
    assert not is_running(given)


def test_what_an_operator_had_started_keeps_running(given):
    server = EmbeddedPostgres.from_settings(given)
    server.start()
    with own_database(given):
        pass
    assert is_running(given)
    server.stop()


def test_a_second_server_leaves_the_database_to_the_first(given):
    with own_database(given):
        with own_database(given):
            pass
        assert is_running(given)
    assert not is_running(given)


def test_a_database_that_an_operator_takes_over_keeps_running(given, monkeypatch):
    monkeypatch.setenv("REGULARS_HOME", str(given.home))
    monkeypatch.delenv("REGULARS_DATABASE_URL", raising=False)
    server = EmbeddedPostgres.from_settings(given)
    server.start()
    (given.home / "postgres.started").touch()  # what a killed server leaves, its lock let go
    assert outcome(["db", "start"]) == Exit.OK
    with own_database(given):
        pass
    assert is_running(given)
    assert outcome(["db", "stop"]) == Exit.OK
    with own_database(given):
        assert outcome(["db", "start"]) == Exit.OK
    assert is_running(given)
    server.stop()


def test_a_command_leaves_the_database_that_it_started_again_to_the_server(given, monkeypatch):
    monkeypatch.setattr("regulars.cli.own_database.WATCH_SECONDS", 600)

    async def command() -> None:
        async with database(given):
            assert is_running(given)

    with own_database(given):
        killed = EmbeddedPostgres.from_settings(given).status().process_id
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        asyncio.run(command())
        assert is_running(given)
    assert not is_running(given)


def test_the_last_of_several_commands_stops_the_database(given):
    async def commands() -> None:
        async with database(given):
            first = database(given)
            await first.__aenter__()
            second = database(given)
            await second.__aenter__()
            await first.__aexit__(None, None, None)
            assert is_running(given)
        assert is_running(given)
        await second.__aexit__(None, None, None)

    asyncio.run(commands())
    assert not is_running(given)


def test_the_database_of_a_killed_server_is_taken_over(given):
    EmbeddedPostgres.from_settings(given).start()
    (given.home / "postgres.started").touch()  # what a killed server leaves, its lock let go
    with own_database(given):
        assert is_running(given)
    assert not is_running(given)


def test_a_killed_database_is_started_again(given):
    with own_database(given):
        killed = EmbeddedPostgres.from_settings(given).status().process_id
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + REVIVAL_SECONDS_MAX
        while (found := EmbeddedPostgres.from_settings(given).status()).process_id == killed or (
            not found.ready and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        assert found.ready
