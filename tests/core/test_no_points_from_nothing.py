"""No way round leads to points from nothing: whatever is bought, held, spent, moved and returned in
whatever order, what is left is at most what kept purchases and gifts gave."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.engine import HEAD, HOUR, START, Journal, compiled, line, order

from regulars.core.accounts import Account
from regulars.core.decision import Grant
from regulars.core.effects import GrantsReturned, RedemptionLinked
from regulars.core.events import (
    Adjustment,
    Capture,
    Exchange,
    Hold,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)

CART = order(line("a", 100_000))
CODE = (Grant("voucher", "cinema", "v"), Grant("stock", "cinema", "s"))


def text(clawback: str, refund: str = "proportional", expiry: str = "{kind: none}") -> str:
    pending = "12 hours" if clawback == "pending_only" else "none"
    return f"""{HEAD}
refund: {refund}
currencies:
  points:
    name: Points
    value: "0.01"
    breakage: "0"
    clawback: {clawback}
    pending: {pending}
    expiry: {expiry}
earning:
  - id: base
    name: Base
    on: purchase
    earn: {{currency: points, per_money: {{each: "1.00", points: "1"}}}}
  - id: basket
    name: Basket
    on: purchase
    when: {{subtotal: {{at_least: "100.00"}}}}
    earn: {{currency: points, fixed: "20"}}
rewards:
  - id: pay
    name: Pay
    cost: {{currency: points}}
    gives: {{pay_with_points: {{points: "1", worth: "0.01"}}}}
    hold: 8 hours
  - id: cinema
    name: Cinema
    cost: {{currency: points, points: "50"}}
    gives: {{voucher: {{pool: cinema}}}}
    limits: {{total: 5, per_member: [{{count: 1, period: month}}]}}
