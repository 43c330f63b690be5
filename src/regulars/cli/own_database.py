"""The embedded database for as long as a server runs: started with it, stopped with it.

One that runs already is used and left running, unless the server that had started it was killed:
then the next one takes its place, and stops it in the end. Who started it holds a lock, which the
system lets go however that process ends, and has left a mark beside it. A database that is killed
under the server is started again.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from regulars.cli.output import progress
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.logging import get_logger
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import Settings

WATCH_SECONDS = 1.0

_log = get_logger("cli.database")


@contextmanager
def own_database(given: Settings) -> Iterator[str]:
    """The owner's URL of the database that is set, or of the embedded one."""
    if given.database_url is not None:
        yield given.database_url
        return
    server = EmbeddedPostgres.from_settings(given)
    with progress("starting the database"):
        url = server.start()
    mark = given.home / "postgres.started"
    with (given.home / "postgres.kept").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield url
            return
        if server.started_here:
            mark.touch()
        elif not mark.exists():
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
            with progress("stopping the database"):
                server.stop()
            mark.unlink(missing_ok=True)


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
