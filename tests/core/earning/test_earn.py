"""Earning: bases, formulas, stacking, limits, tiers, the trace. One row per case."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.programs import POINTS, buying, doing, fixed, line, meadow, order, per_euro, program
from tests.core.zones import at, zone_table

from regulars.core import trace
from regulars.core.conditions.subject import recorded_subject
from regulars.core.decision import Award, Considered, Context
from regulars.core.earning import award_mask, basis_of_lines, earn
from regulars.core.effects import Counted
from regulars.core.events import Event, Line, Payment, Purchase
from regulars.core.money import divide_half_even
from regulars.core.periods import local_day

DAY = local_day(zone_table("Europe/Berlin"), at("2027-03-02T16:30"))
TENTHS: dict[str, Any] = {"points": POINTS | {"decimals": 1}}


def points(compiled: Any, subject: Any) -> list[tuple[int, int]]:
    return [(award.rule, award.points) for award in earn(compiled, subject).awards]


# Basis ----------------------------------------------------------------------------------------

# Two lines with tax in the price; 20.00 shipping-free, 10 % off the first, a gift card.
GROSS = order(
    line(11_900, 1, discount_minor=1_190, tax_minor=1_710),
    line(5_950, 2, tax_minor=950, tags=("no-points",)),
    shipping_minor=595,
    shipping_tax_minor=95,
)
NET = order(
    line(10_000, 1, discount_minor=1_000, tax_minor=1_710),
    line(5_000, 2, tax_minor=950, tags=("no-points",)),
    shipping_minor=500,
    shipping_tax_minor=95,
    tax_included=False,
)


@pytest.mark.parametrize("bought", [GROSS, NET])
@pytest.mark.parametrize(
    ("basis", "earned"),
    [
        ({}, 10_710 + 5_950),
        ({"tax": "excluded"}, 9_000 + 5_000),
        ({"discounts": "before"}, 11_900 + 5_950),
        ({"discounts": "before", "tax": "excluded"}, 10_000 + 5_000),
        ({"shipping": "included"}, 10_710 + 5_950 + 595),
        ({"shipping": "included", "tax": "excluded"}, 9_000 + 5_000 + 500),
        ({"exclude_items": {"tag": ["no-points"]}}, 10_710),
        ({"exclude_items": {"tag": ["no-points"]}, "tax": "excluded"}, 9_000),
    ],
)
def test_every_basis_of_an_order_with_tax_in_the_price_or_on_top(
    bought: Purchase, basis: dict[str, Any], earned: int
) -> None:
    compiled = program(per_euro("100"), basis=basis)
    assert points(compiled, buying(bought)) == [(0, earned)]


@pytest.mark.parametrize(
    ("payments", "basis", "values"),
    [
        ((), {}, [3000, 1000]),
        ((Payment("gift_card", 1000),), {}, [2250, 750]),
        ((Payment("gift_card", 1),), {}, [2999, 1000]),  # the largest remainder gives
        ((Payment("gift_card", 999), Payment("card", 3001)), {}, [2251, 750]),
        ((Payment("gift_card", 4000),), {}, [0, 0]),
        ((Payment("gift_card", 9000),), {}, [0, 0]),
        ((Payment("card", 4000),), {}, [3000, 1000]),
        ((Payment("gift_card", 2000),), {"discounts": "before"}, [1500, 1000]),
    ],
)
def test_excluded_payments_shrink_all_lines_in_proportion(
    payments: tuple[Payment, ...], basis: dict[str, Any], values: list[int]
) -> None:
    lines = [line(3000, 1), line(1000, 2)]
    if basis:
        lines[1] = line(2000, 2, discount_minor=1000)
    compiled = program(per_euro(), basis={"exclude_payments": ["gift_card"]} | basis)
    assert basis_of_lines(compiled, 0, order(*lines, payments=payments)) == values


def test_shipping_carries_its_part_of_an_excluded_payment() -> None:
    bought = order(line(3000), shipping_minor=1000, payments=(Payment("gift_card", 2000),))
    basis = {"exclude_payments": ["gift_card"]}
    assert points(program(per_euro(), basis=basis), buying(bought)) == [(0, 15)]
    shipped = program(per_euro(), basis=basis | {"shipping": "included"})
    assert points(shipped, buying(bought)) == [(0, 20)]


def test_a_rule_may_have_another_basis_than_the_program() -> None:
    compiled = program(
        per_euro(),
        per_euro(basis={"discounts": "before", "shipping": "included"}),
        per_euro(basis={"exclude_items": {"tag": ["x"]}}),
    )
    bought = order(line(1000, 1, discount_minor=300), line(500, 2, tags=("x",)), shipping_minor=400)
    assert points(compiled, buying(bought)) == [(0, 12), (1, 19), (2, 7)]


amounts = st.integers(0, 10**7)


@given(
    st.lists(st.tuples(amounts, st.integers(0, 100), st.integers(0, 30)), min_size=1, max_size=8),
    amounts,
    amounts,
    st.booleans(),
    st.sampled_from(["after", "before"]),
    st.sampled_from(["included", "excluded"]),
)
def test_a_basis_is_never_negative_nor_more_than_the_order(
    lines: list[tuple[int, int, int]],
    shipping: int,
    gift_card: int,
    tax_included: bool,
    discounts: str,
    tax: str,
) -> None:
    bought = order(
        *(
            line(
                gross,
                number,
                discount_minor=gross * percent // 100,
                tax_minor=(gross - gross * percent // 100) * rate // 100,
            )
            for number, (gross, percent, rate) in enumerate(lines)
        ),
        shipping_minor=shipping,
        tax_included=tax_included,
        payments=(Payment("gift_card", gift_card),),
    )
    basis = {"discounts": discounts, "tax": tax}
    whole = basis_of_lines(program(per_euro(), basis=basis), 0, bought)
    less = basis_of_lines(
        program(per_euro(), basis=basis | {"exclude_payments": ["gift_card"]}), 0, bought
    )
    assert all(0 <= left <= value for left, value in zip(less, whole, strict=True))
    to_pay = shipping + sum(
        each.gross_minor - each.discount_minor + (0 if tax_included else each.tax_minor)
        for each in bought.lines
    )
    if gift_card >= to_pay:
        assert not any(less)
    else:
        expected = divide_half_even(sum(whole) * (to_pay - gift_card), to_pay)
        assert abs(sum(less) - expected) <= len(whole) + 1


# Formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rounding", "earned"), [("down", 12), ("up", 13), ("half_up", 13), ("half_even", 12)]
)
def test_points_for_money_are_rounded_once_by_the_currency(rounding: str, earned: int) -> None:
    compiled = program(per_euro(), currencies={"points": POINTS | {"rounding": rounding}})
    found = earn(compiled, buying(order(line(1_200, 1), line(50, 2))))
    assert found.awards == (Award(0, "points", earned, 3),)
    assert found.trace == (Considered(0, trace.EARNED, (earned, 1250)),)


def bands(of: str, *steps: tuple[str, str]) -> dict[str, Any]:
    listed = [{"from": start, "points": gives} for start, gives in steps]
    return {"earn": {"currency": "points", "bands": {"of": of, "steps": listed}}}


@pytest.mark.parametrize(
    ("rule", "bought", "numbers"),
    [
        (fixed("7.5"), order(), (75,)),
        (per_euro("0.5"), order(line(1099)), (54, 1099)),
        (
            {"earn": {"currency": "points", "per_quantity": {"each": 3, "points": "30"}}},
            order(line(100, 1, quantity=5), line(100, 2, quantity=3)),
            (600, 8),  # two full sets
        ),
        (
            {"earn": {"currency": "points", "per_quantity": {"each": 3, "points": "30"}}},
            order(line(100, 1, quantity=2)),
            (0, 2),
        ),
        (bands("money", ("10", "1"), ("20", "3")), order(line(999)), (0, 999, -1)),
        (bands("money", ("10", "1"), ("20", "3")), order(line(1000)), (10, 1000, 0)),
        (bands("money", ("10", "1"), ("20", "3")), order(line(9999)), (30, 9999, 1)),
        (bands("quantity", ("2", "1")), order(line(1, 1, quantity=2)), (10, 2, 0)),
        (bands("money", ("0", "0")), order(line(1000)), (0, 1000, 0)),
    ],
)
def test_formulas(rule: dict[str, Any], bought: Purchase, numbers: tuple[int, ...]) -> None:
    compiled = program(rule, currencies=TENTHS)
    verdict = trace.EARNED if numbers[0] else trace.NOTHING
    assert earn(compiled, buying(bought)).trace == (Considered(0, verdict, numbers),)


def multiply(rule: str, by: str, **more: Any) -> dict[str, Any]:
    return {"earn": {"currency": "points", "multiply": {"rule": rule, "by": by}}} | more


def test_multiplying_gives_what_is_added_to_the_other_rule() -> None:
    compiled = program(
        per_euro(), multiply("rule-0", "1.5"), multiply("rule-1", "3"), multiply("rule-0", "1.01")
    )
    found = earn(compiled, buying(order(line(2_550, 1))))
    assert [each.numbers for each in found.trace] == [(25, 2550), (12, 25), (24, 12), (0, 25)]
    assert [award.lines for award in found.awards] == [1, 1, 1]


def test_multiplying_a_rule_that_did_not_hold_gives_nothing() -> None:
    compiled = program(per_euro(when={"channel": ["store"]}), multiply("rule-0", "2"))
    found = earn(compiled, buying(order(channel="web")))
    assert found.awards == ()
    assert found.trace[1] == Considered(1, trace.NOTHING, (0, 0))


def test_a_multiplied_rule_counts_as_it_was_before_limits_and_stacking() -> None:
    compiled = program(
        per_euro(limits={"per_transaction": {"points": "5"}}), multiply("rule-0", "2")
    )
    assert points(compiled, buying(order(line(5000)))) == [(0, 5), (1, 50)]


def test_the_first_choice_that_matches_is_taken() -> None:
    rule = {
        "earn": {
            "currency": "points",
            "first_match": [
                {"when": {"channel": ["web"]}, "earn": {"fixed": "3"}},
                {
                    "when": {"channel": ["store"]},
                    "earn": {"per_money": {"each": "1", "points": "2"}},
                },
            ],
        }
    }
    compiled = program(rule)
    taken = [
        earn(compiled, buying(order(line(150), channel=channel))).trace[0].numbers
        for channel in ("web", "store", "app")
    ]
    assert taken == [(3, 0), (3, 1, 150), (0, -1)]


# Items and masks --------------------------------------------------------------------------------


def test_a_rule_with_items_earns_on_its_lines_and_never_on_shipping() -> None:
    compiled = program(
        per_euro(items={"category": ["bath"]}, basis={"shipping": "included"}),
        fixed(items={"category": ["bath"]}),
        fixed(items={"category": ["garden"]}),
        fixed(),
    )
    bought = order(line(1000, 1), line(2000, 2, category="bath"), shipping_minor=900)
    found = earn(compiled, buying(bought))
    assert found.awards == (
        Award(0, "points", 20, 0b10),
        Award(1, "points", 10, 0b10),
        Award(3, "points", 10, 0),
    )
    assert found.trace[2] == Considered(2, trace.NO_LINES, ())
    assert basis_of_lines(compiled, 0, bought) == [0, 2000]
    assert basis_of_lines(compiled, -1, bought) == [1000, 2000]


def test_an_order_with_more_lines_than_a_mask_holds_is_masked_when_asked() -> None:
    lines = [line(100, number, category="bath" if number % 2 else "") for number in range(70)]
    compiled = program(per_euro(items={"category": ["bath"]}), per_euro())
    bought = order(*lines)
    found = earn(compiled, buying(bought))
    assert [award.lines for award in found.awards] == [-1, -1]
    msgspec.msgpack.encode(found.awards)
    odd = sum(1 << number for number in range(70) if number % 2)
    assert award_mask(compiled, found.awards[0], bought) == odd
    assert award_mask(compiled, found.awards[1], bought) == (1 << 70) - 1
    assert award_mask(compiled, Award(0, "points", 1, 5), bought) == 5


words = st.sampled_from(["", "a", "b", "c"])
some = st.none() | st.lists(words.filter(bool), min_size=1, max_size=2, unique=True)
plain_selectors = st.fixed_dictionaries(
    {"sku": some, "category": some, "brand": some, "tag": some}
).map(lambda fields: {key: value for key, value in fields.items() if value is not None})
selectors = st.tuples(plain_selectors, plain_selectors).map(
    lambda pair: pair[0] | ({"not": pair[1]} if pair[1] else {})
)
lines_with_words = st.builds(
    Line,
    st.just("1"),
    words,
    st.just(1),
    st.just(100),
    st.just(0),
    st.just(0),
    words,
    words,
    st.lists(words, max_size=2).map(tuple),
)


def takes(selector: dict[str, Any], each: Line) -> bool:
    """What a selector means, said plainly."""
    asked = [("sku", {each.sku}), ("category", {each.category}), ("brand", {each.brand}),
             ("tag", set(each.tags))]  # fmt: skip
    return all(not key or set(selector[key]) & has for key, has in asked if key in selector) and (
        "not" not in selector or not takes(selector["not"], each)
    )


@given(st.lists(selectors.filter(bool), min_size=1, max_size=5), st.lists(lines_with_words))
def test_selectors_take_the_lines_that_match_every_field(
    given_selectors: list[dict[str, Any]], lines: list[Line]
) -> None:
    compiled = program(*(per_euro(items=selector) for selector in given_selectors))
    bought = Purchase(tuple(lines))
    for index, selector in enumerate(given_selectors):
        expected = [100 if takes(selector, each) else 0 for each in lines]
        assert basis_of_lines(compiled, index, bought) == expected


# Stacking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stack", "rules", "earned"),
    [
        ("best_of", [("10", 0), ("30", 0), ("20", 0)], [(1, 30)]),
        ("best_of", [("30", 0), ("30", 9)], [(0, 30)]),  # a tie goes to the first
        ("priority", [("10", 0), ("30", 5), ("20", 9)], [(2, 20)]),
        ("priority", [("10", 1), ("30", 1)], [(0, 10)]),
        ("sum", [("10", 0), ("30", 0)], [(0, 10), (1, 30)]),
    ],
)
def test_groups(stack: str, rules: list[tuple[str, int]], earned: list[tuple[int, int]]) -> None:
    compiled = program(
        *(fixed(gives, group="g", priority=priority) for gives, priority in rules),
        fixed("1"),
        groups={"g": {"stack": stack}},
    )
    assert points(compiled, buying()) == [*earned, (len(rules), 1)]


def test_a_group_stacks_in_each_currency_on_its_own_and_names_the_winner() -> None:
    stars = {"currency": "stars", "fixed": "1"}
    compiled = program(
        fixed("10", group="g"),
        {"earn": stars, "group": "g"},
        fixed("20", group="g"),
        groups={"g": {"stack": "best_of"}},
        currencies={"points": POINTS, "stars": POINTS},
    )
    found = earn(compiled, buying())
    assert [(award.rule, award.points) for award in found.awards] == [(1, 1), (2, 20)]
    assert found.trace[0] == Considered(0, trace.OUTSTACKED, (2, 10))


def test_a_rule_that_did_not_earn_takes_no_place_in_its_group() -> None:
    compiled = program(
        fixed("10", group="g", priority=9, when={"channel": ["store"]}),
        fixed("20", group="g"),
        groups={"g": {"stack": "priority"}},
    )
    assert points(compiled, buying()) == [(1, 20)]


def test_an_exclusive_rule_that_earned_leaves_only_itself() -> None:
    compiled = program(
        fixed("10"),
        fixed("1", exclusive=True),
        fixed("2", exclusive=True, priority=1),
        fixed("9", exclusive=True, priority=5, when={"channel": ["store"]}),
        {"earn": {"currency": "stars", "fixed": "4"}},
        currencies={"points": POINTS, "stars": POINTS},
    )
    found = earn(compiled, buying())
    assert [(award.rule, award.points) for award in found.awards] == [(2, 2), (4, 4)]
    assert found.trace[0] == Considered(0, trace.EXCLUDED, (2, 10))
    assert found.trace[1] == Considered(1, trace.EXCLUDED, (2, 1))


# Limits -----------------------------------------------------------------------------------------


def limited(limits: dict[str, Any], **more: Any) -> dict[str, Any]:
    return per_euro(limits=limits) | more


@pytest.mark.parametrize(
    ("limits", "counters", "earned", "considered"),
    [
        ({"per_transaction": {"points": "50"}}, {}, 50, (trace.CLIPPED, (0, 0, 80, 8000))),
        ({"per_transaction": {"points": "80"}}, {}, 80, (trace.EARNED, (80, 8000))),
        (
            {"per_transaction": {"points": "79", "over": "reject"}},
            {},
            0,
            (trace.REJECTED, (0, 0, 80, 8000)),
        ),
        (
            {"per_member": [{"points": "100", "period": "day"}]},
            {"points/rule-0/day": (DAY, 30)},
            70,
            (trace.CLIPPED, (0, 30, 80, 8000)),
        ),
        (
            {"per_member": [{"points": "100", "period": "day"}]},
            {"points/rule-0/day": (DAY, 130)},
            0,
            (trace.CLIPPED, (0, 130, 80, 8000)),
        ),
        (
            {"per_member": [{"points": "100", "period": "day"}]},
            {"points/rule-0/day": (DAY - 1, 30)},
            80,
            (trace.EARNED, (80, 8000)),
        ),
        (
            {"per_member": [{"points": "100", "period": "7 days"}]},
            {"points/rule-0/7d": (DAY - 7, 50, DAY - 6, 20, DAY, 10)},
            70,
            (trace.CLIPPED, (0, 30, 80, 8000)),
        ),
        (
            {"uses": [{"count": 2, "period": "month"}]},
            {"uses/rule-0/month": (DAY - 1, 2)},  # 1 March
            0,
            (trace.USED_UP, (0, 2, 80, 8000)),
        ),
        (
            {"uses": [{"count": 2, "period": "month"}]},
            {"uses/rule-0/month": (DAY - 1, 1)},
            80,
            (trace.EARNED, (80, 8000)),
        ),
        (
            {
                "uses": [{"count": 9, "period": "lifetime"}],
                "per_transaction": {"points": "60"},
                "per_member": [
                    {"points": "70", "period": "day"},
                    {"points": "70", "period": "lifetime"},
                ],
            },
            {"points/rule-0/day": (DAY, 20), "points/rule-0/lifetime": (0, 15)},
            50,
            (trace.CLIPPED, (2, 20, 80, 8000)),
        ),
    ],
)
def test_limits(
    limits: dict[str, Any],
    counters: dict[str, tuple[int, ...]],
    earned: int,
    considered: tuple[int, tuple[int, ...]],
) -> None:
    compiled = program(limited(limits))
    found = earn(compiled, buying(order(line(8000)), counters=counters))
    assert [award.points for award in found.awards] == ([earned] if earned else [])
    assert (found.trace[0].verdict, found.trace[0].numbers) == considered
    used = {name: pairs[-1] for name, pairs in counters.items() if pairs[-2] == DAY}
    assert set(used) <= set(found.context.counters)


def test_what_earned_is_counted_in_its_bucket_and_what_did_not_is_not() -> None:
    limits = {
        "uses": [{"count": 5, "period": "week"}],
        "per_member": [{"points": "100", "period": "month"}, {"points": "100", "period": "9 days"}],
    }
    compiled = program(limited(limits), limited(limits, when={"channel": ["store"]}))
    found = earn(compiled, buying(order(line(8000))))
    assert found.counted == (
        Counted("purchases/lifetime", 0, 1),
        Counted("uses/rule-0/week", DAY - 1, 1),
        Counted("points/rule-0/month", DAY - 1, 80),
        Counted("points/rule-0/9d", DAY, 80),
    )


# Tiers ------------------------------------------------------------------------------------------

LADDER: dict[str, Any] = {
    "by": {"metric": "spend", "period": "12 months"},
    "ladder": [
        {"id": "one", "name": "One", "at_least": "0"},
        {"id": "two", "name": "Two", "at_least": "100", "multipliers": {"points": "1.25"}},
    ],
}


def test_the_tier_multiplies_what_the_limits_left_and_is_not_counted_by_them() -> None:
    limits = {
        "per_transaction": {"points": "50"},
        "per_member": [{"points": "90", "period": "day"}],
    }
    compiled = program(limited(limits), fixed("3", items={"category": ["bath"]}), tiers=LADDER)
    bought = order(line(8000, 1), line(100, 2, category="bath"))
    found = earn(compiled, buying(bought, tier="two"))
    assert found.awards == (
        Award(0, "points", 50, 3),
        Award(1, "points", 3, 2),
        Award(-1, "points", 13, 3),
    )
    assert found.trace[-1] == Considered(-1, trace.MULTIPLIED, (0, 53, 13))
    assert Counted("points/rule-0/day", DAY, 50) in found.counted
    assert Counted("spend/365d", DAY, 8100) in found.counted
    assert earn(compiled, buying(bought, tier="one")).awards == found.awards[:2]


def test_points_that_tiers_count_include_the_multiplier() -> None:
    tiers = LADDER | {"by": {"metric": "earned", "currency": "points", "period": "calendar_year"}}
    found = earn(program(fixed("10"), tiers=tiers), buying(tier="two"))
    january = local_day(zone_table("Europe/Berlin"), at("2027-01-01T00:00"))
    assert found.counted[1:] == (Counted("earned/points/year", january, 12),)


# The whole --------------------------------------------------------------------------------------


def test_other_events_run_their_own_rules_only() -> None:
    compiled = program(
        fixed("5", on="signup"),
        fixed("7"),
        fixed("3", on="review", when={"field": {"name": "rating", "at_least": 4}}),
    )
    assert points(compiled, doing("signup")) == [(0, 5)]
    assert earn(compiled, doing("signup")).counted == ()
    assert points(compiled, doing("review", rating=5)) == [(2, 3)]
    assert points(compiled, doing("review", rating=1)) == []
    assert points(compiled, doing("birthday")) == []
    assert points(compiled, doing("unheard.of")) == []


def test_the_context_holds_what_the_rules_looked_at_and_earns_the_same_again() -> None:
    compiled = meadow()
    bought = order(
        line(6000, 1, category="bath"),
        line(4500, 2, category="kitchen", quantity=7),
        channel="store",
    )
    member = {
        "tier": "gold",
        "nth_purchase": 10,
        "counters": {
            "points/stars/month": (DAY - 1, 480),
            "points/three-kitchen/30d": (DAY - 40, 9, DAY - 3, 260),
            "spend/365d": (DAY - 3, 99),
        },
        "attributes": {"newsletter": True, "favourite": "bath"},
        "segments": ("press",),
    }
    found = earn(compiled, buying(bought, **member))
    assert found.context == Context(
        "gold",
        10,
        {"points/stars/month": 480, "points/three-kitchen/30d": 260},
        {"newsletter": True},
        (),
    )
    event = Event("purchase", "shop", "1", at("2027-03-02T16:30"), bought)
    again = recorded_subject(event, bought, found.context, at("2025-05-01T10:00"))
    assert earn(compiled, again) == found


def test_no_context_holds_what_no_rule_asks_for() -> None:
    found = earn(program(fixed()), buying(attributes={"x": 1}, segments=("staff",)))
    assert found.context == Context("", 1)
