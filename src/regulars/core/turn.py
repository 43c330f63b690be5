"""One event's turn: what a decision has at hand while it is made.

Owns the scratch that the deciders of the event kinds share. Whatever a decider changes it changes
with `turn.work.do(effect)`; what it wants to say it leaves in `awards`, `trace`, `context` and
`used`. A business refusal is raised (`errors.Refused`), and `decide` throws the working copy away.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from regulars.core.compiled import Currency, Program
from regulars.core.conditions.subject import PURCHASES, Subject
from regulars.core.decision import Award, Considered, Context, Grant
from regulars.core.effects import Effect, Touched
from regulars.core.errors import UnknownCurrency
from regulars.core.events import Activity, Event, Purchase
from regulars.core.expiry import slides_until
from regulars.core.folding.applying import apply
from regulars.core.folding.working import Working
from regulars.core.state import Member, MemberState
from regulars.core.tiers import tier_of

NOTHING: Final = Context()


class Turn:
    """An event being decided for a member.

    `at` is the instant up to which time has been posted: the event's own, or the latest decided one
    where that is later. `versions` are other versions of the program by number, for entries that
    were decided under them.
    """

    __slots__ = (
        "at",
        "awards",
        "context",
        "event",
        "grants",
        "member",
        "program",
        "trace",
        "used",
        "versions",
        "work",
    )

    def __init__(
        self,
        program: Program,
        member: Member,
        event: Event,
        grants: Sequence[Grant],
        versions: Mapping[int, Program],
    ) -> None:
        self.program = program
        self.member = member
        self.event = event
        self.grants = grants
        self.versions = versions
        at = event.occurred_at
        latest = member.state.latest_occurred_at
        self.at = at if at > latest else latest
        self.awards: tuple[Award, ...] = ()
        self.trace: tuple[Considered, ...] = ()
        self.context = NOTHING
        self.used: tuple[str, ...] = ()
        self.work = _working(member, at)

    def begin_again(self, due: Iterable[Effect]) -> None:
        """Throw away what was done: the member as given, with `due` applied."""
        member = self.member
        at = self.event.occurred_at
        self.work = _working(member, at)
        for effect in due:
            apply(self.work, effect)

    def currency(self, name: str) -> Currency:
        """A currency of the program, or the refusal that there is none."""
        found = self.program.currencies.get(name)
        if found is None:
            raise UnknownCurrency(name)
        return found

    def version(self, number: int) -> Program:
        """The program version under which an entry was decided; the present one if it is not at
        hand, which only happens where versions are compared."""
        if number == self.program.version:
            return self.program
        return self.versions.get(number, self.program)

    def subject(self, kind: str, body: Purchase | Activity) -> Subject:
        """What the rules see of an event of this member now."""
        return subject_on(self.program, self.work.state, kind, self.event.occurred_at, body)

    def touch(self, currency: str) -> None:
        """Note activity in a wallet whose points slide for the member's tier."""
        if self.program.currencies[currency].sliding:
            tier = tier_of(self.program, self.work.state)
            at = self.event.occurred_at
            until = slides_until(self.program, currency, tier, at)
            if until > 0:
                self.work.do(Touched(currency, at, until))


def _working(member: Member, at: int) -> Working:
    return Working(member.state, member.lots, member.progress, member.seq, at, member.rest_due_at)


def subject_on(
    program: Program, state: MemberState, kind: str, at: int, body: Purchase | Activity
) -> Subject:
    """What the rules see of an event of type `kind` at `at` on a member's state before it."""
    purchases = state.counters.get(PURCHASES)
    return Subject(
        kind,
        at,
        body,
        tier_of(program, state),
        (purchases[1] if purchases else 0) + 1,
        state.enrolled_at,
        state.attributes,
        state.segments,
        state.counters,
    )
