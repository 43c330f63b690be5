"""Forgetting a person: what goes, what stays, and what a restored backup must not bring back."""

import asyncio

import pytest

from regulars.members.contracts import Enrolment, Erasure, ProfileChange
from regulars.members.erase import _forget
from regulars.members.erasure_list import ErasureListDamaged
from regulars.members.errors import MemberErased, UnknownMember
from regulars.members.facade import ErasureList, Members
from regulars.platform.database import transaction

PROGRAM = 7
NOW = 1_800_000_000_000_000
PERSONAL_TABLES = ("member_profile", "identifier", "name_word")


async def enrol(members, enrolment):
    enrolled = await members.enrol(PROGRAM, enrolment, first_tier="", now=NOW)
    return enrolled.member_id


async def test_erasure_deletes_the_person_and_keeps_the_books(
    members, everything, erasure_list, anna
):
    member_id = await enrol(members, anna)
    before = await everything()
    erasure = await members.erase(PROGRAM, member_id, now=NOW + 5)
    assert erasure == Erasure(PROGRAM, member_id, NOW + 5)
    after = await everything()
    assert all(after[table] == [] for table in PERSONAL_TABLES)
    assert after["member_state"] == before["member_state"]
    assert after["erasure"] == [(PROGRAM, member_id, NOW + 5)]
    assert (await members.memberships(PROGRAM, [member_id]))[member_id].erased_at == NOW + 5
    assert await erasure_list.read() == [erasure]
    assert await members.find(PROGRAM, "email", "anna.berg@example.org") is None
    with pytest.raises(MemberErased):
        await members.profile(PROGRAM, member_id)


async def test_others_stay(members, everything, anna):
    member_id = await enrol(members, anna)
    ben = await enrol(members, Enrolment(email="ben@example.org", given_name="Anna"))
    await members.erase(PROGRAM, member_id, now=NOW)
    assert (await members.find_by_name(PROGRAM, "anna")).member_ids == (ben,)
    assert (await members.profile(PROGRAM, ben)).email == "ben@example.org"


async def test_erasing_again_answers_the_first_erasure(members, everything, erasure_list, anna):
    member_id = await enrol(members, anna)
    first = await members.erase(PROGRAM, member_id, now=NOW)
    before = await everything()
    assert await members.erase(PROGRAM, member_id, now=NOW + 9) == first
    assert await everything() == before
    assert len(erasure_list.path.read_bytes().splitlines()) == 1


async def test_another_programs_member_cannot_be_erased(members, everything, erasure_list, anna):
    member_id = await enrol(members, anna)
    before = await everything()
    with pytest.raises(UnknownMember):
        await members.erase(PROGRAM + 1, member_id, now=NOW)
    assert await everything() == before
    assert await erasure_list.read() == []


async def test_an_erased_person_may_enrol_anew(members, anna):
    old = await enrol(members, anna)
    await members.erase(PROGRAM, old, now=NOW)
    assert await enrol(members, anna) != old


async def test_erasing_and_changing_at_once_leaves_nothing_personal(members, everything, anna):
    for _ in range(5):
        member_id = await enrol(members, anna)
        changes = [
            members.update_profile(PROGRAM, member_id, ProfileChange(email=f"{n}@example.org"))
            for n in range(4)
        ]
        outcomes = await asyncio.gather(
            *changes[:2],
            members.erase(PROGRAM, member_id, now=NOW),
            *changes[2:],
            return_exceptions=True,
        )
        refused = {type(item) for item in outcomes if isinstance(item, BaseException)}
        assert refused <= {MemberErased}
        after = await everything()
        assert all(after[table] == [] for table in PERSONAL_TABLES)


async def test_erasing_and_making_a_key_at_once_leaves_no_key(members, pool, everything):
    async def make_key(member_id):
        async with pool.connection() as connection, connection.transaction():
            await members.data_keys(connection, PROGRAM, [member_id], create=True)

    for number in range(5):
        member_id = await enrol(members, Enrolment(external_id=str(number), hashes_only=True))
        await asyncio.gather(
            make_key(member_id), members.erase(PROGRAM, member_id, now=NOW), make_key(member_id)
        )
        assert (await everything())["member_profile"] == []


