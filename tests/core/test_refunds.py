"""Refunds: parts add up, spent points come back, counters shrink, policies decide who pays."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.engine import DAY, HEAD, HOUR, PLAIN, START, Journal, compiled, line, meadow, order

from regulars.core.accounts import Account
from regulars.core.effects import LotDrawn, LotRestored, RefundProgress
from regulars.core.events import (
    Adjustment,
    Capture,
    Due,
    Hold,
    Line,
    Payment,
    Purchase,
    Refund,
    ReturnedLine,
)

CURRENCY = 'value: "0.01", breakage: "0"'
RULES = """
earning:
  - id: base
    name: Base
    on: purchase
    earn: {currency: points, per_money: {each: "1.00", points: "1"}}
  - id: bath
    name: Bath
    on: purchase
    items: {category: [bath]}
    earn: {currency: points, per_money: {each: "1.00", points: "2"}}
    limits:
      per_member: [{points: "50", period: month}]
  - id: third
    name: Third
    on: purchase
    when: {nth_purchase: {every: 3}}
    earn: {currency: points, fixed: "7"}
    limits:
      uses: [{count: 2, period: year}]
  - id: basket
    name: Basket
    on: purchase
    when: {subtotal: {at_least: "40.00"}}
    earn: {currency: points, fixed: "20"}
tiers:
  by: {metric: spend, period: 12 months}
  downgrade: never
  ladder:
    - {id: one, name: One, at_least: "0"}
    - {id: two, name: Two, at_least: "100.00", multipliers: {points: "1.5"}}
rewards:
  - id: five
    name: Five off
    cost: {currency: points, points: "30"}
    gives: {order_discount: {amount: "5.00"}}
    limits:
      per_member: [{count: 2, period: month}]
