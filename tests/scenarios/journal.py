"""Members kept in memory: the smallest store that can drive the engine.

Each member has a journal of encoded entries and what was stored of them: state, lots, refund
progress. `decide` is given what `needs` asks for and nothing else, as a real store would, and after
every entry the stored member is compared with the fold of all its effects.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import msgpack

from regulars.core.accounts import Account
from regulars.core.codec import decode_entry, encode_entry
from regulars.core.compiled import Program
from regulars.core.decide import decide
from regulars.core.decision import ENGINE_VERSION, Decision, Entry, Grant
from regulars.core.effects import GrantsReturned, HoldClosed, RefundProgress
from regulars.core.events import Event, Hold
from regulars.core.folding.fold import fold_into
from regulars.core.folding.postings import postings
from regulars.core.folding.working import Working
from regulars.core.needs import needs
from regulars.core.redemption.availability import reservations
from regulars.core.state import LotBook, Member, MemberState

_Stored = TypeVar("_Stored")

_MEMBER_ACCOUNTS = {
    Account.PENDING: "pending",
    Account.ACTIVE: "active",
    Account.HELD: "held",
    Account.DEBT: "debt",
}


class BooksBroken(AssertionError):
    """What holds after every step does not: the books of a member are wrong."""


class Shelf:
    """What there is only so much of: stock and voucher codes, reserved before an event is decided.
    Nothing is counted that was not put on the shelf, except the totals of the program's rewards."""

    def __init__(self, program: Program, vouchers: Mapping[str, int]) -> None:
        self._left = {("voucher", pool): count for pool, count in vouchers.items()}
        for reward in program.rewards.values():
            if reward.total is not None:
                self._left["stock", reward.id] = reward.total
        self._open: dict[str, Grant] = {}

    def left(self, key: str) -> int:
        """How many are left of a reward or in a pool."""
        return sum(count for (_kind, name), count in self._left.items() if name == key)

    def reserve(self, program: Program, event: Event) -> tuple[Grant, ...]:
        """The grants for an event, as far as there is enough."""
        body = event.body
        reward = program.rewards.get(body.reward) if isinstance(body, Hold) else None
        if reward is None or not isinstance(body, Hold):
            return ()
        grants: list[Grant] = []
        for kind, key, amount in reservations(reward, body.quantity):
            if self._left.get((kind, key), 0) >= amount:
                self._left[kind, key] -= amount
                grant = Grant(kind, key, f"{event.event_id}/{kind}", amount)
                self._open[grant.reservation] = grant
                grants.append(grant)
        return tuple(grants)

    def release(self, reservation: str) -> None:
        """Put back what was reserved."""
        grant = self._open.pop(reservation)
        self._left[grant.kind, grant.key] += grant.amount

    def give_back(self, reservation: str) -> None:
        """Put back what an order had used that came back; a code that was shown is worthless."""
        if self._open[reservation].kind == "stock":
            self.release(reservation)


