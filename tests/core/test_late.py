"""Late events revise what they should have changed, and nothing that is a fact."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.engine import DAY, HEAD, HOUR, START, Journal, compiled, line, order

from regulars.core.accounts import Account
from regulars.core.decision import Decision
from regulars.core.effects import LotOpened, Revised
from regulars.core.events import Activity, Adjustment, Capture, Hold, Refund
from regulars.core.trace import LATE

TEXT = (
    HEAD
    + """
late_window: 20 days
currencies:
  points: {name: P, value: "0.01", breakage: "0", clawback: negative}
earning:
  - id: base
    name: Base
    on: purchase
    earn: {currency: points, per_money: {each: "1.00", points: "1"}}
    limits:
      per_member: [{points: "150", period: month}]
  - id: third
    name: Third
    on: purchase
    when: {nth_purchase: {every: 3}}
    earn: {currency: points, fixed: "100"}
  - id: visit
    name: Visit
    on: visit
    earn: {currency: points, fixed: "5"}
    limits:
      uses: [{count: 1, period: day}]
tiers:
  by: {metric: spend, period: lifetime}
  downgrade: never
  ladder:
    - {id: one, name: One, at_least: "0"}
    - {id: two, name: Two, at_least: "100.00", multipliers: {points: "2"}}
rewards:
  - {id: five, name: F, cost: {currency: points, points: "30"},
     gives: {order_discount: {amount: "5.00"}}}
