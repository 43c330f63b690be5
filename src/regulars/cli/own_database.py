"""The embedded database for as long as somebody uses it: servers and commands alike.

Who uses it holds a shared lock, which the system lets go however that process ends. One that was
started for the while leaves a mark, and the last of its users stops it, be it that another one
started it or was killed. What an operator has started (`regulars db start` takes the mark away)
keeps running. A database that is killed under a server is started again.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from regulars.cli.output import progress
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.logging import get_logger
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import Settings

WATCH_SECONDS = 1.0

Telling = Callable[[str], AbstractContextManager[Any]]

_log = get_logger("cli.database")


@contextmanager
def own_database(given: Settings) -> Iterator[str]:
    """The owner's URL of the database that is set, or of the embedded one, watched over."""
    if given.database_url is not None:
        yield given.database_url
        return
    server = EmbeddedPostgres.from_settings(given)
    with used(server, telling=progress) as url:
        if not for_the_while(server).exists():
            yield url
            return
        ending = threading.Event()
        watch = threading.Thread(target=_revive, args=(server, ending), daemon=True)
        watch.start()
        try:
            yield url
        finally:
            ending.set()
            watch.join()


@contextmanager
def used(server: EmbeddedPostgres, telling: Telling = nullcontext) -> Iterator[str]:
    """The owner's URL of the embedded database; it is started, and stopped by its last user.
    `telling` shows what takes a while."""
    with telling("starting the database"):
        server.start()
    started = server.started_here
    mark = for_the_while(server)
    with (server.home / "postgres.kept").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        # Whoever was about to stop it when it was found running has done so by now.
        url = server.start()
        if started or server.started_here:
            mark.touch()
        try:
            yield url
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if mark.exists():
                    with telling("stopping the database"):
                        server.stop()
                    mark.unlink(missing_ok=True)


def for_the_while(server: EmbeddedPostgres) -> Path:
    """The mark of a database that was started for the while; without it nobody stops it but who is
    told to."""
    return server.home / "postgres.started"


def _revive(server: EmbeddedPostgres, ending: threading.Event) -> None:
    """Start the database again when it was killed: it is gone, and its process file is not. Where
    that is gone too, somebody has stopped it on purpose."""
    while not ending.wait(WATCH_SECONDS):
        if server.status().running or not (server.data / "postmaster.pid").exists():
            continue
        _log.error("database_was_killed")
        try:
            server.start()
        except (EmbeddedPostgresError, OSError) as error:
            _log.error("database_does_not_start", reason=str(error))
        else:
            _log.info("database_started_again")
