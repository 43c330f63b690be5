"""The door of rewards: counters that are never exceeded, and codes that are given out once.

    grants = await rewards.reserve(program_id, [Request("stock", "soap")], event_key, now=now)
    ... the event is decided and written; in the same transaction: ...
    await rewards.settle(connection, program_id, used=[...], released=[...])

The life of a reservation: reserved -> used -> released, or reserved -> released. Reserving is a
short transaction before the member's write; `settle` is part of that write; what is reserved and
never settled goes back by `sweep`. Lock order: members (by intake, before it settles), reservations
by id, counters by name, voucher codes.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from regulars.core.decision import Grant
from regulars.platform.arrays import TextColumn
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Executor, Pool, retry_transaction, transaction
from regulars.platform.keys import Keyring
from regulars.rewards import counters
from regulars.rewards.codes import add_codes, generate_codes, rewrap_pool_keys
from regulars.rewards.contracts import CodesAdded, Level, PoolLevel, Request, Swept
from regulars.rewards.queries import SQL
from regulars.rewards.reserve import read_codes, reserve
from regulars.rewards.settle import give_back, settle, sweep


class Rewards:
    """What there is only so much of. Holds no state but its pool and keys."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring

    # --- reserving

    async def reserve(
        self, program_id: int, requests: Sequence[Request], event_key: UUID, *, now: Instant
    ) -> tuple[Grant, ...]:
        """Reserve all of it or nothing, in a short transaction of its own.

        Idempotent per event identity: a repeat (with the same requests) answers the same grants,
        and takes anew what was released in between; so look for the event's stored answer first.
        `event_key` is that of the event's claim. One grant per counter and per voucher code.
        Raises OutOfStock, UnknownCounter.
        """

        async def work(connection: Connection) -> tuple[Grant, ...]:
            return await reserve(connection, self._keyring, program_id, requests, event_key, now)

        return await retry_transaction(self._pool, work)

    async def settle(
        self,
        connection: Executor,
        program_id: int,
        *,
        used: Sequence[str] = (),
        released: Sequence[str] = (),
    ) -> None:
        """Mark reservations used, and give back those that the decision did not use, inside the
        caller's transaction. Releasing touches only what is still reserved: a duplicate's release
        never takes from the original. Raises ReservationLost when one of `used` is neither
        reserved nor used; then the transaction must not be committed."""
        await settle(connection, program_id, used, released)

    async def give_back(
        self,
        connection: Executor,
        program_id: int,
        reservations: Sequence[str],
        *,
        codes_shown: bool,
    ) -> None:
        """Return what a recorded decision had used: a hold voided or lapsed (`codes_shown`
        false), or a captured redemption refunded (true: its voucher codes are withdrawn rather
        than free again). Idempotent; inside the caller's transaction."""
        await give_back(connection, program_id, reservations, codes_shown)

    async def codes(self, program_id: int, reservations: Sequence[str]) -> dict[str, str]:
        """The voucher codes claimed by these reservations, for whoever may see them."""
        wanted = [UUID(text) for text in reservations]
        async with self._pool.connection() as connection:
            found = await read_codes(connection, self._keyring, program_id, wanted)
        return {str(reservation): code for reservation, code in found.items()}

    async def sweep(self, *, older_than: Instant, limit: int = 1000) -> Swept:
        """Give back reservations made before `older_than` whose event was never recorded. Safe to
        run in several processes at once; an event that comes too late finds ReservationLost."""

        async def work(connection: Connection) -> Swept:
            return await sweep(connection, older_than, limit)

        return await retry_transaction(self._pool, work)

    # --- counters

    async def declare(
        self, program_id: int, totals: Mapping[str, int], *, connection: Connection | None = None
    ) -> tuple[Level, ...]:
        """Set totals by counter name (`stock/soap`) as a published version says, making those
        that are new. A total below what is used becomes what is used: nothing is left then."""
        if connection is not None:
            return await counters.declare(connection, program_id, totals)
        async with transaction(self._pool) as own:
            return await counters.declare(own, program_id, totals)

    async def set_total(
        self, program_id: int, name: str, total: int, *, connection: Connection | None = None
    ) -> Level:
        """Set a total. Raises BelowUsed."""
        if connection is not None:
            return await counters.set_total(connection, program_id, name, total)
        async with transaction(self._pool) as own:
            return await counters.set_total(own, program_id, name, total)

    async def change_total(self, program_id: int, name: str, difference: int) -> Level:
        """Raise or lower a total. Raises BelowUsed, UnknownCounter."""
        async with transaction(self._pool) as connection:
            return await counters.change_total(connection, program_id, name, difference)

    async def levels(self, program_id: int, names: Sequence[str] | None = None) -> dict[str, Level]:
        """Counters as they stand, all or the named ones; unknown names are left out."""
        async with self._pool.connection() as connection:
            return await counters.levels(connection, program_id, names)

    # --- voucher pools

    async def add_codes(
        self,
        program_id: int,
        pool: str,
        codes: Sequence[str],
        *,
        connection: Connection | None = None,
    ) -> CodesAdded:
        """Put codes into a pool, which comes into being with its first code. Raises InvalidCode
        (and adds none). Some ten thousand at a time."""

        async def work(joined: Connection) -> CodesAdded:
            return await add_codes(joined, self._keyring, program_id, pool, codes)

        if connection is not None:
            return await work(connection)
        return await retry_transaction(self._pool, work)

    async def generate_codes(
        self, program_id: int, pool: str, count: int, *, characters: int = 12
    ) -> list[str]:
        """Make `count` random codes, put them into the pool and answer them."""

        async def work(connection: Connection) -> list[str]:
            return await generate_codes(
                connection, self._keyring, program_id, pool, count, characters
            )

        return await retry_transaction(self._pool, work)

    async def pool_levels(self, program_id: int) -> dict[str, PoolLevel]:
        """The program's voucher pools as they stand."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(SQL.pool_levels, {"program_id": program_id})
            return {row[0]: PoolLevel(*row) for row in await cursor.fetchall()}

    async def pools_with_codes(self, program_id: int, pools: Sequence[str]) -> frozenset[str]:
        """Which of these pools have a free code: the cheap question that a quote asks."""
        parameters = {"program_id": program_id, "pools": TextColumn(pools)}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(SQL.pools_with_codes, parameters)
            return frozenset(row[0] for row in await cursor.fetchall())

    async def rewrap_pool_keys(self) -> int:
        """Wrap the pools' data keys by the current master key; answers how many were not yet."""

        async def work(connection: Connection) -> int:
            return await rewrap_pool_keys(connection, self._keyring)

        return await retry_transaction(self._pool, work)
