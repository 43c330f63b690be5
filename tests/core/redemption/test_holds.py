"""Holds: points move ACTIVE -> HELD -> REDEEMED or back; who is refused, and in which order."""

import pytest
from tests.core.engine import DAY, HOUR, PLAIN, START, Journal, compiled, line, meadow, order

from regulars.core.accounts import Account
from regulars.core.decision import Grant
from regulars.core.events import Adjustment, Attributes, Body, Capture, Due, Hold, Void
from regulars.core.redemption.availability import reservations
from regulars.core.redemption.holds import OPEN_HOLDS_MAX

CART = order(line("a", 4_000, category="bath"), line("b", 2_000))
MINUTE = HOUR // 60


def rich(units: int = 5_000) -> Journal:
    journal = Journal(meadow())
    journal.do(Adjustment("points", units, "x", "anna"), START)
    return journal


def test_a_hold_reserves_and_a_capture_redeems() -> None:
    journal = rich()
    decision = journal.do(Hold("five-euros", CART, discount_minor=500), START + 1)
    (hold,) = decision.state.holds  # type: ignore[union-attr]
    assert (hold.hold, hold.points, hold.discount_minor) == (2, 500, 500)
    assert hold.line_discounts == (("a", 333), ("b", 167))
    assert hold.expires_at == START + 1 + 15 * MINUTE
    assert journal.balances() == (4_500, 0, 500, 0)
    assert journal.at(START + 1).held == 500
    journal.do(Capture(2), START + 2)
    assert journal.balances() == (4_500, 0, 0, 0)
    assert journal.account(Account.REDEEMED) == 500
    assert journal.refusal(Capture(2), START + 3) == (
        "hold_not_open",
        {"hold": 2, "known_as": "captured"},
    )


def test_a_void_gives_points_and_use_back() -> None:
    journal = rich()
    before = dict(journal.lots)
    journal.do(Hold("cheapest-free", CART), START)
    assert journal.refusal(Hold("cheapest-free", CART), START)[0] == "limit_reached"
    journal.do(Void(2), START + 1)
    assert journal.lots == before
    assert "reward/cheapest-free/month" not in journal.state.counters
    journal.do(Hold("cheapest-free", CART), START + 2)


def test_a_hold_lapses_by_time_alone() -> None:
    journal = rich(500)
    journal.do(Hold("five-euros", CART), START)
    lapses = START + 15 * MINUTE
    assert (journal.at(lapses - 1).spendable, journal.at(lapses).spendable) == (0, 500)
    assert journal.at(lapses).held == 0
    assert journal.refusal(Capture(2), lapses) == (
        "hold_expired",
        {"hold": 2, "expired_at": lapses},
    )
    assert journal.balances() == (500, 0, 0, 0)
    assert journal.refusal(Void(2), lapses + 1)[0] == "hold_not_open"


def test_points_of_a_lapsed_hold_expire_with_their_lot() -> None:
    journal = Journal(meadow())
    journal.do(Adjustment("points", 500, "x", "anna", START + 10 * MINUTE), START)
    journal.do(Hold("five-euros", CART), START)
    assert journal.at(START + HOUR).spendable == 0
    journal.do(Due(), START + HOUR)
    assert journal.balances() == (0, 0, 0, 0)
    assert journal.account(Account.EXPIRED) == 500


def test_points_held_before_their_expiry_can_be_captured_after_it() -> None:
    journal = Journal(meadow())
    journal.do(Adjustment("points", 500, "x", "anna", START + 10 * MINUTE), START)
    journal.do(Hold("five-euros", CART), START)
    journal.do(Capture(2), START + 11 * MINUTE)
    assert journal.account(Account.REDEEMED) == 500


def test_a_reward_combines_with_the_other_holds_on_the_cart() -> None:
    journal = rich()
    journal.do(Hold("five-euros", CART), START)
    other = order(*CART.lines, redemptions=(2,))
    code, data = journal.refusal(Hold("tenth-off", other), START)
    assert (code, data["reasons"]) == ("reward_unavailable", "exclusive")
    decision = journal.do(Hold("pay", other, points=2_700), START)
    assert decision.state.holds[1].discount_minor == 2_700  # type: ignore[union-attr]
    assert decision.state.holds[1].line_discounts == (("a", 1_800), ("b", 900))  # type: ignore[union-attr]
    exclusive = rich()
    exclusive.do(Hold("tenth-off", CART), START)
    code, data = exclusive.refusal(Hold("five-euros", other), START)
    assert data["reasons"] == "exclusive"


