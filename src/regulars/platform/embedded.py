"""The embedded PostgreSQL: a server of our own under `home`, for those who bring no database.

    home/postgres/data       the database; may hold nothing that is not a database's
    home/postgres/log        the server's log, one file per weekday, without statement values
    home/postgres/password   of the owner role `regulars`, for TCP; the local socket needs none
    home/postgres/socket     the local socket, in a folder only the server's user can enter

It runs as the caller; for root, as the user that `postgres_programs.server_user` names, and where
that user cannot enter `home` everything above lies in /var/lib/regulars/<digest of home> instead.
The server outlives its starter: a start adopts one that still runs and restarts one that was
killed.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from regulars.platform.postgres_configuration import (
    fitting_shared_buffers_mb,
    server_configuration,
)
from regulars.platform.postgres_programs import (
    EmbeddedPostgresError,
    ServerUser,
    built_with_lz4,
    bundled_programs,
    major_version,
    reachable_programs,
    server_user,
)
from regulars.platform.settings import Settings

OWNER_ROLE = "regulars"
DATABASE = "regulars"

_SOCKET_PORT = 5432  # Only a part of the socket's file name; no TCP port is opened by it.
_SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un of unix(7), less the closing zero
_RELOCATED_ROOT = Path("/var/lib/regulars")
_START_SECONDS_MAX = 60
_ORPHAN_SECONDS_MAX = 15
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Whether the server runs and accepts connections, its process id, and where it lies."""

    running: bool
    ready: bool
    process_id: int | None
    folder: Path
    user: str


