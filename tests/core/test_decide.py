"""What each kind of event does, and every refusal in its order of precedence."""

import pytest
from tests.core.engine import DAY, HEAD, HOUR, PLAIN, START, Journal, compiled, line, meadow, order

from regulars.core.accounts import Account
from regulars.core.decide import decide
from regulars.core.effects import Counted, LotOpened, TierMoved
from regulars.core.errors import REFUSALS, NotLoaded, refused
from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Event,
    Exchange,
    Hold,
    MoveIn,
    MoveOut,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.core.state import Member, MemberState


def test_a_purchase_is_counted_earns_and_opens_one_lot_per_currency() -> None:
    journal = Journal(meadow())
    decision = journal.buy(6_000, START)
    opened = [each for each in decision.effects if isinstance(each, LotOpened)]
    assert [(each.rule, each.amount) for each in opened] == [
        ("base+big-basket", 85),
        ("stars", 30),
    ]
    assert [(award.points, award.lot) for award in decision.awards] == [(60, 1), (30, 2), (25, 1)]
    # The entry has its instant already: only lots that were earned at another one name it.
    assert [each.earned_at for each in opened] == [0, 0]
    assert [lot.earned_at for lot in journal.lots.values()] == [START, START]
    assert Counted("purchases/lifetime", 0, 1) in decision.effects
    assert journal.balances() == (0, 85, 0, 0)
    assert journal.balances("stars") == (30, 0, 0, 0)


def test_pending_points_become_active_by_time_alone() -> None:
    journal = Journal(meadow())
    journal.buy(6_000, START)
    due = START + 14 * DAY
    assert journal.at(due - 1).spendable == 0
    assert journal.at(due - 1).pending == ((due, 85),)
    assert journal.at(due).spendable == 85
    assert journal.balances() == (0, 85, 0, 0)
    decision = journal.do(Due(), due)
    assert len(decision.due) == 1 and decision.effects == ()
    assert journal.balances() == (85, 0, 0, 0)


def test_points_expire_by_time_alone() -> None:
    journal = Journal(compiled(PLAIN))
    journal.buy(6_000, START)
    (expires, units) = journal.at(START).expiring[0]
    assert (journal.at(expires - 1).spendable, journal.at(expires).spendable, units) == (60, 0, 60)
    journal.do(Due(), expires)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.account(Account.EXPIRED) == 60
    assert journal.state.next_due_at == 0


def test_the_tier_moves_at_once_after_earning() -> None:
    journal = Journal(meadow())
    first = journal.buy(30_000, START)
    assert TierMoved("meadow", "silver", 30_000) in first.effects
    assert not any(award.rule == -1 for award in first.awards)
    second = journal.buy(1_000, START + HOUR)
    assert [(each.rule, each.points) for each in second.awards] == [(0, 10), (1, 5), (-1, 1)]
    assert journal.lots[second.awards[-1].lot].rule == "base+tier:silver"


SLIDING = HEAD + (
    """
currencies:
  points: {name: P, value: "0.01", breakage: "0", expiry: {kind: sliding, after: 30 days}}
earning:
  - {id: base, name: B, on: purchase, earn: {currency: points, per_money: {each: "1", points: "1"}}}
"""
)


def test_a_sliding_wallet_expires_as_one_when_it_saw_no_activity() -> None:
    journal = Journal(compiled(SLIDING))
    journal.buy(1_000, START)
    journal.buy(2_000, START + 20 * DAY)
    assert journal.at(START + 40 * DAY).spendable == 30
    assert journal.at(START + 50 * DAY - 1).spendable == 30
    assert journal.at(START + 50 * DAY).spendable == 0
    journal.buy(500, START + 60 * DAY)
    assert journal.balances() == (5, 0, 0, 0)
    assert journal.account(Account.EXPIRED) == 30


def test_an_adjustment_opens_or_draws_lots() -> None:
    journal = Journal(compiled(PLAIN))
    journal.do(Adjustment("points", 100, "goodwill", "anna"), START)
    journal.do(Adjustment("points", -30, "mistake", "anna"), START + 1)
    assert journal.balances() == (70, 0, 0, 0)
    assert journal.account(Account.ADJUSTED) == -70
    assert journal.lots[1].rule == "adjustment"
    assert journal.state.wallets["points"].earned == 0


def test_spending_takes_the_soonest_expiring_first_and_never_expiring_last() -> None:
    journal = Journal(compiled(PLAIN.replace("kind: fixed, after: 12 months", "kind: none")))
    for number, expires in enumerate((0, START + 90 * DAY, START + 30 * DAY, START + 90 * DAY)):
        journal.do(Adjustment("points", 10, "x", "anna", expires), START + number)
    journal.do(Adjustment("points", -35, "x", "anna"), START + HOUR)
    assert {lot.lot: lot.remaining for lot in journal.lots.values()} == {1: 5}
    drawn = [each.lot for each in journal.entries[-1].effects]  # type: ignore[union-attr]
    assert drawn == [3, 2, 4, 1]


