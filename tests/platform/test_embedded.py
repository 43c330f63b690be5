"""The embedded server starts anywhere, is adopted, comes back after a kill, and is durable."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.postgres_programs import (
    EmbeddedPostgresError,
    bundled_programs,
    server_user,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that every user can pass into; what ran there is stopped afterwards."""
    root = Path(tempfile.mkdtemp(prefix="regulars-test-"))
    root.chmod(0o711)
    yield root / "home"
    for found in [root / "home", *root.rglob("long-*")]:
        if found.exists():
            EmbeddedPostgres(found).stop()
    shutil.rmtree(root)


def ask(url: str, query: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_status_before_the_first_start_touches_nothing(home: Path) -> None:
    server = EmbeddedPostgres(home)
    assert not server.status().running
    server.stop()
    assert not home.exists()


def test_start_stop_and_start_again_keep_the_data(home: Path) -> None:
    server = EmbeddedPostgres(home)
    url = server.start()
    assert server.started_here
    assert server.status().ready
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    server.stop()
    server.stop()
    assert not server.status().running
    assert ask(EmbeddedPostgres(home).start(), "SELECT n FROM kept") == "42"


def test_durability_is_on_and_tcp_is_off(home: Path) -> None:
    url = EmbeddedPostgres(home).start()
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "jit": "off",
        "max_connections": "50",
        "log_error_verbosity": "terse",
    }
    assert {name: ask(url, f"SHOW {name}") for name in expected} == expected


def test_only_the_servers_user_can_enter_its_folders(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    for folder in [server.folder, server.data, server.folder / "socket"]:
        assert folder.stat().st_mode & 0o077 == 0
        assert folder.stat().st_uid == server_user().uid
    assert home.stat().st_uid == os.geteuid()


def test_a_running_server_is_adopted(home: Path) -> None:
    first, second = EmbeddedPostgres(home), EmbeddedPostgres(home)
    url = first.start()
    assert second.start() == url
    assert not second.started_here
    assert second.status().process_id == first.status().process_id


def test_starters_at_the_same_time_end_with_one_server(home: Path) -> None:
    servers = [EmbeddedPostgres(home) for _ in range(3)]
    with ThreadPoolExecutor() as threads:
        urls = list(threads.map(EmbeddedPostgres.start, servers))
    assert len(set(urls)) == 1
    assert sum(server.started_here for server in servers) == 1


def test_a_killed_server_starts_again_with_what_was_committed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    process_id = server.status().process_id
    assert process_id is not None
    os.kill(process_id, signal.SIGKILL)
    assert ask(server.start(), "SELECT n FROM kept") == "42"
    assert server.status().process_id != process_id


def test_a_stale_process_id_that_another_process_bears_is_no_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not server.status().running
    assert ask(server.start(), "SELECT 1") == "1"


def test_a_home_too_deep_for_a_socket_works(home: Path) -> None:
    deep = home.parent / ("long-" + "x" * 120)
    server = EmbeddedPostgres(deep)
    url = server.start()
    assert ask(url, "SHOW data_directory") == str(server.data)
    socket_folder = Path(ask(url, "SHOW unix_socket_directories"))
    server.stop()
    assert not socket_folder.is_relative_to(deep)
    shutil.rmtree(socket_folder)


def test_tcp_is_opened_when_asked_and_wants_the_password(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = EmbeddedPostgres(home, tcp_port=port)
    assert ask(server.start(), "SELECT 1") == "1"
    address = f"host=127.0.0.1 port={port} user=regulars dbname=regulars"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address)
    password = (server.folder / "password").read_text().strip()
    assert ask(f"{address} password={password}", "SELECT 1") == "1"


def test_data_of_another_version_is_refused_with_a_way_out(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 14"):
        server.start()


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    server = EmbeddedPostgres(home)
    (home / "postgres").mkdir(parents=True, mode=0o700)
    home.chmod(0o711)
    server._user.take(home / "postgres")
    (home / "postgres" / "creating").mkdir()
    (home / "postgres" / "creating" / "half").touch()
    assert ask(server.start(), "SELECT 1") == "1"


def test_a_socket_folder_of_someone_else_is_refused(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    (server.folder / "socket").chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="open to others"):
        server.start()


@as_root
def test_a_home_that_the_servers_user_cannot_enter_is_served_from_elsewhere(home: Path) -> None:
    home.mkdir()
    home.chmod(0o700)
    server = EmbeddedPostgres(home)
    try:
        assert ask(server.start(), "SELECT 1") == "1"
        assert not server.folder.is_relative_to(home)
        assert EmbeddedPostgres(home).start() == server.url()
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@as_root
def test_programs_that_the_servers_user_cannot_reach_are_copied_once(home: Path) -> None:
    hidden = home.parent / "hidden"
    hidden.mkdir(mode=0o700)
    source = bundled_programs().parent
    shutil.copytree(source, hidden / source.parent.name / source.name)
    libraries = source.parent.parent / f"{source.parent.name}.libs"
    shutil.copytree(libraries, hidden / libraries.name)
    server = EmbeddedPostgres(home, programs=hidden / source.parent.name / source.name / "bin")
    assert ask(server.start(), "SELECT 1") == "1"
    assert server.programs.is_relative_to(server.folder)
    before = server.programs.stat().st_mtime_ns
    again = EmbeddedPostgres(home, programs=hidden / source.parent.name / source.name / "bin")
    again.start()
    assert again.programs.stat().st_mtime_ns == before


@as_root
def test_an_unknown_or_mighty_user_is_refused() -> None:
    with pytest.raises(EmbeddedPostgresError, match="no system user nobody-here"):
        server_user("nobody-here")
    with pytest.raises(EmbeddedPostgresError, match="does not run as root"):
        server_user("root")


@as_root
def test_a_named_user_runs_the_server(home: Path) -> None:
    server = EmbeddedPostgres(home, user="nobody")
    server.start()
    assert server.status().user == "nobody"
    assert Path(f"/proc/{server.status().process_id}").stat().st_uid == server_user("nobody").uid
    server.stop()