async def test_a_key_that_is_asked_for_during_an_erasure_is_not_made(
    members, pool, everything, someone_waits
):
    member_id = await enrol(members, Enrolment(external_id="a", hashes_only=True))

    async def make_key():
        async with transaction(pool) as connection:
            return await members.data_keys(connection, PROGRAM, [member_id], create=True)

    async with transaction(pool) as erasing:
        await _forget(erasing, Erasure(PROGRAM, member_id, NOW))
        made = asyncio.create_task(make_key())
        await someone_waits()
    assert await made == {}
    assert (await everything())["member_profile"] == []


async def test_a_change_that_comes_during_an_erasure_is_refused_and_leaves_nothing(
    members, pool, everything, someone_waits, anna
):
    member_id = await enrol(members, anna)
    change = ProfileChange(email="new@example.org")
    async with transaction(pool) as erasing:
        await _forget(erasing, Erasure(PROGRAM, member_id, NOW))
        changed = asyncio.create_task(members.update_profile(PROGRAM, member_id, change))
        await someone_waits()
    with pytest.raises(MemberErased):
        await changed
    after = await everything()
    assert all(after[table] == [] for table in PERSONAL_TABLES)


async def test_a_restored_backup_forgets_again(members, everything, erasure_list, anna):
    """The test plays the restore by enrolling a member with the id that was erased elsewhere."""
    member_id = await enrol(members, anna)
    kept = await enrol(members, Enrolment(email="ben@example.org"))
    beside_the_backup = [
        Erasure(PROGRAM, member_id, NOW + 5),
        Erasure(PROGRAM, 99, NOW + 6),
        Erasure(PROGRAM + 1, kept, NOW + 7),
    ]
    assert await members.reapply_erasures(beside_the_backup) == 1
    assert (await members.memberships(PROGRAM, [member_id]))[member_id].erased_at == NOW + 5
    assert (await members.profile(PROGRAM, kept)).email == "ben@example.org"
    assert await members.erasures() == [beside_the_backup[0]]
    assert await erasure_list.read() == [beside_the_backup[0]]
    assert await members.reapply_erasures(beside_the_backup) == 0


async def test_an_erasure_that_fails_at_the_end_is_listed_but_not_done(
    members, everything, erasure_list, anna, monkeypatch
):
    member_id = await enrol(members, anna)
    before = await everything()
    append = erasure_list.append

    async def write_and_fail(erasures):
        await append(erasures)
        raise OSError("the disk went away")

    monkeypatch.setattr(erasure_list, "append", write_and_fail)
    with pytest.raises(OSError):
        await members.erase(PROGRAM, member_id, now=NOW)
    assert await everything() == before
    assert await erasure_list.read() == [Erasure(PROGRAM, member_id, NOW)]


async def test_what_only_the_table_knows_is_added_to_the_list(
    members, pool, keyring, tmp_path, anna
):
    first = await members.erase(PROGRAM, await enrol(members, anna), now=NOW)
    elsewhere = ErasureList(tmp_path / "other" / "erasures.jsonl")
    other_host = Members(pool, keyring, elsewhere)
    assert await other_host.complete_erasure_list() == 1
    assert await elsewhere.read() == [first]
    assert await other_host.complete_erasure_list() == 0


async def test_a_line_that_a_crash_cut_short_is_passed_over(tmp_path):
    erasures = [Erasure(PROGRAM, 1025, NOW), Erasure(PROGRAM, 2050, NOW + 1)]
    listed = ErasureList(tmp_path / "erasures.jsonl")
    assert await listed.read() == []
    await listed.append(erasures[:1])
    with listed.path.open("ab") as file:
        file.write(b'{"program_id":7,"mem')
    await listed.append(erasures[1:])
    assert await listed.read() == erasures


async def test_a_damaged_line_is_reported(tmp_path):
    listed = ErasureList(tmp_path / "erasures.jsonl")
    listed.path.write_bytes(b'{"program_id":7,"member_id":"mem_x","erased_at":1}\n')
    with pytest.raises(ErasureListDamaged, match="line 1"):
        await listed.read()


async def test_the_list_is_for_its_owner_only(erasure_list):
    await erasure_list.append([Erasure(PROGRAM, 1025, NOW)])
    assert erasure_list.path.stat().st_mode & 0o077 == 0