"""


def test_a_hold_does_not_hide_points_from_a_refund() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.buy(10_000, START)
    journal.do(Hold("pay", CART, 120), START + 1)
    journal.do(Refund(1), START + 2)
    assert journal.balances() == (0, 0, 120, 0)
    assert journal.state.clawbacks[0].amount == 120
    journal.do(Void(2), START + 3)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.account(Account.REVERSED) == 120
    assert journal.state.clawbacks == ()


def test_points_that_a_refund_was_to_take_are_not_captured() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.buy(10_000, START)
    journal.do(Hold("pay", CART, 120), START + 1)
    journal.do(Refund(1), START + 2)
    refused = journal.decide(Capture(2), START + 3)
    assert refused.refusal is not None and refused.refusal.code == "insufficient_points"
    assert (refused.refusal.data["needed"], refused.refusal.data["available"]) == (120, 0)
    assert journal.balances() == (0, 0, 120, 0)
    journal.do(Adjustment("points", 125, "x", "anna"), START + 4)
    journal.do(Capture(2), START + 5)
    assert journal.balances() == (5, 0, 0, 0)
    assert journal.account(Account.REDEEMED) == journal.account(Account.REVERSED) == 120
    assert journal.state.clawbacks == ()


def test_an_order_that_was_paid_with_such_points_uses_them_and_what_else_there_is() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.buy(10_000, START)
    journal.do(Hold("pay", CART, 120), START + 1)
    journal.do(Refund(1), START + 2)
    journal.do(Adjustment("points", 50, "x", "anna"), START + 3)
    journal.do(order(line("a", 0), redemptions=(2,)), START + 4)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.account(Account.REVERSED) == 50
    assert journal.state.clawbacks[0].amount == 70


def test_the_last_of_several_holds_pays_what_a_refund_did_not_find() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.do(order(line("a", 10_000), line("b", 10_000)), START)
    journal.do(Hold("pay", CART, 110), START + 1)
    journal.do(Hold("pay", CART, 110), START + 2)
    journal.do(Refund(1, (ReturnedLine("a", 1),)), START + 3)
    assert [each.amount for each in journal.state.clawbacks] == [110]
    journal.do(Capture(2), START + 4)
    assert journal.decide(Capture(3), START + 5).refusal is not None
    journal.do(Void(3), START + 6)
    assert journal.balances() == (0, 0, 0, 0)


def test_what_a_refund_did_not_find_is_paid_by_nothing_else() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.buy(5_000, START)
    journal.do(Hold("pay", CART, 50), START + 1)
    journal.do(Capture(2), START + 2)
    journal.do(Refund(1), START + 3)
    journal.buy(3_000, START + 4)
    journal.do(Hold("pay", CART, 30), START + 5)
    journal.do(Void(journal.seq), START + 6)
    assert journal.balances() == (30, 0, 0, 0)
    assert journal.state.clawbacks[0].amount == 50


def test_nothing_of_a_code_that_was_shown_returns() -> None:
    journal = Journal(compiled(text("clamp")))
    journal.do(Adjustment("points", 60, "x", "anna"), START)
    journal.do(Hold("cinema", CART), START + 1, grants=CODE)
    journal.do(Capture(2), START + 2)
    counters = journal.state.counters
    bought = journal.do(order(line("a", 1_000), redemptions=(2,)), START + 3)
    assert [each.code for each in bought.effects if isinstance(each, RedemptionLinked)] == [True]
    returned = journal.do(Refund(4), START + 4)
    assert journal.balances() == (10, 0, 0, 0)
    assert not any(isinstance(each, GrantsReturned) for each in returned.effects)
    assert journal.state.counters == counters
    assert journal.account(Account.REDEEMED) == 50


KINDS = (
    "buy", "buy", "pay", "hold", "hold", "capture", "void", "refund", "refund", "part", "exchange",
    "gift", "late", "wait",
)  # fmt: skip
happenings = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 30), st.integers(1, 12)), max_size=25
)


class Life:
    """A member who does what a list of happenings says, and then brings everything back."""

    def __init__(self, clawback: str, refund: str, expiry: str) -> None:
        self.journal = Journal(compiled(text(clawback, refund, expiry)))
        self.now = START
        self.gifts = 0
        self.purchases: list[int] = []

    def live(self, what: str, pick: int, size: int) -> None:
        self.now += HOUR // 7
        state = self.journal.state
        holds = [hold.hold for hold in state.holds]
        captured = [hold.hold for hold in state.captured]
        if what in ("buy", "pay", "late"):
            seen = [*holds, *captured] if what == "pay" else []
            self._buy(size, (seen[pick % len(seen)],) if seen else (), what == "late")
        elif what == "hold" and state.wallets and state.wallets["points"].active:
            units = max(1, state.wallets["points"].active * size // 12)
            self.journal.decide(Hold("pay", CART, units), self.now)
        elif what in ("capture", "void") and holds:
            end = Capture if what == "capture" else Void
            self.journal.decide(end(holds[pick % len(holds)]), self.now)
        elif what in ("refund", "part", "exchange") and self.purchases:
            self._refund(what, self.purchases[pick % len(self.purchases)], size)
        elif what == "gift":
            self.journal.do(Adjustment("points", size, "x", "anna"), self.now)
            self.gifts += size
        elif what == "wait":
            self.now += 5 * HOUR

    def bring_everything_back(self) -> None:
        for hold in self.journal.state.holds:
            self.journal.decide(Void(hold.hold), self.now)
        for purchase in self.purchases:
            self.journal.decide(Refund(purchase), self.now)

    def _buy(self, size: int, used: tuple[int, ...], is_late: bool) -> None:
        goods = (line("a", size * 1_000, 3), line("b", 1_500))
        when = self.now - 5 * HOUR if is_late else self.now
        if self.journal.decide(Purchase(goods, redemptions=used), when).refusal is None:
            self.purchases.append(self.journal.seq)

    def _refund(self, what: str, purchase: int, size: int) -> None:
        back = Refund(purchase, (ReturnedLine("a", 1),) if what == "part" else ())
        if what != "exchange":
            self.journal.decide(back, self.now)
            return
        exchange = Exchange(back, order(line("a", size * 1_000)))
        if self.journal.decide(exchange, self.now).refusal is None:
            self.purchases.append(self.journal.seq)


@pytest.mark.parametrize("clawback", ["clamp", "negative", "pending_only"])
@settings(max_examples=40, deadline=None)
@given(
    happenings,
    st.sampled_from(["proportional", "redecide"]),
    st.sampled_from(["{kind: none}", "{kind: fixed, after: 2 days}"]),
)
def test_after_everything_came_back_nothing_is_left_but_gifts(
    clawback: str, steps: list[tuple[str, int, int]], refund: str, expiry: str
) -> None:
    life = Life(clawback, refund, expiry)
    for step in steps:
        life.live(*step)
    life.bring_everything_back()
    journal = life.journal
    wallet = journal.state.wallets.get("points")
    if wallet is None:
        return
    issued, reversed_units = -journal.account(Account.ISSUED), journal.account(Account.REVERSED)
    # Once they could be spent, `pending_only` lets points be.
    final = issued - reversed_units if clawback == "pending_only" else 0
    assert wallet.held == 0
    assert wallet.active + wallet.pending <= life.gifts + final
    assert 0 <= reversed_units <= issued
    if clawback == "negative":
        assert reversed_units == issued
    if clawback == "pending_only":
        assert wallet.pending == 0
