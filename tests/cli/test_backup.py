"""A backup taken while a client writes, restored on another server: nothing acknowledged is
missing, nobody who was erased is back, and every reader of the feed goes on.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from regulars.cli.main import outcome
from regulars.cli.output import Exit
from regulars.core.events import Activity
from regulars.ledger.facade import advance_totals, read_feed, read_totals
from regulars.members.contracts import Enrolment
from regulars.members.erasure_list import ErasureList
from regulars.members.errors import MemberErased
from regulars.members.facade import Members
from regulars.platform.backup import dump, finish_restore, restore
from regulars.platform.database import connect_owner, open_pool, transaction
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.keys import load_keyring
from regulars.platform.migrate import MigrationRefused, migration_status
from regulars.platform.settings import Settings
from regulars.programs.facade import ProgramCache, Programs
from regulars.rewards.facade import Rewards
from tests.conftest import PostgresServer, _memory_folder
from tests.world import A_YEAR, World, order

EMAIL = "anna.berg@example.org"
KEYS = "keyring.json"
ERASURES = "erasures.jsonl"

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[PostgresServer]:
    """Another server, whose transaction ids begin anew."""
    home = Path(tempfile.mkdtemp(prefix="regulars-test-", dir=_memory_folder()))
    home.chmod(0o711)
    server = EmbeddedPostgres(home, shared_buffers_mb=32, durable=False)
    try:
        yield PostgresServer("elsewhere", server.start())
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def second(elsewhere: PostgresServer, tmp_path: Path) -> Iterator[Settings]:
    """Another installation: an empty database there, and a home without anything."""
    url = elsewhere.create_database()
    home = tmp_path / "second"
    home.mkdir()
    yield Settings(home=home, database_url=url, master_key_file=home / KEYS, log_level="warning")
    elsewhere.drop_database(url)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command for an installation, beside the event loop; its exit code and JSON answer."""

    async def run(given: Settings, *arguments: object) -> tuple[int, dict[str, Any]]:
        monkeypatch.setenv("REGULARS_HOME", str(given.home))
        monkeypatch.setenv("REGULARS_DATABASE_URL", given.database_url or "")
        monkeypatch.setenv("REGULARS_MASTER_KEY_FILE", str(given.home / KEYS))
        words = [str(one) for one in arguments] + ["--json"]
        code = await asyncio.to_thread(outcome, words)
        said = capsys.readouterr().out
        return code, json.loads(said) if said else {}

    return run


@dataclass
class Client:
    """Sends orders one after the other, as long as it is let."""

    world: World
    members: list[int]
    acknowledged: list[str] = field(default_factory=list)
    stopping: bool = False
    reached: dict[int, asyncio.Event] = field(default_factory=dict)

    async def run(self) -> None:
        while not self.stopping:
            event_id = f"load-{len(self.acknowledged)}"
            member = self.members[len(self.acknowledged) % len(self.members)]
            assert (await self.world.send(member, event_id, order(10))).status == "accepted"
            self.acknowledged.append(event_id)
            if len(self.acknowledged) in self.reached:
                self.reached[len(self.acknowledged)].set()

    async def until(self, count: int) -> None:
        """Wait until so many are acknowledged."""
        if len(self.acknowledged) < count:
            await self.reached.setdefault(count, asyncio.Event()).wait()


async def _feed(world: World, after: str = "") -> list[tuple[str, str]]:
    """(event id, cursor) of everything behind a cursor, page by page."""
    told: list[tuple[str, str]] = []
    async with world.pool.connection() as connection:
        while items := await read_feed(connection, world.program_id, after, 7):
            told += [(item.stored.entry.event.event_id, item.cursor) for item in items]
            after = items[-1].cursor
    return told


async def _total(world: World) -> int:
    """What was given out, by the account totals."""
    async with transaction(world.pool) as connection:
        while await advance_totals(connection, world.program_id):
            pass
        return sum((await read_totals(connection, world.program_id)).values())


@asynccontextmanager
async def _opened(first: World, given: Settings) -> AsyncIterator[World]:
    """The rooms of a restored installation."""
    pool = await open_pool(given)
    keyring = load_keyring(given.home / KEYS)
    members = Members(pool, keyring, ErasureList(given.home / ERASURES))
    world = replace(
        first,
        settings=given,
        pool=pool,
        programs=Programs(pool, first.clock),
        cache=ProgramCache(pool),
        members=members,
        rewards=Rewards(pool, keyring),
        intakes=[],
    )
    await world.intake()
    yield world
    await world.stop()
    await pool.close()


