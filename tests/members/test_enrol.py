"""Enrolling one and many: claims, races, idempotency, and what a refusal leaves behind."""

import asyncio
from collections import Counter

import msgspec
import pytest

from regulars.core.state import MemberState
from regulars.members.contracts import Enrolled, Enrolment, Rejected
from regulars.members.enrol import new_number
from regulars.members.errors import IdentifierTaken, InvalidMemberField
from regulars.platform.database import transaction
from regulars.platform.ids import shard_of

PROGRAM = 7
NOW = 1_800_000_000_000_000


async def enrol(members, enrolment, **options):
    return await members.enrol(PROGRAM, enrolment, first_tier="meadow", now=NOW, **options)


async def enrol_many(members, enrolments, **options):
    return await members.enrol_many(PROGRAM, enrolments, first_tier="meadow", now=NOW, **options)


async def test_enrolment_writes_member_state_profile_and_identifiers(members, pool, anna):
    enrolled = await enrol(members, anna)
    assert enrolled.created
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT shard, member_id, program_id FROM member")
        rows = await cursor.fetchall()
        assert rows == [(shard_of(enrolled.member_id), enrolled.member_id, PROGRAM)]
        cursor = await connection.execute("SELECT seq, due_day, head, state FROM member_state")
        seq, due_day, head, state = await cursor.fetchone()
        assert (seq, due_day, head) == (0, None, bytes(32))
        assert msgspec.msgpack.decode(state, type=MemberState) == MemberState(
            enrolled_at=NOW, tier="meadow", tier_since=NOW
        )
    profile = await members.profile(PROGRAM, enrolled.member_id)
    assert profile.email == "anna.berg@example.org"
    assert profile.phone == "+4930901820"
    assert profile.cards == ("290000000017",)
    assert (profile.given_name, profile.family_name) == ("Anna-Lena", "Bérg")
    assert len(profile.number) == 10
    for kind, value in [
        ("external_id", "shop-1"), ("card", "290000000017"), ("email", "anna.berg@example.org"),
        ("phone", "+4930901820"), ("number", profile.number),
    ]:  # fmt: skip
        assert await members.find(PROGRAM, kind, value) == enrolled.member_id
        assert await members.find(PROGRAM + 1, kind, value) is None


async def test_nothing_personal_is_stored_in_the_clear(members, everything, anna):
    await enrol(members, anna)
    stored = repr(await everything()).casefold()
    for word in ("anna", "bérg", "berg", "example", "shop-1", "290000000017", "901820", "1990"):
        assert word not in stored


async def test_without_tiers_a_member_has_no_tier_and_no_tier_instant(members, pool):
    await members.enrol(PROGRAM, Enrolment(external_id="x"), first_tier="", now=NOW)
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT state FROM member_state")
        (state,) = await cursor.fetchone()
    assert msgspec.msgpack.decode(state, type=MemberState) == MemberState(enrolled_at=NOW)


@pytest.mark.parametrize(
    ("kind", "enrolment"),
    [
        ("external_id", Enrolment(external_id=" shop-1 ")),
        ("email", Enrolment(external_id="2", email="ANNA.BERG@example.ORG")),
        ("phone", Enrolment(external_id="2", phone="+4930901820")),
        ("card", Enrolment(external_id="2", cards=("999999", "2900-0000-0017"))),
    ],
)
async def test_a_taken_identifier_refuses_and_changes_nothing(
    members, everything, anna, kind, enrolment
):
    await enrol(members, anna)
    before = await everything()
    with pytest.raises(IdentifierTaken) as refusal:
        await enrol(members, enrolment)
    assert refusal.value.kind == kind
    assert vars(refusal.value) == {"kind": kind}
    assert await everything() == before


@pytest.mark.parametrize(
    ("field", "enrolment"),
    [
        ("email", Enrolment(email="anna@")),
        ("phone", Enrolment(phone="030 901820")),
        ("cards/0", Enrolment(cards=("12AB",))),
        ("number", Enrolment(number="A_1")),
        ("birthday", Enrolment(birthday="1990-02-30")),
        ("locale", Enrolment(locale="german!")),
        ("external_id", Enrolment(external_id="a\x00b")),
        ("given_name", Enrolment(given_name="a" * 256)),
        ("cards", Enrolment(cards=tuple(str(n) for n in range(1000, 1021)))),
        ("hashes_only", Enrolment(hashes_only=True, given_name="Anna")),
    ],
)
async def test_an_invalid_field_is_named_and_changes_nothing(members, everything, field, enrolment):
    with pytest.raises(InvalidMemberField) as refusal:
        await enrol(members, enrolment)
    assert refusal.value.field == field
    assert not any((await everything()).values())


async def test_of_parallel_enrolments_of_one_email_exactly_one_wins(members, everything):
    async def attempt(number):
        try:
            return await enrol(
                members, Enrolment(external_id=f"x{number}", email="one@example.org")
            )
        except IdentifierTaken as refusal:
            return refusal.kind

    outcomes = await asyncio.gather(*(attempt(number) for number in range(16)))
    assert Counter(type(outcome) for outcome in outcomes) == {Enrolled: 1, str: 15}
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} == {"email"}
    rows = await everything()
    assert len(rows["member"]) == len(rows["member_state"]) == len(rows["member_profile"]) == 1
    assert len(rows["identifier"]) == 3


