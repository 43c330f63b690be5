"""Changing a profile: identifiers move, names are found anew, refusals change nothing."""

import asyncio

import pytest

from regulars.members.contracts import Enrolment, Profile, ProfileChange
from regulars.members.errors import (
    IdentifierTaken,
    InvalidMemberField,
    MemberErased,
    UnknownMember,
)
from regulars.members.facade import Members

PROGRAM = 7
NOW = 1_800_000_000_000_000


async def enrol(members, enrolment):
    enrolled = await members.enrol(PROGRAM, enrolment, first_tier="", now=NOW)
    return enrolled.member_id


async def test_a_changed_identifier_is_claimed_and_the_old_one_is_free(members, anna):
    member_id = await enrol(members, anna)
    before = await members.profile(PROGRAM, member_id)
    change = ProfileChange(email="Anna@New.example", cards=("2900 0000 0017", "5555"))
    after = await members.update_profile(PROGRAM, member_id, change)
    assert after == await members.profile(PROGRAM, member_id)
    assert (after.email, after.cards) == ("anna@new.example", ("290000000017", "5555"))
    assert (after.phone, after.number) == (before.phone, before.number)
    assert await members.find(PROGRAM, "email", "anna@new.example") == member_id
    assert await members.find(PROGRAM, "email", "anna.berg@example.org") is None
    assert await members.find(PROGRAM, "card", "5555") == member_id
    assert await members.find(PROGRAM, "card", "290000000017") == member_id
    other = await enrol(members, Enrolment(email="anna.berg@example.org"))
    assert other != member_id


async def test_an_empty_value_removes_and_an_unset_one_stays(members, anna):
    member_id = await enrol(members, anna)
    after = await members.update_profile(
        PROGRAM, member_id, ProfileChange(phone="", cards=(), birthday=" ")
    )
    assert (after.phone, after.cards, after.birthday) == ("", (), "")
    assert after.given_name == "Anna-Lena"
    assert await members.find(PROGRAM, "phone", "+4930901820") is None
    assert await members.find(PROGRAM, "card", "290000000017") is None


async def test_a_new_name_is_found_and_the_old_one_is_not(members, anna):
    member_id = await enrol(members, anna)
    await members.update_profile(PROGRAM, member_id, ProfileChange(family_name="Thal"))
    assert (await members.find_by_name(PROGRAM, "anna thal")).member_ids == (member_id,)
    assert (await members.find_by_name(PROGRAM, "berg")).member_ids == ()
    await members.update_profile(PROGRAM, member_id, ProfileChange(given_name="", family_name=""))
    assert (await members.find_by_name(PROGRAM, "anna")).member_ids == ()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (ProfileChange(given_name="X", email="ben@example.org"), IdentifierTaken),
        (ProfileChange(given_name="X", phone="12"), InvalidMemberField),
    ],
)
async def test_a_refused_change_changes_nothing(members, everything, anna, change, refusal):
    member_id = await enrol(members, anna)
    await enrol(members, Enrolment(email="ben@example.org"))
    before = await everything()
    with pytest.raises(refusal):
        await members.update_profile(PROGRAM, member_id, change)
    assert await everything() == before


async def test_another_programs_member_is_unknown(members, everything, anna):
    member_id = await enrol(members, anna)
    before = await everything()
    with pytest.raises(UnknownMember):
        await members.update_profile(PROGRAM + 1, member_id, ProfileChange(given_name="X"))
    with pytest.raises(UnknownMember):
        await members.profile(PROGRAM + 1, member_id)
    assert await members.profiles(PROGRAM + 1, [member_id]) == {}
    assert await everything() == before


async def test_parallel_changes_leave_one_e_mail_claimed(members, everything):
    member_id = await enrol(members, Enrolment(external_id="a", assign_number=False))
    await asyncio.gather(
        *(
            members.update_profile(
                PROGRAM, member_id, ProfileChange(email=f"a{number}@example.org")
            )
            for number in range(6)
        )
    )
    profile = await members.profile(PROGRAM, member_id)
    assert await members.find(PROGRAM, "email", profile.email) == member_id
    assert len((await everything())["identifier"]) == 2


async def test_of_two_members_who_want_one_e_mail_one_gets_it(members):
    ids = [await enrol(members, Enrolment(external_id=str(number))) for number in range(2)]
    outcomes = await asyncio.gather(
        *(
            members.update_profile(PROGRAM, member_id, ProfileChange(email="one@example.org"))
            for member_id in ids
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IdentifierTaken", "Profile"]


async def test_a_member_of_hashes_only_can_be_given_a_profile(members):
    member_id = await enrol(members, Enrolment(external_id="a", hashes_only=True))
    assert await members.profile(PROGRAM, member_id) == Profile()
    await members.update_profile(PROGRAM, member_id, ProfileChange(given_name="Anna"))
    assert await members.profiles(PROGRAM, [member_id]) == {member_id: Profile(given_name="Anna")}
    assert await members.find(PROGRAM, "external_id", "a") == member_id


async def test_an_erased_member_cannot_be_changed(members, everything, anna):
    member_id = await enrol(members, anna)
    await members.erase(PROGRAM, member_id, now=NOW)
    before = await everything()
    with pytest.raises(MemberErased):
        await members.update_profile(PROGRAM, member_id, ProfileChange(email="x@example.org"))
    assert await everything() == before


async def test_profiles_open_after_the_master_key_was_replaced(
    members, pool, keyring, erasure_list, anna
):
    member_id = await enrol(members, anna)
    both = keyring.add_wrapping_key()
    rotating = Members(pool, both, erasure_list)
    assert len(await rotating.rewrap_data_keys()) == 1
    assert await rotating.rewrap_data_keys() == []
    fresh = Members(pool, both.retire_wrapping_key(next(iter(keyring.wrapping))), erasure_list)
    assert (await fresh.profile(PROGRAM, member_id)).given_name == "Anna-Lena"
