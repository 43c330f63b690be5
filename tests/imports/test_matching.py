"""Returns that name no order find the lines that they take back."""

import pytest

from regulars.core.events import Refund, ReturnedLine
from regulars.imports.contracts import RETURNED
from regulars.imports.facade import read_and_match
from tests.imports.exports import HEADER, mapping, plan_of, row


def day(number):
    return f"2011-03-{number:02d} 12:00:00"


def refunds(plan):
    return [
        (one.event.event_id, one.event.body.lines, one.amount_minor)
        for one in plan.events
        if one.purchase
    ]


def left_over(plan):
    return [(one.reason, one.quantity, one.amount_minor, one.lines) for one in plan.reported]


def test_a_return_names_the_most_recent_earlier_order(tmp_path):
    rows = [
        row("1", quantity="2", time=day(1)),
        row("2", quantity="2", time=day(2)),
        row("4", quantity="2", time=day(9)),
        row("C3", quantity="-1", time=day(3)),
    ]
    plan = plan_of(tmp_path, rows)
    assert refunds(plan) == [("C3/2", (ReturnedLine("1", 1),), -250)]
    assert plan.events[2].purchase.event_id == "2"
    assert plan.events[2].event.body == Refund(0, (ReturnedLine("1", 1),), reason="return")


def test_a_return_may_split_over_several_orders_and_leave_a_remainder(tmp_path):
    rows = [
        row("1", quantity="2", time=day(1)),
        row("2", quantity="2", time=day(2)),
        row("C3", quantity="-7", time=day(3)),
    ]
    plan = plan_of(tmp_path, rows)
    assert refunds(plan) == [
        ("C3/2", (ReturnedLine("1", 2),), -500),
        ("C3/1", (ReturnedLine("1", 2),), -500),
    ]
    assert left_over(plan) == [("return_remainder", -3, -750, 0)]
    returned = next(one for one in plan.reconciliation.classes if one.name == RETURNED)
    assert (returned.lines, returned.quantity, returned.amount_minor) == (1, -4, -1000)


def test_what_was_returned_before_is_not_returned_again(tmp_path):
    rows = [
        row("1", quantity="3", time=day(1)),
        row("C2", quantity="-2", time=day(2)),
        row("C3", quantity="-2", time=day(3)),
        row("C4", quantity="-1", time=day(4)),
    ]
    plan = plan_of(tmp_path, rows)
    assert [(one[0], one[1][0].quantity) for one in refunds(plan)] == [("C2/1", 2), ("C3/1", 1)]
    assert left_over(plan) == [
        ("return_remainder", -1, -250, 0),
        ("return_without_purchase", -1, -250, 1),
    ]


def test_the_same_code_twice_in_an_order_is_taken_from_its_last_line(tmp_path):
    rows = [
        row(quantity="1"),
        row(quantity="2"),
        row("C2", quantity="-1", time=day(2)),
        row("C2", quantity="-2", time=day(2)),
    ]
    plan = plan_of(tmp_path, rows)
    assert refunds(plan) == [("C2/1", (ReturnedLine("1", 1), ReturnedLine("2", 2)), -750)]


@pytest.mark.parametrize(
    "change", [{"customer": "bob"}, {"sku": "PAN"}, {"time": day(30)}], ids=lambda one: str(one)
)
def test_another_customer_code_or_a_later_order_does_not_match(tmp_path, change):
    plan = plan_of(tmp_path, [row("1", **change), row("C2", quantity="-1", time=day(3))])
    assert refunds(plan) == []
    assert left_over(plan) == [("return_without_purchase", -1, -250, 1)]


def test_an_order_of_the_same_instant_comes_before_its_return(tmp_path):
    plan = plan_of(tmp_path, [row("C2", quantity="-1"), row("1")])
    assert [one.event.event_id for one in plan.events] == ["1", "C2/1"]


@pytest.mark.parametrize(
    ("price", "line", "reported"),
    [
        ("2.00", ReturnedLine("1", 1, 200), []),
        ("2.50", ReturnedLine("1", 1), []),
        ("6.00", ReturnedLine("1", 1, 500), [("return_above_price", 0, -100, 0)]),
    ],
)
def test_what_was_paid_back_is_named_and_never_above_the_price(tmp_path, price, line, reported):
    rows = [row(quantity="2"), row("C2", quantity="-1", price=price, time=day(2))]
    plan = plan_of(tmp_path, rows)
    assert refunds(plan)[0][1] == (line,)
    assert left_over(plan) == reported


def test_money_that_does_not_divide_is_shared_exactly(tmp_path):
    columns = {**mapping().columns.model_dump(), "unit_price": None, "line_total": "price"}
    rows = [
        row("1", quantity="1", price="5", time=day(1)),
        row("2", quantity="1", price="5", time=day(2)),
        row("3", quantity="1", price="5", time=day(3)),
        row("C4", quantity="-3", price="10", time=day(4)),
    ]
    plan = plan_of(tmp_path, rows, mapping(columns=columns))
    assert [one[2] for one in refunds(plan)] == [-333, -333, -334]


def test_a_negative_quantity_marks_a_return_where_the_mapping_says_so(tmp_path):
    used = mapping(returns={"negative_quantity": True})
    rows = [
        row("1", quantity="2", time=day(1)),
        row("2", quantity="-1", time=day(2)),
        row("2", "PAN"),
    ]
    plan = plan_of(tmp_path, rows, used)
    assert [one[0] for one in refunds(plan)] == ["2/1"]
    assert plan.reported == []


def test_a_return_that_names_its_order_takes_from_that_order_only(tmp_path):
    path = tmp_path / "orders.csv"
    lines = [
        (*HEADER, "of"),
        (*row("1", time=day(1)), ""),
        (*row("2", time=day(2)), ""),
        (*row("C3", quantity="-2", time=day(3)), "1"),
    ]
    path.write_text("\n".join(",".join(one) for one in lines))
    columns = {**mapping().columns.model_dump(), "return_of": "of"}
    plan = read_and_match(path, mapping(columns=columns))
    assert [one[0] for one in refunds(plan)] == ["C3/1"]
    assert left_over(plan) == [("return_remainder", -1, -250, 0)]


def test_more_of_the_export_changes_no_earlier_match(tmp_path):
    rows = [row("1", quantity="5"), row("C2", quantity="-2", time=day(2))]
    before = plan_of(tmp_path, rows).events
    rows += [row("3", time=day(3)), row("C4", quantity="-2", time=day(4))]
    assert plan_of(tmp_path, rows).events[:2] == before
