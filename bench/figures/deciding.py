"""`decide`: how many purchases a second the engine decides on one core, trace included.

Members buy once a week, so most decisions also activate points of two weeks before; after twenty
purchases a member makes room for a new one, since few members of a shop have more in a year.
"""

import time

from bench.baskets import baskets
from bench.report import Figure, measured
from bench.world import FIRST_TIER, LONG_AGO, PROGRAM
from regulars.core.document.check import read_published
from regulars.core.events import Event
from regulars.core.facade import Program, compile_program, decide, needs
from regulars.core.state import Lot, Member, MemberState
from regulars.programs.facade import zone_table

MEMBERS = 500
PURCHASES_EACH = 20
_BASKETS = 2000
_FIRST_EVENT = LONG_AGO + 16 * 365 * 86_400 * 1_000_000
_EVENT_EVERY_US = 7 * 86_400 * 1_000_000  # a member buys once a week
_BLOCK = 50  # about as many as a group of the intake decides before it lets go of them


def program() -> Program:
    """The benchmark's program, compiled."""
    document = read_published(PROGRAM.read_text())
    return compile_program(document, 1, zone_table(document.time_zone))


class Deciding:
    """Members who go on buying: every decision is made on the state that the last one left."""

    def __init__(self, seed: int = 1) -> None:
        self.program = program()
        self._purchases = [basket.purchase() for basket in baskets(seed, _BASKETS)]
        # Members differ in how long they have been there, as they would on any day.
        self._members = [_new_member(number) for number in range(MEMBERS)]
        self._left = [1 + number % PURCHASES_EACH for number in range(MEMBERS)]
        self._lots: list[dict[int, Lot]] = [{} for _ in self._members]
        self._number = 0

    def block(self) -> tuple[int, float]:
        """Decide a block of events; answers their number and the seconds inside `decide`."""
        work = [self._next() for _ in range(_BLOCK)]
        decisions = []
        started = time.perf_counter()
        for _, member, event in work:
            decisions.append(decide(self.program, member, event))
        seconds = time.perf_counter() - started
        for (index, member, _), decision in zip(work, decisions, strict=True):
            assert decision.refusal is None and decision.state is not None, decision.refusal
            lots = self._lots[index]
            for number, lot in decision.lots_changed.items():
                if lot is None:
                    lots.pop(number, None)
                else:
                    lots[number] = lot
            member.state, member.seq = decision.state, member.seq + 1
        return len(work), seconds

    def _next(self) -> tuple[int, Member, Event]:
        self._number += 1
        index = self._number % MEMBERS
        self._left[index] -= 1
        if self._left[index] < 0:
            self._left[index] = PURCHASES_EACH - 1
            self._members[index] = _new_member(self._number)
            self._lots[index] = {}
        member = self._members[index]
        event = Event(
            "purchase",
            "bench",
            f"decide-{self._number}",
            _FIRST_EVENT + self._number * _EVENT_EVERY_US // MEMBERS,
            self._purchases[self._number % len(self._purchases)],
        )
        wanted = needs(self.program, member.state, event)
        assert not wanted.recall and not wanted.history, "a purchase in time needs no history"
        member.lots = dict(self._lots[index]) if wanted.lots or wanted.dues else None
        return index, member, event


def _new_member(number: int) -> Member:
    state = MemberState(enrolled_at=LONG_AGO, tier=FIRST_TIER, tier_since=LONG_AGO)
    return Member((number << 10) + number % 1024, 1, state)


def measure(runs: int, seconds: float) -> list[Figure]:
    """Decisions per second in each of `runs` runs."""
    deciding = Deciding()
    for _ in range(PURCHASES_EACH * MEMBERS // _BLOCK):
        deciding.block()
    rates = []
    for _ in range(runs):
        count, spent = 0, 0.0
        while spent < seconds:
            more, took = deciding.block()
            count, spent = count + more, spent + took
        rates.append(count / spent)
    detail = (
        f"{MEMBERS} members with up to {PURCHASES_EACH} purchases, {runs} runs of {seconds:g} s "
        "inside decide, one core"
    )
    return [measured("decide", rates, "decisions/s", detail=detail)]
