"""Personal fields of events, sealed under the member's key; and the keys themselves."""

import pytest

from regulars.members.contracts import Enrolment
from regulars.members.errors import SealBroken
from regulars.members.facade import open_fields, seal_fields
from regulars.platform.keys import DataKey

PROGRAM = 7
NOW = 1_800_000_000_000_000
KEY = DataKey(bytes(range(32)))
FIELDS = {"topic": "soap", "feedback": "lovely", "age": 41, "minor": False}


def test_personal_fields_are_sealed_and_open_again():
    sealed = seal_fields(KEY, FIELDS, ["feedback", "age", "minor", "absent"])
    assert sealed["topic"] == "soap"
    assert all(isinstance(sealed[name], bytes) for name in ("feedback", "age", "minor"))
    assert open_fields(KEY, sealed) == FIELDS
    assert type(open_fields(KEY, sealed)["minor"]) is bool


def test_the_same_value_gives_the_same_bytes_and_sealing_twice_changes_nothing():
    sealed = seal_fields(KEY, FIELDS, ["feedback"])
    assert seal_fields(KEY, FIELDS, ["feedback"]) == sealed
    assert seal_fields(KEY, sealed, ["feedback"]) == sealed


def test_another_field_or_another_member_has_other_bytes():
    sealed = seal_fields(KEY, {"a": "x", "b": "x"}, ["a", "b"])
    assert sealed["a"] != sealed["b"]
    assert seal_fields(DataKey(bytes(32)), {"a": "x"}, ["a"])["a"] != sealed["a"]


def test_without_the_key_sealed_fields_are_left_out():
    sealed = seal_fields(KEY, FIELDS, ["feedback", "age"])
    assert open_fields(None, sealed) == {"topic": "soap", "minor": False}


@pytest.mark.parametrize("change", ["other key", "other field", "other bytes"])
def test_a_seal_that_does_not_fit_is_broken(change):
    sealed = seal_fields(KEY, {"a": "x"}, ["a"])
    key = DataKey(bytes(32)) if change == "other key" else KEY
    name = "b" if change == "other field" else "a"
    value = sealed["a"] + b"\0" if change == "other bytes" else sealed["a"]
    with pytest.raises(SealBroken) as refusal:
        open_fields(key, {name: value})
    assert refusal.value.field == name


async def test_data_keys_are_the_same_each_time_and_made_only_where_asked_for(members, pool):
    kept = await members.enrol(PROGRAM, Enrolment(external_id="a"), first_tier="", now=NOW)
    bare = await members.enrol(
        PROGRAM, Enrolment(external_id="b", hashes_only=True), first_tier="", now=NOW
    )
    ids = [kept.member_id, bare.member_id, 99]
    async with pool.connection() as connection:
        first = await members.data_keys(connection, PROGRAM, ids)
        assert set(first) == {kept.member_id}
        second = await members.data_keys(connection, PROGRAM, ids, create=True)
        assert set(second) == {kept.member_id, bare.member_id}
        assert second[kept.member_id] == first[kept.member_id]
        assert await members.data_keys(connection, PROGRAM, ids) == second
        assert await members.data_keys(connection, PROGRAM + 1, ids, create=True) == {}


async def test_an_erased_member_is_never_given_a_key_again(members, pool):
    enrolled = await members.enrol(PROGRAM, Enrolment(external_id="a"), first_tier="", now=NOW)
    await members.erase(PROGRAM, enrolled.member_id, now=NOW)
    async with pool.connection() as connection:
        found = await members.data_keys(connection, PROGRAM, [enrolled.member_id], create=True)
    assert found == {}
