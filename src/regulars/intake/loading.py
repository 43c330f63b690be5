"""What a group has loaded, kept up to date as its events are decided.

Members are locked and loaded before; lots (`books.py`), recalled entries, refund progress and
history come here, for the whole group at once where the need can be foreseen, one by one where an
event earlier in the group made it so. What the group itself has changed always wins over what the
database said.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from regulars.core.decision import Entry
from regulars.core.effects import RefundProgress
from regulars.core.events import Event
from regulars.core.facade import Needs, Program, needs
from regulars.core.state import Lot, LotBook, Member, MemberState
from regulars.intake.books import Books
from regulars.intake.moving import decode_move
from regulars.intake.pending import Pending, with_purchase
from regulars.intake.queries import SQL
from regulars.ledger.facade import (
    Claim,
    LoadedMember,
    StoredEntry,
    find_claims,
    read_all_progress,
    read_entries,
    read_progress,
    read_since_checkpoint,
)
from regulars.platform.arrays import Int4Column, Int8Column, UuidColumn
from regulars.platform.pipelines import PipelineConnection
from regulars.programs.facade import ProgramCache

EntryKey = tuple[int, int]
MOVES_MAX = 100


class Loader:
    """The loaded part of a group on its connection, inside its transaction."""

    def __init__(
        self,
        connection: PipelineConnection,
        programs: ProgramCache,
        members: dict[int, LoadedMember],
        claims: dict[tuple[int, bytes], Claim],
    ) -> None:
        self.members = members
        self.claims = claims
        self.entries: dict[EntryKey, StoredEntry] = {}
        self.progress: dict[EntryKey, RefundProgress] = {}
        self.books = Books(connection)
        self._connection = connection
        self._programs = programs
        self._looked_up: set[EntryKey] = set()

    async def prefetch(self, items: Sequence[Pending], now: int) -> None:
        """Load in a few statements what the group's events can be seen to need."""
        everything: set[int] = set()
        dues: set[int] = set()
        untils: dict[int, int] = {}
        wanted: set[EntryKey] = set()
        for item in items:
            claim = self.claims.get(item.identity)
            if claim is not None:
                wanted.add((claim.member_id, claim.seq))
                continue
            foreseen = self._foresee(item, now)
            if foreseen is not None:
                member_id, need, until = foreseen
                # What is due is loaded for the latest event, so that one look does for them all.
                untils[member_id] = max(until, untils.get(member_id, 0))
                if need.lots:
                    everything.add(member_id)
                elif need.dues:
                    dues.add(member_id)
                wanted.update((member_id, seq) for seq in (*need.recall, *need.progress))
        dues -= everything
        if not everything and not dues and not wanted:
            return
        async with self._connection.sent_together():
            await self.books.load(everything, {each: untils[each] for each in sorted(dues)})
            if wanted:
                await self._recall(sorted(wanted))

    async def member(self, program: Program, loaded: LoadedMember, event: Event) -> Member:
        """The member as `decide` wants them for `event`, with all that it needs."""
        need = needs(program, loaded.state, event)
        member_id = loaded.member_id
        member = Member(member_id, loaded.seq + 1, loaded.state)
        if need.lots:
            member.lots = await self.books.all_lots(member_id)
        elif need.dues:
            until = max(event.occurred_at, loaded.state.latest_occurred_at)
            member.lots, member.rest_due_at = await self.books.due_lots(member_id, until)
        if need.recall or need.progress:
            keys = [(member_id, seq) for seq in {*need.recall, *need.progress}]
            await self._recall([key for key in keys if key not in self._looked_up])
            member.recalled = {
                key[1]: self.entries[key].entry for key in keys if key in self.entries
            }
            member.progress = {key[1]: self.progress[key] for key in keys if key in self.progress}
        if need.history:
            await self._history(member, event)
        return member

    async def is_recorded(self, identity: tuple[int, bytes]) -> bool:
        """Whether an event that the group did not ask about has been recorded."""
        if identity not in self.claims:
            self.claims.update(await find_claims(self._connection, [identity]))
        return identity in self.claims

    async def entry(self, member_id: int, seq: int) -> StoredEntry:
        """An entry that is known to be in the journal of a locked member."""
        key = (member_id, seq)
        if key not in self.entries:
            await self._recall([key])
        return self.entries[key]

    async def find_parked(self, identity: tuple[int, bytes]) -> tuple[int, int, str] | None:
        """Digest, expiry and outcome of an event that waits, or waited, for its purchase."""
        cursor = await self._connection.execute(
            SQL.find_parked,
            {"program_ids": Int4Column([identity[0]]), "keys": UuidColumn([identity[1]])},
        )
        row = await cursor.fetchone()
        return None if row is None else (row[2], row[3], row[4])

    async def find_moves(self, program_id: int, to_member: int) -> list[Pending]:
        """The second steps that moves towards a member still wait for."""
        cursor = await self._connection.execute(
            SQL.moves_towards,
            {"members": Int8Column([to_member]), "before": 2**62, "most": MOVES_MAX},
        )
        return [
            decode_move(program_id, row[3], row[4])
            for row in await cursor.fetchall()
            if row[0] == program_id
        ]

    def remember(
        self,
        stored: StoredEntry,
        lots: LotBook | None,
        changed: dict[int, Lot | None],
        progress: dict[int, RefundProgress],
    ) -> None:
        """Take in what an event of this group has changed."""
        member_id = stored.member_id
        key = (member_id, stored.seq)
        self.entries[key] = stored
        self._looked_up.add(key)
        self.books.remember(member_id, lots, changed)
        for seq, value in progress.items():
            self.progress[member_id, seq] = value

    def _foresee(self, item: Pending, now: int) -> tuple[int, Needs, int] | None:
        """Whose event it will be, what it will need, and up to when time will have been posted."""
        event = item.plain
        member_id = item.member_id
        if item.purchase_key is not None:
            claim = self.claims.get((item.submission.program_id, item.purchase_key))
            if claim is None:
                return None
            member_id = claim.member_id
            event = with_purchase(event, claim.seq)
        loaded = self.members.get(member_id)
        if loaded is None:
            return None
        occurred_at = event.occurred_at or item.occurred_at or now
        program = self._programs.in_force(item.submission.program_id, occurred_at)
        if program is None:
            return None
        if event.occurred_at != occurred_at:
            event = replace(event, occurred_at=occurred_at)
        until = max(occurred_at, loaded.state.latest_occurred_at)
        return member_id, needs(program, loaded.state, event), until

    async def _recall(self, keys: Sequence[EntryKey]) -> None:
        if not keys:
            return
        found = await read_entries(self._connection, keys)
        progress = await read_progress(self._connection, keys)
        self._looked_up.update(keys)
        for key, stored in found.items():
            self.entries.setdefault(key, stored)
        for key, value in progress.items():
            self.progress.setdefault(key, value)

    async def _history(self, member: Member, event: Event) -> None:
        member_id = member.member_id
        checkpoint, stored = await read_since_checkpoint(
            self._connection, member_id, event.occurred_at
        )
        history: list[Entry] = [found.entry for found in stored]
        last = stored[-1].seq if stored else (checkpoint.seq if checkpoint else 0)
        history += [self.entries[member_id, seq].entry for seq in range(last + 1, member.seq)]
        if checkpoint is not None:
            member.checkpoint = checkpoint.state
        else:
            member.checkpoint = MemberState(enrolled_at=member.state.enrolled_at)
        member.history = tuple(history)
        progress = await read_all_progress(self._connection, member_id)
        member.progress = {
            **progress,
            **{seq: value for (owner, seq), value in self.progress.items() if owner == member_id},
        }
