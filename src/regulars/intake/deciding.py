"""Decides the events of one group in order and gathers what is to be written.

Owns the checks that stand before the engine (identity, time, versions, whose purchase) and the
making of journal entries from decisions. The engine itself is pure and knows none of this.
"""

import msgspec

from regulars.core.decision import ENGINE_VERSION, Decision, Entry
from regulars.core.events import (
    Adjustment,
    Capture,
    Confirm,
    Due,
    Event,
    Exchange,
    MoveIn,
    Purchase,
    Refund,
    Void,
)
from regulars.core.facade import Program, decide, destination, encode_entry, postings
from regulars.intake.contracts import Outcome
from regulars.intake.loading import Loader
from regulars.intake.moving import (
    Moves,
    answer_after,
    answer_with,
    ends_membership,
    exchange_arriving,
    members_of_today,
    refund_of_exchange,
    unfit_target,
)
from regulars.intake.parking import Parking
from regulars.intake.pending import (
    Pending,
    invalid,
    redemptions_pointer,
    with_into,
    with_purchase,
    without_redemptions,
)
from regulars.intake.reserving import Reservations
from regulars.ledger.facade import (
    CHECKPOINT_EVERY_ENTRIES,
    Claim,
    GroupWrite,
    LoadedMember,
    NewEntry,
    StoredEntry,
    entry_hash,
)
from regulars.platform.clock import to_rfc3339
from regulars.programs.facade import ProgramCache

FUTURE_US_MAX = 5 * 60 * 1_000_000
REDIRECTS_MAX = 8
_OF_THIS_JOURNAL = (Due, Capture, Void)
"""What is about a member's own journal, so that a merge does not lead it elsewhere: the number
of a hold means another one there."""


