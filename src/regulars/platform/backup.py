"""Backups of the database: dumped and restored with PostgreSQL's own programs.

The master keys are not in a backup and must be kept apart from it. A restore goes into an empty
database only. What has to happen with the data afterwards (erasures made since) is the caller's.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from regulars.platform.database import APPLICATION_ROLE, Connection, connect_owner
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import Settings

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

    The feed's generation is advanced: cursors given out after the backup was made belong to a
    past that is no more, and a reader must not take new rows for old ones.
    """
    async with await connect_owner(url, application_name="regulars restore") as connection:
        await _require_empty(connection)
        await _ensure_role(connection)
    _run(
        settings,
        "pg_restore",
        ["--no-owner", "--exit-on-error", "--single-transaction", str(file)],
        url,
    )
    async with await connect_owner(url, application_name="regulars restore") as connection:
        await connection.execute("UPDATE feed_generation SET generation = generation + 1")


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
    with suppress(errors.DuplicateObject):
        await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    await connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))


def _run(settings: Settings, program: str, arguments: list[str], url: str) -> None:
    """Run a program on the database. The URL may hold a password, so it goes into the program's
    environment, which others cannot read, rather than on its command line."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for name, variable in _VARIABLES.items():
        if name in given:
            environment[variable] = given[name]
    done = subprocess.run(
        [
            str(programs_folder(settings) / program),
            *arguments,
            f"--dbname={given.get('dbname', '')}",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[:2000]}")
