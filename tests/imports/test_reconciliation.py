"""Whatever a file holds, every line is in exactly one class and the sums meet the totals."""

import csv
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.events import Purchase
from regulars.imports.facade import describe, read_and_match, write_report
from tests.imports.exports import mapping, plan_of, row, write_export

ROWS = st.builds(
    row,
    order=st.sampled_from(["1", "2", "3", "C4", "C5", "A6", ""]),
    sku=st.sampled_from(["CUP", "PAN", "POST", "M", ""]),
    quantity=st.one_of(st.integers(-5, 5).map(str), st.just("x")),
    price=st.one_of(st.integers(-1, 4000).map(lambda m: str(Decimal(m) / 1000)), st.just("x")),
    customer=st.sampled_from(["ann", "bob", ""]),
    time=st.sampled_from([f"2011-03-0{day} 12:00:00" for day in range(1, 5)] + ["x"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, max_size=40))
def test_classes_add_up_to_the_file(tmp_path_factory, rows):
    plan = plan_of(tmp_path_factory.mktemp("export"), rows)
    quantity, exact, rounded = 0, Decimal(0), Decimal(0)
    for line in rows:
        if line[5] == "x":
            continue
        quantity += int(line[5])
        if line[6] != "x":
            total = int(line[5]) * Decimal(line[6])
            exact += total
            rounded += total.quantize(Decimal("0.01"), ROUND_HALF_UP)
    told = plan.reconciliation
    assert told.lines == len(rows) == sum(one.lines for one in told.classes)
    assert told.quantity == quantity == sum(one.quantity for one in told.classes)
    assert told.amount_minor == rounded * 100 == sum(one.amount_minor for one in told.classes)
    assert Decimal(told.exact_total_text) == exact
    assert Decimal(told.rounding_text) == (exact - rounded) * 100


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, max_size=40))
def test_no_line_of_an_order_is_returned_beyond_its_quantity_or_price(tmp_path_factory, rows):
    plan = plan_of(tmp_path_factory.mktemp("export"), rows)
    left = {}
    for planned in plan.events:
        body = planned.event.body
        if isinstance(body, Purchase):
            for line in body.lines:
                key = planned.event.event_id, line.line_id
                left[key] = [line.quantity, line.gross_minor, line.gross_minor / line.quantity]
            continue
        for part in body.lines:
            of_line = left[planned.purchase.event_id, part.line_id]
            of_line[0] -= part.quantity
            paid = of_line[2] * part.quantity if part.amount_minor < 0 else part.amount_minor
            of_line[1] -= paid
            assert of_line[0] >= 0
            assert of_line[1] > -0.001


@given(st.lists(ROWS, max_size=20))
def test_the_same_file_gives_the_same_plan(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("export")
    assert plan_of(folder, rows) == plan_of(folder, rows)


def test_the_report_lists_every_line_that_is_not_imported(tmp_path):
    rows = [row(), row(customer=""), row(sku="=M()", customer="", price="1000")]
    plan = plan_of(tmp_path, rows)
    assert write_report(plan, tmp_path / "report.csv") == 2
    with (tmp_path / "report.csv").open(newline="") as file:
        found = list(csv.reader(file))
    assert found == [
        ["row", "order", "sku", "description", "customer", "quantity", "amount", "reason", "why"],
        ["3", "1", "CUP", "a CUP", "", "1", "2.50", "no_customer", ""],
        ["4", "1", "'=M()", "a =M()", "", "1", "1000.00", "no_customer", ""],
    ]


def test_the_reconciliation_is_told_in_words(tmp_path):
    path = write_export(tmp_path / "orders.csv", [row(), row(customer="", quantity="1000")])
    told = describe(read_and_match(path, mapping()).reconciliation)
    assert "2 lines of 1 order and 1 customer become 1 purchase and 0 refunds" in told
    assert [line.split() for line in told if line.startswith("no_customer")] == [
        ["no_customer", "1", "1,000", "2,500.00"]
    ]
    assert told[-1] == "every line is accounted for, to the penny"
