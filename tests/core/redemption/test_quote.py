"""Quotes: what a cart would earn, which rewards can be used, and what is missing."""

from copy import deepcopy

import pytest
from tests.core.engine import DAY, START, Journal, line, meadow, order

from regulars.core.errors import HoldNotOpen
from regulars.core.events import Adjustment, Hold, Purchase
from regulars.core.redemption.quote import Offer, Quote, quote
from regulars.core.state import Member

CART = order(line("a", 4_000, category="bath"), line("b", 2_000), channel="web")


def rich(units: int) -> Journal:
    journal = Journal(meadow())
    journal.do(Adjustment("points", units, "x", "anna"), START)
    return journal


def ask(journal: Journal, cart: Purchase = CART, *chosen: tuple[str, int]) -> Quote:
    member = Member(1024, journal.seq + 1, journal.state, journal.lots)
    before = deepcopy(member)
    found = quote(journal.program, member, cart, START + DAY, chosen)
    assert member == before
    return found


def offers(found: Quote) -> dict[str, Offer]:
    return {each.reward: each for each in found.offers}


def test_a_quote_earns_what_the_purchase_will_earn() -> None:
    journal = rich(700)
    found = ask(journal)
    decision = journal.do(CART, START + DAY)
    assert [(each.rule, each.points) for each in found.awards] == [
        (each.rule, each.points) for each in decision.awards
    ]
    assert found.trace == decision.trace


def test_every_reward_is_offered_with_what_is_missing() -> None:
    found = offers(ask(rich(700)))
    assert found["five-euros"].usable and found["five-euros"].discount_minor == 500
    tenth = found["tenth-off"]
    assert not tenth.usable and tenth.discount_minor == 600
    assert [(each.code, each.needed, each.actual) for each in tenth.reasons] == [
        ("points", 800, 700)
    ]
    assert [each.code for each in found["bath-off"].reasons] == ["tier"]
    assert [each.code for each in found["soap"].reasons] == ["product"]
    assert (found["pay"].points, found["pay"].discount_minor) == (700, 700)


def test_what_was_not_posted_yet_counts_all_the_same() -> None:
    journal = rich(500)
    journal.do(Adjustment("points", 300, "x", "anna", START + 5), START)
    found = ask(journal)
    assert found.wallets["points"].spendable == 500
    assert not offers(found)["cheapest-free"].usable


def test_chosen_rewards_are_taken_off_one_after_another() -> None:
    found = ask(rich(2_000), CART, ("five-euros", 0), ("pay", 0), ("tenth-off", 0), ("castle", 0))
    five, pay, tenth = found.chosen
    assert (five.discount_minor, pay.points, pay.discount_minor) == (500, 1_500, 1_500)
    assert [each.code for each in tenth.reasons] == ["exclusive", "points"]
    assert found.discount_minor == 2_000
    # 60.00 less 5.00 off; what points pay earns nothing: 40.00 are left.
    assert found.awards[0].points == 40


def test_open_holds_on_the_cart_are_taken_off_first() -> None:
    journal = rich(2_000)
    journal.do(Hold("five-euros", CART), START + DAY)
    on_hold = order(*CART.lines, redemptions=(2,))
    found = offers(ask(journal, on_hold))
    assert found["pay"].points == 1_500
    assert [each.code for each in found["tenth-off"].reasons] == ["exclusive"]
    with pytest.raises(HoldNotOpen):
        ask(journal, order(*CART.lines, redemptions=(9,)))