class Decider:
    """The state of one group while its events are decided. Use it once."""

    def __init__(self, loader: Loader, programs: ProgramCache, now: int) -> None:
        self.loader = loader
        self.now = now
        self.write = GroupWrite()
        self.outcomes: list[tuple[Pending, Outcome]] = []
        self.follow: list[Pending] = []
        self.purchases: list[tuple[int, bytes]] = []
        self.reservations = Reservations()
        self.parking = Parking(loader, now)
        self.moves = Moves()
        self._programs = programs

    async def take(self, item: Pending) -> None:
        """Decide one event, or say why it is not recorded."""
        outcome = await self._consider(item)
        if outcome is not None:
            self.outcomes.append((item, outcome))
            if outcome.entry is None or outcome.replayed:
                self.reservations.unused(item)

    def finish(self) -> None:
        """Hand over what the loader has gathered; call it when all events are decided."""
        self.write.lots = self.loader.books.changed()

    async def _consider(self, item: Pending) -> Outcome | None:
        """The outcome, or None where the event goes on to another member first."""
        claim = self.loader.claims.get(item.identity)
        if claim is not None:
            return await self._recorded_before(item, claim)
        event = item.plain
        member_id = item.member_id
        if item.purchase_key is not None:
            purchase = self.loader.claims.get((item.submission.program_id, item.purchase_key))
            if purchase is None:
                return await self._park(item)
            if not member_id:
                return await self._go_on(item, purchase.member_id)
            event = with_purchase(event, purchase.seq)
            loaded = self.loader.members.get(member_id)
            if isinstance(item.plain.body, Confirm) and item.plain.body.earned_at:
                event = item.plain  # it has been at the purchase of a member who was merged
            elif purchase.member_id != member_id:
                if loaded is not None and loaded.state.merged_into:
                    return await self._go_on(item, loaded.state.merged_into)
                if not item.named and loaded is not None:
                    # The one whose purchase it is may have been merged into the one who is named.
                    item.named = member_id
                    return await self._go_on(item, purchase.member_id)
                return _of_another_member()
        return await self._consider_for(item, event, member_id)

    async def _consider_for(self, item: Pending, event: Event, member_id: int) -> Outcome | None:
        """The outcome of an event that is known to be this member's, or was before a merge."""
        loaded = self.loader.members.get(member_id)
        if loaded is None or loaded.program_id != item.submission.program_id:
            return invalid(
                "unknown_member", "/member", "no such member", "a member of this program"
            )
        if loaded.state.merged_into and item.purchase_key is not None:
            body = event.body
            if isinstance(body, Refund | Exchange):
                return await self._refund_of_merged(item, event, loaded)
            if isinstance(body, Confirm) and not body.earned_at:
                return await self._confirm_of_merged(item, event, loaded)
        if item.named not in (0, member_id):
            return _of_another_member()
        if item.submission.redeemer not in (0, member_id, *item.came_from):
            return _redeemed_by_another(event)
        if loaded.state.merged_into and not isinstance(event.body, _OF_THIS_JOURNAL):
            item.came_from = (*item.came_from, member_id)
            item.plain = without_redemptions(item.plain)
            return await self._go_on(item, loaded.state.merged_into)
        return await self._decide(item, event, loaded)

    async def _refund_of_merged(
        self, item: Pending, event: Event, loaded: LoadedMember
    ) -> Outcome | None:
        """Goods of a member come back who has been merged since: decided where their purchase is,
        and what follows moves on to the member of today, who is locked too so that they stay."""
        chain = members_of_today(loaded, self.loader.members)
        today = self.loader.members.get(chain[-1])
        if today is None:
            item.merged_into = tuple(chain)
            return await self._go_on(item, loaded.member_id)
        if item.named and item.named not in chain:
            return _of_another_member()
        if await self._await_arrivals(item, today):
            return None
        if isinstance(event.body, Exchange):
            item.came_from = (loaded.member_id, *chain)
            if item.submission.redeemer not in (0, *item.came_from):
                return _redeemed_by_another(event)
            if today.state.status == "active":
                return await self._exchange_of_merged(item, event, loaded, today)
        elif today.state.status == "active":
            event = with_into(event, today.member_id)
        return await self._decide(item, event, loaded)

    async def _exchange_of_merged(
        self, item: Pending, event: Event, loaded: LoadedMember, today: LoadedMember
    ) -> Outcome | None:
        """The goods come back where they were bought, and the others go out to the member of today:
        two steps, tried first, so that both are done or none. The second is the exchange itself."""
        occurred_at = event.occurred_at or item.occurred_at or self.now
        program = self._programs.in_force(item.submission.program_id, occurred_at)
        if program is None or self._check_time(item, occurred_at) is not None:
            return await self._decide(item, event, loaded)  # which says so
        if item.submission.redeemer != today.member_id:
            item.plain = without_redemptions(item.plain)
        event = msgspec.structs.replace(event, occurred_at=occurred_at)
        first = refund_of_exchange(item, event)
        if await self.loader.is_recorded(first.identity):
            return await self._await_second_step(item, today)
        back = with_into(first.plain, today.member_id)
        nothing = MoveIn(loaded.member_id, 0, (), "refund")
        order = exchange_arriving(item, msgspec.structs.replace(back, body=nothing))
        whole = msgspec.structs.replace(event.body, refund=back.body)
        event = msgspec.structs.replace(event, body=whole)
        for owner, part, told in ((loaded, back, event), (today, order, order)):
            member = await self.loader.member(program, owner, part)
            versions = self._programs.versions(item.submission.program_id)
            decision = decide(program, member, part, (), versions)
            if decision.refusal is not None:
                entry = self._entry(item, program, told, member.seq, decision)
                return self._record(item, owner, entry, decision)
        await self._decide(first, back, loaded)
        answer_with(item, self.follow[-1])
        return None

    async def _await_second_step(self, item: Pending, today: LoadedMember) -> Outcome | None:
        """A repeat of an exchange whose first step stands goes behind the second one, however far
        merges have led it before."""
        if item.redirects >= 2 * REDIRECTS_MAX:
            return Outcome("unavailable")
        item.redirects += 1
        moves = await self.loader.find_moves(item.submission.program_id, today.member_id)
        self.follow += [*moves, item]
        return None

    async def _confirm_of_merged(
        self, item: Pending, event: Event, loaded: LoadedMember
    ) -> Outcome | None:
        """The purchase of a member who has been merged since: its points are confirmed where they
        are today, told by when they were earned."""
        assert isinstance(event.body, Confirm)
        bought = await self.loader.entry(loaded.member_id, event.body.purchase_seq)
        item.plain = msgspec.structs.replace(event, body=Confirm(0, bought.occurred_at))
        item.came_from = (*item.came_from, loaded.member_id)
        return await self._go_on(item, loaded.state.merged_into)

    async def _decide(self, item: Pending, event: Event, loaded: LoadedMember) -> Outcome | None:
        occurred_at = event.occurred_at or item.occurred_at or self.now
        refused = self._check_time(item, occurred_at) or unfit_target(item, self.loader.members)
        if refused is not None:
            return refused
        program = self._programs.in_force(item.submission.program_id, occurred_at)
        if program is None:
            return _no_version(occurred_at)
        if ends_membership(event) and await self._await_arrivals(item, loaded):
            return None
        if event.occurred_at != occurred_at:
            event = msgspec.structs.replace(event, occurred_at=occurred_at)
        member = await self.loader.member(program, loaded, event)
        versions = self._programs.versions(item.submission.program_id)
        decision = decide(program, member, event, item.grants, versions)
        if isinstance(event.body, Due) and not _is_news(loaded, decision):
            return Outcome("accepted", loaded.member_id, loaded.seq)
        entry = self._entry(item, program, event, member.seq, decision)
        outcome = self._record(item, loaded, entry, decision)
        following = self.moves.recorded(item, member, event, decision)
        if following:
            self.follow += following
            answer_after(item, outcome, following[0])
            return None
        return outcome

    def _check_time(self, item: Pending, occurred_at: int) -> Outcome | None:
        if occurred_at > self.now + FUTURE_US_MAX:
            return invalid(
                "occurred_in_future",
                "/occurred_at",
                to_rfc3339(occurred_at),
                f"at most 5 minutes after {to_rfc3339(self.now)}",
            )
        if occurred_at < self.now - item.submission.backdate_us and not item.parked:
            return invalid(
                "occurred_too_long_ago",
                "/occurred_at",
                to_rfc3339(occurred_at),
                f"not before {to_rfc3339(max(0, self.now - item.submission.backdate_us))}, "
                "as far back as this key may date",
            )
        body = item.plain.body
        if isinstance(body, Adjustment) and 0 < body.expires_at <= self.now:
            return invalid(
                "out_of_range",
                "/expires_at",
                to_rfc3339(body.expires_at),
                f"later than {to_rfc3339(self.now)}, when the points are given",
            )
        return None

    def _entry(
        self, item: Pending, program: Program, event: Event, seq: int, decision: Decision
    ) -> Entry:
        kept = event
        if item.sealed is not None:
            kept = msgspec.structs.replace(event, body=item.sealed.body)
        return Entry(
            program_version=program.version,
            engine_version=ENGINE_VERSION,
            zone_version=program.zone.version,
            event=kept,
            refusal=decision.refusal,
            due=decision.due,
            effects=decision.effects,
            awards=decision.awards,
            trace=decision.trace,
            context=decision.context,
            grants=self.reservations.recorded(item, decision),
            seq=seq,
        )

    def _record(
        self, item: Pending, loaded: LoadedMember, entry: Entry, decision: Decision
    ) -> Outcome:
        body = encode_entry(entry)
        member_id, seq = loaded.member_id, entry.seq
        occurred_at = entry.event.occurred_at
        digest = entry_hash(member_id, seq, occurred_at, self.now, loaded.head, body)
        self.write.entries.append(
            NewEntry(
                item.submission.program_id,
                member_id,
                seq,
                occurred_at,
                self.now,
                digest,
                body,
                item.key,
                item.digest,
                postings(decision.due + decision.effects),
            )
        )
        assert decision.state is not None, "a decision carries the state that it leaves"
        before = loaded.state
        loaded.seq, loaded.head, loaded.state = seq, digest, decision.state
        self.write.members[member_id] = loaded
        self.write.first_lots.setdefault(member_id, before.next_lot)
        if seq % CHECKPOINT_EVERY_ENTRIES == 0:
            self.write.checkpoints.append((member_id, seq, decision.state))
        for purchase_seq, progress in decision.progress.items():
            self.write.progress[member_id, purchase_seq] = progress
        stored = StoredEntry(member_id, seq, occurred_at, self.now, digest, entry)
        self.loader.remember(stored, decision.lots, decision.lots_changed, decision.progress)
        self.loader.claims[item.identity] = Claim(item.key, item.digest, member_id, seq)
        if isinstance(entry.event.body, Purchase | Exchange):
            self.purchases.append(item.identity)
        self.reservations.decided(item, before, entry)
        self.parking.recorded(item)
        return answer(stored)

    async def _recorded_before(self, item: Pending, claim: Claim) -> Outcome | None:
        if claim.digest != item.digest:
            return Outcome(
                "conflict",
                problem=invalid(
                    "event_conflict",
                    "/id",
                    "an event of this identity, recorded with another body",
                    "the body that was sent first, or an id of its own for another event",
                ).problem,
            )
        stored = self.loader.entries[claim.member_id, claim.seq]
        if item.parked:
            self.parking.recorded(item)
        outcome = msgspec.structs.replace(answer(stored), replayed=True)
        body = stored.entry.event.body
        if isinstance(body, Purchase | Exchange):
            self.purchases.append(item.identity)
        to_member = destination(stored.entry.event)
        if to_member and outcome.status == "accepted":
            # The process that recorded the first step may not have come to the second.
            unfinished = await self.loader.find_moves(item.submission.program_id, to_member)
            if unfinished:
                self.follow += unfinished
                answer_after(item, outcome, unfinished[-1])
                return None
        return outcome

    async def _park(self, item: Pending) -> Outcome:
        occurred_at = item.plain.occurred_at or item.occurred_at or self.now
        refused = self._check_time(item, occurred_at)
        if refused is not None:
            return refused
        program = self._programs.in_force(item.submission.program_id, occurred_at)
        if program is None:
            return _no_version(occurred_at)
        return await self.parking.park(item, occurred_at, program)

    async def _await_arrivals(self, item: Pending, loaded: LoadedMember) -> bool:
        """Let moves towards a member arrive first: before their membership ends, since nobody could
        take them in afterwards, and before a refund takes back what is on its way. True where the
        event goes behind them. The member is locked, and so is the target of whoever begins a move,
        so that no further one can be on its way."""
        program_id = item.submission.program_id
        unfinished = await self.loader.find_moves(program_id, loaded.member_id)
        begun = self.moves.begun_towards(program_id, loaded.member_id)
        if not (unfinished or begun) or item.redirects >= REDIRECTS_MAX:
            return False
        item.redirects += 1
        self.follow += [*unfinished, item]
        return True

    async def _go_on(self, item: Pending, member_id: int) -> Outcome | None:
        """The event belongs to a member that this group has not locked."""
        if item.redirects >= REDIRECTS_MAX:
            return invalid(
                "unknown_member", "/member", "a member merged too often", "the member of today"
            )
        item.redirects += 1
        item.member_id = member_id
        self.follow += await self.loader.find_moves(item.submission.program_id, member_id)
        self.follow.append(item)
        return None


