"""One group of events in one transaction: lock, load, decide each in order, write, commit.

Owns the order of things that makes the write path exactly-once: program epochs under a shared lock,
members locked in one order, identities looked up after the lock, everything written with the
entries. It raises what the database raises and leaves the retry to `lane.py`; after an error
nothing of the group is recorded, unless the connection broke at the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from regulars.intake.contracts import Outcome
from regulars.intake.deciding import Decider
from regulars.intake.loading import Loader
from regulars.intake.moving import members_to_lock
from regulars.intake.pending import Pending, decode_parked
from regulars.intake.queries import SQL
from regulars.ledger.facade import (
    Claim,
    LoadedMember,
    find_claims,
    in_lock_order,
    lock_and_find,
    record_group,
)
from regulars.platform.arrays import Int4Column, UuidColumn
from regulars.platform.clock import Clock
from regulars.platform.pipelines import PipelineConnection
from regulars.programs.contracts import EPOCH_LOCK_CLASS
from regulars.programs.facade import ProgramCache
from regulars.rewards.facade import Rewards


class StaleVersions(Exception):
    """A program was published since its versions were read: read them again and retry."""

    def __init__(self, program_ids: Sequence[int]) -> None:
        super().__init__(f"programs {list(program_ids)} have a new epoch")
        self.program_ids = list(program_ids)


@dataclass
class GroupResult:
    """What a committed group leaves to do: outcomes to hand out, and events that follow."""

    outcomes: list[tuple[Pending, Outcome]] = field(default_factory=list)
    follow: list[Pending] = field(default_factory=list)


async def run_group(
    connection: PipelineConnection,
    items: Sequence[Pending],
    programs: ProgramCache,
    rewards: Rewards,
    clock: Clock,
) -> GroupResult:
    """Decide and record `items` in their order; no answer is given before the commit.

    The connection is in autocommit mode with no transaction open; after an error the caller rolls
    back. Raises StaleVersions, ReservationLost or what the database raises.
    """
    now = clock.now()
    members, claims = await _begin(connection, items, programs)
    loader = Loader(connection, programs, members, claims)
    await loader.prefetch(items, now)
    decider = Decider(loader, programs, now)
    for item in items:
        await decider.take(item)
    return await _commit(connection, decider, rewards)


async def _begin(
    connection: PipelineConnection, items: Sequence[Pending], programs: ProgramCache
) -> tuple[dict[int, LoadedMember], dict[tuple[int, bytes], Claim]]:
    """One round trip: begin, epochs, members locked, identities looked up."""
    program_ids = sorted({item.submission.program_id for item in items})
    identities = [item.identity for item in items]
    identities += [
        (item.submission.program_id, item.purchase_key)
        for item in items
        if item.purchase_key is not None
    ]
    async with connection.sent_together():
        await connection.execute("BEGIN")
        await connection.execute(
            SQL.lock_programs,
            {"lock_class": EPOCH_LOCK_CLASS, "program_ids": Int4Column(program_ids)},
        )
        epochs = await connection.execute(SQL.read_epochs, {"program_ids": Int4Column(program_ids)})
        members, claims = await lock_and_find(
            connection,
            in_lock_order(member for item in items for member in members_to_lock(item)),
            identities,
        )
        found = await epochs.fetchall()
    stale = [row[0] for row in found if programs.epoch(row[0]) != row[1]]
    if stale:
        raise StaleVersions(stale)
    return members, claims


async def _commit(
    connection: PipelineConnection, decider: Decider, rewards: Rewards
) -> GroupResult:
    """One round trip: every write, the commit, and the look for parked events after it."""
    decider.finish()
    write = decider.write
    purchases = decider.purchases
    waiting = None
    came: dict[tuple[int, bytes], Claim] = {}
    async with connection.sent_together():
        if write.entries:
            await record_group(connection, write, decider.now)
        await decider.reservations.settle(connection, rewards)
        await decider.parking.write(connection)
        await decider.moves.write(connection, decider.now)
        await connection.execute("COMMIT")
        # After the commit on purpose: with the look of whoever parks, one always sees the other.
        if purchases:
            waiting = await connection.execute(
                SQL.waiting_for,
                {
                    "program_ids": Int4Column([program_id for program_id, _ in purchases]),
                    "keys": UuidColumn([key for _, key in purchases]),
                },
            )
        if decider.parking.awaited:
            came = await find_claims(connection, sorted(decider.parking.awaited))
        rows = [] if waiting is None else await waiting.fetchall()
    follow = [decode_parked(row[0]) for row in rows]
    follow += decider.parking.whose_purchase_came(came)
    follow += decider.follow
    return GroupResult(decider.outcomes, follow)
