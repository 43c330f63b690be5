"""The world of a run: one embedded PostgreSQL with durability on, and shops in databases of it.

A shop is a database with the benchmark's program published, an API key and members. Members are
enrolled once per number of them, through the members' door (`hashes_only`: nothing personal is
made up); every scenario then works on a copy of that database, so that none sees another's events.
Every scenario ends with `verify`: a figure whose books are not clean is no figure.
"""

import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import uvloop

from regulars.app import open_services
from regulars.ledger.facade import VerifyReport, verify
from regulars.members.contracts import Enrolled, Enrolment
from regulars.platform.clock import SystemClock
from regulars.platform.database import open_pool
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.ids import format_member_id
from regulars.platform.migrate import migrate
from regulars.platform.settings import Settings

PROGRAM = Path(__file__).parent / "program.yaml"
LONG_AGO = 1_262_304_000_000_000  # 2010-01-01: the program rules over everything that is imported
FIRST_TIER = "green"
_SCOPES = ("events:write", "quotes:read", "redemptions:write", "members:read", "ledger:read")
_ENROLMENTS_AT_ONCE = 5000
_CONNECTIONS_MAX = 150
_MEGABYTE_OF_LOG = b"SELECT pg_logical_emit_message(false, 'bench', repeat('x', 1048576))"


class BenchFailed(RuntimeError):
    """A figure that does not count: errors were answered, or the books do not add up."""


@dataclass(frozen=True)
class Shop:
    """A database with a program, a key and members; `members` is a file of member ids."""

    database_url: str
    home: Path
    program_id: int
    api_key: str
    members: Path

    def settings(self, **more: object) -> Settings:
        """The product's settings for this shop."""
        return Settings(home=self.home, database_url=self.database_url, log_level="warning", **more)  # type: ignore[arg-type]


class World:
    """One server and the shops on it. Make it with `open_world`."""

    def __init__(self, home: Path, postgres: EmbeddedPostgres) -> None:
        self.home = home
        self.postgres = postgres
        self.url = _with_room(postgres)
        self._templates: dict[tuple[int, Path], tuple[str, Shop]] = {}
        self._number = 0

    def shop(self, members: int, program: Path = PROGRAM) -> Shop:
        """A shop of its own with so many members."""
        kind = (members, program)
        if kind not in self._templates:
            name = f"template_{len(self._templates)}"
            self.create_database(name)
            document = program.read_text()
            shop = uvloop.run(_found(self.database(name), self.home, name, document, members))
            self._templates[kind] = (name, shop)
        name, template = self._templates[kind]
        self._number += 1
        copy = f"shop_{self._number}"
        self.create_database(copy, name)
        return Shop(
            self.database(copy),
            template.home,
            template.program_id,
            template.api_key,
            template.members,
        )

    def database(self, name: str) -> str:
        """The owner's URL of a database."""
        return self.postgres.url(name)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Make a database, a copy of another one."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    def drop(self, shop: Shop) -> None:
        """Let a shop's database go."""
        name = urlsplit(shop.database_url).path[1:]
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str, url: str | None = None) -> None:
        """One statement as the owner, on a connection of its own."""
        with psycopg.connect(url or self.database("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def run_in(self, megabytes: int) -> None:
        """Have the files of the server's log made before anything is measured.

        A server that has run for a while writes its log over old files. A new one makes each file
        of 16 MB when it needs it, during which everybody waits.
        """
        with psycopg.connect(self.database("postgres"), autocommit=True) as connection:
            for _ in range(megabytes):
                connection.execute(_MEGABYTE_OF_LOG)
            connection.execute(b"CHECKPOINT")

    def verify(self, shop: Shop, scenario: str) -> str:
        """Verify the books of a shop; raises BenchFailed where they are not clean."""
        started = time.perf_counter()
        report: VerifyReport = uvloop.run(_verify(shop))
        if not report.is_clean:
            raise BenchFailed(f"{scenario}: verify found {report.findings[:5]}")
        seconds = time.perf_counter() - started
        return f"verified {report.entries:,} entries clean in {seconds:.0f} s"

    def postgres_process(self) -> int:
        """The process id of the server's postmaster."""
        found = self.postgres.status().process_id
        assert found is not None, "the server runs"
        return found


def _with_room(postgres: EmbeddedPostgres) -> str:
    """Start the server with room for R's clients beside those of two servers of ours."""
    url = postgres.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET max_connections = {_CONNECTIONS_MAX}".encode())
    postgres.stop()
    return postgres.start()


@contextmanager
def open_world(*, durable: bool = True) -> Iterator[World]:
    """A new server in a folder of its own, gone afterwards."""
    if threading.current_thread() is threading.main_thread():
        # So that whoever is told to end leaves no server behind.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    home = Path(tempfile.mkdtemp(prefix="regulars-bench-"))
    home.chmod(0o711)
    postgres = EmbeddedPostgres(home, durable=durable)
    try:
        yield World(home, postgres)
    finally:
        postgres.stop()
        shutil.rmtree(postgres.folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


async def _found(url: str, home: Path, name: str, document: str, count: int) -> Shop:
    """Make a shop in an empty database: tables, program, key, members; then tidy up."""
    await migrate(url)
    members_file = home / f"{name}.members"
    settings = Settings(home=home, database_url=url)
    async with open_services(settings, SystemClock()) as rooms:
        info, _ = await rooms.programs.create_from(document, actor="bench", effective_from=LONG_AGO)
        key = await rooms.api_keys.create(info.program_id, "bench", _SCOPES)
        first_tier = FIRST_TIER if "\ntiers:" in document else ""
        with members_file.open("w") as file:
            for start in range(0, count, _ENROLMENTS_AT_ONCE):
                wanted = range(start, min(count, start + _ENROLMENTS_AT_ONCE))
                answers = await rooms.members.enrol_many(
                    info.program_id,
                    [Enrolment(external_id=f"customer-{n}", hashes_only=True) for n in wanted],
                    first_tier=first_tier,
                    now=SystemClock().now(),
                )
                for answer in answers:
                    assert isinstance(answer, Enrolled), "nobody else enrols here"
                    file.write(format_member_id(answer.member_id) + "\n")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"VACUUM ANALYZE")
        connection.execute(b"CHECKPOINT")
    return Shop(url, home, info.program_id, key.text, members_file)


async def _verify(shop: Shop) -> VerifyReport:
    pool = await open_pool(shop.settings(), application_name="regulars verify")
    try:
        return await verify(pool)
    finally:
        await pool.close()
