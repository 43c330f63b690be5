"""Backups of the database: dumped and restored with PostgreSQL's own programs.

The master keys are not in a backup and must be kept apart from it. A restore goes into an empty
database only. What has to happen with the data afterwards (erasures made since) is the caller's.
"""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from regulars.platform.database import (
    APPLICATION_ROLE,
    Connection,
    connect_owner,
    current_role,
    rights_lacking,
)
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.migrate import RESTORING
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import Settings

_RESTORING_BEGINS = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(RESTORING))
_RESTORING_ENDS = sql.SQL("DROP SCHEMA IF EXISTS {}").format(sql.Identifier(RESTORING))
_COPY = re.compile(r"COPY public\.(?P<table>\w+) \((?P<columns>[^)]*)\) FROM stdin;")
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "options": "PGOPTIONS",
}


class BackupFailed(RuntimeError):
    """A backup or restore did not succeed. The message says why and what to do."""


def programs_folder(settings: Settings) -> Path:
    """Where pg_dump and pg_restore are: as set, of the embedded database, or on the path."""
    if settings.postgres_bin is not None:
        return settings.postgres_bin
    try:
        return EmbeddedPostgres.from_settings(settings).programs
    except EmbeddedPostgresError:
        found = shutil.which("pg_dump")
        if found is None:
            raise BackupFailed(
                "pg_dump was not found: set REGULARS_POSTGRES_BIN to PostgreSQL's programs"
            ) from None
        return Path(found).parent


def dump(settings: Settings, url: str, file: Path) -> None:
    """Write the whole database into one file, as of one moment. Raises BackupFailed."""
    unfinished = file.with_suffix(".unfinished")
    _run(settings, "pg_dump", ["--format=custom", "--no-owner", f"--file={unfinished}"], url)
    unfinished.chmod(0o600)
    unfinished.replace(file)


async def restore(settings: Settings, url: str, file: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises BackupFailed.

    No server starts on the database until `finish_restore`: the caller first erases again whom
    the dump still knows. The feed's generation is advanced: cursors given out after the backup
    was made belong to a past that is no more, and a reader must not take new rows for old ones.
    """
    async with await connect_owner(url, application_name="regulars restore") as connection:
        await _require_empty(connection)
        await connection.execute(_RESTORING_BEGINS)
        await _ensure_role(connection)
    await asyncio.to_thread(_replay, settings, url, file)
    async with await connect_owner(url, application_name="regulars restore") as connection:
        await connection.execute("UPDATE feed_generation SET generation = generation + 1")


async def finish_restore(url: str) -> None:
    """Let servers start on a restored database."""
    async with await connect_owner(url, application_name="regulars restore") as connection:
        await connection.execute(_RESTORING_ENDS)


def read_columns(
    settings: Settings, file: Path, columns: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """(table, value as text) of one column of each of these tables, as a dump has them. Reads the
    file alone and holds one row at a time. Raises BackupFailed."""
    names = [f"--table={table}" for table in columns]
    program = str(programs_folder(settings) / "pg_restore")
    command = [program, "--data-only", *names, "--file=-", str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None and running.stderr is not None, "both are pipes"
        table, place = "", -1
        for line in running.stdout:
            if begins := _COPY.match(line):
                table = begins["table"]
                place = begins["columns"].split(", ").index(columns[table])
            elif line == "\\.\n":
                place = -1
            elif place >= 0:
                yield table, line.rstrip("\n").split("\t")[place]
        said = running.stderr.read().strip()
    if running.returncode != 0:
        raise BackupFailed(f"{file} cannot be read: {said[:2000]}")


async def _require_empty(connection: Connection) -> None:
    cursor = await connection.execute(
        "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
    )
    row = await cursor.fetchone()
    if row is None or row[0]:
        raise BackupFailed(
            "the database is not empty: restore into a new one, or under a new REGULARS_HOME"
        )


async def _ensure_role(connection: Connection) -> None:
    """Roles belong to the server, not to a database, so a dump does not bring them."""
    role = sql.Identifier(APPLICATION_ROLE)
    try:
        found = await connection.execute(
            "SELECT FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]
        )
        if not await found.fetchall():
            with suppress(errors.DuplicateObject):
                await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        await connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except errors.InsufficientPrivilege as error:
        raise BackupFailed(rights_lacking(await current_role(connection))) from error


def _replay(settings: Settings, url: str, file: Path) -> None:
    """Turn a dump into statements and run them in one transaction.

    Not by pg_restore itself: one that is newer than the server begins with a setting that the
    server does not know, and would stop there.
    """
    programs = programs_folder(settings)
    environment, database = _environment(url)
    with tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(
            [str(programs / "pg_restore"), "--no-owner", "--file=-", str(file)],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        running = subprocess.Popen(
            [
                str(programs / "psql"),
                "--no-psqlrc",
                "--quiet",
                "--single-transaction",
                "--set=ON_ERROR_STOP=1",
                f"--dbname={database}",
            ],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        assert reading.stdout is not None, "piped above"
        assert running.stdin is not None, "piped above"
        with suppress(BrokenPipeError):
            _copy_statements(reading.stdout, running.stdin)
        reading.stdout.close()
        if reading.wait() != 0:
            # The end of its input would commit what came before the dump broke off.
            running.kill()
        with suppress(BrokenPipeError):
            running.stdin.close()
        failed = running.wait() != 0 or reading.returncode != 0
        if failed:
            complaints.seek(0)
            said = complaints.read(2000).decode(errors="replace").strip()
            raise BackupFailed(f"the backup was not restored: {said}")


def _copy_statements(source: IO[bytes], target: IO[bytes]) -> None:
    """Everything but the setting that servers before PostgreSQL 17 do not know."""
    for line in source:
        if not line.startswith(b"SET transaction_timeout"):
            target.write(line)
        if line.startswith((b"CREATE ", b"COPY ")):
            break
    shutil.copyfileobj(source, target, 1 << 20)


def _environment(url: str) -> tuple[dict[str, str], str]:
    """How PostgreSQL's programs reach a database, and its name. The URL may hold a password, so it
    goes into the environment, which others cannot read, rather than on a command line."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for name, variable in _VARIABLES.items():
        if name in given:
            environment[variable] = given[name]
    return environment, given.get("dbname", "")


def _run(settings: Settings, program: str, arguments: list[str], url: str) -> None:
    """Run a program on the database."""
    environment, database = _environment(url)
    done = subprocess.run(
        [str(programs_folder(settings) / program), *arguments, f"--dbname={database}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[:2000]}")
