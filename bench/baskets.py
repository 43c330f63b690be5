"""The orders of the benchmarks: baskets of a seeded shop, as core purchases and as JSON.

Five lines each, with skus, categories, brands, discounts and tax, as a shop sends them. The same
seed gives the same baskets everywhere, so that what is decided in memory is what is sent by HTTP.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from regulars.core.events import Line, Payment, Purchase

LINES = 5
CATEGORIES = ("kitchen", "garden", "outdoor", "gifts", "bath", "books", "toys", "office")
BRANDS = ("meadow", "hearth", "linden", "orchard", "harbour")
CURRENCY = "GBP"

_SKUS = 2000
_SKUS_WEIGHED = 6  # the exponent that makes some products far more popular than others
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Product:
    """What stands in the shop; the price is for one unit, tax included."""

    sku: str
    category: str
    brand: str
    price_minor: int


@dataclass(frozen=True)
class Basket:
    """One order, without an identity and without its member."""

    lines: tuple[Line, ...]
    channel: str
    store: str
    coupons: tuple[str, ...]
    payments: tuple[Payment, ...]

    def purchase(self) -> Purchase:
        """The order as the engine sees it."""
        return Purchase(
            self.lines,
            channel=self.channel,
            store=self.store,
            payments=self.payments,
            coupons=self.coupons,
            currency=CURRENCY,
        )

    def order(self) -> dict[str, Any]:
        """The order as a caller of the API writes it."""
        return {
            "currency": CURRENCY,
            "channel": self.channel,
            "store": self.store,
            "coupons": list(self.coupons),
            "payments": [
                {"method": one.method, "amount_minor": one.amount_minor} for one in self.payments
            ],
            "lines": [_wire_line(line) for line in self.lines],
        }

    def json_tail(self) -> bytes:
        """The order as JSON without the opening brace, to be put behind id and member."""
        return _json(self.order())[1:]


def baskets(seed: int, count: int) -> list[Basket]:
    """`count` baskets; the same for the same seed."""
    random = Random(seed)
    products = _products(random)
    return [_basket(random, products) for _ in range(count)]


def _products(random: Random) -> list[Product]:
    return [
        Product(
            f"SKU-{number:05d}",
            random.choice(CATEGORIES),
            random.choice(BRANDS),
            random.choice((99, 195, 250, 399, 595, 850, 1250, 1699, 2450, 3999)),
        )
        for number in range(_SKUS)
    ]


def _basket(random: Random, products: list[Product]) -> Basket:
    lines = tuple(_line(random, products, number) for number in range(1, LINES + 1))
    total = sum(line.gross_minor - line.discount_minor for line in lines)
    channel = random.choice(("web", "web", "app", "store"))
    gift_card = min(total, 1000) if random.random() < 0.05 else 0
    payments = [Payment("card", total - gift_card)]
    if gift_card:
        payments.append(Payment("gift_card", gift_card))
    return Basket(
        lines=lines,
        channel=channel,
        store=f"store-{random.randint(1, 40)}" if channel == "store" else "",
        coupons=("LETTER",) if random.random() < 0.1 else (),
        payments=tuple(payments),
    )


def _line(random: Random, products: list[Product], number: int) -> Line:
    product = products[int(len(products) * random.random() ** _SKUS_WEIGHED)]
    quantity = random.choice((1, 1, 1, 2, 3))
    gross = quantity * product.price_minor
    discount = gross * random.choice((5, 10, 20)) // 100 if random.random() < 0.3 else 0
    tax = (gross - discount) - (gross - discount) * 100 // 120
    return Line(
        line_id=str(number),
        sku=product.sku,
        quantity=quantity,
        gross_minor=gross,
        discount_minor=discount,
        tax_minor=tax,
        category=product.category,
        brand=product.brand,
        tags=("no-points",) if random.random() < 0.02 else (),
    )


def _wire_line(line: Line) -> dict[str, Any]:
    return {
        "id": line.line_id,
        "sku": line.sku,
        "quantity": line.quantity,
        "gross_minor": line.gross_minor,
        "discount_minor": line.discount_minor,
        "tax_minor": line.tax_minor,
        "category": line.category,
        "brand": line.brand,
        "tags": list(line.tags),
    }
