"""Refunds and confirmations that come before their purchase: parked with a time limit, visibly.

Whoever parks looks for the purchase once more after its commit, and whoever records a purchase
looks for parked events after its own; so one of the two always sees the other, without a lock
between.
"""

from regulars.core.facade import Program, add_span
from regulars.intake.contracts import Outcome
from regulars.intake.loading import Loader
from regulars.intake.pending import Pending, encode_parked, invalid
from regulars.intake.queries import SQL
from regulars.ledger.facade import Claim
from regulars.platform.arrays import Int4Column, UuidColumn
from regulars.platform.database import Executor


class Parking:
    """What one group parks, and what it takes out of the car park."""

    def __init__(self, loader: Loader, now: int) -> None:
        self.awaited: set[tuple[int, bytes]] = set()
        self._loader = loader
        self._now = now
        self._parked: list[tuple[Pending, int, int]] = []
        self._recorded: list[tuple[int, bytes]] = []

    async def park(self, item: Pending, occurred_at: int, program: Program) -> Outcome:
        """The answer of an event whose purchase has not been recorded."""
        found = await self._loader.find_parked(item.identity)
        if found is not None:
            return self._parked_before(item, *found)
        assert item.purchase_key is not None, "only what names a purchase waits for one"
        expires_at = add_span(program.zone, self._now, program.refund_wait)
        self._parked.append((item, occurred_at, expires_at))
        self.awaited.add((item.submission.program_id, item.purchase_key))
        return Outcome("parked", item.member_id, expires_at=expires_at)

    def recorded(self, item: Pending) -> None:
        """An event that was waiting has been recorded: it waits no longer."""
        if item.parked:
            self._recorded.append(item.identity)

    async def write(self, connection: Executor) -> None:
        """Queue the group's rows."""
        for item, occurred_at, expires_at in self._parked:
            await connection.execute(
                SQL.park,
                {
                    "program_id": item.submission.program_id,
                    "awaits": item.purchase_key,
                    "key": item.key,
                    "digest": item.digest,
                    "occurred_at": occurred_at,
                    "parked_at": self._now,
                    "expires_at": expires_at,
                    "body": encode_parked(item, occurred_at),
                },
            )
        if self._recorded:
            await connection.execute(
                SQL.unpark,
                {
                    "program_ids": Int4Column([program_id for program_id, _ in self._recorded]),
                    "keys": UuidColumn([key for _, key in self._recorded]),
                },
            )

    def whose_purchase_came(self, came: dict[tuple[int, bytes], Claim]) -> list[Pending]:
        """The parked events whose purchase was recorded while they were being parked."""
        follow = []
        for item, occurred_at, _ in self._parked:
            assert item.purchase_key is not None, "as in park"
            if (item.submission.program_id, item.purchase_key) in came:
                item.occurred_at = occurred_at
                item.parked = True
                follow.append(item)
        return follow

    def _parked_before(self, item: Pending, digest: int, expires_at: int, outcome: str) -> Outcome:
        if digest != item.digest:
            return Outcome(
                "conflict",
                problem=invalid(
                    "event_conflict", "/id", "an event that waits with another body",
                    "the body that was sent first, or an id of its own for another event",
                ).problem,
            )  # fmt: skip
        status = "expired" if outcome == "expired" else "parked"
        return Outcome(status, item.member_id, replayed=True, expires_at=expires_at)
