"""Moves between two members, refunds and exchanges of merged ones among them: the second step that
follows a recorded first one.

The first step leaves an `open_move` row in its own transaction; the second, recorded right after,
takes it away in its. Between the two the points stand in TRANSIT, and whoever comes next (the
caller's process, another one, or the schedule) ends the move by the same identity. A move begins
only towards a member who can take it in, and such a member stays until it has arrived.
"""

from collections.abc import Mapping
from functools import partial

import msgspec

from regulars.core.decision import Decision
from regulars.core.events import Close, Event, Exchange, MoveIn, MoveOut
from regulars.core.facade import arrival, destination
from regulars.core.state import Member
from regulars.intake.contracts import Outcome, Submission
from regulars.intake.pending import REGULARS_SOURCE, Pending, invalid, pending
from regulars.intake.queries import SQL
from regulars.ledger.facade import LoadedMember
from regulars.platform.arrays import ByteaColumn, Int4Column, Int8Column
from regulars.platform.database import Executor

FOR_EVER_US = 2**62


class Waiting(Event, frozen=True, array_like=True):
    """The event of a second step as it waits; `digest` of what was sent, where it has the identity
    of a caller's event."""

    digest: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Waiting).decode


class Moves:
    """The moves that one group begins and ends."""

    def __init__(self) -> None:
        self._begun: list[tuple[int, int, int, int, Waiting]] = []
        self._ended: list[tuple[int, int, int]] = []

    def recorded(
        self, item: Pending, member: Member, event: Event, decision: Decision
    ) -> list[Pending]:
        """Take note of a recorded event; answers the second step where it was a first one."""
        body = event.body
        if decision.refusal is not None:
            return []
        program_id = item.submission.program_id
        arrived = body.arrived if isinstance(body, Exchange) else body
        if isinstance(arrived, MoveIn):
            self._ended.append((program_id, arrived.from_member, arrived.from_seq))
            return []
        to_member = destination(event)
        if not to_member:
            return []
        arriving = arrival_event(member, event, decision)
        digest = 0
        if item.exchange is not None:
            arriving = exchange_arriving(item.exchange, arriving)
            digest = item.exchange.digest
        waiting = Waiting(
            arriving.type,
            arriving.source,
            arriving.event_id,
            arriving.occurred_at,
            arriving.body,
            digest,
        )
        self._begun.append((program_id, member.member_id, member.seq, to_member, waiting))
        return [second_step(program_id, to_member, arriving, digest)]

    def begun_towards(self, program_id: int, member_id: int) -> bool:
        """Whether this group has begun a move towards the member."""
        return any((row[0], row[3]) == (program_id, member_id) for row in self._begun)

    async def write(self, connection: Executor, now: int) -> None:
        """Queue the group's rows."""
        if self._begun:
            await connection.execute(
                SQL.open_moves,
                {
                    "program_ids": Int4Column([row[0] for row in self._begun]),
                    "from_members": Int8Column([row[1] for row in self._begun]),
                    "from_seqs": Int4Column([row[2] for row in self._begun]),
                    "to_members": Int8Column([row[3] for row in self._begun]),
                    "made_at": Int8Column([now] * len(self._begun)),
                    "events": ByteaColumn([_encode(row[4]) for row in self._begun]),
                },
            )
        if self._ended:
            await connection.execute(
                SQL.close_moves,
                {
                    "program_ids": Int4Column([row[0] for row in self._ended]),
                    "from_members": Int8Column([row[1] for row in self._ended]),
                    "from_seqs": Int4Column([row[2] for row in self._ended]),
                },
            )


def members_to_lock(item: Pending) -> tuple[int, ...]:
    """Whose rows an event needs: its member's, and the target's of a move."""
    body = item.plain.body
    targets = (body.to_member,) if isinstance(body, MoveOut) else item.merged_into
    return (item.member_id, *targets) if item.member_id else targets


def members_of_today(merged: LoadedMember, members: Mapping[int, LoadedMember]) -> list[int]:
    """The members into whom a merged one was merged, one after the other. The last is the member of
    today where that one is loaded, else the one to be loaded next."""
    found = [merged.state.merged_into]
    while True:
        into = members.get(found[-1])
        if into is None or not into.state.merged_into:
            return found
        found.append(into.state.merged_into)


def ends_membership(event: Event) -> bool:
    """Whether the member can take nothing in after this event."""
    body = event.body
    return isinstance(body, Close) or (isinstance(body, MoveOut) and body.close)


def unfit_target(item: Pending, members: Mapping[int, LoadedMember]) -> Outcome | None:
    """Why a move cannot begin: its target is no other, active member of the program."""
    body = item.plain.body
    if not isinstance(body, MoveOut):
        return None
    target = members.get(body.to_member)
    if target is None or target.program_id != item.submission.program_id:
        found = "no such member"
    elif target.member_id == item.member_id:
        found = "the member whose points move"
    elif target.state.status != "active":
        found = f"a member who is {target.state.status}"
    else:
        return None
    return invalid("unknown_member", "/into", found, "another, active member of the program")


def arrival_event(member: Member, event: Event, decision: Decision) -> Event:
    """The event of the second step; its identity is that of the first step's entry."""
    return Event(
        "move.in",
        REGULARS_SOURCE,
        f"move:{member.member_id}:{member.seq}",
        event.occurred_at,
        arrival(member, event, decision),
    )


def exchange_arriving(item: Pending, arriving: Event) -> Event:
    """The second step of an exchange: the exchange itself, with what its refund moves."""
    event, body = item.plain, item.plain.body
    assert isinstance(body, Exchange) and isinstance(arriving.body, MoveIn)
    whole = Exchange(body.refund, body.purchase, arriving.body)
    return Event(event.type, event.source, event.event_id, arriving.occurred_at, whole)


def refund_of_exchange(item: Pending, event: Event) -> Pending:
    """The first step of an exchange whose goods were bought by a member who has been merged since:
    its refund, as an event of its own."""
    assert isinstance(event.body, Exchange)
    name = f"exchange:{item.key.hex()}"
    back = Event("refund", REGULARS_SOURCE, name, event.occurred_at, event.body.refund)
    first = second_step(item.submission.program_id, item.member_id, back)
    first.exchange = item
    return first


def second_step(program_id: int, to_member: int, event: Event, digest: int = 0) -> Pending:
    """The submission of a step that the intake makes itself; it may be as old as it is."""
    item = pending(Submission(program_id, to_member, event, FOR_EVER_US))
    item.digest = digest or item.digest
    return item


def decode_move(program_id: int, to_member: int, body: bytes) -> Pending:
    """The second step of an interrupted move, as its first step left it."""
    *parts, digest = msgspec.structs.astuple(_decode(body))
    return second_step(program_id, to_member, Event(*parts), digest)


def answer_with(item: Pending, second: Pending) -> None:
    """Answer a caller with what becomes of the second step."""
    second.answer.add_done_callback(lambda done: item.resolve(done.result()))


def answer_after(first: Pending, outcome: Outcome, second: Pending) -> None:
    """Answer the caller of a move when its second step has been recorded too."""
    second.answer.add_done_callback(partial(_answer_first, first, outcome))


def _answer_first(first: Pending, outcome: Outcome, done: object) -> None:
    first.resolve(outcome)
