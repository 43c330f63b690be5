"""The pool acts as the application's role, and transactions keep their promises."""

import asyncio
from decimal import Decimal

import psycopg
import pytest
from psycopg import IsolationLevel, errors

from regulars.platform.database import (
    Connection,
    ConnectionLost,
    DatabaseNotReady,
    Pool,
    connect_owner,
    open_pool,
    retry_transaction,
    transaction,
)
from regulars.platform.settings import Settings


async def value(connection: Connection, query: str) -> object:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


async def test_connections_act_as_the_application_role(pool: Pool) -> None:
    async with transaction(pool) as connection:
        assert await value(connection, "SELECT current_user::text") == "regulars_app"
        assert await value(connection, "SHOW timezone") == "UTC"
        await connection.execute("RESET ROLE")
        assert await value(connection, "SELECT current_user::text") == "regulars_app"


async def test_results_are_binary_and_keep_their_types(pool: Pool) -> None:
    async with transaction(pool) as connection:
        cursor = await connection.execute(
            "SELECT 1::bigint, 1.50::numeric, 'x'::text, '\\x00ff'::bytea, ARRAY['a', NULL],"
            " '{\"k\": [1]}'::jsonb, NULL::integer, true"
        )
        row = await cursor.fetchone()
    assert row == (1, Decimal("1.50"), "x", b"\x00\xff", ["a", None], {"k": [1]}, None, True)


async def test_an_error_rolls_back_everything(pool: Pool, database_url: str) -> None:
    async with await connect_owner(database_url) as owner:
        await owner.execute("CREATE TABLE note (body text); GRANT ALL ON note TO regulars_app")
        with pytest.raises(RuntimeError, match="stop"):
            async with transaction(pool) as connection:
                await connection.execute("INSERT INTO note VALUES ('lost')")
                raise RuntimeError("stop")
        assert await value(owner, "SELECT count(*) FROM note") == 0


async def test_a_read_only_transaction_cannot_write_and_the_next_one_can(
    database_url: str,
) -> None:
    async with await connect_owner(database_url) as owner:
        await owner.execute("CREATE TABLE note (body text); GRANT ALL ON note TO regulars_app")
    pool = await open_pool(Settings(database_url=database_url, database_connections=1))
    async with pool:
        with pytest.raises(errors.ReadOnlySqlTransaction):
            async with transaction(pool, read_only=True) as connection:
                await connection.execute("INSERT INTO note VALUES ('refused')")
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO note VALUES ('kept')")
            assert await value(connection, "SELECT count(*) FROM note") == 1


async def test_a_serialisation_failure_is_tried_again(pool: Pool, database_url: str) -> None:
    async with await connect_owner(database_url) as owner:
        await owner.execute(
            "CREATE TABLE tally (n int); INSERT INTO tally VALUES (0);"
            "GRANT ALL ON tally TO regulars_app"
        )
        read = asyncio.Barrier(2)
        attempts = 0

        async def add_one(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            seen = await value(connection, "SELECT n FROM tally")
            if attempts <= 2:
                await read.wait()
            await connection.execute("UPDATE tally SET n = %s", [int(str(seen)) + 1])

        work = [
            retry_transaction(pool, add_one, isolation=IsolationLevel.SERIALIZABLE)
            for _ in range(2)
        ]
        await asyncio.gather(*work)
        assert await value(owner, "SELECT n FROM tally") == 2
        assert attempts == 3


async def test_a_broken_connection_is_named_and_then_replaced(
    pool: Pool, database_url: str
) -> None:
    async with await connect_owner(database_url) as owner:
        with pytest.raises((ConnectionLost, errors.AdminShutdown)):
            async with transaction(pool) as connection:
                process_id = connection.info.backend_pid
                await owner.execute("SELECT pg_terminate_backend(%s, 5000)", [process_id])
                await connection.execute("SELECT 1")
        seen = 0

        async def break_once(connection: Connection) -> object:
            nonlocal seen
            seen += 1
            if seen == 1:
                process_id = connection.info.backend_pid
                await owner.execute("SELECT pg_terminate_backend(%s, 5000)", [process_id])
            return await value(connection, "SELECT 42")

        assert await retry_transaction(pool, break_once) == 42
        assert seen == 2


async def test_attempts_are_bounded(pool: Pool) -> None:
    attempts = 0

    async def always_deadlocked(connection: Connection) -> None:
        nonlocal attempts
        attempts += 1
        raise errors.DeadlockDetected("made up")

    with pytest.raises(errors.DeadlockDetected):
        await retry_transaction(pool, always_deadlocked, attempts=3)
    assert attempts == 3


async def test_a_database_that_cannot_be_reached_is_reported_at_once(database_url: str) -> None:
    with pytest.raises(DatabaseNotReady, match="cannot be reached"):
        await open_pool(Settings(database_url=database_url.replace("/test_", "/missing_")))


async def test_the_owner_can_run_a_script_of_several_statements(database_url: str) -> None:
    async with await connect_owner(database_url) as owner:
        await owner.execute("CREATE TABLE a (x int); CREATE TABLE b (x int)")
        with pytest.raises(psycopg.errors.DuplicateTable):
            await owner.execute("CREATE TABLE a (x int)")
