"""What members have, told in plain dictionaries by whoever reads the journal's events in order.

It knows one small program: a point for every euro, 5 for an answered survey, nothing expires
while a test runs, debts are booked. It reads each entry's event and whether it was refused, never
an effect, and foretells from the events before it what the entry must say.
"""

from dataclasses import dataclass, field

from regulars.core.decision import Entry
from regulars.core.events import (
    Activity,
    Adjustment,
    Capture,
    Close,
    Confirm,
    Due,
    Exchange,
    Hold,
    MoveIn,
    MoveOut,
    Purchase,
    Refund,
    Void,
)
from regulars.ledger.facade import StoredEntry

COST = {"five-off": 50, "mug": 10}
HOLD_US = 15 * 60_000_000
HOLDS_MAX = 20


@dataclass
class Person:
    """One member. `total`: points that are theirs, held ones included, debts taken off."""

    total: int = 0
    at: int = 0
    read: int = 0
    gone: bool = False
    orders: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    holds: dict[int, tuple[str, int]] = field(default_factory=dict)
    captured: dict[int, str] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return sum(COST[reward] for reward, _ in self.holds.values())

    @property
    def free(self) -> int:
        """What can be spent if nothing is pending."""
        return max(self.total - self.held, 0)

    def pass_time(self, now: int) -> None:
        self.at = max(self.at, now)
        self.holds = {seq: held for seq, held in self.holds.items() if held[1] > self.at}


class Oracle:
    """All members. `foretells` is False where points are pending: then refusals for want of points
    depend on more than it knows, and it takes them as they come."""

    def __init__(self, *, foretells: bool) -> None:
        self.people: dict[int, Person] = {}
        self.departed: dict[tuple[int, int], int] = {}
        self._foretells = foretells

    def read(self, journals: dict[int, list[StoredEntry]]) -> None:
        """Take in what is new of every member's whole journal; arrivals after their departures."""
        moving = True
        while moving:
            moving = False
            for member, journal in journals.items():
                person = self.people.setdefault(member, Person())
                while person.read < len(journal):
                    stored = journal[person.read]
                    if self._comes_later(stored):
                        break
                    self._take(member, person, stored.seq, stored.entry)
                    person.read += 1
                    moving = True
        for member, journal in journals.items():
            assert self.people[member].read == len(journal), "an arrival without a departure"

    def _comes_later(self, stored: StoredEntry) -> bool:
        arrival = _arrival(stored.entry.event.body)
        return arrival is not None and (arrival.from_member, arrival.from_seq) not in self.departed

    def _take(self, member: int, person: Person, seq: int, entry: Entry) -> None:
        person.pass_time(entry.event.occurred_at)
        refusal = None if entry.refusal is None else entry.refusal.code
        body = entry.event.body
        expected = self._refusal(person, body)
        assert refusal in expected, (member, seq, body, refusal, expected)
        if refusal is None:
            self._apply(member, person, seq, body)

    def _refusal(self, person: Person, body: object) -> set[str | None]:
        """The codes that the entry may bear; None where it may be accepted."""
        if person.gone and not isinstance(body, Due) and not _moves_on(body):
            return {"member_closed"}
        if isinstance(body, Refund):
            return self._of_refund(person, body)
        if isinstance(body, Exchange) and body.arrived is None:
            return self._of_refund(person, body.refund)
        if isinstance(body, Capture | Void):
            return {None} if body.hold in person.holds else {"hold_not_open", "hold_expired"}
        if isinstance(body, Hold):
            if len(person.holds) >= HOLDS_MAX:
                return {"too_many_holds"}
            found = self._of_spending(person, COST[body.reward])
            return found | {"out_of_stock"} if body.reward == "mug" and None in found else found
        if isinstance(body, Adjustment):
            return self._of_spending(person, -body.points)
        if isinstance(body, MoveOut) and not body.close:
            return self._of_spending(person, body.points)
        if isinstance(body, Confirm):
            return {"nothing_to_confirm"} if self._foretells else {None, "nothing_to_confirm"}
        return {None}

    def _of_spending(self, person: Person, points: int) -> set[str | None]:
        if points > 0 and person.free < points and self._foretells:
            return {"insufficient_points"}
        return {None} if points < 0 or self._foretells else {None, "insufficient_points"}

    def _of_refund(self, person: Person, body: Refund) -> set[str | None]:
        left = {line: units for line, (units, _) in person.orders[body.purchase_seq].items()}
        if not any(left.values()):
            return {"already_refunded"}
        if any(line.quantity > left[line.line_id] for line in body.lines):
            return {"over_refund"}
        return {None}

    def _apply(self, member: int, person: Person, seq: int, body: object) -> None:
        match body:
            case Purchase():
                self._buy(person, seq, body)
            case Activity():
                person.total += 5
            case Refund():
                self._refund(member, person, seq, body)
            case Exchange():
                self._exchange(person, seq, body)
            case Hold():
                person.holds[seq] = (body.reward, person.at + HOLD_US)
            case Capture():
                reward, _ = person.holds.pop(body.hold)
                person.total -= COST[reward]
                person.captured[body.hold] = reward
            case Void():
                del person.holds[body.hold]
            case Adjustment():
                person.total += body.points
            case MoveOut():
                self._depart(member, person, seq, body)
            case MoveIn():
                person.total += self._arrived(body)
            case Close():
                person.total, person.holds, person.gone = 0, {}, True

    def _arrived(self, body: MoveIn) -> int:
        return self.departed[body.from_member, body.from_seq]

    def _exchange(self, person: Person, seq: int, body: Exchange) -> None:
        if body.arrived is None:
            person.total -= self._give_back(person, body.refund)
        else:
            person.total += self._arrived(body.arrived)
        self._buy(person, seq, body.purchase)

    def _depart(self, member: int, person: Person, seq: int, body: MoveOut) -> None:
        leaving = person.total if body.close else body.points
        self.departed[member, seq] = leaving
        person.total -= leaving
        if body.close:
            person.holds, person.gone = {}, True

    def _buy(self, person: Person, seq: int, body: Purchase) -> None:
        person.orders[seq] = {
            line.line_id: [line.quantity, line.gross_minor // line.quantity // 100]
            for line in body.lines
        }
        person.total += sum(line.gross_minor for line in body.lines) // 100

    def _refund(self, member: int, person: Person, seq: int, body: Refund) -> None:
        taken = self._give_back(person, body)
        if _moves_on(body):
            # What the merged member owes for it is a matter of the member of today.
            self.departed[member, seq] = -taken
        else:
            person.total -= taken

    def _give_back(self, person: Person, body: Refund) -> int:
        order = person.orders[body.purchase_seq]
        back = {line.line_id: line.quantity for line in body.lines}
        if not back:
            back = {line: units for line, (units, _) in order.items()}
        for line, units in back.items():
            order[line][0] -= units
        return sum(units * order[line][1] for line, units in back.items())


def _moves_on(body: object) -> bool:
    """Whether a refund of a merged member's purchase names the member of today."""
    if isinstance(body, Exchange):
        return body.refund.into != 0
    return isinstance(body, Refund) and body.into != 0


def _arrival(body: object) -> MoveIn | None:
    if isinstance(body, Exchange):
        return body.arrived
    return body if isinstance(body, MoveIn) else None
