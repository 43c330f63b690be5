"""Statements of a pipeline go out together, in order; a failed one leaves nothing behind."""

import psycopg
import pytest
from psycopg import pq

from regulars.platform.database import Connection, Pool
from regulars.platform.pipelines import sent_together


@pytest.fixture
async def connection(pool: Pool):
    async with pool.connection() as one:
        await one.set_autocommit(True)
        yield one
        await one.set_autocommit(False)


def _waiting(connection: Connection) -> int:
    """How many commands have not been sent."""
    assert connection._pipeline is not None
    return len(connection._pipeline.command_queue)


async def test_nothing_is_sent_before_a_result_is_asked_for(connection: Connection) -> None:
    async with sent_together(connection):
        first = await connection.execute("SELECT 1")
        second = await connection.execute("SELECT 2")
        assert _waiting(connection) >= 2
        assert await second.fetchone() == (2,)
        assert _waiting(connection) == 0
        assert await first.fetchone() == (1,)
    assert connection.info.pipeline_status is pq.PipelineStatus.OFF


async def test_the_end_sends_what_waits(connection: Connection) -> None:
    async with sent_together(connection):
        await connection.execute("CREATE TEMPORARY TABLE kept (number int)")
        await connection.execute("INSERT INTO kept SELECT generate_series(1, 70000)")
        found = await connection.execute("SELECT number FROM kept ORDER BY number")
    rows = await found.fetchall()
    assert (rows[0], rows[-1], len(rows)) == ((1,), (70000,), 70000)


async def test_statements_run_in_their_order_across_several_results(
    connection: Connection,
) -> None:
    seen = []
    async with sent_together(connection):
        await connection.execute("CREATE TEMPORARY TABLE steps (number int)")
        for number in range(5):
            await connection.execute("INSERT INTO steps VALUES (%s)", [number])
            counted = await connection.execute("SELECT count(*) FROM steps")
            seen.append(await counted.fetchone())
    assert seen == [(1,), (2,), (3,), (4,), (5,)]


async def test_an_error_is_raised_when_it_is_known_and_the_connection_goes_on(
    connection: Connection,
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with sent_together(connection):
            await connection.execute("BEGIN")
            await connection.execute("SELECT 1 / 0")
            found = await connection.execute("SELECT 1")
            await found.fetchone()
    await connection.execute("ROLLBACK")
    async with sent_together(connection):
        found = await connection.execute("SELECT 3")
    assert await found.fetchone() == (3,)


async def test_an_error_of_the_block_ends_the_pipeline(connection: Connection) -> None:
    with pytest.raises(LookupError):
        async with sent_together(connection):
            await connection.execute("SELECT 1")
            raise LookupError
    assert connection.info.pipeline_status is pq.PipelineStatus.OFF
    assert await (await connection.execute("SELECT 4")).fetchone() == (4,)


async def test_a_pipeline_inside_another_is_a_part_of_it(connection: Connection) -> None:
    async with sent_together(connection):
        async with sent_together(connection):
            inner = await connection.execute("SELECT 5")
        outer = await connection.execute("SELECT 6")
    assert (await inner.fetchone(), await outer.fetchone()) == ((5,), (6,))


async def test_a_connection_that_cannot_enter_is_left_as_it_was(connection: Connection) -> None:
    closed = await psycopg.AsyncConnection.connect(connection.info.dsn, autocommit=True)
    await closed.close()
    with pytest.raises(psycopg.OperationalError):
        async with sent_together(closed):
            pass
    assert closed._pipeline is None


async def test_results_larger_than_any_buffer_do_not_stop_what_is_sent(
    connection: Connection,
) -> None:
    text = "x" * 200_000
    async with sent_together(connection):
        found = [await connection.execute("SELECT %s::text", [text]) for _ in range(50)]
    assert {await one.fetchone() for one in found} == {(text,)}
