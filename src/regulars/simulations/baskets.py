"""What goes into a basket, and the order that it becomes. Integer arithmetic; tax is rounded half
up per line, discounts in per cent are rounded down per line."""

from bisect import bisect_right
from datetime import date
from itertools import accumulate
from random import Random

import msgspec

from regulars.core.events import Line, Payment, Purchase
from regulars.simulations.catalogue import (
    FREE_SHIPPING_FROM_MINOR,
    FREE_SOAP,
    PRODUCTS,
    SEASON_OF_MONTH,
    SHIPPING_MINOR,
    TILLS,
    Product,
)

_WEIGHTS = [list(accumulate(product.wanted[season] for product in PRODUCTS)) for season in range(4)]
_TAX = {product.sku: product.tax_percent for product in PRODUCTS}
_PAYMENTS_WEB = ("card", "card", "card", "invoice", "gift_card")
_PAYMENTS_STORE = ("card", "card", "cash", "gift_card")


def fill_basket(random: Random, day: date, favourite: str, items_max: int) -> list[Line]:
    """One to `items_max` different products, in season, the favourite category more often."""
    chosen: dict[str, Line] = {}
    weights = _WEIGHTS[SEASON_OF_MONTH[day.month - 1]]
    for _ in range(1 + random.randrange(items_max)):
        product = _choose(random, weights)
        if product.category != favourite and random.randrange(3) == 0:
            product = _choose(random, weights)
        quantity = 1 + (random.randrange(4) == 0) + (random.randrange(12) == 0)
        if product.sku not in chosen:
            chosen[product.sku] = _line(product, str(len(chosen) + 1), quantity)
    return list(chosen.values())


def make_order(
    random: Random, lines: list[Line], *, store: bool, currency: str, coupons: tuple[str, ...]
) -> Purchase:
    """The basket as an order: at a till with its store and device, or on the web with shipping.
    The coupon WELCOME10 takes a tenth off each line."""
    if "WELCOME10" in coupons:
        lines = [_less(line, line.gross_minor // 10) for line in lines]
    till = random.choice(TILLS) if store else ""
    goods = paid_for(lines)
    shipping = 0 if store or goods >= FREE_SHIPPING_FROM_MINOR else SHIPPING_MINOR
    method = random.choice(_PAYMENTS_STORE if store else _PAYMENTS_WEB)
    if random.randrange(3) and method == "gift_card":
        method = "card"
    return Purchase(
        tuple(lines),
        channel="store" if store else "web",
        store=till.rpartition("-")[0],
        device=till,
        shipping_minor=shipping,
        shipping_tax_minor=_tax_in(shipping, 19),
        payments=(Payment(method, goods + shipping),),
        coupons=coupons,
        currency=currency,
    )


def paid_for(lines: list[Line] | tuple[Line, ...]) -> int:
    """What goods cost after discounts, tax included."""
    return sum(line.gross_minor - line.discount_minor for line in lines)


def with_discount(order: Purchase, off_minor: int) -> Purchase:
    """The order with `off_minor` more discount, shared over its lines by what they cost; the
    remainder goes to the first lines that can take it."""
    costs = [line.gross_minor - line.discount_minor for line in order.lines]
    total = sum(costs)
    off_minor = min(off_minor, total)
    shares = [off_minor * cost // total if total else 0 for cost in costs]
    for position, cost in enumerate(costs):
        more = min(off_minor - sum(shares), cost - shares[position])
        shares[position] += more
    lines = [_less(line, share) for line, share in zip(order.lines, shares, strict=True)]
    return _with_lines(order, lines)


def with_soap(order: Purchase, *, free: bool) -> Purchase:
    """The order with two soaps as a line of their own, at their price or free of charge."""
    soap = _line(FREE_SOAP, str(len(order.lines) + 1), 2)
    return _with_lines(order, [*order.lines, _less(soap, soap.gross_minor) if free else soap])


def with_points(order: Purchase, paid_minor: int) -> Purchase:
    """The order with a part of it paid with points."""
    first = order.payments[0]
    rest = Payment(first.method, first.amount_minor - paid_minor)
    return msgspec.structs.replace(order, payments=(rest, Payment("points", paid_minor)))


def _with_lines(order: Purchase, lines: list[Line]) -> Purchase:
    payment = Payment(order.payments[0].method, paid_for(lines) + order.shipping_minor)
    return msgspec.structs.replace(order, lines=tuple(lines), payments=(payment,))


def _choose(random: Random, weights: list[int]) -> Product:
    return PRODUCTS[bisect_right(weights, random.randrange(weights[-1]))]


def _line(product: Product, line_id: str, quantity: int) -> Line:
    gross = product.price_minor * quantity
    return Line(
        line_id,
        product.sku,
        quantity,
        gross,
        0,
        _tax_in(gross, product.tax_percent),
        product.category,
        product.brand,
        product.tags,
    )


def _less(line: Line, off_minor: int) -> Line:
    discount = line.discount_minor + off_minor
    tax = _tax_in(line.gross_minor - discount, _TAX[line.sku])
    return msgspec.structs.replace(line, discount_minor=discount, tax_minor=tax)


def _tax_in(amount_minor: int, percent: int) -> int:
    """The tax contained in an amount, rounded half up.

    >>> _tax_in(1190, 19)
    190
    """
    return (2 * amount_minor * percent + 100 + percent) // (2 * (100 + percent))
