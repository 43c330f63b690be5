"""A member with a journal, for tests: decides, records, and checks each record against the fold."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from tests.core.zones import at, zone_table

from regulars.core.accounts import Account
from regulars.core.codec import decode_entry, encode_entry
from regulars.core.compiled import Program
from regulars.core.decide import decide
from regulars.core.decision import ENGINE_VERSION, Decision, Entry, Grant
from regulars.core.document import load_document
from regulars.core.effects import RefundProgress
from regulars.core.events import Activity, Body, Event, Line, Purchase
from regulars.core.folding.due import next_due_at
from regulars.core.folding.fold import fold, fold_into
from regulars.core.folding.postings import postings
from regulars.core.folding.working import Working
from regulars.core.lots import Available, available
from regulars.core.needs import needs
from regulars.core.program import compile_program
from regulars.core.state import ALL_LOTS, Lot, LotBook, Member, MemberState

MEADOW = Path("examples/programs/meadow_club.yaml")
START = at("2027-01-04T09:00")
HOUR = 3_600_000_000
DAY = 24 * HOUR
CHECKPOINT_EVERY = 3

HEAD = """
regulars: 1
program: test
name: Test
money: {currency: EUR, decimals: 2}
time_zone: Europe/Berlin
"""

PLAIN = (
    HEAD
    + """
currencies:
  points: {name: Points, value: "0.01", breakage: "0", expiry: {kind: fixed, after: 12 months}}
earning:
  - id: base
    name: Base
    on: purchase
    earn: {currency: points, per_money: {each: "1.00", points: "1"}}
