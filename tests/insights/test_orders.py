"""What a file of orders means: lines make orders, and returns take back what was bought."""

import pytest

from regulars.imports.errors import MappingInvalid
from regulars.insights.errors import Unfit
from regulars.insights.mapping import parse_mapping
from regulars.insights.orders import day_number, day_text, read_shop

HEAD = "who,day,order,item,name,count,price\n"
MAP = """\
regulars_science: 1
columns: {customer: who, time: day, order: order, item: item, description: name, quantity: count,
          unit_price: price}
returns: {order_prefix: R, negative: true}
"""


def shop(tmp_path, rows, extra="", **options):
    path = tmp_path / "shop.csv"
    path.write_text(HEAD + rows)
    return read_shop(path, parse_mapping(MAP + extra), "lifetime", **options)


def left(found):
    """(customer, day, value) of every order."""
    orders = found.orders
    return [
        (found.customers[who], day_text(day), value)
        for who, day, value in zip(orders.customer, orders.day, orders.value, strict=True)
    ]


def test_lines_of_one_order_are_one_order_at_its_first_time(tmp_path):
    found = shop(
        tmp_path,
        "ann,2024-01-02,1,x,X,2,5\nann,2024-01-01,1,y,Y,1,3\nbob,2024-01-03,1,x,X,1,5\n",
    )
    assert left(found) == [("ann", "2024-01-01", 13.0), ("bob", "2024-01-03", 5.0)]
    assert (day_text(found.first_day), day_text(found.end_day)) == ("2024-01-01", "2024-01-04")


def test_without_order_ids_every_row_is_an_order(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("id,day,paid\na,2024-01-01,1\na,2024-01-01,2\n")
    mapping = parse_mapping("regulars_science: 1\ncolumns: {customer: id, time: day, value: paid}")
    assert read_shop(path, mapping, "lifetime").orders.value.tolist() == [1.0, 2.0]


RETURNS = {
    "part of the latest earlier order": (
        "a,2024-01-01,1,x,,1,10\na,2024-01-05,2,x,,1,20\na,2024-01-06,R1,x,,1,5\n",
        [("a", "2024-01-01", 10.0), ("a", "2024-01-05", 15.0)], {},
    ),
    "more than the latest order": (
        "a,2024-01-01,1,x,,1,10\na,2024-01-05,2,x,,1,20\na,2024-01-06,R1,x,,1,25\n",
        [("a", "2024-01-01", 5.0)], {"orders that were wholly returned": 1},
    ),
    "nothing of a later order": (
        "a,2024-01-01,1,x,,1,10\na,2024-01-03,R1,x,,1,4\na,2024-01-05,2,x,,1,20\n",
        [("a", "2024-01-01", 6.0), ("a", "2024-01-05", 20.0)], {},
    ),
    "a negative count in any order": (
        "a,2024-01-01,1,x,,2,10\na,2024-01-02,9,x,,-1,10\n", [("a", "2024-01-01", 10.0)], {},
    ),
    "of something bought before the file": (
        "a,2024-01-02,1,x,,1,10\na,2024-01-01,R1,x,,1,3\n", [("a", "2024-01-02", 10.0)],
        {"returns of something bought before the file begins": 1},
    ),
    "not of another customer": (
        "a,2024-01-01,1,x,,1,10\nb,2024-01-02,2,x,,1,7\nb,2024-01-03,R1,x,,1,7\n",
        [("a", "2024-01-01", 10.0)], {"orders that were wholly returned": 1},
    ),
    "a free order stays an order": (
        "a,2024-01-01,1,x,,1,0\na,2024-01-02,2,x,,1,5\na,2024-01-03,R1,x,,1,2\n",
        [("a", "2024-01-01", 0.0), ("a", "2024-01-02", 3.0)], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "orders", "left_out"), RETURNS.values(), ids=RETURNS)
def test_a_return_takes_back(tmp_path, rows, orders, left_out):
    found = shop(tmp_path, rows)
    assert left(found) == orders
    assert {one.reason: one.rows for one in found.left_out} == left_out


def test_a_shop_of_returns_alone_is_refused(tmp_path):
    with pytest.raises(Unfit, match="every row is a return"):
        shop(tmp_path, "a,2024-01-01,R1,x,,1,10\n")
    with pytest.raises(Unfit, match="every order was returned"):
        shop(tmp_path, "a,2024-01-01,1,x,,1,10\na,2024-01-02,R1,x,,1,10\n")


def test_a_discount_is_taken_off_and_may_be_empty(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("id,day,paid,off\na,2024-01-01,10,3\nb,2024-01-01,10,\n")
    mapping = parse_mapping(
        "regulars_science: 1\n"
        "columns: {customer: id, time: day, value: paid, discount: off}"
    )  # fmt: skip
    assert read_shop(path, mapping, "lifetime").orders.value.tolist() == [7.0, 10.0]


def test_lines_hold_what_was_bought_and_items_go_by_their_usual_name(tmp_path):
    found = shop(
        tmp_path,
        "a,2024-01-01,1,x,Old,1,1\na,2024-01-02,2,x,New,1,1\nb,2024-01-02,3,x,New,2,1\n"
        "b,2024-01-03,4,y,,1,1\nb,2024-01-04,R1,x,New,1,1\n",
        items=True,
    )
    assert found.items == ("x", "y")
    assert found.item_names == ("New", "y")
    assert found.lines.item.tolist() == [0, 0, 0, 1]
    assert found.lines.quantity.tolist() == [1.0, 1.0, 2.0, 1.0]


def test_items_are_needed_where_they_are_asked_for(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("id,day,paid\na,2024-01-01,1\n")
    mapping = parse_mapping("regulars_science: 1\ncolumns: {customer: id, time: day, value: paid}")
    with pytest.raises(MappingInvalid, match=r"columns\.item: found nothing; `recommend` needs it"):
        read_shop(path, mapping, "recommend", items=True)


def test_days_go_there_and_back():
    assert day_text(day_number("2011-12-31")) == "2011-12-31"
    with pytest.raises(Unfit, match=r"31\.12\. is no date"):
        day_number("31.12.")
