"""`bytes_per_event`: what one traced purchase of five lines costs on disk, everything included.

All tables and indexes of the database before and after many single events, nothing vacuumed or
rewritten in between: what stays behind of updated rows counts too.
"""

import psycopg

from bench.figures.http import Caller
from bench.figures.options import Options
from bench.report import Figure
from bench.serving import serving
from bench.world import World

_SIZES = """
SELECT c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'
"""


def measure(world: World, options: Options) -> list[Figure]:
    """Bytes per event on an ordinary shop."""
    shop = world.shop(options.members)
    before, wal_before = _sizes(shop.database_url)
    with serving(shop) as server:
        caller = Caller(world, shop, server, options.seconds)
        for _ in range(options.runs):
            caller.run("event")
    after, wal_after = _sizes(shop.database_url)
    with psycopg.connect(shop.database_url) as connection:
        row = connection.execute("SELECT count(*), avg(length(body)) FROM entry").fetchone()
    assert row is not None, "an aggregate has a row"
    events, body = row
    books = world.verify(shop, "bytes_per_event")
    world.drop(shop)
    parts = {
        name: tuple(
            (late - early) / events for early, late in zip(before[name], sizes, strict=True)
        )
        for name, sizes in after.items()
    }
    named = ", ".join(
        f"{name} {heap:.0f} + {index:.0f}"
        for name, (heap, index) in sorted(parts.items(), key=lambda item: -sum(item[1]))
        if heap + index >= 1
    )
    total = sum(heap + index for heap, index in parts.values())
    detail = (
        f"{events:,} events, body {body:.0f} bytes; table + indexes: {named}; "
        f"WAL {(wal_after - wal_before) / events:,.0f} bytes per event; {books}"
    )
    return [Figure("bytes_per_event", round(total, 1), "bytes", detail=detail)]


def _sizes(url: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Bytes of each table and of its indexes, and the position of the log."""
    with psycopg.connect(url, autocommit=True) as connection:
        sizes = {name: (heap, index) for name, heap, index in connection.execute(_SIZES)}
        row = connection.execute(
            "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
        ).fetchone()
    assert row is not None, "a function has a row"
    return sizes, row[0]
