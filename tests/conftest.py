"""Fixtures for every test: an event loop like production's, and real PostgreSQL databases.

One server per session and PostgreSQL version, migrated once into a template; every database a
test asks for is a copy of that template. Which servers: `--postgres=embedded` (default), a folder
of other programs, or `every` for the embedded and all that the system has installed.
REGULARS_TEST_DATABASE_URL, the URL of an owner who may create databases, is used instead of any.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from regulars.platform.database import Pool, open_pool
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.migrate import migrate
from regulars.platform.postgres_programs import major_version
from regulars.platform.settings import Settings
from tests.world import World, build_world

_SYSTEM_PROGRAMS = ("/usr/lib/postgresql", "*/bin/postgres")  # where Debian puts each version
_MEMORY_BYTES_MIN = 2 * 1024**3
_database_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A server that tests may make databases on."""

    name: str
    owner_url: str

    def url(self, database: str) -> str:
        parts = urlsplit(self.owner_url)
        return urlunsplit(parts._replace(path=f"/{database}"))

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create_database(self, template: str = "template0") -> str:
        """Make a database and return its URL."""
        name = f"test_{os.getpid()}_{next(_database_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        default=os.environ.get("REGULARS_TEST_POSTGRES_BIN") or "embedded",
        help="embedded, every, or a folder of PostgreSQL programs",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "postgres" in metafunc.fixturenames:
        choices = _server_choices(metafunc.config.getoption("--postgres"))
        metafunc.parametrize(
            "postgres", choices.values(), ids=choices.keys(), indirect=True, scope="session"
        )


def _server_choices(asked: str) -> dict[str, Path | str | None]:
    """The servers to test on, by a short name: a URL, a folder of programs, None for embedded."""
    url = os.environ.get("REGULARS_TEST_DATABASE_URL")
    if url:
        return {"given": url}
    embedded: dict[str, Path | str | None] = {"embedded": None}
    if asked == "embedded":
        return embedded
    root, pattern = _SYSTEM_PROGRAMS
    found = sorted(Path(root).glob(pattern)) if asked == "every" else [Path(asked) / "postgres"]
    system: dict[str, Path | str | None] = {
        f"pg{major_version(file.parent)}": file.parent for file in found
    }
    return embedded | system if asked == "every" else system


def _memory_folder() -> Path | None:
    """A folder in memory with room for many databases, where a copy takes a tenth of the time."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and shutil.disk_usage(folder).free > _MEMORY_BYTES_MIN
    return folder if roomy and os.access(folder, os.W_OK) else None


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests and fixtures need no mark; they run on uvloop, as the product does."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The server of this session, without durability: nobody will miss these databases."""
    if isinstance(request.param, str):
        yield PostgresServer("given", request.param)
        return
    home = Path(tempfile.mkdtemp(prefix="regulars-test-", dir=_memory_folder()))
    home.chmod(0o711)
    server = EmbeddedPostgres(home, programs=request.param, shared_buffers_mb=128, durable=False)
    try:
        yield PostgresServer("own", server.start())
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with all migrations applied and nothing in it."""
    url = postgres.create_database()
    asyncio.run(migrate(url))
    yield urlsplit(url).path[1:]
    postgres.drop_database(url)


@pytest.fixture
def empty_database_url(postgres: PostgresServer) -> Iterator[str]:
    """An owner's URL of a database without any migration."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def database_url(postgres: PostgresServer, migrated_template: str) -> Iterator[str]:
    """An owner's URL of a migrated database of this test alone."""
    url = postgres.create_database(migrated_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="module")
def module_database_url(postgres: PostgresServer, migrated_template: str) -> Iterator[str]:
    """An owner's URL of a migrated database that the tests of one module share."""
    url = postgres.create_database(migrated_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with this test's database, and a home folder of its own for keys."""
    return Settings(home=tmp_path, database_url=database_url, log_level="warning")


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """A pool of application connections (role regulars_app) to this test's database."""
    opened = await open_pool(settings, application_name="regulars test")
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def module_pool(module_database_url: str) -> AsyncIterator[Pool]:
    """A pool of application connections to the module's shared database."""
    settings = Settings(database_url=module_database_url)
    opened = await open_pool(settings, application_name="regulars test")
    yield opened
    await opened.close()


@pytest.fixture
async def world(settings: Settings, pool: Pool, tmp_path: Path) -> AsyncIterator[World]:
    """A small shop with everything wired up; see tests/world.py."""
    built = await build_world(settings, pool, tmp_path)
    yield built
    await built.stop()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where the shared data are has been read by now; the product knows no such setting."""
    os.environ.pop("REGULARS_SHARED_DATA", None)
