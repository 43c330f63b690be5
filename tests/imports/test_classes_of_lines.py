"""Each class of line and each reason, one hand-made export each."""

import pytest

from regulars.core.events import Line, Purchase
from regulars.imports.contracts import SHIPPING
from regulars.imports.facade import read_and_match
from tests.imports.exports import HEADER, MAPPING, NOON, mapping, plan_of, row

LATER = "2011-03-01 12:01:00"


def reasons(plan):
    return [(one.row, one.reason) for one in plan.reported]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row(customer=""), "no_customer"),
        (row(order="A1", customer=""), "adjustment"),
        (row(order=""), "no_order"),
        (row(sku=""), "no_sku"),
        (row(sku="M"), "manual"),
        (row(sku="m"), "manual"),
        (row(sku="POST", price="-1"), "postage"),
        (row(price="0"), "zero_price"),
        (row(price="0.00"), "zero_price"),
        (row(price="-1"), "negative_price"),
        (row(quantity="0"), "zero_quantity"),
        (row(quantity="-1"), "negative_quantity"),
        (row(quantity="1.5"), "unreadable_quantity"),
        (row(quantity=""), "unreadable_quantity"),
        (row(price="two"), "unreadable_amount"),
        (row(price=""), "unreadable_amount"),
        (row(price="1.0000001"), "unreadable_amount"),
        (row(time="yesterday"), "unreadable_time"),
        (row(time=""), "unreadable_time"),
        (row(order="C1", quantity="1"), "positive_quantity_on_return"),
        (row(order="C1", quantity="-1"), "return_without_purchase"),
        (row(order="C1", sku="POST", quantity="-1"), "postage"),
    ],
)
def test_a_line_that_is_not_imported_is_reported_with_its_reason(tmp_path, line, reason):
    plan = plan_of(tmp_path, [line])
    assert reasons(plan) == [(2, reason)]
    assert plan.events == []
    assert plan.customers == ()


def test_a_row_with_other_fields_than_the_header_is_reported(tmp_path):
    plan = plan_of(tmp_path, [row(), ("1", NOON, "ann")])
    assert reasons(plan) == [(3, "wrong_number_of_fields")]
    assert plan.reconciliation.lines == 2


def test_an_order_becomes_one_purchase_with_named_lines(tmp_path):
    plan = plan_of(tmp_path, [row(), row(customer=""), row(sku="CUP", quantity="3"), row(sku="M")])
    [planned] = plan.events
    assert planned.event.body == Purchase(
        (Line("1", "CUP", 1, 250), Line("3", "CUP", 3, 750)), currency="GBP"
    )
    assert planned.event.event_id == "1"
    assert planned.event.source == "shop"
    assert planned.event.occurred_at == 1_298_980_800_000_000
    assert plan.customers == (("ann", 1_298_980_800_000_000),)


def test_lines_of_one_order_need_not_stand_together(tmp_path):
    plan = plan_of(tmp_path, [row("1"), row("2"), row("1", "PAN")])
    assert [len(one.event.body.lines) for one in plan.events] == [2, 1]


def test_the_first_customer_of_an_order_is_its_customer(tmp_path):
    plan = plan_of(tmp_path, [row(customer=""), row(), row(customer="bob"), row()])
    assert reasons(plan) == [(2, "no_customer"), (4, "other_customer")]
    assert [line.line_id for line in plan.events[0].event.body.lines] == ["2", "4"]


def test_postage_becomes_shipping(tmp_path):
    plan = plan_of(tmp_path, [row(), row(sku="POST", quantity="2", price="4.10")])
    assert plan.events[0].event.body.shipping_minor == 820
    shipping = plan.reconciliation.classes[1]
    assert (shipping.name, shipping.lines, shipping.amount_minor) == (SHIPPING, 1, 820)


def test_postage_without_goods_is_reported(tmp_path):
    plan = plan_of(tmp_path, [row(sku="POST")])
    assert reasons(plan) == [(2, "shipping_without_goods")]


def test_zero_prices_are_imported_where_the_mapping_says_so(tmp_path):
    plan = plan_of(tmp_path, [row(price="0")], mapping(zero_prices="import"))
    assert plan.events[0].event.body.lines == (Line("1", "CUP", 1, 0),)


def test_an_order_with_several_times_happened_at_the_earliest(tmp_path):
    rows = [row(time=LATER), row(), row(time=LATER), row("2", time="2011-03-01 12:00:30")]
    plan = plan_of(tmp_path, rows)
    assert [one.event.event_id for one in plan.events] == ["1", "2"]
    assert plan.events[0].event.occurred_at == 1_298_980_800_000_000
    assert plan.reconciliation.orders_with_several_times == 1


