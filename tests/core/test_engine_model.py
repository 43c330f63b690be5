"""The engine against an oracle: random members, and a plain re-implementation in dictionaries.

The oracle knows one small program (a point for every euro, pending days, a fixed expiry, five euros
off for 30 points) and nothing of effects, postings or the fold. After every step balances, lots and
what is available at some later instant must agree; the journal's own checks run as well.
"""

from copy import deepcopy
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.core.engine import DAY, HEAD, HOUR, START, Journal, compiled, line, order

from regulars.core.events import (
    Adjustment,
    Capture,
    Due,
    Hold,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)

COST, HOLD_US, RETURNS_DAYS, EXPIRY_DAYS = 30, 15 * 60_000_000, 3, 20
# No clock change lies between START and the end of a run, so that a day has 24 hours.


def text(clawback: str, pending_days: int) -> str:
    pending = f"{pending_days} days" if pending_days else "none"
    return f"""{HEAD}
currencies:
  points:
    name: Points
    value: "0.01"
    breakage: "0"
    pending: {pending}
    expiry: {{kind: fixed, after: {EXPIRY_DAYS} days}}
    refund_returns: {RETURNS_DAYS} days
    clawback: {clawback}
earning:
  - id: base
    name: Base
    on: purchase
    earn: {{currency: points, per_money: {{each: "1.00", points: "1"}}}}
rewards:
  - id: five
    name: Five
    cost: {{currency: points, points: "{COST}"}}
    gives: {{order_discount: {{amount: "5.00"}}}}
"""


