"""What each kind of reward takes off a cart, to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.engine import PLAIN, compiled

from regulars.core.compiled import Reward
from regulars.core.events import Line
from regulars.core.redemption.discounts import Cart, discount, pay_at_most

REWARDS = """
rewards:
  - {id: five, name: F, cost: &p {currency: points, points: "1"},
     gives: {order_discount: {amount: "5.00"}}}
  - {id: tenth, name: F, cost: *p, gives: {order_discount: {percent: "10", at_most: "3.00"}}}
  - {id: each, name: F, cost: *p,
     gives: {item_discount: {items: {category: [bath]}, amount: "2.00"}}}
  - {id: bath, name: F, cost: *p, combine: initial,
     gives: {item_discount: {items: {category: [bath]}, percent: "12.5"}}}
  - {id: cheapest, name: F, cost: *p, gives: {cheapest_item: {percent: "100"}}}
  - {id: half, name: F, cost: *p,
     gives: {cheapest_item: {items: {category: [bath]}, percent: "50"}}}
  - {id: soap, name: F, cost: *p, gives: {free_product: {sku: SOAP, quantity: 2}}}
  - {id: pay, name: F, cost: {currency: points},
     gives: {pay_with_points: {points: "100", worth: "1.00", minimum: "200",
                               multiple_of: "50", share_at_most: "50"}}}
  - {id: free-pay, name: F, cost: {currency: points},
     gives: {pay_with_points: {points: "3", worth: "0.02"}}}
  - {id: cinema, name: F, cost: *p, gives: {voucher: {pool: cinema}}}
"""


def text() -> str:
    # The document grammar has no anchors.
    cost = '{currency: points, points: "1"}'
    return PLAIN + REWARDS.replace(f"&p {cost}", cost).replace("*p", cost)


PROGRAM = compiled(text())


def reward(name: str) -> Reward:
    return PROGRAM.rewards[name]


def cart(*rows: tuple[str, int, int, str]) -> Cart:
    """A cart of (sku, quantity, amount, category)."""
    return Cart(
        [
            Line(str(at), sku, quantity, amount, 0, 0, category)
            for at, (sku, quantity, amount, category) in enumerate(rows)
        ]
    )


SHELF = (("SOAP", 3, 1_000, "bath"), ("PAN", 1, 2_501, "kitchen"), ("OIL", 2, 500, "bath"))

CASES: list[tuple[str, str, int, int, tuple[int, ...], int]] = [
    ("an amount, by largest remainder", "five", 1, 0, (125, 313, 62), 1),
    ("two pieces of an amount", "five", 2, 0, (250, 625, 125), 2),
    ("a percentage, bounded", "tenth", 1, 0, (75, 188, 37), 1),
    ("an amount per matching line", "each", 1, 0, (200, 0, 200), 1),
    ("a percentage of matching lines, half_even", "bath", 1, 0, (125, 0, 63), 1),
    ("one unit of the cheapest line", "cheapest", 1, 0, (0, 0, 250), 1),
    ("half a unit of the cheapest that matches", "half", 1, 0, (0, 0, 125), 1),
    ("units of a product in the cart", "soap", 1, 0, (667, 0, 0), 1),
    ("points that pay", "pay", 1, 350, (87, 219, 44), 350),
    ("points that pay, rounded down", "free-pay", 1, 4, (1, 1, 0), 4),
    ("a voucher takes nothing off", "cinema", 3, 0, (0, 0, 0), 3),
]


@pytest.mark.parametrize(
    ("name", "quantity", "points", "lines", "cost"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_what_a_reward_takes_off(
    name: str, quantity: int, points: int, lines: tuple[int, ...], cost: int
) -> None:
    found = discount(reward(name), cart(*SHELF), quantity, points)
    assert found.reason is None
    assert (found.lines, found.points) == (lines, cost)


REASONS: list[tuple[str, str, int, int, str, int, int]] = [
    ("no piece", "five", 0, 0, "quantity", 1, 0),
    ("two pieces of a percentage", "tenth", 2, 0, "one_piece", 1, 2),
    ("more units than the cart has", "soap", 2, 0, "product", 4, 3),
    ("fewer points than the minimum", "pay", 1, 199, "minimum", 200, 199),
    ("no multiple", "pay", 1, 210, "multiple", 50, 210),
    ("more than the share of the order", "pay", 1, 2_050, "share", 2_000, 2_050),
    ("points that pay nothing", "free-pay", 1, 1, "worthless", 1, 0),
]


@pytest.mark.parametrize(
    ("name", "quantity", "points", "code", "needed", "actual"),
    [row[1:] for row in REASONS],
    ids=[row[0] for row in REASONS],
)
def test_why_a_reward_takes_nothing(
    name: str, quantity: int, points: int, code: str, needed: int, actual: int
) -> None:
    found = discount(reward(name), cart(*SHELF), quantity, points)
    assert found.reason is not None
    assert found.minor == 0
    assert (found.reason.code, found.reason.needed, found.reason.actual) == (code, needed, actual)


def test_a_discount_ends_where_nothing_is_left() -> None:
    small = cart(("PAN", 1, 300, "kitchen"))
    assert discount(reward("five"), small, 1, 0).lines == (300,)
    small.take((300,))
    assert discount(reward("five"), small, 1, 0).reason is not None


def test_initial_counts_on_the_cart_as_it_came_and_remaining_on_what_is_left() -> None:
    shelf = cart(*SHELF)
    shelf.take((950, 0, 0))
    assert discount(reward("bath"), shelf, 1, 0).lines == (50, 0, 63)
    assert discount(reward("each"), shelf, 1, 0).lines == (50, 0, 200)
    assert discount(reward("soap"), shelf, 1, 0).lines == (33, 0, 0)


def test_the_most_points_that_can_pay() -> None:
    gives = reward("pay").gives
    assert pay_at_most(gives, cart(*SHELF), 9_999) == 2_000  # type: ignore[arg-type]
    assert pay_at_most(gives, cart(*SHELF), 449) == 400  # type: ignore[arg-type]
    assert pay_at_most(gives, cart(*SHELF), 199) == 0  # type: ignore[arg-type]
    assert pay_at_most(gives, cart(("PAN", 1, 300, "x")), 9_999) == 0  # type: ignore[arg-type]


rows = st.tuples(
    st.sampled_from(["SOAP", "PAN"]),
    st.integers(1, 5),
    st.integers(0, 5_000),
    st.sampled_from(["bath", "kitchen"]),
)


@given(
    st.lists(rows, max_size=5),
    st.lists(st.sampled_from(sorted(PROGRAM.rewards)), max_size=5),
    st.integers(0, 3),
    st.integers(0, 3_000),
)
def test_no_line_ever_goes_below_zero(
    shelf: list[tuple[str, int, int, str]], names: list[str], quantity: int, points: int
) -> None:
    left = cart(*shelf)
    for name in names:
        found = discount(reward(name), left, quantity, points)
        assert len(found.lines) == len(shelf)
        assert all(0 <= off <= there for off, there in zip(found.lines, left.left, strict=True))
        assert found.reason is None or found.minor == 0
        left.take(found.lines)
