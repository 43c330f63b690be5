"""A simulated shop's events as JSON lines, each one the body of `POST /v1/events`.

In the order in which the shop's systems learn of them, late tills included. Redemptions are no
events of that route: orders stand as they would have been paid without. What only the management
side may do (attributes, adjustments) is left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from regulars.core.events import Activity, Line, Purchase, Refund
from regulars.platform.clock import to_rfc3339
from regulars.simulations.contracts import Happening, Shop

_encode = msgspec.json.Encoder().encode


def event_lines(shop: Shop) -> Iterator[bytes]:
    """Each event as one line of JSON without its line break. Same shop, same bytes."""
    for one in shop.happenings:
        body = _body(one)
        if body is not None:
            yield _encode(body)


def write_events(shop: Shop, path: Path) -> int:
    """Write the file, replacing it; gives the number of events."""
    count = 0
    with path.open("wb") as file:
        for line in event_lines(shop):
            file.write(line + b"\n")
            count += 1
    return count


def _body(one: Happening) -> dict[str, Any] | None:
    event = one.event
    if event is None:
        return None
    body: dict[str, Any] = {
        "type": event.type,
        "id": event.event_id,
        "source": event.source,
        "occurred_at": to_rfc3339(event.occurred_at),
    }
    member = {"member": {"external_id": one.external_id}}
    match event.body:
        case Purchase():
            return body | member | _order(event.body)
        case Refund():
            assert one.purchase is not None, "a refund names its purchase"
            body["purchase"] = {"source": one.purchase[0], "id": one.purchase[1]}
            if event.body.lines:
                body["lines"] = [
                    {"id": line.line_id, "quantity": line.quantity} for line in event.body.lines
                ]
            return body | {"reason": event.body.reason}
        case Activity():
            activity = {"channel": event.body.channel, "store": event.body.store}
            fields = {"fields": event.body.fields} if event.body.fields else {}
            return body | member | fields | {name: text for name, text in activity.items() if text}
    return None


def _order(order: Purchase) -> dict[str, Any]:
    made: dict[str, Any] = {
        "currency": order.currency,
        "channel": order.channel,
        "tax_included": order.tax_included,
        "lines": [_line(line) for line in order.lines],
        "payments": [
            {"method": payment.method, "amount_minor": payment.amount_minor}
            for payment in order.payments
        ],
    }
    if order.shipping_minor:
        made["shipping_minor"] = order.shipping_minor
        made["shipping_tax_minor"] = order.shipping_tax_minor
    if order.coupons:
        made["coupons"] = order.coupons
    if order.store:
        made |= {"store": order.store, "device": order.device}
    return made


def _line(line: Line) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": line.line_id,
        "sku": line.sku,
        "quantity": line.quantity,
        "gross_minor": line.gross_minor,
        "tax_minor": line.tax_minor,
        "category": line.category,
        "brand": line.brand,
    }
    if line.discount_minor:
        made["discount_minor"] = line.discount_minor
    if line.tags:
        made["tags"] = line.tags
    return made
