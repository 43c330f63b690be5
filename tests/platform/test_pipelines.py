"""Statements of a pipeline go out together, in order; a failed one leaves nothing behind."""

import asyncio

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from regulars.platform.arrays import ByteaColumn, Int4Column, TextColumn, UuidColumn
from regulars.platform.database import connect_owner
from regulars.platform.pipelines import PipelineConnection


@pytest.fixture
async def connection(database_url: str):
    one = await PipelineConnection.connect(database_url)
    yield one
    await one.close()


@pytest.fixture
async def other(database_url: str):
    async with await connect_owner(database_url) as one:
        yield one


async def _number(connection: PipelineConnection, query: str) -> int:
    found = await (await connection.execute(query)).fetchone()
    assert found is not None
    return int(found[0])


async def _prepared(connection: PipelineConnection) -> int:
    return await _number(connection, "SELECT count(*) FROM pg_prepared_statements")


async def test_nothing_is_sent_before_a_result_is_asked_for(connection, other) -> None:
    await connection.execute("CREATE TABLE seen (number int)")
    async with connection.sent_together():
        await connection.execute("INSERT INTO seen VALUES (1)")
        await asyncio.sleep(0.05)
        cursor = await other.execute("SELECT count(*) FROM seen")
        assert await cursor.fetchone() == (0,)
        second = await connection.execute("SELECT 2")
        assert await second.fetchone() == (2,)
        cursor = await other.execute("SELECT count(*) FROM seen")
        assert await cursor.fetchone() == (1,)


async def test_the_end_sends_what_waits(connection) -> None:
    async with connection.sent_together():
        await connection.execute("CREATE TEMPORARY TABLE kept (number int)")
        await connection.execute("INSERT INTO kept SELECT generate_series(1, 70000)")
        found = await connection.execute("SELECT number FROM kept ORDER BY number")
    rows = await found.fetchall()
    assert (rows[0], rows[-1], len(rows)) == ((1,), (70000,), 70000)
    assert await found.fetchall() == rows


async def test_statements_run_in_their_order_across_several_results(connection) -> None:
    seen = []
    async with connection.sent_together():
        await connection.execute("CREATE TEMPORARY TABLE steps (number int)")
        for number in range(5):
            await connection.execute("INSERT INTO steps VALUES (%(number)s)", {"number": number})
            counted = await connection.execute("SELECT count(*) FROM steps")
            seen.append(await counted.fetchone())
    assert seen == [(1,), (2,), (3,), (4,), (5,)]


async def test_values_go_and_come_as_they_are(connection) -> None:
    key = bytes(range(16))
    values = {
        "numbers": Int4Column([1, -2]),
        "keys": UuidColumn([key]),
        "bodies": ByteaColumn([b"\x00\xff", b""]),
        "texts": TextColumn(["a", "ö€"]),
        "big": 2**62,
        "text": "it's %",
        "nothing": None,
        "flag": True,
    }
    found = await connection.execute(
        "SELECT %(numbers)s::int[], %(keys)s::uuid[], %(bodies)s::bytea[], %(texts)s::text[],"
        " %(big)s::bigint, %(text)s::text, %(nothing)s::text, %(flag)s::bool,"
        " 7 %% 4, %(big)s::bigint - 1",
        values,
    )
    row = await found.fetchone()
    assert row is not None
    numbers, keys, bodies, texts, *others = row
    assert (numbers, bodies, texts) == ([1, -2], [b"\x00\xff", b""], ["a", "ö€"])
    assert [each.bytes for each in keys] == [key]
    assert others == [2**62, "it's %", None, True, 3, 2**62 - 1]


async def test_a_missing_parameter_is_an_error_before_anything_is_sent(connection) -> None:
    with pytest.raises(KeyError, match="there"):
        await connection.execute("SELECT %(there)s::int", {"here": 1})
    assert await _number(connection, "SELECT 5") == 5