WAITING = HEAD + (
    """
currencies:
  points:
    name: P
    value: "0.01"
    breakage: "0"
    pending: {until: order.delivered, at_most: 30 days}
earning:
  - {id: base, name: B, on: purchase, earn: {currency: points, per_money: {each: "1", points: "1"}}}
"""
)


def test_a_confirmation_activates_the_points_of_its_purchase_only() -> None:
    journal = Journal(compiled(WAITING))
    journal.buy(1_000, START)
    journal.buy(2_000, START + 1)
    journal.do(Confirm(2), START + HOUR, "order.delivered")
    assert journal.balances() == (20, 10, 0, 0)
    assert journal.refusal(Confirm(2), START + 2 * HOUR, "order.delivered") == (
        "nothing_to_confirm",
        {"purchase_seq": 2},
    )
    assert journal.at(START + 30 * DAY).spendable == 30


def test_attributes_and_segments_are_set_and_removed() -> None:
    journal = Journal(meadow())
    journal.do(Attributes({"newsletter": True, "favourite": "bath"}, ("staff",)), START)
    journal.do(Attributes({"favourite": None}), START + 1)
    assert journal.state.attributes == {"newsletter": True}
    assert journal.state.segments == ("staff",)


def test_closing_voids_holds_forfeits_all_and_refuses_what_follows() -> None:
    journal = Journal(meadow())
    journal.do(Adjustment("points", 700, "x", "anna"), START)
    journal.buy(9_000, START)
    journal.do(Hold("five-euros", order(line("a", 4_000))), START + 1)
    journal.do(Close("wish"), START + 2)
    assert journal.state.status == "closed"
    assert journal.lots == {} and journal.state.holds == ()
    assert journal.account(Account.FORFEITED) == 700 + 115
    code, data = journal.refusal(Activity(), START + 3, "visit")
    assert (code, data) == ("member_closed", {"status": "closed", "into": 0})
    journal.do(Due(), START + 4)


def test_closing_writes_a_debt_off() -> None:
    journal = Journal(meadow())
    journal.buy(1_000, START)
    journal.do(Due(), START + 15 * DAY)
    journal.do(Adjustment("points", -10, "x", "anna"), START + 15 * DAY)
    journal.do(Refund(1), START + 15 * DAY)
    assert journal.balances() == (0, 0, 0, -10)
    journal.do(Close("wish"), START + 16 * DAY)
    assert journal.balances() == (0, 0, 0, 0)


def test_new_points_pay_a_debt_first_once_they_are_active() -> None:
    journal = Journal(meadow())
    journal.buy(1_000, START)
    journal.do(Due(), START + 15 * DAY)
    journal.do(Adjustment("points", -10, "x", "anna"), START + 15 * DAY)
    journal.do(Refund(1), START + 15 * DAY)
    journal.buy(3_000, START + 16 * DAY)
    assert journal.balances() == (0, 30, 0, -10)
    assert journal.at(START + 30 * DAY).spendable == 20
    journal.do(Due(), START + 30 * DAY)
    assert journal.balances() == (20, 0, 0, 0)
    journal.do(Adjustment("points", 5, "x", "anna"), START + 31 * DAY)
    assert journal.balances() == (25, 0, 0, 0)


