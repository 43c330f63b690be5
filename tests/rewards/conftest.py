"""A Rewards over a database of this test alone, with fresh keys."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from regulars.platform.database import Pool
from regulars.platform.keys import Keyring
from regulars.rewards.facade import Rewards

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.generate()


@pytest.fixture
def rewards(pool: Pool, keyring: Keyring) -> Rewards:
    return Rewards(pool, keyring)


@pytest.fixture
def everything(pool: Pool) -> Callable[[], Awaitable[Rows]]:
    """Reads all rows that rewards owns, to prove that a refusal changed nothing."""

    async def read() -> Rows:
        found: Rows = {}
        async with pool.connection() as connection:
            for table in ("counter", "reservation", "voucher", "voucher_pool"):
                cursor = await connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
                found[table] = [tuple(row) for row in await cursor.fetchall()]
        return found

    return read


@pytest.fixture
def someone_waits(pool: Pool) -> Callable[[], Awaitable[None]]:
    """Waits until a statement waits for a lock that another holds; fails if none does."""

    async def wait() -> None:
        waiting = 0
        async with asyncio.timeout(10), pool.connection() as connection:
            while not waiting:
                cursor = await connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                (waiting,) = await cursor.fetchone() or (0,)

    return wait
