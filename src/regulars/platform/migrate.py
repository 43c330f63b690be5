"""Applies `migrations/NNNN_name.sql` in order and remembers what was applied.

Each file runs in one transaction as the owner, together with its row in `schema_migration`, so a
crash leaves it wholly applied or not at all. Two starters do not race: the second waits for the
first. A file that changed after it was applied, and a database that is newer than the code, are
refused. This module knows no table besides its own; there is no way back but a new migration.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from psycopg import errors

from regulars.platform.database import (
    APPLICATION_ROLE,
    Connection,
    connect_owner,
    current_role,
    rights_lacking,
)

_FILE_NAME = re.compile(r"(?P<version>[0-9]{4})_(?P<name>[a-z0-9_]+)\.sql")
_LOCK_KEY = 0x7265_6775_6C61_7273  # "regulars"
_LOCK_WAIT_SECONDS_MAX = 5

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY CHECK (version > 0),
    name text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    applied_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON schema_migration TO PUBLIC;
"""


RESTORING = "regulars_restoring"
"""The schema that stands in a database while a backup is restored into it (`backup.py`)."""


class MigrationRefused(RuntimeError):
    """The migrations cannot be applied. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its text and the SHA-256 of the text's bytes."""

    version: int
    name: str
    text: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """What a database has and what it lacks, each in order."""

    applied: tuple[Migration, ...]
    pending: tuple[Migration, ...]


def migrations_folder() -> Traversable:
    """The folder of migrations that came with the code."""
    return files("regulars") / "migrations"


async def migrate(url: str, folder: Traversable | None = None) -> list[Migration]:
    """Bring the database up to the code; returns what was applied now, in order.

    `url` names a role that owns the database and may create roles. Raises MigrationRefused.
    """
    migrations = read_migrations(folder or migrations_folder())
    async with _owner(url) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_KEY])
        await _create_table(connection)
        pending = _compare(migrations, await _applied(connection)).pending
        for migration in pending:
            await _apply(connection, migration)
        return list(pending)


async def migration_status(url: str, folder: Traversable | None = None) -> MigrationStatus:
    """What is applied and what is pending, changing nothing. Raises MigrationRefused."""
    migrations = read_migrations(folder or migrations_folder())
    async with _owner(url) as connection:
        await _refuse_half_restored(connection)
        return _compare(migrations, await _applied(connection))


async def _refuse_half_restored(connection: Connection) -> None:
    """A restore that was interrupted looks whole, but whoever was erased since is back in it."""
    cursor = await connection.execute("SELECT to_regnamespace(%s) IS NULL", [RESTORING])
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise MigrationRefused(
            "a restore into this database was interrupted: restore again into an empty one"
        )


def read_migrations(folder: Traversable) -> list[Migration]:
    """The files of a folder in order. Numbers start at 1 and have no gap and no double."""
    if not folder.is_dir():
        raise MigrationRefused(f"there is no migrations folder at {folder}: reinstall the product")
    migrations = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        match = _FILE_NAME.fullmatch(file.name)
        if match is None:
            raise MigrationRefused(f"{file.name} is not named like 0001_what_it_does.sql")
        content = file.read_bytes()
        migrations.append(
            Migration(
                int(match["version"]),
                match["name"],
                content.decode("utf-8"),
                hashlib.sha256(content).digest(),
            )
        )
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise MigrationRefused(f"migrations must count 1, 2, 3 ... without gap; found {versions}")
    return migrations


@asynccontextmanager
async def _owner(url: str) -> AsyncIterator[Connection]:
    """An owner's connection. Closing it releases the advisory lock, whatever happened."""
    connection = await connect_owner(url, application_name="regulars migrate")
    async with connection:
        yield connection


async def _create_table(connection: Connection) -> None:
    try:
        await connection.execute(_CREATE_TABLE)
    except errors.InsufficientPrivilege as error:
        owner = await current_role(connection)
        raise MigrationRefused(
            f"the role {owner} may not make tables here: as a superuser run "
            f"`ALTER DATABASE {connection.info.dbname} OWNER TO {owner}`"
        ) from error


async def _applied(connection: Connection) -> list[tuple[int, str, bytes]]:
    try:
        cursor = await connection.execute(
            "SELECT version, name, sha256 FROM schema_migration ORDER BY version"
        )
    except errors.UndefinedTable:
        return []
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


def _compare(migrations: list[Migration], applied: list[tuple[int, str, bytes]]) -> MigrationStatus:
    """Match files with applied rows by number; refuse what does not match."""
    if applied and applied[-1][0] > len(migrations):
        raise MigrationRefused(
            f"the database is at migration {applied[-1][0]} ({applied[-1][1]}), but this version "
            f"of the product knows {len(migrations)}: start the newer version instead"
        )
    for (version, name, sha256), migration in zip(applied, migrations, strict=False):
        if version != migration.version or sha256 != migration.sha256:
            raise MigrationRefused(
                f"migration {version} ({name}) was applied with other content than the file "
                f"{migration.version:04d}_{migration.name}.sql has now: restore the file and put "
                "the change into a new migration"
            )
    return MigrationStatus(tuple(migrations[: len(applied)]), tuple(migrations[len(applied) :]))


async def _apply(connection: Connection, migration: Migration) -> None:
    """Run one file and record it, in one transaction.

    A lock that is not free within seconds aborts the migration: whoever waits for a table lock
    makes everyone after it wait too.
    """
    label = f"{migration.version:04d}_{migration.name}"
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT_SECONDS_MAX}s'")
            await connection.execute(migration.text.encode())
            await connection.execute(
                "INSERT INTO schema_migration (version, name, sha256) VALUES (%s, %s, %s)",
                [migration.version, migration.name, migration.sha256],
            )
    except errors.LockNotAvailable as error:
        raise MigrationRefused(
            f"migration {label} waited {_LOCK_WAIT_SECONDS_MAX} s for a lock that others hold: "
            "try again in a quieter moment"
        ) from error
    except errors.InsufficientPrivilege as error:
        if APPLICATION_ROLE not in str(error) and "role" not in str(error):
            raise MigrationRefused(f"migration {label} failed and left nothing: {error}") from error
        raise MigrationRefused(rights_lacking(await current_role(connection))) from error
    except errors.Error as error:
        raise MigrationRefused(f"migration {label} failed and left nothing: {error}") from error
