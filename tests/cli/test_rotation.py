"""Rotating the master key: everybody stays readable, interrupted or not, and no server may run."""

import asyncio
import json
from pathlib import Path

import pytest

from regulars.cli import rotation
from regulars.cli.main import outcome
from regulars.cli.output import Exit
from regulars.ledger.facade import in_lock_order
from regulars.members.contracts import Enrolment
from regulars.members.facade import Members
from regulars.platform.keys import load_keyring, save_keyring
from regulars.rewards.facade import Rewards
from tests.world import World


@pytest.fixture
async def command(world: World, tmp_path: Path, monkeypatch, capsys):
    """Run a command on the world's database, its keys in a file of their own."""
    path = tmp_path / "keys" / "master.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_keyring(path, world.rewards._keyring)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_DATABASE_URL", world.settings.database_url or "")
    for intake in world.intakes:
        await intake.stop()
    world.intakes.clear()

    async def run(*arguments: object) -> tuple[int, str, str]:
        code = await asyncio.to_thread(outcome, [str(one) for one in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


async def _people(world: World, count: int) -> list[int]:
    enrolments = [Enrolment(external_id=f"p{n}", given_name=f"P{n}") for n in range(count)]
    made = await world.members.enrol_many(
        world.program_id, enrolments, first_tier="", now=world.clock.now()
    )
    return [one.member_id for one in made]


async def _names(world: World, path: Path, members: list[int]) -> list[str]:
    opened = Members(world.pool, load_keyring(path), world.members._erasures)
    profiles = await opened.profiles(world.program_id, members)
    return [profiles[member].given_name for member in members]


async def test_everything_opens_with_the_new_key_alone(world, command, tmp_path):
    path = tmp_path / "keys" / "master.json"
    before = load_keyring(path)
    members = await _people(world, 5)
    await world.rewards.add_codes(world.program_id, "vouchers", ["CODE-1"])
    code, out, err = await command("key", "rotate-master", "--json")
    assert code == Exit.OK, err
    after = load_keyring(path)
    answer = json.loads(out)
    assert (list(after.wrapping), answer["data_keys"]) == ([answer["key"]], 6)
    assert not {*after.wrapping} & {*before.wrapping}
    assert after.hashing == before.hashing
    assert load_keyring(Path(answer["before"])).wrapping == before.wrapping
    assert await _names(world, path, members) == [f"P{n}" for n in range(5)]
    assert await Rewards(world.pool, after).rewrap_pool_keys() == 0


async def test_interrupted_it_goes_on_with_the_key_that_it_added(
    world, command, tmp_path, monkeypatch
):
    path = tmp_path / "keys" / "master.json"
    members = await _people(world, 5)
    whole = Members.rewrap_data_keys
    calls = []

    async def broken(self, **more):
        calls.append(more)
        if len(calls) == 2:
            raise OSError("the power is gone")
        return await whole(self, limit=2, **more)

    monkeypatch.setattr(Members, "rewrap_data_keys", broken)
    assert (await command("key", "rotate-master"))[0] == Exit.UNAVAILABLE
    between = load_keyring(path)
    assert len(between.wrapping) == 2
    assert await _names(world, path, members) == [f"P{n}" for n in range(5)]
    code, out, _ = await command("key", "rotate-master", "--json")
    assert (code, json.loads(out)["data_keys"]) == (Exit.OK, 3)
    assert list(load_keyring(path).wrapping) == [between.current_wrapping_id]
    assert await _names(world, path, members) == [f"P{n}" for n in range(5)]


async def test_batches_go_through_the_members_once_and_pass_over_none(world, tmp_path):
    members = await _people(world, 7)
    rotating = Members(
        world.pool, world.members._keyring.add_wrapping_key(), world.members._erasures
    )
    seen: list[int] = []
    while batch := await rotating.rewrap_data_keys(after=seen[-1] if seen else 0, limit=2):
        seen += batch
    assert seen == in_lock_order(members)
    assert await rotating.rewrap_data_keys() == []


async def test_it_is_refused_while_a_server_runs(world, command, tmp_path, monkeypatch):
    path = tmp_path / "keys" / "master.json"
    before = path.read_bytes()
    monkeypatch.setattr(rotation, "SERVERS", ("regulars test",))
    code, _, err = await command("key", "rotate-master")
    assert (code, path.read_bytes()) == (Exit.UNAVAILABLE, before)
    assert "stop them all" in err
