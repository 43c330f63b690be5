"""Voucher codes: imported without duplicates, generated, and unreadable in the database."""

import asyncio
from uuid import UUID

import pytest

from regulars.rewards.contracts import CodesAdded, PoolLevel, Request
from regulars.rewards.errors import InvalidCode
from regulars.rewards.facade import Rewards

PROGRAM = 7
NOW = 1_800_000_000_000_000
KEY = UUID(int=1)


async def test_duplicates_in_the_list_and_in_the_pool_are_reported(rewards):
    assert await rewards.add_codes(PROGRAM, "cinema", ["AAAA", "BBBB"]) == CodesAdded(2, ())
    again = await rewards.add_codes(PROGRAM, "cinema", ["CCCC", " AAAA ", "DDDD", "CCCC"])
    assert again == CodesAdded(2, (1, 3))
    assert await rewards.add_codes(PROGRAM, "theatre", ["AAAA"]) == CodesAdded(1, ())
    assert await rewards.pool_levels(PROGRAM) == {
        "cinema": PoolLevel("cinema", 4, 0, 0),
        "theatre": PoolLevel("theatre", 1, 0, 0),
    }


@pytest.mark.parametrize("bad", ["", "ABC", "A" * 65, "AB CD", "AB\x00CD", "AB\u2028CD"])
async def test_an_impossible_code_refuses_the_whole_list(rewards, everything, bad):
    with pytest.raises(InvalidCode) as refusal:
        await rewards.add_codes(PROGRAM, "cinema", ["AAAA", bad])
    assert refusal.value.position == 1
    assert not any((await everything()).values())


async def test_codes_are_not_readable_in_the_database(rewards, everything):
    await rewards.add_codes(PROGRAM, "cinema", ["POPCORN-FOR-ALL"])
    assert "POPCORN" not in repr(await everything())


async def test_generated_codes_are_distinct_and_in_the_pool(rewards):
    codes = await rewards.generate_codes(PROGRAM, "cinema", 300, characters=8)
    assert len(set(codes)) == 300
    assert {len(code) for code in codes} == {8}
    assert (await rewards.add_codes(PROGRAM, "cinema", codes)).added == 0


async def test_generating_into_a_crowded_pool_still_gives_as_many_as_asked_for(
    rewards, monkeypatch
):
    letters = iter("AAAAAAAABBBBCCCCDDDD")
    monkeypatch.setattr("secrets.choice", lambda _: next(letters))
    assert await rewards.generate_codes(PROGRAM, "p", 3, characters=4) == ["AAAA", "BBBB", "CCCC"]


async def test_parallel_imports_of_one_list_add_each_code_once(rewards):
    codes = [f"CODE-{number}" for number in range(200)]
    results = await asyncio.gather(
        rewards.add_codes(PROGRAM, "cinema", codes),
        rewards.add_codes(PROGRAM, "cinema", codes[::-1]),
    )
    assert sum(result.added for result in results) == 200
    assert sum(len(result.duplicates) for result in results) == 200


async def test_a_new_hashing_key_still_sees_codes_of_the_old_one(rewards, pool, keyring):
    await rewards.add_codes(PROGRAM, "cinema", ["AAAA"])
    later = Rewards(pool, keyring.add_hashing_key())
    assert await later.add_codes(PROGRAM, "cinema", ["BBBB", "AAAA"]) == CodesAdded(1, (1,))


async def test_codes_open_after_the_master_key_was_replaced(rewards, pool, keyring):
    await rewards.add_codes(PROGRAM, "cinema", ["AAAA"])
    both = keyring.add_wrapping_key()
    assert await Rewards(pool, both).rewrap_pool_keys() == 1
    assert await Rewards(pool, both).rewrap_pool_keys() == 0
    fresh = Rewards(pool, both.retire_wrapping_key(next(iter(keyring.wrapping))))
    (grant,) = await fresh.reserve(PROGRAM, [Request("voucher", "cinema")], KEY, now=NOW)
    assert grant.code == "AAAA"