# One row per refusal, in the order of precedence of its kind: a later row's cause is there in the
# earlier rows too wherever that is possible.
PREPARED_HOLD = 3
REFUSED: list[tuple[str, Body, str, dict[str, str | int | bool]]] = [
    ("an adjustment in no currency", Adjustment("gems", -9, "x", "y"), "unknown_currency", {}),
    ("an adjustment below zero", Adjustment("points", -9_999, "x", "y"), "insufficient_points", {}),
    ("a refund of no purchase", Refund(99), "unknown_purchase", {"purchase_seq": 99}),
    ("a refund of a hold", Refund(PREPARED_HOLD), "unknown_purchase", {}),
    ("a refund of a refund", Refund(5), "unknown_purchase", {}),
    ("a refund of what came back", Refund(4), "already_refunded", {"purchase_seq": 4}),
    (
        "a line that the order has not",
        Refund(1, (ReturnedLine("z", 9),)),
        "unknown_line",
        {"line_id": "z"},
    ),
    (
        "more units than were bought",
        Refund(1, (ReturnedLine("a", 3),)),
        "over_refund",
        {"line_id": "a", "of": "quantity", "asked": 3, "left": 2},
    ),
    (
        "more money than was paid",
        Refund(1, (ReturnedLine("a", 1, 6_001),)),
        "over_refund",
        {"of": "amount_minor", "asked": 6_001, "left": 6_000},
    ),
    (
        "the same units twice in one refund",
        Refund(1, (ReturnedLine("a", 2), ReturnedLine("a", 1))),
        "over_refund",
        {"asked": 1, "left": 0},
    ),
    (
        "an exchange whose refund is refused",
        Exchange(Refund(4), order(line("n", 100))),
        "already_refunded",
        {},
    ),
    ("a confirmation of nothing", Confirm(1), "nothing_to_confirm", {}),
    ("a capture of no hold", Capture(77), "hold_not_open", {"hold": 77, "known_as": ""}),
    ("a void of no hold", Void(77), "hold_not_open", {}),
    ("a reward that is none", Hold("castle", order(line("a", 1))), "unknown_reward", {}),
    (
        "another hold on the cart that is not open",
        Hold("tenth-off", order(line("a", 1), redemptions=(66,))),
        "hold_not_open",
        {"hold": 66},
    ),
    (
        "a condition that the cart does not meet",
        Hold("tenth-off", order(line("a", 2_999)), discount_minor=1),
        "reward_unavailable",
        {"reasons": "condition"},
    ),
    (
        "a tier that the member has not",
        Hold("bath-off", order(line("a", 2_999))),
        "reward_unavailable",
        {"reasons": "tier,items"},
    ),
    (
        "points that the member has not",
        Hold("soap", order(line("a", 999, 4))),
        "reward_unavailable",
        {"reasons": "product"},
    ),
    (
        "more points than there are",
        Hold("tenth-off", order(line("a", 4_000)), discount_minor=1),
        "insufficient_points",
        {"currency": "points", "needed": 800, "available": 300},
    ),
    ("a move of no currency", MoveOut(2048, "gift", currency="gems"), "unknown_currency", {}),
    (
        "a move of more than there is",
        MoveOut(2048, "gift", currency="points", points=301),
        "insufficient_points",
        {"available": 300},
    ),
    ("a move of nothing", MoveOut(2048, "gift", currency="stars"), "nothing_to_move", {}),
    (
        "points that arrive in no currency",
        MoveIn(1, 1, (), "x", debts=(("gems", 1),)),
        "unknown_currency",
        {},
    ),
]


@pytest.fixture(scope="module")
def prepared() -> Journal:
    """Entries: 1 a purchase, 2 points given, 3 a hold, 4 a purchase, 5 its refund."""
    journal = Journal(meadow())
    journal.do(order(line("a", 6_000, 2)), START)
    journal.do(Adjustment("points", 800, "x", "anna"), START)
    journal.do(Hold("five-euros", order(line("a", 4_000))), START + 1)
    journal.do(order(line("b", 500), line("c", 0)), START + 2)
    journal.do(Refund(4), START + 3)
    journal.do(Adjustment("stars", -30, "x", "anna"), START + 4)
    return journal


@pytest.mark.parametrize(
    ("body", "code", "data"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refusals(
    prepared: Journal, body: Body, code: str, data: dict[str, str | int | bool]
) -> None:
    before = prepared.state
    found, found_data = prepared.refusal(body, START + 5)
    assert found == code
    assert data.items() <= found_data.items()
    assert prepared.state.wallets == before.wallets
    assert prepared.state.holds == before.holds
    error = refused(prepared.entries[-1].refusal)  # type: ignore[arg-type]
    assert isinstance(error, REFUSALS[code]) and error.next_step.endswith(".")


def test_a_refused_event_still_posts_what_was_due() -> None:
    journal = Journal(compiled(PLAIN))
    journal.buy(1_000, START)
    journal.refusal(Refund(9), START + 400 * DAY)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.state.latest_occurred_at == START + 400 * DAY


def test_an_exchange_is_all_or_nothing_and_one_decision() -> None:
    journal = Journal(compiled(PLAIN))
    journal.buy(5_000, START)
    decision = journal.do(Exchange(Refund(1), order(line("n", 8_000))), START + DAY)
    assert journal.balances() == (80, 0, 0, 0)
    assert [award.points for award in decision.awards] == [80]
    assert journal.state.counters["purchases/lifetime"] == (0, 1)
    journal.do(Refund(2), START + 2 * DAY)
    assert journal.balances() == (0, 0, 0, 0)
    assert "purchases/lifetime" not in journal.state.counters


def test_what_needs_asked_for_and_was_not_loaded_is_a_mistake_not_an_answer() -> None:
    program = compiled(PLAIN)
    member = Member(1, 1, MemberState())
    with pytest.raises(NotLoaded):
        decide(program, member, Event("refund", "s", "1", START, Refund(1)))
    due = Member(1, 1, MemberState(next_due_at=START))
    with pytest.raises(NotLoaded):
        decide(program, due, Event("due", "s", "1", START, Due()))
    late = Member(1, 1, MemberState(latest_occurred_at=START + 1))
    with pytest.raises(NotLoaded):
        decide(program, late, Event("purchase", "s", "1", START, Purchase(())))
