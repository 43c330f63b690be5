"""Small exports written by hand for the tests: one mapping, and rows as short tuples."""

import csv
from pathlib import Path

from regulars.imports.facade import Plan, parse_mapping, read_and_match
from regulars.imports.mapping import Mapping

EXAMPLES = Path(__file__).parents[2] / "examples" / "imports"
HEADER = ("order", "time", "customer", "sku", "what", "quantity", "price")
MAPPING = """
regulars_import: 1
source: shop
money: {currency: GBP}
time: {zone: Europe/London}
columns: {order: order, time: time, customer: customer, sku: sku, description: what,
          quantity: quantity, unit_price: price}
returns: {order_prefix: C}
adjustments: {order_prefix: A}
not_goods:
  - {code: "POST", reason: postage, becomes: shipping}
  - {code: "M", reason: manual}
"""
NOON = "2011-03-01 12:00:00"
Row = tuple[str, str, str, str, str, str, str]


def row(
    order: str = "1",
    sku: str = "CUP",
    quantity: str = "1",
    price: str = "2.50",
    *,
    customer: str = "ann",
    time: str = NOON,
) -> Row:
    """One line of an export; the defaults make a plain sale."""
    return (order, time, customer, sku, f"a {sku}", quantity, price)


def mapping(**changes: object) -> Mapping:
    """The mapping of these exports with some parts changed."""
    document = parse_mapping(MAPPING).model_dump()
    return Mapping.model_validate({**document, **changes})


def write_export(path: Path, rows: list[Row]) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def plan_of(folder: Path, rows: list[Row], used: Mapping | None = None) -> Plan:
    """Write, read and match; every plan of every test has to balance."""
    plan = read_and_match(write_export(folder / "orders.csv", rows), used or mapping())
    assert plan.reconciliation.balanced
    return plan
