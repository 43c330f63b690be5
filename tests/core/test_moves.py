"""Moves between two members: two recorded steps, nothing lost on the way."""

from tests.core.engine import DAY, START, Journal, line, meadow, order

from regulars.core.accounts import Account
from regulars.core.events import Adjustment, Event, Hold, MoveIn, MoveOut, Refund
from regulars.core.moves import arrival


def move(source: Journal, target: Journal, body: MoveOut, when: int) -> MoveIn:
    member = source.member(Event("move_out", "shop", "m", when, body))
    decision = source.do(body, when)
    arrived = arrival(member, source.entries[-1].event, decision)
    target.do(arrived, when)
    return arrived


def two() -> tuple[Journal, Journal]:
    return Journal(meadow()), Journal(meadow())


def test_a_transfer_moves_spendable_points_with_their_nature() -> None:
    source, target = two()
    source.do(Adjustment("points", 30, "x", "anna", START + 50 * DAY), START)
    source.do(Adjustment("points", 100, "x", "anna"), START + 1)
    source.buy(1_000, START)
    move(source, target, MoveOut(2, "gift", currency="points", points=40), START + DAY)
    assert source.balances() == (90, 10, 0, 0)
    assert target.balances() == (40, 0, 0, 0)
    lots = [(lot.remaining, lot.earned_at, lot.expires_at) for lot in target.lots.values()]
    assert lots[0] == (30, START, START + 50 * DAY)
    assert lots[1][:2] == (10, START + 1)
    assert source.account(Account.TRANSIT) == -target.account(Account.TRANSIT) == 40


def test_a_transfer_of_everything_leaves_what_is_pending() -> None:
    source, target = two()
    source.do(Adjustment("points", 100, "x", "anna"), START)
    source.buy(1_000, START)
    move(source, target, MoveOut(2, "household"), START + DAY)
    assert source.balances() == (0, 10, 0, 0)
    assert target.balances() == (100, 0, 0, 0)
    assert target.balances("stars") == (5, 0, 0, 0)


def test_a_merge_moves_lots_counters_and_the_higher_tier_and_closes() -> None:
    source, target = two()
    source.buy(26_000, START)
    source.do(Adjustment("points", 800, "x", "anna"), START)
    source.do(Hold("five-euros", order(line("a", 1_000))), START)
    target.buy(3_000, START)
    arrived = move(source, target, MoveOut(2, "merge", close=True), START + 1)
    assert arrived.tier == "silver"
    assert source.state.status == "merged" and source.state.merged_into == 2
    assert source.lots == {} and source.state.holds == ()
    assert target.balances() == (800, 335 + 30, 0, 0)
    assert target.state.tier == "silver"
    assert target.state.counters["purchases/lifetime"] == (0, 2)
    assert target.state.counters["spend/365d"][1] == 29_000
    code, data = source.refusal(Refund(1), START + 2)
    assert (code, data) == ("member_closed", {"status": "merged", "into": 2})


def test_merged_spend_can_reach_a_tier_that_neither_had() -> None:
    source, target = two()
    source.buy(15_000, START)
    target.buy(15_000, START)
    move(source, target, MoveOut(2, "merge", close=True), START + 1)
    assert target.state.tier == "silver"


def test_a_merge_takes_the_debt_along() -> None:
    source, target = two()
    source.buy(1_000, START)
    source.do(Adjustment("stars", -5, "x", "anna"), START)
    target.do(Adjustment("points", 30, "x", "anna"), START)
    later = START + 20 * DAY
    source.do(Adjustment("points", -10, "x", "anna"), later)
    source.do(Refund(1), later)
    assert source.balances() == (0, 0, 0, -10)
    move(source, target, MoveOut(2, "merge", close=True), later)
    assert source.balances() == (0, 0, 0, 0)
    assert target.balances() == (20, 0, 0, 0)
    other = Journal(meadow())
    other.do(MoveIn(1, 9, (), "merge", debts=(("points", 7),)), later)
    assert other.balances() == (0, 0, 0, -7)
