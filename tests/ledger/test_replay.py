"""A member's recorded events, sent one by one to an empty database, become the same bytes.

The first time they came in groups, through two processes, late, twice and in races; the second time
alone and in their recorded order. What a decision sees must not depend on the company it came in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import msgspec
import pytest

from regulars.core.events import Body, Confirm, Event, Exchange, Purchase, Refund
from regulars.intake.contracts import EventRef, Submission
from regulars.ledger.facade import StoredEntry
from regulars.platform.database import open_pool
from regulars.platform.settings import Settings
from tests.conftest import PostgresServer
from tests.ledger.shop import Shop, journals, open_shop, wait
from tests.world import A_YEAR, PROGRAM, World, build_world

RICH = PROGRAM.replace("program: corner-shop", "program: rich-shop").replace(
    "limits: {total: 1}", "limits: {total: 2}"
)


@asynccontextmanager
async def _empty_world(postgres: PostgresServer, template: str, home: Path) -> AsyncIterator[World]:
    url = postgres.create_database(template)
    settings = Settings(home=home, database_url=url, log_level="warning")
    pool = await open_pool(settings)
    world = await build_world(settings, pool, home)
    yield world
    await world.stop()
    await pool.close()
    postgres.drop_database(url)


def _without_purchase(body: Body) -> tuple[Body, int]:
    """The body as it was sent, and the entry of the purchase that it names."""
    if isinstance(body, Refund | Confirm):
        return msgspec.structs.replace(body, purchase_seq=0), body.purchase_seq
    if isinstance(body, Exchange):
        refund = msgspec.structs.replace(body.refund, purchase_seq=0)
        return msgspec.structs.replace(body, refund=refund), body.refund.purchase_seq
    return body, 0


def _as_sent(program_id: int, member: int, event: Event, journal: list[StoredEntry]) -> Submission:
    body, purchase_seq = _without_purchase(event.body)
    purchase = None
    if purchase_seq:
        of = journal[purchase_seq - 1].entry.event
        purchase = EventRef(of.source, of.event_id)
    sent = msgspec.structs.replace(event, body=body)
    return Submission(program_id, member, sent, A_YEAR, purchase)


async def _bodies(world: World, member: int) -> list[bytes]:
    async with world.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT body FROM entry WHERE member_id = %s ORDER BY seq", [member]
        )
        return [bytes(row[0]) for row in await cursor.fetchall()]


async def _live(shop: Shop) -> None:
    """A life without moves between members, whose entries name their ids."""
    shop.alone = True
    for _ in range(30):
        await shop.batch()
        await wait(shop)


@pytest.mark.parametrize("seed", range(3))
async def test_replayed_events_become_the_same_bytes(
    world: World, postgres: PostgresServer, migrated_template: str, tmp_path: Path, seed: int
) -> None:
    shop = await open_shop(world, RICH, seed)
    del shop.members[1:]
    await _live(shop)
    member = shop.members[0]
    recorded = (await journals(world, [member]))[member]
    kinds = {type(stored.entry.event.body) for stored in recorded}
    assert {Purchase, Refund, Exchange} < kinds
    assert len(recorded) > 128  # two checkpoints
    home = tmp_path / "second"
    home.mkdir()
    async with _empty_world(postgres, migrated_template, home) as second:
        again = await open_shop(second, RICH, seed)
        (twin, *_) = again.members
        for stored in recorded:
            second.clock.instant = stored.recorded_at
            item = _as_sent(second.program_id, twin, stored.entry.event, recorded)
            await second.intakes[Random(stored.seq).randrange(2)].submit([item])
        assert await _bodies(second, twin) == await _bodies(world, member)
        await second.assert_verified()
