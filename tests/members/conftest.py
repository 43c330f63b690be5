"""A Members over a database of this test alone, with fresh keys."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from regulars.members.contracts import Enrolment
from regulars.members.facade import ErasureList, Members
from regulars.platform.database import Pool
from regulars.platform.keys import Keyring

PROGRAM = 7
NOW = 1_800_000_000_000_000
Table = list[tuple[object, ...]]


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.generate()


@pytest.fixture
def erasure_list(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path / "erasures.jsonl")


@pytest.fixture
def members(pool: Pool, keyring: Keyring, erasure_list: ErasureList) -> Members:
    return Members(pool, keyring, erasure_list)


@pytest.fixture
def anna() -> Enrolment:
    return Enrolment(
        external_id="shop-1",
        cards=("2900 0000 0017",),
        email="Anna.Berg@Example.org",
        phone="+49 30 901820",
        given_name="Anna-Lena",
        family_name="Bérg",
        birthday="1990-05-31",
        locale="de-DE",
    )


@pytest.fixture
def everything(pool: Pool) -> Callable[[], Awaitable[dict[str, Table]]]:
    """Reads all rows that members owns, to prove that a refusal changed nothing."""

    async def read() -> dict[str, Table]:
        tables = (
            "member", "member_state", "member_profile", "identifier", "name_word", "erasure"
        )  # fmt: skip
        found: dict[str, Table] = {}
        async with pool.connection() as connection:
            for table in tables:
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
