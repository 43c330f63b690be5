"""Finding by identifier and by name, in one program only."""

import pytest

from regulars.members.contracts import Enrolment, NamesFound
from regulars.members.facade import Members

PROGRAM = 7
NOW = 1_800_000_000_000_000


async def enrol(members, program_id=PROGRAM, **fields):
    enrolled = await members.enrol(program_id, Enrolment(**fields), first_tier="", now=NOW)
    return enrolled.member_id


async def test_every_writing_of_an_identifier_finds_its_member(members):
    anna = await enrol(members, email="anna@example.org", phone="+4930901820")
    assert await members.find(PROGRAM, "email", " ANNA@EXAMPLE.ORG") == anna
    assert await members.find(PROGRAM, "phone", "+49 (30) 90 18 20") == anna
    assert await members.find(PROGRAM, "email", "anna+x@example.org") is None
    assert await members.find(PROGRAM, "email", "no address") is None
    assert await members.find(PROGRAM, "phone", "") is None


async def test_many_are_found_at_once_keyed_as_they_were_asked_for(members):
    anna = await enrol(members, email="anna@example.org", cards=("1111",))
    ben = await enrol(members, external_id="1111")
    await enrol(members, PROGRAM + 1, external_id="2222")
    asked = [
        ("email", "Anna@example.org"), ("email", "anna@example.org"), ("card", "11 11"),
        ("external_id", "1111"), ("external_id", "2222"), ("card", "nonsense"), ("name", "x"),
    ]  # fmt: skip
    assert await members.find_many(PROGRAM, asked) == {
        ("email", "Anna@example.org"): anna,
        ("email", "anna@example.org"): anna,
        ("card", "11 11"): anna,
        ("external_id", "1111"): ben,
    }
    assert await members.find_many(PROGRAM, []) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna", {"anna", "annabel"}), ("ann", {"anna", "annabel"}), ("an", set()),
        ("berg", {"anna", "ben"}), ("BÉRG ann", {"anna"}), ("anna li", {"annabel"}),
        ("annabel x", set()), ("", set()), ("!!", set()), ("l", set()),
    ],
)  # fmt: skip
async def test_names_are_found_by_all_their_words_or_beginnings(members, text, found):
    people = {
        "anna": await enrol(members, given_name="Anna", family_name="Bergmann"),
        "annabel": await enrol(members, given_name="Annabel", family_name="Li"),
        "ben": await enrol(members, given_name="Ben", family_name="Berg"),
    }
    await enrol(members, PROGRAM + 1, given_name="Anna", family_name="Berg")
    answer = await members.find_by_name(PROGRAM, text)
    assert answer == NamesFound(tuple(sorted(people[name] for name in found)), more=False)


async def test_names_are_found_page_by_page(members):
    ids = [await enrol(members, given_name="Anna") for _ in range(5)]
    first = await members.find_by_name(PROGRAM, "anna", limit=3)
    assert first == NamesFound(tuple(ids[:3]), more=True)
    rest = await members.find_by_name(PROGRAM, "anna", after=ids[2], limit=3)
    assert rest == NamesFound(tuple(ids[3:]), more=False)


async def test_long_names_are_found_by_more_than_is_hashed(members):
    anna = await enrol(members, family_name="Müller-Lüdenscheidtberger")
    found = await members.find_by_name(PROGRAM, "ludenscheidtberger")
    assert found.member_ids == (anna,)


async def test_memberships_tell_one_program_only(members):
    anna = await enrol(members, external_id="a")
    other = await enrol(members, PROGRAM + 1, external_id="a")
    found = await members.memberships(PROGRAM, [anna, other, 99])
    assert list(found) == [anna]
    assert (found[anna].enrolled_at, found[anna].erased_at) == (NOW, None)


async def test_members_of_an_older_hashing_key_are_found_and_still_unique(
    members, pool, keyring, erasure_list
):
    anna = await enrol(members, email="anna@example.org", given_name="Anna")
    later = Members(pool, keyring.add_hashing_key(), erasure_list)
    assert await later.find(PROGRAM, "email", "anna@example.org") == anna
    assert (await later.find_by_name(PROGRAM, "anna")).member_ids == (anna,)
    answers = await later.enrol_many(
        PROGRAM,
        [Enrolment(email="anna@example.org"), Enrolment(email="ben@example.org")],
        first_tier="",
        now=NOW,
    )
    assert answers[0].field == "email"
    assert await later.find(PROGRAM, "email", "ben@example.org") == answers[1].member_id