async def _use_transaction_ids(world: World) -> None:
    """Let the first server be old: its transaction ids are far beyond a new one's."""
    assert world.settings.database_url is not None
    async with await connect_owner(world.settings.database_url) as owner:
        await owner.execute(
            "DO $$ BEGIN FOR number IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT;"
            " END LOOP; END $$"
        )


async def _answer_survey(world: World, member: int) -> None:
    body = Activity({"mood": "rather private"})
    item = world.submission(member, "survey", body, kind="survey.answered")
    item = type(item)(item.program_id, member, item.event, A_YEAR, None, ("mood",))
    assert (await world.intakes[0].submit([item]))[0].status == "accepted"


async def test_a_backup_under_load_restored_elsewhere(
    world: World, second: Settings, command: Command, tmp_path: Path
) -> None:
    await _use_transaction_ids(world)
    members = [await world.enrol(email=f"{number}@example.org") for number in range(4)]
    anna = (
        await world.members.enrol(
            world.program_id,
            Enrolment(email=EMAIL, given_name="Anna"),
            first_tier="",
            now=world.clock.now(),
        )
    ).member_id
    await _answer_survey(world, anna)
    client = Client(world, members)
    writing = asyncio.ensure_future(client.run())
    await client.until(20)
    before = list(client.acknowledged)
    (*_, (_, cursor_before)) = await _feed(world)
    code, _ = await command(world.settings, "db", "backup", tmp_path / "backup")
    assert code == Exit.OK
    assert len(client.acknowledged) > len(before), "nothing was written meanwhile"
    await client.until(len(client.acknowledged) + 20)
    client.stopping = True
    await writing
    (*_, (_, cursor_lost)) = await _feed(world)
    assert await _total(world) != 0
    await world.members.erase(world.program_id, anna, now=world.clock.now())

    shutil.copy(world.settings.home / KEYS, second.home / KEYS)
    shutil.copy(world.settings.home / ERASURES, second.home / ERASURES)
    code, answer = await command(second, "db", "restore", tmp_path / "backup")
    assert (code, answer["clean"], answer["erased_again"]) == (Exit.OK, True, 1)

    async with _opened(world, second) as restored:
        await _assert_complete(restored, before, client.acknowledged)
        await _assert_erased(restored, anna)
        await _assert_feed_goes_on(restored, members[0], cursor_before, cursor_lost)
        await _assert_retries(restored, members, client.acknowledged)


async def _assert_complete(restored: World, before: list[str], acknowledged: list[str]) -> None:
    told = [event_id for event_id, _ in await _feed(restored)]
    assert len(set(told)) == len(told)
    assert set(before) <= set(told) <= {*acknowledged, "survey"}
    # One moment: what the client sent one after the other has no gap.
    loads = [event_id for event_id in told if event_id != "survey"]
    assert loads == acknowledged[: len(loads)]
    await restored.assert_verified()


async def _assert_erased(restored: World, anna: int) -> None:
    program = restored.program_id
    assert await restored.members.find(program, "email", EMAIL) is None
    assert (await restored.members.find_by_name(program, "anna")).member_ids == ()
    with pytest.raises(MemberErased):
        await restored.members.profile(program, anna)
    async with restored.pool.connection() as connection:
        # Without the key nothing that was sealed in the journal can be opened.
        assert await restored.members.data_keys(connection, program, [anna]) == {}
    assert await restored.active(anna) == 5


async def _assert_feed_goes_on(restored: World, member: int, before: str, lost: str) -> None:
    told = await _feed(restored)
    known = [cursor for _, cursor in told]
    assert (await _feed(restored, before)) == told[known.index(before) + 1 :]
    total = await _total(restored)
    for number in range(3):
        await restored.send(member, f"after-{number}", order(1))
    news = [f"after-{number}" for number in range(3)]
    for cursor in (known[-1], lost):
        assert [event_id for event_id, _ in await _feed(restored, cursor)] == news
    everything = await _feed(restored)
    assert [event_id for event_id, _ in everything[len(told) :]] == news
    assert await _total(restored) < total
    await restored.assert_verified()
    xid = int(everything[-1][1].split(".")[1])
    assert xid < int(before.split(".")[1]), "the other server is not new enough to show anything"


