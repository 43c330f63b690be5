"""The door of rewards: counters that are never exceeded, and codes that are given out once.

    grants = await rewards.reserve(program_id, [Request("stock", "soap")], event_key, now=now)
    ... the event is decided and written; in the same transaction: ...
    await rewards.settle(connection, program_id, used=[...], released=[...])

The life of a reservation: reserved -> used -> released, or reserved -> released. Reserving is a
short transaction before the member's write; `settle` is part of that write; what is reserved and
never settled goes back by `sweep`. Lock order: reservations, counters by name, voucher codes; no
member row is ever locked before one of them is reserved.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from regulars.core.decision import Grant
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Pool
from regulars.rewards.contracts import CodesAdded, Level, PoolLevel, Request, Swept

if TYPE_CHECKING:
    from regulars.platform.keys import Keyring


class Rewards:
    """What there is only so much of. Holds no state but its pool and keys."""

    def __init__(self, pool: Pool, keyring: "Keyring") -> None:
        self._pool = pool
        self._keyring = keyring

    # --- reserving

    async def reserve(
        self, program_id: int, requests: Sequence[Request], event_key: UUID, *, now: Instant
    ) -> tuple[Grant, ...]:
        """Reserve all of it or nothing, in a short transaction of its own.

        Idempotent per event identity: a repeat (with the same requests) answers the same grants,
        and takes anew what was released in between. One grant per counter and per voucher code.
        Raises OutOfStock, UnknownCounter.
        """
        raise NotImplementedError

    async def settle(
        self,
        connection: Connection,
        program_id: int,
        *,
        used: Sequence[str] = (),
        released: Sequence[str] = (),
    ) -> None:
        """Mark reservations used, and give back those that the decision did not use, inside the
        caller's transaction. Releasing touches only what is still reserved: a duplicate's release
        never takes from the original. Raises ReservationLost when one of `used` is neither
        reserved nor used; then the transaction must not be committed."""
        raise NotImplementedError

    async def give_back(
        self,
        connection: Connection,
        program_id: int,
        reservations: Sequence[str],
        *,
        codes_shown: bool,
    ) -> None:
        """Return what a recorded decision had used: a hold voided or lapsed (`codes_shown`
        false), or a captured redemption refunded (true: its voucher codes are withdrawn rather
        than free again). Idempotent; inside the caller's transaction."""
        raise NotImplementedError

    async def codes(self, program_id: int, reservations: Sequence[str]) -> dict[str, str]:
        """The voucher codes claimed by these reservations, for whoever may see them."""
        raise NotImplementedError

    async def sweep(self, *, older_than: Instant, limit: int = 1000) -> Swept:
        """Give back reservations made before `older_than` whose event was never recorded. Safe to
        run in several processes at once; an event that comes too late finds ReservationLost."""
        raise NotImplementedError

    # --- counters

    async def declare(
        self, program_id: int, totals: Mapping[str, int], *, connection: Connection | None = None
    ) -> tuple[Level, ...]:
        """Set totals by counter name (`stock/soap`) as a published version says, making those
        that are new. A total below what is used becomes what is used: nothing is left then."""
        raise NotImplementedError

    async def set_total(self, program_id: int, name: str, total: int) -> Level:
        """Set a total. Raises BelowUsed."""
        raise NotImplementedError

    async def change_total(self, program_id: int, name: str, difference: int) -> Level:
        """Raise or lower a total. Raises BelowUsed, UnknownCounter."""
        raise NotImplementedError

    async def levels(
        self, program_id: int, names: Sequence[str] | None = None
    ) -> dict[str, Level]:
        """Counters as they stand, all or the named ones; unknown names are left out."""
        raise NotImplementedError

    # --- voucher pools

    async def add_codes(self, program_id: int, pool: str, codes: Sequence[str]) -> CodesAdded:
        """Put codes into a pool, which comes into being with its first code. Raises InvalidCode
        (and adds none). Some ten thousand at a time."""
        raise NotImplementedError

    async def generate_codes(
        self, program_id: int, pool: str, count: int, *, characters: int = 12
    ) -> list[str]:
        """Make `count` random codes, put them into the pool and answer them."""
        raise NotImplementedError

    async def pool_levels(self, program_id: int) -> dict[str, PoolLevel]:
        """The program's voucher pools as they stand."""
        raise NotImplementedError
