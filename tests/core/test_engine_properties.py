"""Any events in any order: books balance, nothing passed in changes, every record folds to itself.

The checks stand in `Journal`: each decision is repeated and must give the same bytes, its state and
lots must be the fold of its record, and balances the sums of lots and holds.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.engine import DAY, HEAD, HOUR, START, Journal, compiled, meadow

from regulars.core.compiled import Program
from regulars.core.decision import Grant
from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Exchange,
    Hold,
    Line,
    MovedLot,
    MoveIn,
    MoveOut,
    Payment,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.core.explanation import explain
from regulars.core.lots import available

SLIDING = compiled(
    HEAD
    + """
refund: redecide
currencies:
  points:
    name: P
    value: "0.01"
    breakage: "0"
    decimals: 1
    pending: {until: order.delivered, at_most: 5 days}
    expiry: {kind: sliding, after: 10 days}
    clawback: clamp
    rounding: half_even
earning:
  - id: base
    name: B
    on: purchase
    earn: {currency: points, per_money: {each: "1", points: "0.7"}}
    limits: {per_member: [{points: "90", period: 7 days}]}
  - id: visit
    name: V
    on: visit
    earn: {currency: points, fixed: "5"}
    limits: {uses: [{count: 2, period: week}]}
tiers:
  by: {metric: balance, currency: points}
  downgrade: never
  ladder:
    - {id: one, name: One, at_least: "0"}
    - {id: two, name: Two, at_least: "50", multipliers: {points: "1.3"}}
rewards:
  - {id: five-euros, name: F, cost: {currency: points, points: "40"},
     gives: {order_discount: {amount: "5.00"}}, hold: 2 hours}
  - {id: pay, name: P, cost: {currency: points},
     gives: {pay_with_points: {points: "1", worth: "0.05"}}}
"""
)
MEADOW = meadow()

lines = st.lists(
    st.builds(
        Line,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["SOAP-1", "PAN"]),
        st.integers(1, 3),
        st.integers(1_000, 30_000),
        st.integers(0, 1_000),
        st.integers(0, 300),
        st.sampled_from(["bath", "kitchen", ""]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.line_id,
).map(tuple)
# Most numbers are small so that they often name an entry of the right kind.
seqs = st.integers(1, 14)
purchases = st.builds(
    Purchase,
    lines,
    channel=st.sampled_from(["web", "store"]),
    shipping_minor=st.sampled_from([0, 490]),
    payments=st.sampled_from([(), (Payment("gift_card", 700),)]),
    redemptions=st.lists(seqs, max_size=2).map(tuple),
)
returned = st.lists(
    st.builds(
        ReturnedLine,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 2),
        st.sampled_from([-1, -1, 500]),
    ),
    max_size=2,
).map(tuple)
refunds = st.builds(Refund, seqs, returned, st.booleans())
currencies = st.sampled_from(["points", "stars"])
moved = st.builds(
    lambda units, expires: MovedLot("points", units, START, 0, expires, "base"),
    st.integers(1, 200),
    st.sampled_from([0, START + 3 * DAY, START + 90 * DAY]),
)
bodies: st.SearchStrategy[Body] = st.one_of(
    purchases,
    purchases,
    purchases,
    st.builds(Activity),
    refunds,
    refunds,
    st.builds(Exchange, refunds, purchases),
    st.builds(
        Hold,
        st.sampled_from(["five-euros", "pay", "cinema", "soap", "tenth-off", "bath-off"]),
        st.builds(Purchase, lines),
        st.sampled_from([0, 0, 200, 300]),
    ),
    st.builds(Capture, seqs),
    st.builds(Void, seqs),
    st.builds(Adjustment, currencies, st.integers(-400, 900), st.just("x"), st.just("anna")),
    st.builds(Confirm, seqs),
    st.builds(Due),
    st.builds(MoveOut, st.just(5), st.just("gift"), st.just(False), currencies, st.integers(0, 90)),
    st.builds(
        MoveIn,
        st.just(5),
        st.just(3),
        st.lists(moved, max_size=2).map(tuple),
        st.just("gift"),
        debts=st.sampled_from([(), (("points", 70),)]),
        tier=st.sampled_from(["", "gold", "two"]),
    ),
    st.builds(Attributes, st.just({"newsletter": True}), st.sampled_from([None, ("staff",)])),
)
steps = st.lists(
    st.tuples(bodies, st.sampled_from([0, 1, 1, 5, 30, 200, -1, -30, -400, -2_000])), max_size=14
)
GRANTS = (
    Grant("stock", "cinema", "s"),
    Grant("voucher", "cinema-2027", "v"),
    Grant("stock", "soap", "t"),
)
TYPES = {Activity: "visit", Confirm: "order.delivered"}


@settings(max_examples=250, deadline=None)
@given(steps, st.sampled_from([MEADOW, SLIDING]), st.booleans())
def test_whatever_happens_the_books_balance_and_replay_is_exact(
    events: list[tuple[Body, int]], program: object, is_closed: bool
) -> None:
    journal = Journal(program)  # type: ignore[arg-type]
    now = START
    for body, hours in events:
        when = now + hours * HOUR
        now = max(now, when)
        journal.decide(body, when, TYPES.get(type(body), ""), GRANTS)
        for wallet in available(journal.state, journal.lots, now + 5 * DAY).values():
            assert wallet.spendable >= 0 >= wallet.debt
            assert not (wallet.spendable and wallet.debt)
    if is_closed:
        journal.do(Close("wish"), now)
        assert journal.lots == {}
        assert all(wallet.held == 0 == wallet.debt for wallet in journal.state.wallets.values())
    refold = journal.refold()
    assert (refold.state, refold.lots) == (journal.state, journal.lots)


@settings(max_examples=80, deadline=None)
@given(steps, st.sampled_from([MEADOW, SLIDING]), st.sampled_from(["en", "de", "fr"]))
def test_whatever_happens_can_be_explained(
    events: list[tuple[Body, int]], program: Program, locale: str
) -> None:
    journal = Journal(program)
    now = START
    for body, hours in events:
        when = now + hours * HOUR
        now = max(now, when)
        journal.decide(body, when, TYPES.get(type(body), ""), GRANTS)
    for entry in journal.entries:
        explained = explain(program, entry, locale)
        assert explained.summary
        assert len(explained.effects) == len(entry.effects)
        assert len(explained.rules) == len(entry.trace)
        assert (explained.refusal is None) == (entry.refusal is None)