class Oracle:
    """A member in dictionaries."""

    def __init__(self, clawback: str, pending_days: int) -> None:
        self.clawback = clawback
        self.pending_us = pending_days * DAY
        self.lots: dict[int, dict[str, Any]] = {}
        self.opened = 0
        self.debt = 0
        self.holds: dict[int, dict[str, Any]] = {}
        self.captured: dict[int, list[tuple[int, int]]] = {}
        self.nature: dict[int, dict[str, Any]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.not_found: dict[int, int] = {}

    def pass_time(self, now: int) -> None:
        for number in sorted(self.lots, key=lambda each: (self.lots[each]["active"], each)):
            lot = self.lots[number]
            if lot["pending"] and lot["active"] <= now:
                lot["pending"] = False
                self.pay(number)
        for seq in sorted(self.holds, key=lambda each: (self.holds[each]["until"], each)):
            if self.holds[seq]["until"] <= now:
                self.put_back(self.holds.pop(seq)["parts"], seq)
        self.lots = {n: lot for n, lot in self.lots.items() if lot["expires"] > now}

    def open(self, units: int, active: int, expires: int, now: int, earned: int) -> int:
        self.opened += 1
        lot = {"units": units, "active": active, "expires": expires, "earned": earned}
        lot["pending"] = active > now
        self.lots[self.opened] = lot
        self.nature[self.opened] = dict(lot, pending=False)
        self.pay(self.opened)
        return self.opened

    def take_what_was_not_found(self, number: int, units: int, hold: int) -> None:
        for refund, missing in self.not_found.items():
            taken = min(units, missing) if refund > hold else 0
            if taken:
                units -= taken
                self.not_found[refund] -= self.take(number, taken)

    def pay(self, number: int) -> None:
        if number in self.lots and not self.lots[number]["pending"]:
            self.debt -= self.take(number, self.debt)

    def take(self, number: int, units: int) -> int:
        taken = min(units, self.lots[number]["units"])
        self.lots[number]["units"] -= taken
        if self.lots[number]["units"] == 0:
            del self.lots[number]
        return int(taken)

    def spend(self, units: int) -> list[tuple[int, int]]:
        parts = []
        for number in sorted(
            (n for n, lot in self.lots.items() if not lot["pending"]),
            key=lambda n: (self.lots[n]["expires"], self.lots[n]["earned"], n),
        ):
            if units:
                taken = self.take(number, units)
                parts.append((number, taken))
                units -= taken
        return parts

    def put_back(self, parts: list[tuple[int, int]], hold: int) -> None:
        for number, units in parts:
            if number not in self.lots:
                self.lots[number] = dict(self.nature[number], units=0)
            self.lots[number]["units"] += units
            self.take_what_was_not_found(number, units, hold)
            self.pay(number)

    def owed(self, hold: int) -> int:
        """What refunds since a hold take of it, less what the newer and older others would pay."""
        left = {refund: units for refund, units in self.not_found.items() if units}
        taken = 0
        for each in [*(other for other in reversed(self.holds) if other != hold), hold]:
            units = sum(part for _, part in self.holds[each]["parts"])
            taken = 0
            for refund in left:
                if refund > each:
                    now = min(left[refund], units - taken)
                    left[refund] -= now
                    taken += now
        return taken

    def pay_owed(self, hold: int, units: int) -> None:
        for refund in self.not_found:
            if refund > hold:
                wanted = min(units, self.not_found[refund])
                paid = sum(part for _, part in self.spend(wanted))
                self.not_found[refund] -= paid
                units -= paid

    def active(self) -> int:
        return sum(lot["units"] for lot in self.lots.values() if not lot["pending"])

    def pending(self) -> int:
        return sum(lot["units"] for lot in self.lots.values() if lot["pending"])

    def held(self) -> int:
        return sum(units for hold in self.holds.values() for _, units in hold["parts"])

    def buy(self, seq: int, goods: list[tuple[int, int]], now: int, hold: int) -> None:
        spent: list[tuple[int, int]] = []
        if hold in self.holds:
            self.pay_owed(hold, self.owed(hold))
            spent = self.holds.pop(hold)["parts"]
        elif hold in self.captured:
            spent = self.captured.pop(hold)
        points = sum(price for _, price in goods) // 100
        lot = 0
        if points:
            lot = self.open(points, now + self.pending_us, now + EXPIRY_DAYS * DAY, now, now)
        self.orders[seq] = {
            "goods": goods, "back": [0] * len(goods), "points": points, "lot": lot,
            "taken": 0, "spent": spent, "returned": 0, "hold": hold,
        }  # fmt: skip

    def refund(self, seq: int, back: list[int], now: int, refund: int) -> None:
        found = self.orders[seq]
        found["back"] = [a + b for a, b in zip(found["back"], back, strict=True)]
        rows = list(zip(found["goods"], found["back"], strict=True))
        total = sum(price for _, price in found["goods"])
        returned = sum(round(Fraction(price * units, of)) for (of, price), units in rows)
        whole = all(units == of for (of, _), units in rows)

        def part_of(units: int) -> int:
            if whole:
                return units
            return round(Fraction(units * returned, total)) if total else 0

        self.give_back(found, part_of(sum(units for _, units in found["spent"])), now)
        owed = part_of(found["points"]) - found["taken"]
        found["taken"] += owed
        if owed and found["lot"] in self.lots:
            owed -= self.take(found["lot"], owed)
        owed -= sum(units for _, units in self.spend(owed))
        if self.clawback == "negative":
            self.debt += owed
        else:
            self.not_found[refund] = owed

    def give_back(self, found: dict[str, Any], target: int, now: int) -> None:
        skip, want = found["returned"], target - found["returned"]
        found["returned"] = target
        for number, units in reversed(found["spent"]):
            passed = min(skip, units)
            skip -= passed
            now_back = min(units - passed, want)
            want -= now_back
            if now_back and self.nature[number]["expires"] > now:
                self.put_back([(number, now_back)], found["hold"])
            elif now_back:
                earned = self.nature[number]["earned"]
                number = self.open(now_back, 0, now + RETURNS_DAYS * DAY, now, earned)
                self.take_what_was_not_found(number, now_back, found["hold"])


class EngineMatchesOracle(RuleBasedStateMachine):
    """Every rule does one event on both."""

    @initialize(clawback=st.sampled_from(["negative", "clamp"]), pending=st.sampled_from([0, 2]))
    def begin(self, clawback: str, pending: int) -> None:
        self.journal = Journal(compiled(text(clawback, pending)))
        self.oracle = Oracle(clawback, pending)
        self.now = START

    @rule(hours=st.sampled_from([0, 1, 20, 40, 100]))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule()
    def post_due(self) -> None:
        self.oracle.pass_time(self.now)
        self.journal.do(Due(), self.now)

    @rule(
        goods=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9_000)), min_size=1, max_size=3),
        pick=st.integers(0, 20),
    )
    def buy(self, goods: list[tuple[int, int]], pick: int) -> None:
        self.oracle.pass_time(self.now)
        seen = [*self.oracle.holds, *self.oracle.captured]
        hold = seen[pick] if pick < len(seen) else 0
        lines = [line(str(at), price, units) for at, (units, price) in enumerate(goods)]
        self.oracle.buy(self.journal.seq + 1, goods, self.now, hold)
        self.journal.do(Purchase(tuple(lines), redemptions=(hold,) if hold else ()), self.now)

    @precondition(lambda self: self.oracle.orders)
    @rule(pick=st.integers(0, 50), units=st.lists(st.integers(0, 3), min_size=3, max_size=3))
    def refund_some(self, pick: int, units: list[int]) -> None:
        seq = list(self.oracle.orders)[pick % len(self.oracle.orders)]
        found = self.oracle.orders[seq]
        left = [of - back for (of, _), back in zip(found["goods"], found["back"], strict=True)]
        body = Refund(
            seq,
            tuple(
                ReturnedLine(str(at), each) for at, each in enumerate(units[: len(left)]) if each
            ),
        )
        asked = units[: len(left)] if body.lines else left
        self.oracle.pass_time(self.now)
        decision = self.journal.decide(body, self.now)
        if not any(left):
            assert decision.refusal is not None and decision.refusal.code == "already_refunded"
        elif any(each > there for each, there in zip(asked, left, strict=True)):
            assert decision.refusal is not None and decision.refusal.code == "over_refund"
        else:
            assert decision.refusal is None
            self.oracle.refund(seq, asked, self.now, self.journal.seq)

    @rule(units=st.integers(-60, 60).filter(bool), days=st.integers(1, 40))
    def adjust(self, units: int, days: int) -> None:
        self.oracle.pass_time(self.now)
        body = Adjustment("points", units, "x", "anna", self.now + days * DAY)
        decision = self.journal.decide(body, self.now)
        if units > 0:
            self.oracle.open(units, 0, self.now + days * DAY, self.now, self.now)
        elif self.oracle.active() >= -units:
            self.oracle.spend(-units)
        else:
            assert decision.refusal is not None
            assert decision.refusal.data["available"] == self.oracle.active()
            return
        assert decision.refusal is None

    @rule()
    def hold(self) -> None:
        self.oracle.pass_time(self.now)
        decision = self.journal.decide(Hold("five", order(line("a", 4_000))), self.now)
        if len(self.oracle.holds) >= 20:
            assert decision.refusal is not None and decision.refusal.code == "too_many_holds"
        elif self.oracle.active() < COST:
            assert decision.refusal is not None and decision.refusal.code == "insufficient_points"
        else:
            assert decision.refusal is None
            parts = self.oracle.spend(COST)
            self.oracle.holds[self.journal.seq] = {"parts": parts, "until": self.now + HOLD_US}

    @precondition(lambda self: self.oracle.holds)
    @rule(pick=st.integers(0, 20), capture=st.booleans())
    def end_hold(self, pick: int, capture: bool) -> None:
        seq = list(self.oracle.holds)[pick % len(self.oracle.holds)]
        self.oracle.pass_time(self.now)
        decision = self.journal.decide(Capture(seq) if capture else Void(seq), self.now)
        if seq not in self.oracle.holds:
            assert decision.refusal is not None and decision.refusal.code == "hold_expired"
            return
        owed = self.oracle.owed(seq) if capture else 0
        if owed > max(self.oracle.active() - self.oracle.debt, 0):
            assert decision.refusal is not None and decision.refusal.code == "insufficient_points"
            assert decision.refusal.data["needed"] == owed
            return
        assert decision.refusal is None
        self.oracle.pay_owed(seq, owed)
        parts = self.oracle.holds.pop(seq)["parts"]
        if capture:
            self.oracle.captured[seq] = parts
            while len(self.oracle.captured) > 20:
                self.oracle.captured.pop(next(iter(self.oracle.captured)))
        else:
            self.oracle.put_back(parts, seq)

    @rule(hours=st.integers(0, 900))
    def look_ahead(self, hours: int) -> None:
        if "points" not in self.journal.state.wallets:
            return
        then = self.now + hours * HOUR
        future = deepcopy(self.oracle)
        future.pass_time(then)
        found = self.journal.at(then)
        assert found.spendable == future.active()
        assert sum(units for _, units in found.pending) == future.pending()
        assert found.held == future.held()
        assert found.debt == -future.debt
        assert sum(units for _, units in found.expiring) == future.active()

    @invariant()
    def same_member(self) -> None:
        if not hasattr(self, "journal") or "points" not in self.journal.state.wallets:
            return
        assert self.journal.balances() == (
            self.oracle.active(), self.oracle.pending(), self.oracle.held(), -self.oracle.debt,
        )  # fmt: skip
        assert {n: lot.remaining for n, lot in self.journal.lots.items()} == {
            n: lot["units"] for n, lot in self.oracle.lots.items()
        }
        live = sum(1 for found in self.oracle.orders.values() if not _whole(found))
        assert sum(self.journal.state.counters.get("purchases/lifetime", ())) == live

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            work = self.journal.refold()
            assert (work.state, work.lots) == (self.journal.state, self.journal.lots)


def _whole(found: dict[str, Any]) -> bool:
    return all(of == back for (of, _), back in zip(found["goods"], found["back"], strict=True))


TestEngineMatchesOracle = EngineMatchesOracle.TestCase
TestEngineMatchesOracle.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
