"""Ids rise, carry their shard, and have exactly one text each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.clock import FixedClock, parse_rfc3339
from regulars.platform.ids import (
    MEMBER_ID_MAX,
    InvalidId,
    MemberIdSource,
    format_entry_id,
    format_member_id,
    new_api_key,
    new_member_id,
    new_request_id,
    parse_api_key,
    parse_entry_id,
    parse_member_id,
    shard_of,
)

START = parse_rfc3339("2020-01-01T00:00:00.001Z")
member_ids = st.integers(0, MEMBER_ID_MAX)


def all_ones(bits: int) -> int:
    return (1 << bits) - 1


def test_the_parts_of_an_id() -> None:
    source = MemberIdSource(FixedClock(START), random_bits=lambda bits: 5)
    assert source.next() == 1 << 22 | 5 << 10 | 5


def test_ids_rise_when_the_counter_overflows_into_the_next_millisecond() -> None:
    clock = FixedClock(START)
    source = MemberIdSource(clock, random_bits=all_ones)
    ids = [source.next() for _ in range(2050)]
    assert ids == sorted(set(ids))
    assert ids[2048] >> 22 == 1
    assert ids[2049] >> 22 == 2
    clock.advance(microseconds=1000)
    assert source.next() > ids[-1]


def test_ids_rise_when_the_clock_steps_back() -> None:
    clock = FixedClock(START + 5_000_000)
    source = MemberIdSource(clock)
    before = source.next()
    clock.advance(seconds=-3)
    assert source.next() > before


@pytest.mark.parametrize("when", ["2019-12-31T23:59:59Z", "2090-01-01T00:00:00Z"])
def test_a_clock_outside_the_range_of_ids_is_refused(when: str) -> None:
    with pytest.raises(ValueError, match="the clock stands"):
        MemberIdSource(FixedClock(parse_rfc3339(when))).next()


def test_shards_are_spread() -> None:
    shards = {shard_of(new_member_id()) for _ in range(5000)}
    assert len(shards) > 900
    assert shards <= set(range(1024))


@given(member_ids)
def test_member_id_text_round_trips(member_id: int) -> None:
    text = format_member_id(member_id)
    assert len(text) == 17
    assert parse_member_id(text) == member_id


@given(member_ids, member_ids)
def test_member_id_texts_sort_as_ids_do(one: int, other: int) -> None:
    assert (one < other) == (format_member_id(one) < format_member_id(other))


@given(member_ids, st.integers(0, 2**63 - 1))
def test_entry_id_text_round_trips(member_id: int, sequence: int) -> None:
    assert parse_entry_id(format_entry_id(member_id, sequence)) == (member_id, sequence)


GOOD = format_member_id(1234567890123456789)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mem_",
        GOOD.upper(),
        GOOD[4:],
        GOOD + "0",
        GOOD[:-1],
        " " + GOOD,
        GOOD[:-1] + "i",
        GOOD[:-1] + "u",
        "mem_8000000000000",
        "ent_" + GOOD[4:],
    ],
)
def test_other_texts_are_no_member_id(text: str) -> None:
    with pytest.raises(InvalidId, match="is not a member id such as"):
        parse_member_id(text)


@pytest.mark.parametrize("tail", ["", "_", "_-1", "_01", "_1_", "_x", "_²", "_1 ", "_" + "9" * 20])
def test_other_texts_are_no_entry_id(tail: str) -> None:
    with pytest.raises(InvalidId, match="is not an entry id such as"):
        parse_entry_id("ent_" + GOOD[4:] + tail)


def test_api_keys_differ_and_round_trip() -> None:
    one, other = new_api_key(), new_api_key()
    assert one.text != other.text
    assert parse_api_key(one.text) == one
    assert one.secret not in repr(one)


def test_a_bad_api_key_is_not_repeated_in_the_error() -> None:
    text = new_api_key().text.replace("rk_", "sk_")
    with pytest.raises(InvalidId) as caught:
        parse_api_key(text)
    assert text[5:] not in str(caught.value)


def test_request_ids_differ() -> None:
    assert len({new_request_id() for _ in range(5000)}) == 5000