"""
)


def compiled(text: str, version: int = 1) -> Program:
    document = load_document(text)
    return compile_program(document, version, zone_table(document.time_zone))


def meadow() -> Program:
    return compiled(MEADOW.read_text())


def line(line_id: str, amount_minor: int, quantity: int = 1, **more: object) -> Line:
    return Line(line_id, f"SKU-{line_id}", quantity, amount_minor, **more)  # type: ignore[arg-type]


def order(*lines: Line, **more: object) -> Purchase:
    return Purchase(lines, **more)  # type: ignore[arg-type]


def due_at(lot: Lot) -> int:
    """The first instant at which time changes a lot by itself, 0 for never: a sliding one ends with
    its wallet."""
    instants = (lot.active_at if lot.pending else 0, lot.expires_at)
    return min((instant for instant in instants if instant > 0), default=0)


class Journal:
    """One member. Each decision gets exactly what `needs` asks for, is checked to have changed
    nothing that was passed in, and is recorded; the record's fold must equal the decision."""

    def __init__(self, program: Program, enrolled_at: int = START - DAY) -> None:
        self.program = program
        self.versions = {program.version: program}
        self.state = MemberState(enrolled_at=enrolled_at)
        self.lots: LotBook = {}
        self.progress: dict[int, RefundProgress] = {}
        self.entries: list[Entry] = []
        self.states: list[MemberState] = [deepcopy(self.state)]

    @property
    def seq(self) -> int:
        return len(self.entries)

    def publish(self, program: Program) -> None:
        self.program = program
        self.versions[program.version] = program

    def member(self, event: Event) -> Member:
        asked = needs(self.program, self.state, event)
        lots, rest_due_at = self.lots if asked.lots else None, ALL_LOTS
        if asked.dues:
            lots, rest_due_at = self.due_lots(max(event.occurred_at, self.state.latest_occurred_at))
        member = Member(
            member_id=1024,
            seq=self.seq + 1,
            state=self.state,
            lots=lots,
            rest_due_at=rest_due_at,
            recalled={seq: self.entries[seq - 1] for seq in asked.recall if seq <= self.seq},
            progress={seq: self.progress[seq] for seq in asked.progress if seq in self.progress},
        )
        if asked.history:
            nearest = max(
                seq
                for seq, state in enumerate(self.states)
                if seq % CHECKPOINT_EVERY == 0
                and state.latest_occurred_at <= event.occurred_at
                and all(
                    entry.event.occurred_at >= state.latest_occurred_at
                    for entry in self.entries[seq:]
                )
            )
            member.checkpoint = deepcopy(self.states[nearest])
            member.history = tuple(self.entries[nearest:])
        return member

    def due_lots(self, at: int) -> tuple[LotBook, int]:
        """What time may change by an instant, and when it may change the others (0: never)."""
        dues = {number: due_at(lot) for number, lot in self.lots.items()}
        due = {number: lot for number, lot in self.lots.items() if 0 < dues[number] <= at}
        return due, min((instant for instant in dues.values() if instant > at), default=0)

    def decide(
        self, body: Body, when: int, kind: str = "", grants: Sequence[Grant] = ()
    ) -> Decision:
        """Decide and record; the decision, refused or not."""
        name = kind or ("purchase" if isinstance(body, Purchase) else type(body).__name__.lower())
        event = Event(name, "shop", f"e{self.seq + 1}", when, body)
        member = self.member(event)
        before = deepcopy(member)
        decision = decide(self.program, member, event, grants, self.versions)
        assert member == before, "decide changed its input"
        again = decide(self.program, member, event, grants, self.versions)
        if member.rest_due_at != ALL_LOTS:
            # With all lots at hand nothing is decided differently.
            member.lots, member.rest_due_at = self.lots, ALL_LOTS
            again = decide(self.program, member, event, grants, self.versions)
            assert (again.state, again.lots_changed) == (decision.state, decision.lots_changed)
        entry = self._entry(event, decision, grants)
        assert encode_entry(entry) == encode_entry(self._entry(event, again, grants))
        self.entries.append(decode_entry(encode_entry(entry)))
        self._fold(decision)
        return decision

    def do(self, body: Body, when: int, kind: str = "", grants: Sequence[Grant] = ()) -> Decision:
        """Decide and record what must not be refused."""
        decision = self.decide(body, when, kind, grants)
        assert decision.refusal is None, decision.refusal
        return decision

    def refusal(
        self, body: Body, when: int, kind: str = "", grants: Sequence[Grant] = ()
    ) -> tuple[str, dict[str, str | int | bool]]:
        """Decide and record what must be refused; code and data. Nothing but time changed it."""
        decision = self.decide(body, when, kind, grants)
        assert decision.refusal is not None
        assert (decision.effects, decision.awards, decision.grants_used) == ((), (), ())
        return decision.refusal.code, decision.refusal.data

    def buy(self, amount_minor: int, when: int, **more: object) -> Decision:
        return self.do(order(line("a", amount_minor), **more), when)

    def visit(self, when: int) -> Decision:
        return self.do(Activity(), when, "visit")

    def at(self, when: int, currency: str = "points") -> Available:
        return available(self.state, self.lots, when)[currency]

    def balances(self, currency: str = "points") -> tuple[int, int, int, int]:
        """Posted: active, pending, held, debt."""
        wallet = self.state.wallets[currency]
        return wallet.active, wallet.pending, wallet.held, wallet.debt

    def account(self, account: Account, currency: str = "points") -> int:
        """The balance of a program-side account over the whole journal: credits - debits."""
        total = 0
        for entry in self.entries:
            for posting in postings((*entry.due, *entry.effects)):
                if posting.currency == currency:
                    total += posting.amount * (
                        (posting.credit == account) - (posting.debit == account)
                    )
        return total

    def _entry(self, event: Event, decision: Decision, grants: Sequence[Grant]) -> Entry:
        return Entry(
            self.program.version,
            ENGINE_VERSION,
            "test",
            event,
            decision.refusal,
            decision.due,
            decision.effects,
            decision.awards,
            decision.trace,
            decision.context,
            tuple(grants),
            self.seq + 1,
        )

    def _fold(self, decision: Decision) -> None:
        work = fold(self.state, self.lots, self.progress, self.entries[-1])
        assert work.state == decision.state
        if decision.lots is not None:
            assert work.lots == decision.lots
        assert work.lots_changed == decision.lots_changed
        assert work.progress_changed == decision.progress
        # What a ledger does that writes only what changed.
        written = {**self.lots, **decision.lots_changed}
        self.lots = {number: lot for number, lot in written.items() if lot is not None}
        assert self.lots == work.lots
        assert decision.state is not None
        self.state = decision.state
        self.progress = {**self.progress, **decision.progress}
        self.states.append(deepcopy(self.state))
        self.check()

    def check(self) -> None:
        """Balances are the sums of lots and holds, and the whole journal folds to the same."""
        for currency, wallet in self.state.wallets.items():
            lots = [lot for lot in self.lots.values() if lot.currency == currency]
            assert wallet.active == sum(lot.remaining for lot in lots if not lot.pending)
            assert wallet.pending == sum(lot.remaining for lot in lots if lot.pending)
            held = [hold for hold in self.state.holds if hold.currency == currency]
            assert wallet.held == sum(hold.points for hold in held)
            assert min(wallet.active, wallet.pending, wallet.held, -wallet.debt) >= 0
            total = wallet.active + wallet.pending + wallet.held + wallet.debt
            assert total == -sum(
                self.account(account, currency) for account in Account if account >= 10
            )
        assert all(lot.remaining > 0 for lot in self.lots.values())
        earliest = next_due_at(self.state, self.lots)
        assert earliest == 0 or 0 < self.state.next_due_at <= earliest, "something is due unseen"

    def refold(self) -> Working:
        """The whole journal folded from the start, in one go."""
        work = Working(MemberState(enrolled_at=self.state.enrolled_at), {}, {}).follow()
        for entry, state in zip(self.entries, self.states[1:], strict=True):
            fold_into(work, entry)
            assert work.state == state
        return work