"""


def program(clawback: str = "negative", refund: str = "proportional", expiry: str = "none") -> str:
    kind = "{kind: none}" if expiry == "none" else f"{{kind: fixed, after: {expiry}}}"
    points = f"  points: {{name: P, {CURRENCY}, clawback: {clawback}, expiry: {kind}}}"
    return f"{HEAD}refund: {refund}\ncurrencies:\n{points}{RULES}"


def test_half_of_a_line_takes_back_half_of_what_it_earned() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 2_000, 2), line("b", 1_000)), START)
    journal.do(Refund(1, (ReturnedLine("a", 1),)), START + DAY)
    assert journal.balances() == (20, 0, 0, 0)
    assert journal.account(Account.REVERSED) == 10
    assert journal.state.counters["spend/365d"][1] == 2_000
    assert journal.state.counters["purchases/lifetime"] == (0, 1)


def test_a_rule_on_some_lines_loses_only_for_those() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 1_000, category="bath"), line("b", 3_000)), START)
    assert journal.balances()[0] == 40 + 20 + 20
    journal.do(Refund(1, (ReturnedLine("b", 1),)), START + DAY)
    # base 30 of 40, bath nothing, the basket bonus 3/4 of 20
    assert journal.balances()[0] == 80 - 30 - 15
    journal.do(Refund(1, (ReturnedLine("a", 1),)), START + DAY)
    assert journal.balances() == (0, 0, 0, 0)


def test_an_amount_paid_back_counts_where_it_differs_from_the_price() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 2_000, 2)), START)
    journal.do(Refund(1, (ReturnedLine("a", 0, 500),)), START + DAY)
    assert journal.balances()[0] == 15
    journal.do(Refund(1, (ReturnedLine("a", 2, 900),)), START + DAY)
    assert journal.balances()[0] == 0
    assert journal.refusal(Refund(1), START + DAY)[0] == "already_refunded"


def test_shipping_comes_back_once() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 2_000, 2), shipping_minor=500), START)
    journal.do(Refund(1, (ReturnedLine("a", 1),), shipping=True), START + DAY)
    assert journal.progress[1].shipping
    code, data = journal.refusal(Refund(1, (ReturnedLine("a", 1),), shipping=True), START + DAY)
    assert (code, data["of"]) == ("over_refund", "shipping")


@pytest.mark.parametrize(
    ("clawback", "active", "debt", "reversed_units"),
    [("clamp", 0, 0, 13), ("negative", 0, -7, 20), ("pending_only", 13, 0, 0)],
)
def test_points_that_were_spent_are_taken_back_by_policy(
    clawback: str, active: int, debt: int, reversed_units: int
) -> None:
    journal = Journal(compiled(program(clawback)))
    journal.do(Adjustment("points", 8, "x", "anna"), START)
    journal.do(order(line("a", 2_000)), START)
    journal.do(Adjustment("points", -15, "x", "anna"), START + 1)
    journal.do(Refund(2), START + DAY)
    assert journal.balances() == (active, 0, 0, debt)
    assert journal.account(Account.REVERSED) == reversed_units


def test_pending_points_are_taken_from_their_own_lot_first() -> None:
    journal = Journal(meadow())
    journal.do(Adjustment("points", 100, "x", "anna"), START)
    journal.buy(1_000, START)
    decision = journal.do(Refund(2), START + DAY)
    drawn = [each for each in decision.effects if isinstance(each, LotDrawn)]
    assert [(each.lot, each.amount, each.debit) for each in drawn] == [
        (2, 10, Account.PENDING),
        (3, 5, Account.ACTIVE),
    ]


def test_a_debt_is_taken_back_again_when_its_payment_is_refunded() -> None:
    journal = Journal(compiled(program()))
    journal.buy(2_000, START)
    journal.do(Adjustment("points", -20, "x", "anna"), START)
    journal.do(Refund(1), START + 1)
    journal.buy(3_000, START + 2)
    assert journal.balances() == (10, 0, 0, 0)
    journal.do(Refund(4), START + 3)
    assert journal.balances() == (0, 0, 0, -20)


def paid_with_points(journal: Journal) -> int:
    """An order of 40.00 with 5.00 off for 30 points of two lots; its entry."""
    journal.do(Adjustment("points", 12, "x", "anna", START + 40 * DAY), START)
    journal.do(Adjustment("points", 100, "x", "anna"), START)
    cart = order(line("a", 4_000, 4))
    hold = journal.do(Hold("five", cart), START + HOUR).state
    assert hold is not None and hold.holds[0].points == 30
    journal.do(Capture(3), START + HOUR)
    journal.do(order(line("a", 4_000, 4, discount_minor=500), redemptions=(3,)), START + HOUR)
    return journal.seq


def test_spent_points_return_to_their_lots_with_their_old_expiry() -> None:
    journal = Journal(compiled(program()))
    purchase = paid_with_points(journal)
    assert journal.account(Account.REDEEMED) == 30
    assert journal.state.counters["reward/five/month"][1] == 1
    assert journal.state.captured == ()
    # Half of the order: 15 points, out of the part that was drawn last.
    decision = journal.do(Refund(purchase, (ReturnedLine("a", 2),)), START + DAY)
    restored = [each for each in decision.effects if isinstance(each, LotRestored)]
    assert [(each.lot, each.amount) for each in restored] == [(2, 15)]
    assert journal.state.counters["reward/five/month"][1] == 1
    journal.do(Refund(purchase), START + DAY)
    assert journal.account(Account.REDEEMED) == 0
    assert "reward/five/month" not in journal.state.counters
    assert {lot.lot: lot.remaining for lot in journal.lots.values()} == {1: 12, 2: 100}
    assert journal.lots[1].expires_at == START + 40 * DAY


@pytest.mark.parametrize(("returns", "active"), [("30 days", 112), ("none", 100)])
def test_points_whose_expiry_has_passed_come_back_by_policy(returns: str, active: int) -> None:
    text = program().replace(CURRENCY, f"{CURRENCY}, refund_returns: {returns}")
    journal = Journal(compiled(text))
    purchase = paid_with_points(journal)
    late = START + 50 * DAY
    journal.do(Refund(purchase), late)
    assert journal.balances() == (active, 0, 0, 0)
    assert journal.at(late + 30 * DAY - 1).spendable == active
    assert journal.at(late + 30 * DAY).spendable == 100


def test_an_open_hold_that_the_purchase_names_is_captured_by_it() -> None:
    journal = Journal(compiled(program()))
    journal.do(Adjustment("points", 100, "x", "anna"), START)
    journal.do(Hold("five", order(line("a", 4_000))), START)
    journal.do(order(line("a", 4_000, discount_minor=500), redemptions=(2, 2, 9)), START)
    assert journal.state.holds == ()
    assert journal.account(Account.REDEEMED) == 30
    journal.do(Refund(3), START + DAY)
    assert journal.balances() == (100, 0, 0, 0)


def test_two_orders_cannot_both_return_one_redemption() -> None:
    journal = Journal(compiled(program()))
    purchase = paid_with_points(journal)
    journal.do(order(line("a", 100), redemptions=(3,)), START + HOUR)
    journal.do(Refund(purchase + 1), START + DAY)
    assert journal.account(Account.REDEEMED) == 30
    journal.do(Refund(purchase), START + DAY)
    assert journal.account(Account.REDEEMED) == 0


def test_the_cap_that_a_refund_frees_serves_later_events() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 3_000, category="bath")), START)
    assert journal.state.counters["points/bath/month"][1] == 50
    journal.do(Refund(1), START)
    decision = journal.do(order(line("a", 2_000, category="bath")), START)
    assert [award.points for award in decision.awards] == [20, 40]


def test_the_tier_metric_shrinks_and_the_tier_stays() -> None:
    journal = Journal(compiled(program()))
    journal.buy(10_000, START)
    journal.do(Refund(1), START + DAY)
    assert journal.state.tier == "two"
    assert "spend/365d" not in journal.state.counters


def test_a_refund_uses_the_version_that_decided_its_purchase() -> None:
    journal = Journal(compiled(program()))
    journal.do(order(line("a", 1_000, category="bath"), line("b", 1_000)), START)
    without_base = "  - id: bath" + program().split("  - id: bath", 1)[1]
    head = program().split("  - id: base", 1)[0]
    journal.publish(compiled(head + without_base, version=2))
    journal.do(Refund(1, (ReturnedLine("b", 1),)), START + DAY)
    assert journal.balances() == (10 + 20, 0, 0, 0)


def test_redecide_takes_a_bonus_that_the_rest_does_not_reach() -> None:
    journal = Journal(compiled(program(refund="redecide")))
    journal.do(order(line("a", 3_000), line("b", 2_000, 2)), START)
    assert journal.balances()[0] == 50 + 20
    journal.do(Refund(1, (ReturnedLine("b", 1),)), START + DAY)
    assert journal.balances()[0] == 40 + 20
    journal.do(Refund(1, (ReturnedLine("b", 1),)), START + DAY)
    assert journal.balances()[0] == 30
    journal.do(Refund(1), START + DAY)
    assert journal.balances() == (0, 0, 0, 0)


def test_redecide_sees_the_number_that_the_purchase_had() -> None:
    journal = Journal(compiled(program(refund="redecide")))
    for number in range(3):
        journal.do(order(line("a", 1_000, 2)), START + number)
    journal.buy(500, START + 5)
    journal.do(Refund(3, (ReturnedLine("a", 1),)), START + DAY)
    assert journal.balances()[0] == 10 + 10 + 5 + 7 + 5


def test_redecide_keeps_excluded_payments_in_proportion() -> None:
    text = program(refund="redecide").replace(
        "currencies:", "basis: {exclude_payments: [points]}\ncurrencies:", 1
    )
    journal = Journal(compiled(text))
    journal.do(
        order(line("a", 1_000), line("b", 1_000), payments=(Payment("points", 1_000),)), START
    )
    assert journal.balances()[0] == 10
    journal.do(Refund(1, (ReturnedLine("b", 1),)), START + DAY)
    assert journal.balances()[0] == 5


lines = st.lists(
    st.builds(
        lambda quantity, gross, off, tax, category: (
            quantity,
            gross,
            min(off, gross),
            tax,
            category,
        ),
        st.integers(1, 4),
        st.integers(0, 9_000),
        st.integers(0, 2_000),
        st.integers(0, 300),
        st.sampled_from(["bath", "kitchen"]),
    ),
    min_size=1,
    max_size=4,
)
pieces = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    lines,
    pieces,
    st.sampled_from(["clamp", "negative"]),
    st.sampled_from(["proportional", "redecide"]),
    st.booleans(),
)
def test_a_full_refund_in_any_parts_returns_to_the_start(
    goods: list[tuple[int, int, int, int, str]],
    parts: list[tuple[int, int, bool]],
    clawback: str,
    mode: str,
    is_third: bool,
) -> None:
    journal = Journal(compiled(program(clawback, mode)))
    journal.do(Adjustment("points", 100, "x", "anna"), START)
    if is_third:
        journal.buy(1_500, START)
        journal.buy(1_500, START)
    hold = journal.seq + 1
    journal.do(Hold("five", order(line("a", 4_000))), START)
    start = journal.states[hold - 1], dict(journal.lots)
    purchase = Purchase(
        tuple(
            Line(str(at), "S", quantity, gross, off, tax, category)
            for at, (quantity, gross, off, tax, category) in enumerate(goods)
        ),
        redemptions=(hold,),
    )
    journal.do(purchase, START + 1)
    seq = journal.seq
    left = [each.quantity for each in purchase.lines]
    progress: list[RefundProgress] = []
    for at, quantity, with_amount in parts:
        if at < len(left) and left[at] > 0 and sum(left) > 0:
            taken = min(quantity, left[at])
            left[at] -= taken
            amount = 0 if with_amount else -1
            journal.do(Refund(seq, (ReturnedLine(str(at), taken, amount),)), START + 2)
            progress.append(journal.progress[seq])
    if any(left):
        journal.do(Refund(seq), START + 3)
        progress.append(journal.progress[seq])
    for earlier, later in pairwise(progress):
        # Nothing that was taken back is ever given again.
        assert dict(earlier.reversed).items() <= dict(later.reversed).items() or all(
            units <= dict(later.reversed).get(index, 0) for index, units in earlier.reversed
        )
    state, lots = start
    assert journal.account(Account.REDEEMED) == 0
    assert journal.account(Account.REVERSED) == sum(
        award.points for award in journal.entries[seq - 1].awards
    )
    assert {number: each.remaining for number, each in journal.lots.items()} == {
        1: 100,
        **{number: each.remaining for number, each in lots.items() if number > 1},
    }
    assert journal.state.counters == state.counters
    journal.do(Due(), START + 4)


def test_an_order_without_lines_comes_back_once() -> None:
    journal = Journal(
        compiled(PLAIN.replace('per_money: {each: "1.00", points: "1"}', 'fixed: "20"'))
    )
    journal.do(order(), START)
    assert journal.balances() == (20, 0, 0, 0)
    journal.do(Refund(1), START + HOUR)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.state.counters == {}
    assert journal.refusal(Refund(1), START + DAY)[0] == "already_refunded"
