"""Random shops against a dictionary: two processes, retries, races, late events, merges.

Each seed is one program of operations. Operations of a batch are submitted at once through two
intakes, each up to three times, in random order; the journal then tells in which order they
happened, and an oracle that knows nothing of effects must agree with every entry of it.
"""

from collections import Counter
from random import Random

import pytest

from regulars.core.accounts import Account
from regulars.core.events import Purchase, Refund, ReturnedLine
from regulars.intake.contracts import Submission
from regulars.intake.facade import finish_moves
from regulars.ledger.facade import (
    advance_totals,
    read_feed,
    read_member,
    read_totals,
    rebuild,
)
from regulars.platform.database import transaction
from tests.ledger.oracle import Oracle
from tests.ledger.shop import MEMBERS, MUGS, Shop, journals, open_shop, wait
from tests.world import DAY, PROGRAM, World

BATCHES = 24
SMALL = PROGRAM[: PROGRAM.index("  - id: third")] + PROGRAM[PROGRAM.index("  - id: survey") :]
SMALL = SMALL.replace("program: corner-shop", "program: small-shop")
SMALL = SMALL.replace("limits: {total: 1}", f"limits: {{total: {MUGS}}}")
PENDING = SMALL.replace("pending: none", "pending: {until: order.delivered, at_most: 2 days}")
CLAMPED = SMALL.replace("clawback: negative", "clawback: clamp")


async def _assert_books(shop: Shop) -> None:
    """Every posting has two sides, so what members have is what the program's side has given."""
    world = shop.world
    assert await finish_moves(world.pool, world.intakes[0], world.clock.now() + DAY) == 0
    await world.assert_verified()
    async with transaction(world.pool) as connection:
        await advance_totals(connection, world.program_id)
        totals = await read_totals(connection, world.program_id)
    theirs = 0
    for member in shop.members:
        found = await read_member(world.pool, member)
        assert found is not None
        wallet = found[0].state.wallets.get("points")
        if wallet is not None:
            assert min(wallet.active, wallet.pending, wallet.held, -wallet.debt) >= 0
            assert wallet.active == 0 or wallet.debt == 0
            theirs += wallet.active + wallet.pending + wallet.held + wallet.debt
    assert sum(totals.values()) == -theirs
    assert totals.get(("points", int(Account.TRANSIT)), 0) == 0


async def _assert_same(shop: Shop, oracle: Oracle) -> None:
    for member, person in oracle.people.items():
        found = await read_member(shop.world.pool, member)
        assert found is not None
        wallet = found[0].state.wallets.get("points")
        if wallet is None:
            assert person.total == 0
            continue
        total = wallet.active + wallet.pending + wallet.held + wallet.debt
        assert (member, total) == (member, person.total)
        assert (member, wallet.held) == (member, person.held)


async def _assert_stock(shop: Shop, oracle: Oracle) -> None:
    in_use = sum(
        [reward for reward, _ in person.holds.values()].count("mug")
        + list(person.captured.values()).count("mug")
        for person in oracle.people.values()
    )
    level = (await shop.world.rewards.levels(shop.world.program_id))["stock/mug"]
    assert (level.used, level.total) == (in_use, MUGS)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("program", [SMALL, PENDING], ids=["at once", "pending"])
async def test_any_program_of_operations_agrees_with_the_oracle(
    world: World, program: str, seed: int
) -> None:
    shop = await open_shop(world, program, seed)
    oracle = Oracle(foretells=program == SMALL)
    for number in range(BATCHES):
        await shop.batch()
        oracle.read(await journals(world, shop.members))
        await _assert_same(shop, oracle)
        await _assert_stock(shop, oracle)
        if number % 6 == 5:
            await _assert_books(shop)
        await wait(shop)
    await _assert_books(shop)
    await _assert_told_once(shop)
    assert (await rebuild(world.pool)).changed == 0


async def _assert_told_once(shop: Shop) -> None:
    """Each event with an answer stands in the journal and in the feed once, and nothing else of
    the shop does."""
    written = await journals(shop.world, shop.members)
    told: list[tuple[int, int]] = []
    after = ""
    async with shop.world.pool.connection() as connection:
        while items := await read_feed(connection, shop.world.program_id, after, 50):
            told += [(item.stored.member_id, item.stored.seq) for item in items]
            after = items[-1].cursor
    for member in shop.members:
        mine = [seq for owner, seq in told if owner == member]
        assert mine == sorted(mine)
    recorded = [(member, stored.seq) for member, each in written.items() for stored in each]
    assert sorted(told) == sorted(recorded)
    events = Counter(
        stored.entry.event.event_id
        for journal in written.values()
        for stored in journal
        if stored.entry.event.source == "web"
    )
    assert set(events.values()) <= {1}
    answered = {item.event.event_id for item, outcome in shop.sent if outcome.entry is not None}
    assert answered <= set(events)
    unanswered = {item.event.event_id for item, outcome in shop.sent if outcome.status == "invalid"}
    assert unanswered.isdisjoint(events)


@pytest.mark.parametrize("program", [SMALL, PENDING, CLAMPED], ids=["debt", "pending", "clamp"])
@pytest.mark.parametrize("seed", range(3))
async def test_refunding_everything_returns_to_the_start_where_nothing_was_spent(
    world: World, program: str, seed: int
) -> None:
    shop = await open_shop(world, program, seed)
    random = shop.random
    orders = [shop.buy(f"o-{number}") for number in range(12)]
    returns: list[Submission] = []
    for item in orders:
        body = item.event.body
        assert isinstance(body, Purchase)
        units = [line.line_id for line in body.lines for _ in range(line.quantity)]
        returns += [
            shop.submission(
                None,
                f"r-{item.event.event_id}-{number}",
                Refund(0, (ReturnedLine(line_id, 1),)),
                purchase=item.event.event_id,
            )
            for number, line_id in enumerate(units)
        ]
    random.shuffle(returns)
    await shop.submit(orders)
    bought = {member: await _worth(world, member) for member in shop.members}
    assert sum(bought.values()) > 0
    outcomes = await shop.submit(returns)
    assert {outcome.status for outcome in outcomes} == {"accepted"}
    assert [await _worth(world, member) for member in shop.members] == [0] * MEMBERS
    for member in shop.members:
        found = await read_member(world.pool, member)
        assert found is not None
        assert (found[1], found[0].state.counters) == ({}, {})
    await _assert_books(shop)


async def _worth(world: World, member: int) -> int:
    found = await read_member(world.pool, member)
    assert found is not None
    wallet = found[0].state.wallets.get("points")
    return 0 if wallet is None else wallet.active + wallet.pending + wallet.debt


async def test_the_order_of_retries_does_not_matter(world: World) -> None:
    shop = await open_shop(world, SMALL, 7)
    for _ in range(8):
        await shop.batch()
        await wait(shop)
    before = await journals(world, shop.members)
    for seed in range(3):
        again = [item for item, outcome in shop.sent if outcome.entry is not None] * 2
        Random(seed).shuffle(again)
        outcomes = await shop.submit(again)
        assert all(outcome.replayed for outcome in outcomes)
    assert await journals(world, shop.members) == before
