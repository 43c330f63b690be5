"""The intake: resolves whom events are about, hands them to the lanes, and waits for the answers.

All that is looked up here (members by identifier, purchases by identity, grants) is looked up
without a lock and checked again, under it, where it matters.
"""

import asyncio
from collections.abc import Iterable, Sequence

from regulars.core.events import Hold
from regulars.core.facade import Program, Quote
from regulars.intake import measures
from regulars.intake.contracts import STATUSES, MemberRef, Outcome, QuoteRequest, Submission
from regulars.intake.lane import Connect, Lane
from regulars.intake.pending import Pending, invalid, pending
from regulars.intake.quoting import quote_cart
from regulars.intake.reserving import reserve
from regulars.intake.sealing import seal_personal
from regulars.ledger.facade import SHARD_MASK, find_claims
from regulars.members.facade import Members
from regulars.platform.clock import Clock
from regulars.platform.database import Pool
from regulars.programs.facade import ProgramCache
from regulars.rewards.facade import Rewards

LANES = 1
"""On two cores shared with the database one lane writes more than two: a group costs something by
itself, and one lane makes groups of twice the size (docs/decisions/0006)."""
_ANSWERED = {status: measures.events.labels(status) for status in STATUSES}


class Intake:
    """The one write path of a process. Start it inside a running loop, stop it before the pool."""

    def __init__(
        self,
        pool: Pool,
        connect: Connect,
        *,
        programs: ProgramCache,
        members: Members,
        rewards: Rewards,
        clock: Clock,
        lanes: int = LANES,
    ) -> None:
        """`connect` opens a connection of the lanes' own: autocommit, application role."""
        self._pool = pool
        self._programs = programs
        self._members = members
        self._digest_key = members.digest_key
        self._rewards = rewards
        self._clock = clock
        self._lanes = [
            Lane(connect, self._dispatch, programs, rewards, clock) for _ in range(lanes)
        ]

    async def start(self) -> None:
        """Start the lanes."""
        for lane in self._lanes:
            lane.start()
        measures.depth.set_function(lambda: self.depth)

    async def stop(self) -> None:
        """Let the lanes finish what has been submitted, then close their connections."""
        for lane in self._lanes:
            await lane.stop()

    @property
    def depth(self) -> int:
        """How many events wait for a group."""
        return sum(lane.depth for lane in self._lanes)

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One outcome per submission, in order. Events of one member are decided in their order.

        Once this has been called the events will be recorded (or refused) even if the caller is
        cancelled; a repeat with the same identities then finds the answers.
        """
        items = [pending(submission, self._digest_key) for submission in submissions]
        if not items:
            return []
        if any(_is_unresolved(item) for item in items):
            # The look-ups must not die with the caller either: they run in a task of their own.
            await asyncio.shield(asyncio.ensure_future(self._resolve_and_dispatch(items)))
        else:
            self._dispatch(items)
        if len(items) == 1:
            outcomes = [await items[0].answer]
        else:
            await asyncio.wait([item.answer for item in items])
            outcomes = [item.answer.result() for item in items]
        for outcome in outcomes:
            _ANSWERED[outcome.status].inc()
        return outcomes

    async def finish(self, items: Sequence[Pending]) -> None:
        """Bring events of the intake's own (interrupted moves, parked refunds) to their end."""
        if items:
            await asyncio.shield(asyncio.ensure_future(self._resolve_and_dispatch(items)))
            await asyncio.wait([item.answer for item in items])

    async def quote(self, request: QuoteRequest) -> tuple[Program, Quote]:
        """What a cart would earn and which rewards it can use, read-only. Raises UnknownMember,
        NoProgramVersion."""
        await self._programs.ensure(request.program_id)
        return await quote_cart(self._pool, self._programs, self._members, self._clock, request)

    async def _resolve_and_dispatch(self, items: Sequence[Pending]) -> None:
        try:
            for program_id in {item.submission.program_id for item in items}:
                await self._programs.ensure(program_id)
            await self._find_members(items)
            await self._find_purchases(items)
            await seal_personal(self._pool, self._members, items)
            for item in items:
                program = self._programs.in_force(
                    item.submission.program_id, item.plain.occurred_at or self._clock.now()
                )
                await reserve(item, program, self._rewards, self._clock.now())
        except BaseException:
            for item in items:
                item.resolve(Outcome("unavailable"))
            raise
        self._dispatch(items)

    async def _find_members(self, items: Sequence[Pending]) -> None:
        """Resolve identifiers, set-based per program. An event of nobody's is answered at once,
        unless it is a retry: whose it was stands in the claim, whatever became of the person."""
        by_program: dict[int, dict[tuple[str, str], list[Pending]]] = {}
        for item in items:
            member = item.submission.member
            if isinstance(member, MemberRef):
                wanted = by_program.setdefault(item.submission.program_id, {})
                wanted.setdefault((member.kind, member.value), []).append(item)
        for program_id, wanted in by_program.items():
            found = await self._members.find_many(program_id, wanted)
            for identifier, mine in wanted.items():
                for item in mine:
                    item.member_id = found.get(identifier, 0)
            strange = [item for mine in wanted.values() for item in mine if not item.member_id]
            await self._find_claims(strange)
            for item in strange:
                if not item.member_id:
                    assert isinstance(item.submission.member, MemberRef), "chosen above"
                    item.resolve(_unknown(item.submission.member.kind))

    async def _find_claims(self, items: Sequence[Pending]) -> None:
        """Whose events these were, where they have been recorded."""
        if not items:
            return
        async with self._pool.connection() as connection:
            claims = await find_claims(connection, sorted(item.identity for item in items))
        for item in items:
            claim = claims.get(item.identity)
            if claim is not None:
                item.member_id = claim.member_id

    async def _find_purchases(self, items: Sequence[Pending]) -> None:
        """Whose purchase it is, where an event names only that; looked up again under the lock."""
        orphans = [
            item for item in items
            if not item.member_id and item.purchase_key is not None and not item.answer.done()
        ]  # fmt: skip
        if not orphans:
            return
        keys = {(item.submission.program_id, item.purchase_key or b"") for item in orphans}
        async with self._pool.connection() as connection:
            claims = await find_claims(connection, sorted(keys))
        for item in orphans:
            claim = claims.get((item.submission.program_id, item.purchase_key or b""))
            if claim is not None:
                item.member_id = claim.member_id

    def _dispatch(self, items: Iterable[Pending]) -> None:
        for item in items:
            if not item.answer.done():
                self._lanes[(item.member_id & SHARD_MASK) % len(self._lanes)].put(item)


def _is_unresolved(item: Pending) -> bool:
    """Whether anything must be looked up before the event can join a group."""
    return not item.member_id or bool(item.submission.personal) or isinstance(item.plain.body, Hold)


_KINDS = {
    "card": "a card",
    "email": "an e-mail address",
    "external_id": "an external id",
    "number": "a member number",
    "phone": "a phone number",
}


def _unknown(kind: str) -> Outcome:
    return invalid(
        "unknown_member",
        f"/member/{kind}",
        f"{_KINDS.get(kind, kind)} that no member of the program has",
        "an identifier of an enrolled member",
    )
