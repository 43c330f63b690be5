"""Totals: declared by a version, set, raised and lowered, but never below what is used."""

import asyncio
from uuid import UUID

import pytest

from regulars.rewards.contracts import Level, Request
from regulars.rewards.errors import BelowUsed, OutOfStock, UnknownCounter

PROGRAM = 7
NOW = 1_800_000_000_000_000
NAME = "stock/soap"


async def use(rewards, amount, event=1):
    await rewards.reserve(PROGRAM, [Request("stock", "soap", amount)], UUID(int=event), now=NOW)


async def test_totals_are_set_raised_and_lowered(rewards):
    assert await rewards.set_total(PROGRAM, NAME, 5) == Level(NAME, 5, 0)
    await use(rewards, 3)
    assert await rewards.change_total(PROGRAM, NAME, 2) == Level(NAME, 7, 3)
    assert await rewards.change_total(PROGRAM, NAME, -4) == Level(NAME, 3, 3)
    assert await rewards.set_total(PROGRAM, NAME, 4) == Level(NAME, 4, 3)


@pytest.mark.parametrize("lower", ["set", "change"])
async def test_a_total_below_what_is_used_is_refused_and_changes_nothing(rewards, lower):
    await rewards.set_total(PROGRAM, NAME, 5)
    await use(rewards, 3)
    with pytest.raises(BelowUsed) as refusal:
        if lower == "set":
            await rewards.set_total(PROGRAM, NAME, 2)
        else:
            await rewards.change_total(PROGRAM, NAME, -3)
    assert (refusal.value.asked, refusal.value.used) == (2, 3)
    assert await rewards.levels(PROGRAM, [NAME]) == {NAME: Level(NAME, 5, 3)}


async def test_a_negative_total_is_refused(rewards):
    with pytest.raises(BelowUsed):
        await rewards.set_total(PROGRAM, NAME, -1)
    assert await rewards.levels(PROGRAM) == {}


async def test_an_unknown_counter_cannot_be_raised(rewards):
    with pytest.raises(UnknownCounter):
        await rewards.change_total(PROGRAM, NAME, 1)
    assert await rewards.levels(PROGRAM) == {}


async def test_a_declaration_keeps_what_is_used(rewards):
    await rewards.declare(PROGRAM, {NAME: 5, "budget/spring": 1000})
    await use(rewards, 3)
    declared = await rewards.declare(PROGRAM, {NAME: 2, "seats/workshop": 8})
    assert set(declared) == {Level(NAME, 3, 3), Level("seats/workshop", 8, 0)}
    assert set(await rewards.levels(PROGRAM)) == {NAME, "budget/spring", "seats/workshop"}
    with pytest.raises(OutOfStock):
        await use(rewards, 1, event=2)


async def test_lowering_and_taking_at_once_never_leaves_more_used_than_there_is(rewards):
    await rewards.set_total(PROGRAM, NAME, 6)
    outcomes = await asyncio.gather(
        *(use(rewards, 1, event=number) for number in range(6)),
        *(rewards.change_total(PROGRAM, NAME, -1) for _ in range(6)),
        return_exceptions=True,
    )
    refused = [item for item in outcomes if isinstance(item, BaseException)]
    assert {type(item) for item in refused} <= {OutOfStock, BelowUsed}
    level = (await rewards.levels(PROGRAM))[NAME]
    assert level.total == level.used
    assert len(refused) == 6