class EmbeddedPostgres:
    """One embedded server under a home folder. Start, stop and status may be called by anyone.

    Construction touches nothing. `started_here` tells after `start` whether this call started the
    server (and so should stop it) or found it running.
    """

    def __init__(
        self,
        home: Path,
        *,
        programs: Path | None = None,
        user: str | None = None,
        tcp_port: int | None = None,
        shared_buffers_mb: int | None = None,
        durable: bool = True,
    ) -> None:
        """`shared_buffers_mb`: PostgreSQL's own cache; without it, what fits the machine."""
        self.home = home.absolute()
        self.tcp_port = tcp_port
        self.started_here = False
        self._source_programs = programs
        self._asked_user = user
        self._shared_buffers_mb = shared_buffers_mb
        self._durable = durable

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The server that the settings describe."""
        return cls(
            settings.home,
            programs=settings.postgres_bin,
            user=settings.postgres_user,
            tcp_port=settings.postgres_tcp_port,
        )

    def start(self) -> str:
        """Start the server, or adopt the one that runs; returns the owner's connection URL.

        Creates the database at first use. Waits until connections are accepted. Raises
        EmbeddedPostgresError.
        """
        with self._alone():
            self.started_here = not self._adopt()
            if self.started_here:
                if not self.data.exists():
                    self._create()
                self._check_version()
                self._wait_for_orphans()
                self._launch()
            self._create_database()
        return self.url()

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, everything is written. Idempotent."""
        if not self.data.exists():
            return
        with self._alone():
            if self._server_process() is not None:
                wait = f"--timeout={_START_SECONDS_MAX}"
                pg_ctl = self.programs / "pg_ctl"
                self._user.run([pg_ctl, "stop", "-D", self.data, "-m", "fast", "-w", wait])

    def status(self) -> ServerStatus:
        """What is known of the server from outside, changing nothing."""
        process_id = self._server_process() if self.data.exists() else None
        ready = process_id is not None and self._is_ready()
        return ServerStatus(process_id is not None, ready, process_id, self.folder, self._user.name)

    def url(self, database: str = DATABASE) -> str:
        """The owner's URL of a database, over the local socket; good while the server runs."""
        socket = quote(str(self._running_socket_folder()), safe="")
        return f"postgresql://{OWNER_ROLE}@/{database}?host={socket}&port={self._port}"

    @property
    def folder(self) -> Path:
        """Where the server's files lie: below home, or relocated for a user kept out of home."""
        if self.home.exists():
            return self._folder
        nearest = next(path for path in self.home.parents if path.exists())
        return self._folder_for(nearest)

    @cached_property
    def _folder(self) -> Path:
        return self._folder_for(self.home)

    def _folder_for(self, passage: Path) -> Path:
        if self._user.can_enter(passage):
            return self.home / "postgres"
        return _RELOCATED_ROOT / hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @cached_property
    def programs(self) -> Path:
        """The folder of PostgreSQL programs (initdb, pg_ctl, pg_dump ...) for the server's user."""
        source = self._source_programs or bundled_programs()
        copies = self.folder.parent if self.folder.name != "postgres" else self.folder
        return reachable_programs(source, self._user, copies)

    @cached_property
    def _user(self) -> ServerUser:
        return server_user(self._asked_user)

    @property
    def _port(self) -> int:
        return self.tcp_port or _SOCKET_PORT

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other starters out, and make the folders that everything else stands on."""
        # Root's home is left passable, so that the server's user reaches its own folder in it;
        # what is secret (keys/) has a folder of its own that is not.
        if not self.home.exists():
            with contextlib.suppress(FileExistsError):
                self.home.mkdir(parents=True)
                self.home.chmod(0o711 if self._user.switch else 0o700)
        with (self.home / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.folder.exists():
                self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
                self.folder.mkdir(mode=0o700)
                self._user.take(self.folder)
            yield

    def _create(self) -> None:
        """Run initdb into a folder beside the final one and rename it when it is whole."""
        password = self.folder / "password"
        password.write_text(secrets.token_urlsafe(32) + "\n")
        password.chmod(0o600)
        self._user.take(password)
        unfinished = self.folder / "creating"
        shutil.rmtree(unfinished, ignore_errors=True)
        locale = ["--locale=C"]
        if major_version(self.programs) >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._user.run(
            [
                self.programs / "initdb",
                f"--pgdata={unfinished}",
                f"--username={OWNER_ROLE}",
                f"--pwfile={password}",
                "--encoding=UTF8",
                *locale,
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                *([] if self._durable else ["--no-sync"]),
            ]
        )
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'regulars.conf'\n")
        unfinished.rename(self.data)

    def _check_version(self) -> None:
        created_by = int((self.data / "PG_VERSION").read_text())
        running = major_version(self.programs)
        if created_by != running:
            raise EmbeddedPostgresError(
                f"the database in {self.data} was made by PostgreSQL {created_by}, but the "
                f"programs are version {running}: restore a backup into a new home, or point "
                f"REGULARS_POSTGRES_BIN at the programs of version {created_by}"
            )

    def _launch(self) -> None:
        """Write the configuration and start the server, which then runs on its own."""
        socket = self._prepare_socket_folder()
        for left_behind in socket.glob(".s.PGSQL.*"):
            left_behind.unlink()
        configuration = self.data / "regulars.conf"
        configuration.write_text(
            server_configuration(
                port=self._port,
                tcp=self.tcp_port is not None,
                socket_folder=socket,
                log_folder=self.folder / "log",
                shared_buffers_mb=self._shared_buffers_mb or fitting_shared_buffers_mb(),
                lz4=built_with_lz4(self.programs),
                durable=self._durable,
            )
        )
        self._user.take(configuration)
        startup_log = self.folder / "startup.log"
        startup_log.unlink(missing_ok=True)
        pg_ctl = self.programs / "pg_ctl"
        wait = f"--timeout={_START_SECONDS_MAX}"
        command: list[str | Path] = [
            pg_ctl,
            "start",
            "-D",
            self.data,
            "-l",
            startup_log,
            "-w",
            wait,
        ]
        done = self._user.run(command, check=False)
        if done.returncode != 0:
            said = startup_log.read_text() if startup_log.exists() else ""
            raise EmbeddedPostgresError(
                f"the database did not start (logs in {self.folder}): {done.stdout}{said}"
            )

    def _prepare_socket_folder(self) -> Path:
        """A folder for the socket whose path is short enough, entered by the server's user only."""
        folder = self.folder / "socket"
        if not self._fits(folder):
            digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"regulars-{digest}"
            if not self._fits(folder):
                folder = Path("/tmp") / folder.name  # noqa: S108
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._user.take(folder)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != self._user.uid or found.st_mode & 0o077:
            raise EmbeddedPostgresError(
                f"{folder} belongs to someone else or is open to others: remove it"
            )
        return folder

    def _fits(self, folder: Path) -> bool:
        name = folder / f".s.PGSQL.{self._port}"
        return len(os.fsencode(name)) <= _SOCKET_PATH_BYTES_MAX and "," not in str(folder)

    def _pid_file(self) -> list[str]:
        """The lines of postmaster.pid: process id, folder, start, port, socket, address ..."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _server_process(self) -> int | None:
        """The id of a live server on our data folder.

        A number alone proves nothing, since after a restart of the machine another process may
        bear it: a server is who has the data folder as its working folder.
        """
        lines = self._pid_file()
        process_id = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        if process_id is None or process_id not in self._processes_in_data():
            return None
        return process_id

    def _processes_in_data(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                # Processes end while we look, and those of others are none of ours.
                with contextlib.suppress(OSError):
                    if (entry / "cwd").readlink() == self.data.resolve():
                        found.append(int(entry.name))
        return found

    def _wait_for_orphans(self) -> None:
        """After a server was killed its children need a moment to notice and to leave.

        Only then may a stale postmaster.pid go: it is how a new server would notice them.
        """
        deadline = time.monotonic() + _ORPHAN_SECONDS_MAX
        while orphans := self._processes_in_data():
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"processes {orphans} of a killed server still use {self.data}: end them"
                )
            time.sleep(_POLL_SECONDS)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _is_ready(self) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _adopt(self) -> bool:
        """Wait for a server that runs already to accept a connection; False if there is none.

        One that was killed a moment ago still looks alive, so only an answer counts.
        """
        deadline = time.monotonic() + _START_SECONDS_MAX
        while (process_id := self._server_process()) is not None:
            if self._is_ready():
                with contextlib.suppress(psycopg.OperationalError, EmbeddedPostgresError):
                    psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                    return True
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"the running database (process {process_id}) does not become ready; "
                    f"see {self.folder / 'log'}"
                )
            time.sleep(_POLL_SECONDS)
        return False

    def _running_socket_folder(self) -> Path:
        lines = self._pid_file()
        if len(lines) < 5 or not lines[4]:
            raise EmbeddedPostgresError(f"no database is running in {self.data}: start it first")
        return Path(lines[4])

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if row is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