"""
)


def journal() -> Journal:
    return Journal(compiled(TEXT))


def revised(decision: Decision) -> list[tuple[int, int]]:
    return [(each.seq, each.points) for each in decision.effects if isinstance(each, Revised)]


def test_a_late_purchase_moves_the_bonus_of_the_third_to_its_rightful_one() -> None:
    late = journal()
    for day in (1, 2, 4):
        late.buy(1_000, START + day * DAY)
    assert [award.points for award in late.entries[2].awards] == [10, 100]
    decision = late.buy(1_000, START + 3 * DAY)
    # The late one is now the third, and the one that was is the fourth.
    assert [award.points for award in decision.awards] == [10, 100]
    assert revised(decision) == [(3, -100)]
    assert late.balances() == (140, 0, 0, 0)
    assert late.state.counters["purchases/lifetime"] == (0, 4)


def test_a_late_purchase_brings_the_tier_forward() -> None:
    late = journal()
    late.buy(6_000, START + 2 * DAY)
    late.buy(1_000, START + 3 * DAY)
    decision = late.buy(5_000, START + DAY)
    # After the late one and the first the member was in the second tier: the second one doubles.
    assert late.state.tier == "two"
    # It is the third purchase too, and its bonus is doubled like everything else.
    assert revised(decision) == [(2, 210)]
    opened = [each for each in decision.effects if isinstance(each, LotOpened)]
    assert [(each.rule, each.amount, each.for_seq) for each in opened] == [
        ("base", 50, 0),
        ("third+tier:two", 210, 2),
    ]


def test_a_cap_that_a_late_event_uses_is_gone_for_later_ones() -> None:
    late = journal()
    late.buy(8_000, START + 2 * DAY)
    late.buy(5_000, START + 3 * DAY)
    assert late.balances()[0] == 80 + 50 + 0
    decision = late.buy(4_000, START + DAY)
    assert [award.points for award in decision.awards] == [40]
    # 30 of the 50 of the third one are left under the cap; it has the bonus, in tier two.
    assert revised(decision) == [(2, 2 * (30 + 100) - 50)]
    assert late.state.counters["points/base/month"][1] == 150


def test_a_redemption_is_never_undone() -> None:
    late = journal()
    for day in (1, 2, 4):
        late.buy(1_000, START + day * DAY)
    late.do(Hold("five", order(line("a", 1_000))), START + 5 * DAY)
    late.do(Capture(4), START + 5 * DAY)
    late.do(Adjustment("points", -100, "x", "anna"), START + 5 * DAY)
    late.buy(1_000, START + 3 * DAY)
    assert late.account(Account.REDEEMED) == 30
    assert late.balances() == (10, 0, 0, 0)


def test_points_that_only_change_their_entry_cover_themselves() -> None:
    late = Journal(compiled(TEXT.replace("clawback: negative", "clawback: clamp")))
    for day in (1, 2, 4):
        late.buy(1_000, START + day * DAY)
    late.do(Adjustment("points", -130, "x", "anna"), START + 5 * DAY)
    late.buy(1_000, START + 3 * DAY)
    assert late.balances() == (10, 0, 0, 0)


def test_a_purchase_of_which_something_came_back_is_not_revised() -> None:
    late = journal()
    for day in (1, 2, 4):
        late.do(order(line("a", 1_000, 2)), START + day * DAY)
    late.do(Refund(3), START + 5 * DAY)
    decision = late.buy(1_000, START + 3 * DAY)
    assert revised(decision) == []
    assert late.balances()[0] == 10 + 10 + 110


def test_a_revised_purchase_is_refunded_as_it_stands() -> None:
    late = journal()
    late.buy(6_000, START + 2 * DAY)
    late.buy(1_000, START + 3 * DAY)
    late.buy(5_000, START + DAY)
    assert sum(award.points for award in late.progress[2].awards) == 2 * (10 + 100)
    for seq in (1, 2, 3):
        late.do(Refund(seq), START + 6 * DAY)
    assert late.balances() == (0, 0, 0, 0)
    assert "points/base/month" not in late.state.counters


def test_beyond_the_window_an_event_is_decided_on_the_state_of_now() -> None:
    late = journal()
    late.buy(12_000, START + 2 * DAY)
    late.visit(START + 30 * DAY)
    decision = late.buy(1_000, START + DAY)
    assert decision.trace[-1].verdict == LATE
    assert revised(decision) == []
    assert [award.points for award in decision.awards] == [10, 10]
    again = late.visit(START + 29 * DAY)
    assert [award.points for award in again.awards] == [5, 5]


def test_a_second_late_event_starts_from_what_the_first_left() -> None:
    late = journal()
    for day in (1, 2, 6):
        late.buy(1_000, START + day * DAY)
    late.buy(1_000, START + 4 * DAY)
    decision = late.buy(1_000, START + 3 * DAY)
    assert [award.points for award in decision.awards] == [10, 100]
    assert revised(decision) == [(4, -100)]
    assert late.balances()[0] == 50 + 100


def test_an_event_is_earned_again_under_its_own_version() -> None:
    late = journal()
    for day in (1, 2):
        late.buy(1_000, START + day * DAY)
    late.publish(compiled(TEXT.replace('points: "1"', 'points: "2"'), version=2))
    late.buy(1_000, START + 6 * DAY)
    assert [award.points for award in late.entries[2].awards] == [20, 100]
    late.publish(compiled(TEXT, version=1))
    late.buy(1_000, START + 3 * DAY)
    assert late.balances()[0] == 10 + 10 + 110 + 20


amounts = st.lists(
    st.tuples(st.integers(0, 40), st.integers(100, 9_000), st.booleans()), min_size=1, max_size=7
)


@settings(max_examples=120, deadline=None)
@given(amounts, st.randoms(use_true_random=False))
def test_any_order_of_arrival_leads_to_what_the_order_of_happening_does(
    events: list[tuple[int, int, bool]], random: object
) -> None:
    # One event an hour, so that the order of happening is one; at most 20 days.
    moments = [
        (START + at * 6 * HOUR + number, amount, visit)
        for number, (at, amount, visit) in enumerate(events)
    ]
    straight, shuffled = journal(), journal()
    arrival = list(moments)
    random.shuffle(arrival)  # type: ignore[attr-defined]
    for target, sequence in ((straight, sorted(moments)), (shuffled, arrival)):
        for when, amount, visit in sequence:
            if visit:
                target.do(Activity(), when, "visit")
            else:
                target.buy(amount, when)
    assert shuffled.balances() == straight.balances()
    assert shuffled.state.counters == straight.state.counters
    assert shuffled.state.tier == straight.state.tier
    refold = shuffled.refold()
    assert (refold.state, refold.lots) == (shuffled.state, shuffled.lots)


def test_no_use_of_a_limit_is_found_before_a_visit_whose_fields_are_sealed() -> None:
    late = journal()
    sealed = Activity({"note": b"sealed"})
    late.do(sealed, START + 5 * HOUR, kind="visit")
    assert late.balances()[0] == 5
    for hour in (4, 3, 2):
        decision = late.do(sealed, START + hour * HOUR, kind="visit")
        assert [each.verdict for each in decision.trace][-1] == LATE
    assert late.balances()[0] == 5
    late.do(order(line("a", 1_000)), START + HOUR)
    assert late.balances()[0] == 15
