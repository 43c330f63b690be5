"""`regulars db`: migrate, back up, restore, start and stop.

A backup is a folder: `database.dump`, and `erasures.jsonl`, the list of erasures up to it. The
master keys are not in it. A restore applies the erasures made since before anything reads.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

import typer

from regulars.app import open_services
from regulars.cli.output import CommandFailed, Exit, Json, progress, say, show
from regulars.cli.own_database import for_the_while
from regulars.cli.session import database, run, settings
from regulars.ledger.facade import verify
from regulars.members.facade import ErasureList, complete_list
from regulars.platform.backup import dump, finish_restore, read_columns
from regulars.platform.backup import restore as restore_dump
from regulars.platform.clock import SystemClock
from regulars.platform.database import open_pool
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.keys import hashing_key_id, require_keys, wrapping_key_id
from regulars.platform.migrate import migrate as migrate_database
from regulars.platform.settings import Settings

app = typer.Typer(help="The database: migrate, backup, restore, start, stop.", no_args_is_help=True)

DUMP = "database.dump"
ERASURES = "erasures.jsonl"


@app.command()
def migrate(json: Json = False) -> None:
    """Bring the database to this version of the product."""
    given = settings()

    async def work() -> list[str]:
        async with database(given) as url:
            return [f"{one.version:04d}_{one.name}" for one in await migrate_database(url)]

    applied = run(work())
    words = "applied " + ", ".join(applied) if applied else "nothing to apply"
    show({"applied": applied}, json, lambda: say(words))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A folder for this backup; made if missing.")],
    json: Json = False,
) -> None:
    """Write the database and the list of erasures. Keep the master keys elsewhere."""
    given = settings()
    if (folder / DUMP).exists():
        raise CommandFailed(f"{folder} holds a backup already: name a new folder", Exit.USAGE)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def work() -> None:
        async with database(given) as url:
            await asyncio.to_thread(dump, given, url, folder / DUMP)
            await _complete_erasures(given, url)

    with progress("writing the backup"):
        run(work())
    _copy_erasures(given.home / ERASURES, folder / ERASURES)
    size = (folder / DUMP).stat().st_size
    words = f"{folder / DUMP} has {size} bytes; keep {given.master_key_path} apart from it"
    show({"folder": folder, "bytes": size}, json, lambda: say(words))


@app.command()
def restore(
    folder: Annotated[
        Path, typer.Argument(help="The folder of a backup.", exists=True, file_okay=False)
    ],
    json: Json = False,
) -> None:
    """Fill an empty database from a backup, erase again whom it remembers, and verify."""
    given = settings()
    if not (folder / DUMP).exists():
        raise CommandFailed(f"{folder} holds no {DUMP}", Exit.USAGE)

    with progress("comparing the keys"):
        _require_keys(given, folder / DUMP)

    async def work() -> dict[str, object]:
        async with database(given) as url:
            with progress("restoring"):
                await restore_dump(given, url, folder / DUMP)
                await migrate_database(url)
            return await _bring_up_to_date(given, url, folder)

    answer = run(work())

    def in_words() -> None:
        say(f"restored; erasures made since and applied again: {answer['erased_again']}")
        say("the books are in order" if answer["clean"] else "the books are NOT in order")

    show(answer, json, in_words)
    if not answer["clean"]:
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def start(json: Json = False) -> None:
    """Start the embedded database and leave it running."""
    server = _embedded()
    server.start()
    # Who uses it now, or had started it and was killed, does not stop it any more.
    for_the_while(server).unlink(missing_ok=True)
    status = server.status()
    answer = {"running": status.running, "process": status.process_id, "folder": status.folder}
    show(answer, json, lambda: say(f"the database runs (process {status.process_id})"))


@app.command()
def stop(json: Json = False) -> None:
    """Stop the embedded database."""
    server = _embedded()
    server.stop()
    for_the_while(server).unlink(missing_ok=True)
    show({"running": False}, json, lambda: say("the database is stopped"))


def _embedded() -> EmbeddedPostgres:
    given = settings()
    if given.database_url is not None:
        raise CommandFailed(
            "REGULARS_DATABASE_URL names a database of your own: start and stop it yourself",
            Exit.USAGE,
        )
    return EmbeddedPostgres.from_settings(given)


def _require_keys(given: Settings, file: Path) -> None:
    """That the master keys which a backup was made with are in place, before anything is written.
    Raises KeyFileError."""
    columns = {
        "member_profile": "master_key_id",
        "voucher_pool": "wrapped_key",
        "api_key": "secret_hash",
    }
    wrapping: set[str] = set()
    hashing: set[str] = set()
    for table, value in read_columns(given, file, columns):
        if table == "member_profile":
            wrapping.add(value)
        elif table == "voucher_pool":
            wrapping.add(wrapping_key_id(_bytes(value)))
        else:
            hashing.add(hashing_key_id(_bytes(value)))
    if wrapping or hashing:
        require_keys(given.master_key_path, wrapping, hashing)


def _bytes(text: str) -> bytes:
    """A bytea as COPY writes it: a backslash, escaped, then x and hexadecimal digits."""
    return bytes.fromhex(text.lstrip("\\").removeprefix("x"))


async def _bring_up_to_date(given: Settings, url: str, folder: Path) -> dict[str, object]:
    """Erase whom the backup's list or this installation's says was erased; then verify."""
    known = [
        *await ErasureList(folder / ERASURES).read(),
        *await ErasureList(given.home / ERASURES).read(),
    ]
    async with open_services(given, SystemClock(), url=url) as opened:
        erased = await opened.members.reapply_erasures(known)
        await finish_restore(url)
        report = await verify(opened.pool)
    return {"erased_again": erased, "clean": report.is_clean, "findings": report.findings}


async def _complete_erasures(given: Settings, url: str) -> None:
    """Bring the list of erasures up to the database, which also knows those of other hosts."""
    pool = await open_pool(given, url=url, application_name="regulars backup")
    try:
        await complete_list(pool, ErasureList(given.home / ERASURES))
    finally:
        await pool.close()


def _copy_erasures(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copyfile(source, target)
    else:
        target.touch()
    target.chmod(0o600)