def _no_version(occurred_at: int) -> Outcome:
    return invalid(
        "no_program_version",
        "/occurred_at",
        to_rfc3339(occurred_at),
        "an instant at which a version of the program is in force",
    )


def _redeemed_by_another(event: Event) -> Outcome:
    return invalid(
        "unknown_redemption",
        redemptions_pointer(event),
        "a redemption of another member",
        "redemptions of the member whose event it is",
    )


def _of_another_member() -> Outcome:
    return invalid(
        "purchase_of_another_member",
        "/purchase",
        "a purchase of another member",
        "the member whose purchase it is, or no member at all",
    )


def _is_news(loaded: LoadedMember, decision: Decision) -> bool:
    """Whether the passing of time changed the member. Where all that was awaited has been spent or
    ended meanwhile, nothing is posted, but the member must be asked after no more until the next
    instant: an entry says so, since state changes by entries only."""
    assert decision.state is not None, "a decision carries the state that it leaves"
    return bool(decision.due) or decision.state.next_due_at != loaded.state.next_due_at


def answer(stored: StoredEntry) -> Outcome:
    """The stored answer of a recorded event."""
    return Outcome(
        "accepted" if stored.entry.refusal is None else "refused",
        stored.member_id,
        stored.seq,
        stored.recorded_at,
        entry=stored.entry,
        hash=stored.hash,
    )
