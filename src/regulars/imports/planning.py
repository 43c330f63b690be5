"""Orders and matched returns as events: what a run will submit, in the order it will submit it.

Builds `core.events` directly. A purchase has the order id as its event id; a refund has the ids of
its return and of the purchase, so that the same file always gives the same events.
"""

from regulars.core.events import Event, Payment, Purchase, Refund, ReturnedLine
from regulars.imports.contracts import PlannedEvent, Reported
from regulars.imports.mapping import Mapping
from regulars.imports.matching import MatchedReturn, Taken
from regulars.imports.orders import SALE, Order
from regulars.intake.contracts import EventRef


def plan_events(
    orders: list[Order], matched: list[MatchedReturn], mapping: Mapping
) -> tuple[list[PlannedEvent], list[Reported]]:
    """The events in order of (instant, purchases before refunds, place in the file), and the
    shipping lines of orders that have no goods and so give no event."""
    reported: list[Reported] = []
    purchases: list[tuple[int, int, PlannedEvent]] = []
    for order in orders:
        if order.lines:
            planned = _purchase(order, mapping)
            purchases.append((order.occurred_at, order.position, planned))
        else:
            reported.extend(order.shipping_lines)
    refunds = [
        (one.return_order.occurred_at, one.return_order.position, _refund(one, mapping))
        for one in matched
    ]
    # Sorting is stable: at one instant the purchases stay before the refunds.
    in_time = sorted(purchases, key=_place) + sorted(refunds, key=_place)
    in_time.sort(key=lambda entry: entry[0])
    return [planned for _, _, planned in in_time], reported


def _place(entry: tuple[int, int, PlannedEvent]) -> tuple[int, int]:
    return entry[0], entry[1]


def _purchase(order: Order, mapping: Mapping) -> PlannedEvent:
    assert order.kind == SALE and order.customer, "an order with lines is a customer's sale"
    details = order.details
    quantity = goods_minor = paid_minor = 0
    for line in order.lines:
        quantity += line.quantity
        goods_minor += line.gross_minor
        paid_minor += line.gross_minor - line.discount_minor
        if not mapping.money.tax_included:
            paid_minor += line.tax_minor
    shipping = order.shipping_minor + order.order_shipping_minor
    if not mapping.money.tax_included:
        paid_minor += order.shipping_tax_minor
    body = Purchase(
        tuple(order.lines),
        channel=details.get("channel", mapping.channel),
        store=details.get("store", mapping.store),
        device=details.get("device", ""),
        tax_included=mapping.money.tax_included,
        shipping_minor=shipping,
        shipping_tax_minor=order.shipping_tax_minor,
        payments=_payments(details.get("payment", ""), paid_minor + shipping),
        coupons=tuple(filter(None, details.get("coupon", "").split("|"))),
        currency=mapping.money.currency,
    )
    shipping_quantity = sum(one.quantity for one in order.shipping_lines)
    return PlannedEvent(
        order.customer,
        Event("purchase", mapping.source, order.order_id, order.occurred_at, body),
        None,
        len(order.lines) + len(order.shipping_lines),
        quantity + shipping_quantity,
        goods_minor + order.shipping_minor,
    )


def _payments(method: str, amount_minor: int) -> tuple[Payment, ...]:
    return (Payment(method, amount_minor),) if method else ()


def _refund(one: MatchedReturn, mapping: Mapping) -> PlannedEvent:
    """`purchase_seq` stays 0: intake fills it from the purchase's identity."""
    order, purchase = one.return_order, one.purchase
    assert purchase.customer is not None, "an order with lines has a customer"
    taken = sorted(one.taken.values(), key=lambda part: int(part.line.line_id))
    body = Refund(0, tuple(map(_returned_line, taken)), reason="return")
    return PlannedEvent(
        purchase.customer,
        Event(
            "refund",
            mapping.source,
            f"{order.order_id}/{purchase.order_id}",
            max(order.occurred_at, purchase.occurred_at),
            body,
        ),
        EventRef(mapping.source, purchase.order_id),
        one.rows,
        -sum(part.quantity for part in taken),
        -sum(part.amount_minor for part in taken),
    )


def _returned_line(part: Taken) -> ReturnedLine:
    """The amount is named only where it is not the line's own price in proportion."""
    line = part.line
    paid = line.gross_minor - line.discount_minor
    proportional = part.amount_minor * line.quantity == paid * part.quantity
    amount = -1 if proportional else part.amount_minor
    return ReturnedLine(line.line_id, part.quantity, amount)
