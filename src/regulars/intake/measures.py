"""What the intake counts of itself, and how much waits in the database when somebody asks."""

from prometheus_client import Gauge

from regulars.intake.queries import SQL
from regulars.ledger.facade import oldest_unseen
from regulars.platform.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND
from regulars.platform.database import Pool
from regulars.platform.metrics import COUNT_BUCKETS, counter, gauge, histogram

COUNTED_MAX = 10_000
"""Beyond so many, parked events and due members are not counted on."""

depth = gauge("intake_depth", "Events that wait for a group.")
events = counter("intake_events", "Events answered, by what became of them.", ["outcome"])
group_events = histogram("intake_group_events", "Events of a group.", buckets=COUNT_BUCKETS)
group_seconds = histogram("intake_group_seconds", "Time to decide and commit a group.")
retries = counter("intake_retries", "Groups that were begun again after a passing error.")
parked = gauge("intake_parked", "Refunds that wait for their purchase.")
due = gauge("intake_due_members", "Members for whom something may be due and is not posted yet.")
feed_lag = gauge("feed_lag_seconds", "How long the oldest entry has been kept from the feed.")
pool_used = gauge("pool_connections_used", "Connections of the pool that are in use.")
pool_waiting = gauge("pool_requests_waiting", "Requests that wait for a connection of the pool.")
_FROM_DATABASE: tuple[Gauge, ...] = (parked, due, feed_lag)


async def measure(pool: Pool, now: int, seconds_max: float) -> None:
    """Set the gauges that are looked up rather than kept. Raises what the database raises, and
    then leaves them without a number."""
    stats = pool.get_stats()
    pool_used.set(stats.get("pool_size", 0) - stats.get("pool_available", 0))
    pool_waiting.set(stats.get("requests_waiting", 0))
    for one in _FROM_DATABASE:
        one.set(float("nan"))
    async with pool.connection(timeout=seconds_max) as connection:
        cursor = await connection.execute(
            SQL.backlog, {"day": now // MICROSECONDS_PER_DAY - 1, "most": COUNTED_MAX}
        )
        row = await cursor.fetchone()
        assert row is not None, "an aggregate has a row"
        oldest = await oldest_unseen(connection)
    parked.set(row[0])
    due.set(row[1])
    feed_lag.set(max(0, now - oldest) / MICROSECONDS_PER_SECOND if oldest else 0)