async def test_an_enrolment_waits_for_the_other_and_takes_what_that_gives_up(
    members, pool, someone_waits
):
    first = await pool.getconn()
    try:
        async with first.transaction(force_rollback=True):
            await enrol(members, Enrolment(email="one@example.org"), connection=first)
            second = asyncio.create_task(enrol(members, Enrolment(email="one@example.org")))
            await someone_waits()
            assert not second.done()
        assert (await second).created
    finally:
        await pool.putconn(first)


async def test_crossing_batches_never_share_an_identifier(members, everything):
    """Batches that list the same people in opposite orders end, and everyone exists once."""
    people = [Enrolment(external_id=f"p{n}", email=f"p{n}@example.org") for n in range(40)]
    one, two = await asyncio.gather(enrol_many(members, people), enrol_many(members, people[::-1]))
    for mine, theirs in zip(one, two[::-1], strict=True):
        assert {type(mine), type(theirs)} == {Enrolled, Rejected}
    assert len((await everything())["member"]) == 40


async def test_in_a_batch_the_earlier_has_what_two_want(members):
    answers = await enrol_many(
        members,
        [
            Enrolment(external_id="a", email="same@example.org"),
            Enrolment(external_id="b", email="same@example.org"),
            Enrolment(external_id="a"),
            Enrolment(external_id="c", email="not an address"),
        ],
    )
    assert isinstance(answers[0], Enrolled)
    assert answers[1:] == [
        Rejected("identifier_taken", "email"),
        Rejected("identifier_taken", "external_id"),
        Rejected("invalid_member_field", "email"),
    ]


async def test_who_lost_only_to_a_loser_of_the_batch_is_enrolled(members):
    await enrol(members, Enrolment(cards=("1111",)))
    answers = await enrol_many(
        members,
        [
            Enrolment(external_id="a", email="e1@example.org", cards=("1111",)),
            Enrolment(external_id="b", email="e1@example.org", phone="+4930901820"),
            Enrolment(external_id="c", phone="+4930901820"),
        ],
    )
    assert answers[0] == Rejected("identifier_taken", "card")
    assert isinstance(answers[1], Enrolled)
    assert answers[2] == Rejected("identifier_taken", "phone")
    assert await members.find(PROGRAM, "email", "e1@example.org") == answers[1].member_id
    assert await members.find(PROGRAM, "external_id", "a") is None


async def test_the_same_enrolment_is_answered_with_its_member_where_asked_for(
    members, everything, anna
):
    first = await enrol(members, anna, existing="return")
    before = await everything()
    again = await enrol(members, anna, existing="return")
    assert again == Enrolled(first.member_id, created=False)
    assert await everything() == before
    with pytest.raises(IdentifierTaken):
        await enrol(members, anna)


@pytest.mark.parametrize(
    "difference",
    [{"email": "other@example.org"}, {"given_name": "Anne"}, {"cards": ()}, {"enrolled_at": 5}],
)
async def test_the_same_external_id_with_another_body_is_taken(
    members, everything, anna, difference
):
    await enrol(members, anna)
    before = await everything()
    with pytest.raises(IdentifierTaken) as refusal:
        await enrol(members, msgspec.structs.replace(anna, **difference), existing="return")
    assert refusal.value.kind == "external_id"
    assert await everything() == before


async def test_a_repeated_line_of_a_batch_is_answered_with_the_member_of_the_first(members, anna):
    first, second = await enrol_many(members, [anna, anna], existing="return")
    assert second == Enrolled(first.member_id, created=False)


async def test_hashes_only_keeps_no_profile_and_no_number_but_is_found(members, everything):
    plain = Enrolment(external_id="x", hashes_only=True)
    enrolled = await enrol(members, plain)
    rows = await everything()
    assert rows["member_profile"] == []
    assert len(rows["identifier"]) == 1
    assert await members.find(PROGRAM, "external_id", "x") == enrolled.member_id
    again = await enrol(members, plain, existing="return")
    assert again == Enrolled(enrolled.member_id, created=False)


async def test_a_caller_may_enrol_in_its_own_transaction(members, pool, everything):
    with pytest.raises(RuntimeError):
        async with transaction(pool) as connection:
            await enrol(members, Enrolment(external_id="x"), connection=connection)
            raise RuntimeError("the caller changes its mind")
    assert not any((await everything()).values())


def test_numbers_are_ten_digits_with_a_check_digit():
    for _ in range(200):
        digits = [int(character) for character in new_number()]
        assert len(digits) == 10 and digits[0] != 0
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
        assert (sum(digits[::-2]) + sum(doubled)) % 10 == 0


async def test_a_number_that_is_taken_by_chance_is_made_anew(members, monkeypatch):
    numbers = iter(["1111111117", "1111111117", "2222222224"])
    monkeypatch.setattr("regulars.members.enrol.new_number", lambda: next(numbers))
    await enrol(members, Enrolment(external_id="a"))
    second = await enrol(members, Enrolment(external_id="b"))
    assert (await members.profile(PROGRAM, second.member_id)).number == "2222222224"


async def test_a_member_id_that_another_process_made_too_is_made_anew(members, monkeypatch):
    ids = iter([1025, 1025, 2050])
    monkeypatch.setattr("regulars.members.enrol.new_member_id", lambda: next(ids))
    await enrol(members, Enrolment(external_id="a"))
    assert await enrol(members, Enrolment(external_id="b")) == Enrolled(2050)
    assert await members.find(PROGRAM, "external_id", "a") == 1025


async def test_thousands_are_enrolled_in_one_go(members):
    people = [Enrolment(external_id=f"x{number}", hashes_only=True) for number in range(5_000)]
    answers = await enrol_many(members, people)
    assert len({answer.member_id for answer in answers}) == 5_000
