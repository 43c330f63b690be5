"""A simulated shop's orders as the plain CSV export that a small shop system would write.

One row per order line, in order of time; the columns are explained in
`examples/imports/simulated_shop.yaml`, which maps them for `regulars import`. A return is an order
of its own whose id starts with `R-`, with negative quantity and total, naming the order it is of.
Redeemed rewards are no part of it: orders stand as they would have been paid without.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from regulars.core.events import Line, Purchase, Refund
from regulars.simulations.catalogue import PRODUCTS
from regulars.simulations.contracts import Happening, Shop

HEADER = (
    "order", "time", "customer", "sku", "description", "quantity", "line_total", "discount", "tax",
    "category", "brand", "tags", "channel", "store", "till", "coupons", "payment", "shipping",
    "shipping_tax", "currency", "return_of",
)  # fmt: skip

_NAMES = {product.sku: product.name for product in PRODUCTS}


def write_orders(shop: Shop, path: Path) -> int:
    """Write the export, replacing the file; gives the number of order lines. Same shop, same
    bytes."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row in _rows(shop):
            writer.writerow(row)
            count += 1
    return count


def _rows(shop: Shop) -> Iterator[tuple[str, ...]]:
    orders: dict[tuple[str, str], Purchase] = {}
    in_time = sorted(shop.happenings, key=lambda one: one.occurred_at)
    for one in in_time:
        event = one.event
        if event is None:
            continue
        body = event.body
        if isinstance(body, Purchase):
            orders[event.source, event.event_id] = body
            for line in body.lines:
                yield _sold(one, event.event_id, line, body)
        elif isinstance(body, Refund):
            assert one.purchase is not None, "a refund names its purchase"
            order = orders[one.purchase]
            by_id = {line.line_id: line for line in order.lines}
            quantities = {part.line_id: part.quantity for part in body.lines}
            for line_id in quantities or by_id:
                line = by_id[line_id]
                quantity = quantities.get(line_id, line.quantity)
                yield _returned(one, event.event_id, line, quantity, order)


def _sold(one: Happening, order_id: str, line: Line, order: Purchase) -> tuple[str, ...]:
    return (
        order_id,
        _time(one.occurred_at),
        one.external_id,
        line.sku,
        _NAMES[line.sku],
        str(line.quantity),
        _money(line.gross_minor),
        _money(line.discount_minor),
        _money(line.tax_minor),
        line.category,
        line.brand,
        "|".join(line.tags),
        order.channel,
        order.store,
        order.device,
        "|".join(order.coupons),
        order.payments[0].method,
        _money(order.shipping_minor),
        _money(order.shipping_tax_minor),
        order.currency,
        "",
    )


def _returned(
    one: Happening, return_id: str, line: Line, quantity: int, order: Purchase
) -> tuple[str, ...]:
    assert one.purchase is not None, "a refund names its purchase"
    paid = (line.gross_minor - line.discount_minor) * quantity // line.quantity
    return (
        f"R-{return_id}",
        _time(one.occurred_at),
        one.external_id,
        line.sku,
        _NAMES[line.sku],
        str(-quantity),
        _money(-paid),
        *[""] * 5,
        order.channel,
        order.store,
        *[""] * 5,
        order.currency,
        one.purchase[1],
    )


def _time(instant: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _money(minor: int) -> str:
    whole, part = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{part:02d}"