class MemberJournal:
    """One member's entries, and what a store keeps of them."""

    def __init__(self, program: Program, member_id: int, joined: int, shelf: Shelf) -> None:
        self._program = program
        self._shelf = shelf
        self._joined = joined
        self._entries: list[bytes] = []
        self._states = [MemberState(enrolled_at=joined)]
        self.member_id = member_id
        self.lots: LotBook = {}
        self.progress: dict[int, RefundProgress] = {}

    @property
    def state(self) -> MemberState:
        """The member's state now."""
        return self._states[-1]

    @property
    def next_seq(self) -> int:
        """The number that the next entry will have."""
        return len(self._entries) + 1

    def entry(self, seq: int) -> Entry:
        """An entry as it was recorded."""
        return decode_entry(self._entries[seq - 1])

    def entries(self) -> list[Entry]:
        """All entries in recorded order."""
        return [decode_entry(data) for data in self._entries]

    @property
    def stored(self) -> bytes:
        """All entries in recorded order, byte for byte as they were recorded."""
        return b"".join(self._entries)

    def decide(self, event: Event) -> tuple[Member, Decision]:
        """Decide on an event and record it; the member as it was before, and the decision."""
        grants = self._shelf.reserve(self._program, event)
        member = self._member(event, 0)
        before = msgpack.encode(member)
        decision = decide(self._program, member, event, grants)
        if msgpack.encode(member) != before:
            raise BooksBroken("deciding changed the member that it was given")
        if member.checkpoint is not None:
            self._same_from_nearest_checkpoint(event, grants, decision)
        self._record(member, event, decision, grants)
        return member, decision

    def _member(self, event: Event, checkpoint: int) -> Member:
        """What `needs` asks for, as copies; a late event's history from the state after the first
        `checkpoint` entries."""
        wanted = needs(self._program, self.state, event)
        member = Member(
            self.member_id,
            self.next_seq,
            _copy(self.state, MemberState),
            _copy(self.lots, LotBook) if wanted.lots or wanted.dues else None,
            {seq: self.entry(seq) for seq in wanted.recall if 0 < seq < self.next_seq},
            {seq: self.progress[seq] for seq in wanted.progress if seq in self.progress},
        )
        if wanted.history:
            member.checkpoint = _copy(self._states[checkpoint], MemberState)
            member.history = tuple(self.entries()[checkpoint:])
            member.progress = dict(self.progress)
        return member

    def _same_from_nearest_checkpoint(
        self, event: Event, grants: Sequence[Grant], expected: Decision
    ) -> None:
        """A late event is decided alike from enrolment and from the nearest checkpoint which no
        later entry reached behind."""
        nearest = max(
            index
            for index, state in enumerate(self._states)
            if state.latest_occurred_at <= event.occurred_at
            and all(
                entry.event.occurred_at >= state.latest_occurred_at
                for entry in self.entries()[index:]
            )
        )
        again = decide(self._program, self._member(event, nearest), event, grants)
        if (again.effects, again.awards) != (expected.effects, expected.awards):
            raise BooksBroken(
                f"the late event is decided otherwise from the checkpoint after entry {nearest}:\n"
                f"  from enrolment: {expected.effects}\n  from there: {again.effects}"
            )

    def _record(
        self, member: Member, event: Event, decision: Decision, grants: Sequence[Grant]
    ) -> None:
        entry = Entry(
            self._program.version,
            ENGINE_VERSION,
            self._program.zone.version,
            event,
            decision.refusal,
            decision.due,
            decision.effects,
            decision.awards,
            decision.trace,
            decision.context,
            tuple(grants),
            member.seq,
        )
        self._entries.append(encode_entry(entry))
        assert decision.state is not None
        self._states.append(decision.state)
        for number, lot in decision.lots_changed.items():
            if lot is None:
                self.lots.pop(number, None)
            else:
                self.lots[number] = lot
        self.progress.update(decision.progress)
        for grant in grants:
            if grant.reservation not in decision.grants_used:
                self._shelf.release(grant.reservation)
        held = {hold.hold: hold for state in self._states for hold in state.holds}
        for effect in (*decision.due, *decision.effects):
            if isinstance(effect, HoldClosed) and effect.how != "captured":
                for reservation in held[effect.hold].grants:
                    self._shelf.release(reservation)
            elif isinstance(effect, GrantsReturned):
                for reservation in effect.grants:
                    self._shelf.give_back(reservation)
        self.check()

    def check(self) -> None:
        """Raise BooksBroken unless postings, balances, lots and the fold of all effects agree."""
        balances = self._balances()
        for currency, wallet in self.state.wallets.items():
            for account, name in _MEMBER_ACCOUNTS.items():
                _same(
                    f"{name} {currency}: the wallet and its postings",
                    getattr(wallet, name), balances[currency][account],
                )  # fmt: skip
            total = sum(balances[currency].values())
            _same(f"{currency}: all postings together", total, 0)
            self._check_lots(currency)
        self._check_fold()

    def _balances(self) -> dict[str, dict[Account, int]]:
        balances: dict[str, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        for entry in self.entries():
            for posting in postings((*entry.due, *entry.effects)):
                if posting.amount <= 0 or posting.debit == posting.credit:
                    raise BooksBroken(f"entry {entry.seq}: not a posting: {posting}")
                balances[posting.currency][Account(posting.debit)] -= posting.amount
                balances[posting.currency][Account(posting.credit)] += posting.amount
        return balances

    def _check_lots(self, currency: str) -> None:
        wallet = self.state.wallets[currency]
        own = [lot for lot in self.lots.values() if lot.currency == currency]
        pending = sum(lot.remaining for lot in own if lot.pending)
        active = sum(lot.remaining for lot in own if not lot.pending)
        held = sum(hold.points for hold in self.state.holds if hold.currency == currency)
        _same(f"pending {currency}: the wallet and its lots", wallet.pending, pending)
        _same(f"active {currency}: the wallet and its lots", wallet.active, active)
        _same(f"held {currency}: the wallet and its holds", wallet.held, held)
        if min(wallet.active, wallet.pending, wallet.held) < 0 or wallet.debt > 0:
            raise BooksBroken(f"{currency}: a balance has the wrong sign: {wallet}")
        if any(lot.remaining <= 0 for lot in own):
            raise BooksBroken(f"{currency}: a lot without anything in it: {own}")

    def _check_fold(self) -> None:
        work = Working(MemberState(enrolled_at=self._joined), {}, {})
        for entry in self.entries():
            fold_into(work, entry)
        _same("the stored state and the fold of all effects", self.state, work.state)
        _same("the stored lots and the fold of all effects", self.lots, work.lots)
        folded = work.progress_changed
        _same("the stored refund progress and the fold of all effects", self.progress, folded)


def _copy(value: _Stored, kind: Any) -> _Stored:
    copied: _Stored = msgpack.decode(msgpack.encode(value), type=kind)
    return copied


def _same(what: str, stored: object, worked_out: object) -> None:
    if stored != worked_out:
        raise BooksBroken(f"{what} differ:\n  {stored}\n  {worked_out}")
