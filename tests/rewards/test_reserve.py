"""Reserving before a decision and settling with it: never too much, once per event, in races."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.platform.database import transaction
from regulars.rewards.contracts import Level, PoolLevel, Request, Swept
from regulars.rewards.errors import OutOfStock, ReservationLost, UnknownCounter
from regulars.rewards.reserve import _reservations
from regulars.rewards.reserve import reserve as _reserve
from regulars.rewards.settle import sweep as _sweep

PROGRAM = 7
NOW = 1_800_000_000_000_000
SOAP = Request("stock", "soap")
CINEMA = Request("voucher", "cinema")


def key(number: int) -> UUID:
    return UUID(int=number)


async def reserve(rewards, *requests, event=1, now=NOW):
    return await rewards.reserve(PROGRAM, requests, key(event), now=now)


async def settle(rewards, pool, *, used=(), released=()):
    async with transaction(pool) as connection:
        await rewards.settle(
            connection,
            PROGRAM,
            used=[grant.reservation for grant in used],
            released=[grant.reservation for grant in released],
        )


async def give_back(rewards, pool, grants, *, codes_shown):
    async with transaction(pool) as connection:
        await rewards.give_back(
            connection,
            PROGRAM,
            [grant.reservation for grant in grants],
            codes_shown=codes_shown,
        )


async def left(rewards, name="stock/soap"):
    return (await rewards.levels(PROGRAM, [name]))[name].left


async def test_a_reservation_takes_from_the_counter_and_is_a_grant(rewards):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    (grant,) = await reserve(rewards, Request("stock", "soap", 2))
    assert (grant.kind, grant.key, grant.amount, grant.code) == ("stock", "soap", 2, "")
    assert await rewards.levels(PROGRAM) == {"stock/soap": Level("stock/soap", 5, 2)}


async def test_the_last_item_goes_to_exactly_one_of_many_takers(rewards):
    await rewards.set_total(PROGRAM, "stock/soap", 1)
    outcomes = await asyncio.gather(
        *(reserve(rewards, SOAP, event=number) for number in range(16)), return_exceptions=True
    )
    assert Counter(type(outcome) for outcome in outcomes) == {tuple: 1, OutOfStock: 15}
    assert await rewards.levels(PROGRAM) == {"stock/soap": Level("stock/soap", 1, 1)}


async def test_the_last_code_goes_to_exactly_one_of_many_takers(rewards):
    await rewards.add_codes(PROGRAM, "cinema", ["LAST-ONE"])
    outcomes = await asyncio.gather(
        *(reserve(rewards, CINEMA, event=number) for number in range(16)), return_exceptions=True
    )
    assert Counter(type(outcome) for outcome in outcomes) == {tuple: 1, OutOfStock: 15}
    ((grant,),) = (outcome for outcome in outcomes if isinstance(outcome, tuple))
    assert grant.code == "LAST-ONE"


async def test_many_takers_never_get_the_same_code(rewards):
    await rewards.generate_codes(PROGRAM, "cinema", 40)
    outcomes = await asyncio.gather(
        *(reserve(rewards, Request("voucher", "cinema", 2), event=n) for n in range(20))
    )
    codes = [grant.code for grants in outcomes for grant in grants]
    assert len(codes) == len(set(codes)) == 40
    assert await rewards.pool_levels(PROGRAM) == {"cinema": PoolLevel("cinema", 0, 40, 0)}


async def test_all_or_nothing_is_reserved(rewards, everything):
    await rewards.declare(PROGRAM, {"stock/soap": 5, "seats/workshop": 0})
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    before = await everything()
    for refused in (Request("seats", "workshop"), Request("voucher", "cinema", 2)):
        with pytest.raises(OutOfStock) as refusal:
            await reserve(rewards, SOAP, CINEMA, refused)
        assert refusal.value.key == refused.key
        assert await everything() == before


async def test_out_of_stock_says_what_is_left(rewards):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await reserve(rewards, Request("stock", "soap", 3))
    with pytest.raises(OutOfStock) as refusal:
        await reserve(rewards, Request("stock", "soap", 3), event=2)
    assert (refusal.value.asked, refusal.value.left) == (3, 2)


async def test_a_counter_without_a_total_is_unknown_and_nothing_is_kept(rewards, everything):
    with pytest.raises(UnknownCounter):
        await reserve(rewards, SOAP)
    assert not any((await everything()).values())


async def test_a_repeat_is_answered_with_the_same_grants(rewards, everything):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1", "CODE-2"])
    first = await reserve(rewards, SOAP, CINEMA)
    before = await everything()
    assert await reserve(rewards, SOAP, CINEMA, now=NOW + 1) == first
    assert await everything() == before


async def test_parallel_attempts_of_one_event_reserve_once(rewards):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1", "CODE-2"])
    outcomes = await asyncio.gather(*(reserve(rewards, SOAP, CINEMA) for _ in range(8)))
    assert len(set(outcomes)) == 1
    assert await left(rewards) == 4
    assert (await rewards.pool_levels(PROGRAM))["cinema"].free == 1


@pytest.mark.parametrize("first_commits", [True, False])
async def test_the_second_taker_of_the_last_item_waits_for_the_first(
    rewards, pool, keyring, someone_waits, first_commits
):
    await rewards.set_total(PROGRAM, "stock/soap", 1)
    async with (
        pool.connection() as connection,
        connection.transaction(force_rollback=not first_commits),
    ):
        await _reserve(connection, keyring, PROGRAM, [SOAP], key(1), NOW)
        second = asyncio.create_task(reserve(rewards, SOAP, event=2))
        await someone_waits()
    if first_commits:
        with pytest.raises(OutOfStock):
            await second
    else:
        assert len(await second) == 1
    assert await left(rewards) == 0


async def test_settling_waits_for_a_sweep_and_finds_its_reservation_lost(
    rewards, pool, someone_waits
):
    await rewards.set_total(PROGRAM, "stock/soap", 1)
    grants = await reserve(rewards, SOAP)
    async with transaction(pool) as sweeping:
        await _sweep(sweeping, NOW + 1, 10)
        settling = asyncio.create_task(settle(rewards, pool, used=grants))
        await someone_waits()
    with pytest.raises(ReservationLost):
        await settling
    assert await left(rewards) == 1


async def test_other_programs_have_their_own_stock(rewards):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    with pytest.raises(UnknownCounter):
        await rewards.reserve(PROGRAM + 1, [SOAP], key(1), now=NOW)
    assert await rewards.levels(PROGRAM + 1) == {}


async def test_released_goes_back_and_a_repeat_takes_it_anew(rewards, pool):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    first = await reserve(rewards, SOAP, CINEMA)
    await settle(rewards, pool, released=first)
    await settle(rewards, pool, released=first)
    assert await left(rewards) == 5
    assert await rewards.pools_with_codes(PROGRAM, ["cinema", "none"]) == {"cinema"}
    assert await reserve(rewards, SOAP, CINEMA) == first
    assert await left(rewards) == 4


async def test_a_duplicates_release_takes_nothing_from_the_original(rewards, pool, everything):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    original = await reserve(rewards, SOAP)
    duplicate = await reserve(rewards, SOAP)
    await settle(rewards, pool, used=original)
    before = await everything()
    await settle(rewards, pool, released=duplicate)
    assert await everything() == before


async def test_using_a_lost_reservation_fails_and_changes_nothing(rewards, pool, everything):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    kept = await reserve(rewards, SOAP, event=1)
    lost = await reserve(rewards, SOAP, event=2)
    await settle(rewards, pool, released=lost)
    before = await everything()
    with pytest.raises(ReservationLost) as refusal:
        await settle(rewards, pool, used=kept + lost)
    assert refusal.value.reservations == (lost[0].reservation,)
    assert await everything() == before


async def test_a_voided_hold_returns_stock_and_code_once(rewards, pool):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    grants = await reserve(rewards, SOAP, CINEMA)
    await settle(rewards, pool, used=grants)
    for _ in range(2):
        await give_back(rewards, pool, grants, codes_shown=False)
        assert await left(rewards) == 5
        assert await rewards.pool_levels(PROGRAM) == {"cinema": PoolLevel("cinema", 1, 0, 0)}


async def test_a_refunded_redemption_returns_stock_but_never_a_shown_code(rewards, pool):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    grants = await reserve(rewards, SOAP, CINEMA)
    await settle(rewards, pool, used=grants)
    await give_back(rewards, pool, grants, codes_shown=True)
    assert await left(rewards) == 5
    assert await rewards.pool_levels(PROGRAM) == {"cinema": PoolLevel("cinema", 0, 0, 1)}
    with pytest.raises(OutOfStock):
        await reserve(rewards, CINEMA, event=2)


async def test_the_codes_of_reservations_can_be_read_again(rewards):
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    soap, cinema = await reserve(rewards, SOAP, CINEMA)
    asked = [soap.reservation, cinema.reservation]
    assert await rewards.codes(PROGRAM, asked) == {cinema.reservation: "CODE-1"}
    assert await rewards.codes(PROGRAM + 1, asked) == {}


async def test_a_sweep_returns_what_was_never_recorded(rewards, pool):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    await rewards.add_codes(PROGRAM, "cinema", ["CODE-1"])
    forgotten = await reserve(rewards, SOAP, CINEMA, event=1)
    used = await reserve(rewards, SOAP, event=2)
    await reserve(rewards, SOAP, event=3)
    await reserve(rewards, SOAP, event=4, now=NOW + 10)
    await settle(rewards, pool, used=used)
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO event_claim (program_id, key, digest, member_id, seq)"
            " VALUES (%s, %s, 0, 1, 1)",
            (PROGRAM, key(3)),
        )
    assert await rewards.sweep(older_than=NOW + 10) == Swept(released=2, unsettled=1)
    assert await left(rewards) == 2
    assert await rewards.pools_with_codes(PROGRAM, ["cinema"]) == {"cinema"}
    assert await rewards.sweep(older_than=NOW + 10) == Swept(released=0, unsettled=1)
    with pytest.raises(ReservationLost):
        await settle(rewards, pool, used=forgotten)


async def test_a_sweep_passes_over_what_a_decision_is_settling(rewards, pool):
    await rewards.set_total(PROGRAM, "stock/soap", 5)
    (grant,) = await reserve(rewards, SOAP)
    async with transaction(pool) as connection:
        await rewards.settle(connection, PROGRAM, used=[grant.reservation])
        assert await rewards.sweep(older_than=NOW + 10) == Swept(released=0, unsettled=0)
    assert await rewards.sweep(older_than=NOW + 10) == Swept(released=0, unsettled=0)
    assert await left(rewards) == 4


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from(["stock", "voucher"]), st.sampled_from("ab"), st.integers(1, 4)),
        max_size=5,
    )
)
def test_reservations_are_distinct_and_add_up_to_the_requests(asked):
    found = _reservations([Request(*item) for item in asked], key(1))
    assert len({item.reservation for item in found}) == len(found)
    assert sum(item.amount for item in found) == sum(amount for _, _, amount in asked)
    assert all(item.amount == 1 for item in found if item.kind == "voucher")