@pytest.mark.parametrize(
    ("rounding", "quantity", "price", "minor", "took_off"),
    [
        ("half_up", "1", "0.001", 0, "0.1"),
        ("half_up", "3", "0.005", 2, "-0.5"),
        ("half_even", "5", "0.005", 2, "0.5"),
        ("half_even", "3", "0.005", 2, "-0.5"),
        ("half_up", "1000", "0.001", 100, "0"),
    ],
)
def test_a_line_is_rounded_once_and_the_rounding_is_told(
    tmp_path, rounding, quantity, price, minor, took_off
):
    used = mapping(money={"currency": "GBP", "rounding": rounding})
    plan = plan_of(tmp_path, [row(quantity=quantity, price=price)], used)
    assert plan.events[0].event.body.lines[0].gross_minor == minor
    assert plan.reconciliation.rounding_text == took_off


def test_more_columns_are_read_where_they_are_mapped(tmp_path):
    names = "off|tax|cat|brand|tags|till|store|how|code|ship|ship_tax"
    values = "0,50/0,32/kitchen/Vale/new|no-points/T1/Mitte/card/A|B/3,9/0,62"
    header, extra = (*HEADER, *names.split("|")), tuple(values.split("/"))
    first = (*row(price="1.002,50"), *extra)
    second = (*row(sku="PAN"), *extra[:5], *([""] * 6))
    path = tmp_path / "orders.csv"
    lines = [";".join(fields) for fields in (header, first, second)]
    path.write_text("\n".join(lines).replace("2.50", "2,50", 1).replace(";2.50;", ";2,50;"))
    columns = {
        **mapping().columns.model_dump(), "discount": "off", "tax": "tax", "category": "cat",
        "brand": "brand", "tags": "tags", "device": "till", "store": "store", "payment": "how",
        "coupon": "code", "shipping": "ship", "shipping_tax": "ship_tax",
    }  # fmt: skip
    used = mapping(
        file={"delimiter": ";"},
        columns=columns,
        money={"currency": "EUR", "decimal_mark": ",", "thousands_mark": "."},
    )
    plan = read_and_match(path, used)
    assert plan.reconciliation.balanced
    body = plan.events[0].event.body
    tags = ("new", "no-points")
    assert body.lines == (
        Line("1", "CUP", 1, 100250, 50, 32, "kitchen", "Vale", tags),
        Line("2", "PAN", 1, 250, 50, 32, "kitchen", "Vale", tags),
    )
    assert (body.store, body.device, body.coupons) == ("Mitte", "T1", ("A", "B"))
    assert (body.shipping_minor, body.shipping_tax_minor) == (390, 62)
    assert body.payments[0].amount_minor == 100250 + 250 - 100 + 390


def test_a_discount_above_the_price_is_reported(tmp_path):
    header = (*HEADER, "off")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(",".join(one) for one in (header, (*row(), "2.51"))))
    columns = {**mapping().columns.model_dump(), "discount": "off"}
    plan = read_and_match(path, mapping(columns=columns))
    assert reasons(plan) == [(2, "discount_above_price")]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("currency", "USD", "other_currency"), ("shipping", "free", "unreadable_shipping")],
)
def test_what_is_wrong_with_an_order_is_wrong_with_its_lines(tmp_path, column, value, reason):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(",".join(one) for one in ((*HEADER, "x"), (*row(), value))))
    plan = read_and_match(path, mapping(columns={**mapping().columns.model_dump(), column: "x"}))
    assert reasons(plan) == [(2, reason)]


def test_line_totals_stand_for_the_whole_line(tmp_path):
    columns = {**mapping().columns.model_dump(), "unit_price": None, "line_total": "price"}
    used = mapping(columns=columns)
    rows = [row(quantity="4", price="2.50"), row("C1", quantity="-2", price="1.25", time=LATER)]
    plan = plan_of(tmp_path, rows, used)
    assert [one.amount_minor for one in plan.events] == [250, -125]


def test_a_time_with_an_offset_and_other_formats_are_read(tmp_path):
    time = {"zone": "Europe/London", "formats": ["iso", "%d.%m.%Y %H:%M"]}
    rows = [row("1", time="2011-03-01T13:00:00+01:00"), row("2", time="01.03.2011 12:00")]
    plan = plan_of(tmp_path, rows, mapping(time=time))
    assert [one.event.occurred_at for one in plan.events] == [1_298_980_800_000_000] * 2


def test_summer_time_is_that_of_the_zone(tmp_path):
    plan = plan_of(tmp_path, [row(time="2011-07-01 12:00:00")])
    assert plan.events[0].event.occurred_at == 1_309_518_000_000_000


def test_the_mapping_of_these_tests_names_every_column():
    assert all(f": {name}" in MAPPING for name in HEADER)