def test_what_there_is_only_so_much_of_needs_its_grants() -> None:
    journal = rich()
    reward = journal.program.rewards["cinema"]
    assert reservations(reward, 2) == [("stock", "cinema", 2), ("voucher", "cinema-2027", 2)]
    stock = Grant("stock", "cinema", "s-1", 1)
    voucher = Grant("voucher", "cinema-2027", "v-1", 1, "SECRET")
    code, data = journal.refusal(Hold("cinema", CART), START, grants=(voucher,))
    assert (code, data) == (
        "out_of_stock",
        {"reward": "cinema", "kind": "stock", "key": "cinema"},
    )
    assert journal.refusal(Hold("cinema", CART), START, grants=(stock,))[1]["kind"] == "voucher"
    decision = journal.do(Hold("cinema", CART), START, grants=(stock, voucher))
    assert decision.grants_used == ("s-1", "v-1")
    assert journal.state.holds[0].grants == ("s-1", "v-1")
    assert "SECRET" not in str(decision.effects)


def test_twenty_holds_are_the_most() -> None:
    journal = rich(50_000)
    for number in range(OPEN_HOLDS_MAX):
        journal.do(Hold("five-euros", CART), START + number)
    assert journal.refusal(Hold("five-euros", CART), START + 30) == (
        "too_many_holds",
        {"limit": 20},
    )


WINDOW = PLAIN + (
    """
tiers:
  by: {metric: spend, period: lifetime}
  downgrade: never
  ladder: [{id: one, name: One, at_least: "0"}, {id: two, name: Two, at_least: "10.00"}]
segments: [staff]
rewards:
  - id: spring
    name: Spring
    cost: {currency: points, points: "10"}
    gives: {order_discount: {amount: "1.00"}}
    available: {from: "2027-03-01", until: "2027-04-01", tiers: [two], segments: [staff]}
    when: {channel: [web]}
"""
)


def test_all_reasons_against_a_reward_are_given_at_once() -> None:
    journal = Journal(compiled(WINDOW))
    hold = Hold("spring", order(line("a", 0), channel="store"), points=5)
    code, data = journal.refusal(hold, START)
    assert code == "reward_unavailable"
    assert data["reasons"] == "not_yet,tier,segment,condition,points_given,items"
    code, data = journal.refusal(hold, START + 200 * DAY)
    assert str(data["reasons"]).startswith("ended,")
    journal.buy(1_000, START + 200 * DAY)
    journal.do(Attributes({}, ("staff",)), START + 200 * DAY)
    spring = Journal(compiled(WINDOW))
    spring.buy(1_000, START)
    spring.do(Attributes({}, ("staff",)), START)
    spring.do(Hold("spring", order(line("a", 500), channel="web")), START + 60 * DAY)
    assert spring.balances() == (0, 0, 10, 0)


# Precedence: each row has the causes of all rows below it as well, where they can meet.
PRECEDENCE: list[tuple[str, Body, str]] = [
    ("unknown_reward", Hold("castle", order(line("a", 1), redemptions=(99,))), "unknown_reward"),
    (
        "hold_not_open",
        Hold("cinema", order(redemptions=(99,)), quantity=0, discount_minor=9),
        "hold_not_open",
    ),
    (
        "reward_unavailable",
        Hold("cinema", CART, points=7, quantity=3, discount_minor=9),
        "reward_unavailable",
    ),
    ("limit_reached", Hold("cinema", CART, quantity=3, discount_minor=9), "limit_reached"),
    (
        "insufficient_points",
        Hold("cinema", CART, quantity=2, discount_minor=9),
        "insufficient_points",
    ),
    ("claim_mismatch", Hold("cinema", CART, discount_minor=9), "claim_mismatch"),
    ("out_of_stock", Hold("cinema", CART), "out_of_stock"),
]


@pytest.mark.parametrize(
    ("body", "code"), [row[1:] for row in PRECEDENCE], ids=[row[0] for row in PRECEDENCE]
)
def test_refusals_of_a_hold_in_their_order(body: Body, code: str) -> None:
    journal = rich(1_300)
    assert journal.refusal(body, START)[0] == code
    assert journal.balances() == (1_300, 0, 0, 0)