async def test_a_statement_is_prepared_once_for_the_types_of_its_parameters(connection) -> None:
    query = "SELECT %(value)s + 1"
    before = await _prepared(connection)
    for value in (1, 2, 3):
        found = await connection.execute(query, {"value": value})
        assert await found.fetchone() == (value + 1,)
    assert await _prepared(connection) == before + 1
    found = await connection.execute(query, {"value": 2**40})
    assert await found.fetchone() == (2**40 + 1,)
    assert await _prepared(connection) == before + 2


async def test_an_error_is_raised_when_it_is_known_and_the_connection_goes_on(connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with connection.sent_together():
            await connection.execute("BEGIN")
            await connection.execute("SELECT 1 / 0")
            found = await connection.execute("SELECT 1")
            await found.fetchone()
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await connection.execute("SELECT 2")
    await connection.execute("ROLLBACK")
    async with connection.sent_together():
        found = await connection.execute("SELECT 1")
    assert await found.fetchone() == (1,)


async def test_the_first_error_is_raised_and_names_what_it_is_about(connection) -> None:
    await connection.execute("CREATE TEMPORARY TABLE once (number int PRIMARY KEY)")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        async with connection.sent_together():
            await connection.execute("INSERT INTO once VALUES (1)")
            await connection.execute("INSERT INTO once VALUES (1)")
            await connection.execute("SELECT 1 / 0")
            for number in range(2000):
                await connection.execute("SELECT repeat('x', 1000), %(n)s::int", {"n": number})
    assert caught.value.diag.table_name == "once"
    # Without a transaction of its own, what is sent together is done as a whole or not at all.
    assert await _number(connection, "SELECT count(*) FROM once") == 0


async def test_what_could_not_be_prepared_is_tried_again(connection) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            await connection.execute("SELECT count(*) FROM later")
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with connection.sent_together():
            await connection.execute("SELECT 1 / 0")
            await connection.execute("SELECT 40 + 2")  # never reached, so not prepared
    await connection.execute("CREATE TEMPORARY TABLE later (number int)")
    assert await _number(connection, "SELECT count(*) FROM later") == 0
    assert await _number(connection, "SELECT 40 + 2") == 42


async def test_what_a_failed_block_queued_is_dropped(connection) -> None:
    await connection.execute("CREATE TEMPORARY TABLE kept (number int)")
    with pytest.raises(LookupError):
        async with connection.sent_together():
            await connection.execute("INSERT INTO kept VALUES (1)")
            raise LookupError
    assert await _number(connection, "SELECT count(*) FROM kept") == 0


async def test_a_block_inside_another_is_a_part_of_it(connection) -> None:
    async with connection.sent_together():
        async with connection.sent_together():
            inner = await connection.execute("SELECT 5")
        assert inner.answer is None
        outer = await connection.execute("SELECT 6")
    assert (await inner.fetchone(), await outer.fetchone()) == ((5,), (6,))


async def test_results_and_statements_larger_than_any_buffer(connection) -> None:
    text = "x" * 200_000
    async with connection.sent_together():
        found = [
            await connection.execute("SELECT %(text)s::text", {"text": text}) for _ in range(50)
        ]
    assert {await one.fetchone() for one in found} == {(text,)}


async def test_a_connection_that_is_ended_says_so_and_is_closed(connection, other) -> None:
    number = await _number(connection, "SELECT pg_backend_pid()")
    waiting = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
    await asyncio.sleep(0.05)
    await other.execute("SELECT pg_terminate_backend(%s)", [number])
    with pytest.raises(psycopg.OperationalError):
        await asyncio.wait_for(waiting, 10)
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        await connection.execute("SELECT 1")


async def test_a_connection_that_was_ended_meanwhile_says_so(connection, other) -> None:
    number = await _number(connection, "SELECT pg_backend_pid()")
    await other.execute("SELECT pg_terminate_backend(%s)", [number])
    await asyncio.sleep(0.1)
    with pytest.raises(psycopg.OperationalError):
        async with connection.sent_together():
            for _ in range(3):
                await connection.execute("SELECT 1")
    assert connection.closed


async def test_answers_that_nobody_waits_for_close_the_connection(connection) -> None:
    waiting = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert connection.closed


async def test_a_connection_that_cannot_be_made(database_url: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        await PipelineConnection.connect(make_conninfo(database_url, dbname="nowhere"))
