"""`regulars key rotate-master`: a new master key takes the place of the old one.

Adds a wrapping key to the file of master keys, wraps the data keys of members and voucher pools by
it, batch after batch, and takes the old ones out of the file when nothing needs them any more. The
file with them stays beside it, for the backups made until then. Interrupted at any point, the same
command goes on. Servers read the file at their start only, so none may run meanwhile.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from regulars.app import open_services
from regulars.cli.output import CommandFailed, Exit, Json, progress, say, show
from regulars.cli.session import migrated_database, run, settings
from regulars.platform.clock import SystemClock
from regulars.platform.database import application_connections
from regulars.platform.keys import Keyring, load_keyring, save_keyring
from regulars.platform.settings import Settings

SERVERS = ("regulars", "regulars intake", "regulars command")
"""The names under which servers, and the commands that use the keys, connect."""


def rotate_master(json: Json = False) -> None:
    """Put a new master key in the place of the old one. Stop all servers first."""
    given = settings()

    async def work() -> dict[str, object]:
        async with migrated_database(given) as url:
            return await _rotate(given, url)

    answer = run(work())

    def in_words() -> None:
        say(f"wrapped by the new master key {answer['key']}: {answer['data_keys']:,} data keys")
        say(f"the old one is in {answer['before']}: keep it with the backups made until now")
        say(f"copy {given.master_key_path} to every host before its servers start")

    show(answer, json, in_words)


async def _rotate(given: Settings, url: str) -> dict[str, object]:
    path = given.master_key_path
    keys = load_keyring(path)
    await _refuse_servers(url)
    if len(keys.wrapping) == 1:
        keys = keys.add_wrapping_key()
        _keep(path, _copy_of(path, keys))
        save_keyring(path, keys)
    current, copy = keys.current_wrapping_id, _copy_of(path, keys)
    # A server that read the file before it was replaced has connected by now.
    await _refuse_servers(url)
    with progress("wrapping data keys") as tell:
        wrapped = await _rewrap(given, url, lambda done: tell("", done, 0))
    await _refuse_servers(url)
    for old in [key_id for key_id in keys.wrapping if key_id != current]:
        keys = keys.retire_wrapping_key(old)
    save_keyring(path, keys)
    return {"key": current, "data_keys": wrapped, "before": copy}


async def _rewrap(given: Settings, url: str, tell: Callable[[int], None]) -> int:
    """Until no data key is left that another master key wraps; answers how many were."""
    async with open_services(given, SystemClock(), url=url, name="regulars rotation") as opened:
        done = await opened.rewards.rewrap_pool_keys()
        while wrapped := await opened.members.rewrap_data_keys():
            while wrapped:
                done += len(wrapped)
                tell(done)
                wrapped = await opened.members.rewrap_data_keys(after=wrapped[-1])
    return done


async def _refuse_servers(url: str) -> None:
    if await application_connections(url, SERVERS):
        raise CommandFailed(
            "servers or commands are connected to this database: stop them all, then say "
            "`regulars key rotate-master` again",
            Exit.UNAVAILABLE,
        )


def _copy_of(path: Path, keys: Keyring) -> Path:
    """Where the file lies that the new key was added to."""
    return path.with_name(f"{path.name}.before-{keys.current_wrapping_id}")


def _keep(path: Path, copy: Path) -> None:
    copy.touch(mode=0o600)
    shutil.copyfile(path, copy)
