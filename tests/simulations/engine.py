"""The write path over a real database, as the application puts it together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from regulars.intake.facade import Intake, connector
from regulars.members.facade import ErasureList, Members
from regulars.platform.clock import FixedClock
from regulars.platform.database import Pool
from regulars.platform.keys import Keyring
from regulars.platform.settings import Settings
from regulars.programs.facade import ProgramCache, Programs
from regulars.rewards.facade import Rewards


@dataclass
class Engine:
    """All that a load or an import needs."""

    pool: Pool
    clock: FixedClock
    programs: Programs
    cache: ProgramCache
    rewards: Rewards
    members: Members
    intake: Intake

    async def count(self, table: str) -> int:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(f"SELECT count(*) FROM {table}".encode())
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def running_engine(
    settings: Settings, pool: Pool, clock: FixedClock
) -> AsyncIterator[Engine]:
    """An engine whose intake runs."""
    keyring = Keyring.generate()
    members = Members(pool, keyring, ErasureList(settings.home / "erasures.jsonl"))
    rewards = Rewards(pool, keyring)
    cache = ProgramCache(pool)
    assert settings.database_url is not None
    connect = connector(settings, settings.database_url)
    intake = Intake(pool, connect, programs=cache, members=members, rewards=rewards, clock=clock)
    await intake.start()
    try:
        yield Engine(pool, clock, Programs(pool, clock), cache, rewards, members, intake)
    finally:
        await intake.stop()