async def _assert_retries(restored: World, members: list[int], acknowledged: list[str]) -> None:
    """A client that sends everything again finds what is there and fills in what is not."""
    for number, event_id in enumerate(acknowledged):
        member = members[number % len(members)]
        assert (await restored.send(member, event_id, order(10))).status == "accepted"
    told = [event_id for event_id, _ in await _feed(restored)]
    assert len(told) == len(set(told)) == len(acknowledged) + len(["survey"]) + 3
    await restored.assert_verified()


async def test_an_erasure_known_to_the_backup_alone_is_applied(
    world: World, second: Settings, command: Command, tmp_path: Path
) -> None:
    anna = await world.enrol(email=EMAIL)
    ben = await world.enrol(email="ben@example.org")
    assert (await command(world.settings, "db", "backup", tmp_path / "old"))[0] == Exit.OK
    await world.members.erase(world.program_id, anna, now=world.clock.now())
    assert (await command(world.settings, "db", "backup", tmp_path / "new"))[0] == Exit.OK
    # The database as of the old backup, with the list that was kept with the new one.
    shutil.copy(tmp_path / "new" / ERASURES, tmp_path / "old" / ERASURES)
    shutil.copy(world.settings.home / KEYS, second.home / KEYS)
    code, answer = await command(second, "db", "restore", tmp_path / "old")
    assert (code, answer["erased_again"]) == (Exit.OK, 1)
    async with _opened(world, second) as restored:
        await _assert_gone(restored, anna)
        assert (await restored.members.profile(world.program_id, ben)).email == "ben@example.org"


async def _assert_gone(restored: World, member: int) -> None:
    with pytest.raises(MemberErased):
        await restored.members.profile(restored.program_id, member)


async def test_an_erasure_made_through_another_host_is_in_the_backups_list(
    world: World, command: Command, tmp_path: Path
) -> None:
    anna = await world.enrol(email=EMAIL)
    keyring = load_keyring(world.settings.home / KEYS)
    other_host = Members(world.pool, keyring, ErasureList(tmp_path / "elsewhere.jsonl"))
    erasure = await other_host.erase(world.program_id, anna, now=world.clock.now())
    assert (await command(world.settings, "db", "backup", tmp_path / "backup"))[0] == Exit.OK
    assert await ErasureList(tmp_path / "backup" / ERASURES).read() == [erasure]


async def test_a_restore_asks_for_an_empty_database_and_a_whole_backup(
    world: World, second: Settings, command: Command, tmp_path: Path
) -> None:
    await world.send(await world.enrol(), "o-1", order(10))
    backup = tmp_path / "backup"
    assert (await command(world.settings, "db", "backup", backup))[0] == Exit.OK
    assert (await command(world.settings, "db", "backup", backup))[0] == Exit.USAGE
    assert (await command(world.settings, "db", "restore", backup))[0] == Exit.UNAVAILABLE
    assert len(await _feed(world)) == 1
    shutil.copy(world.settings.home / KEYS, second.home / KEYS)
    whole = (backup / "database.dump").read_bytes()
    (backup / "database.dump").write_bytes(whole[: len(whole) * 3 // 4])
    assert (await command(second, "db", "restore", backup))[0] == Exit.UNAVAILABLE
    assert second.database_url is not None
    with psycopg.connect(second.database_url) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert tables == (0,)
    (backup / "database.dump").write_bytes(whole)
    assert (await command(second, "db", "restore", backup))[0] == Exit.OK


async def test_no_server_starts_on_a_restore_that_was_interrupted(
    world: World, second: Settings, tmp_path: Path
) -> None:
    await world.send(await world.enrol(), "o-1", order(10))
    dump(world.settings, world.settings.database_url or "", tmp_path / "database.dump")
    await restore(second, second.database_url or "", tmp_path / "database.dump")
    with pytest.raises(MigrationRefused, match="interrupted"):
        await migration_status(second.database_url or "")
    await finish_restore(second.database_url or "")
    assert (await migration_status(second.database_url or "")).pending == ()
