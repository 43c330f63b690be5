"""An order in another currency, converted to the program's.

Every list of amounts is converted as one total, rounded half_even, and shared out over its lines in
proportion (largest remainder), so that the lines of a converted order add up to the converted
order. The rate is the caller's and is kept with the order; this module knows none.
"""

from collections.abc import Sequence

import msgspec

from regulars.core.document.iso_currencies import MINOR_UNITS
from regulars.core.events import Payment, Purchase
from regulars.core.money import allocate, divide_half_even, power_of_ten, to_ratio


def convert_order(order: Purchase, rate: str, decimals: int) -> Purchase:
    """`order`, in minor units of `order.currency`, in a currency with so many `decimals`.

    `rate` is the text of a decimal above zero: units of the target for one unit of the source. It
    is kept in the result. Discounts never exceed their line, payments never the order. KeyError for
    a currency that ISO 4217 does not list.

    >>> from regulars.core.events import Line
    >>> line = Line("1", "SOAP", 1, 1000)
    >>> convert_order(Purchase(lines=(line,), currency="USD"), "0.925", 2).lines[0].gross_minor
    925

    Three equal lines of a total that does not divide: the parts add up to it.

    >>> thirds = tuple(Line(str(at), "SOAP", 1, 333) for at in range(3))
    >>> converted = convert_order(Purchase(lines=thirds, currency="USD"), "0.925", 2)
    >>> [line.gross_minor for line in converted.lines], converted.rate
    ([308, 308, 308], '0.925')
    """
    top, bottom = to_ratio(rate, "rate")
    numerator = top * power_of_ten(decimals)
    denominator = bottom * power_of_ten(MINOR_UNITS[order.currency])

    def convert(amounts: Sequence[int]) -> list[int]:
        if not amounts:
            return []
        total = divide_half_even(sum(amounts) * numerator, denominator)
        return allocate(total, amounts)

    gross = convert([line.gross_minor for line in order.lines])
    discounts = convert([line.discount_minor for line in order.lines])
    taxes = convert([line.tax_minor for line in order.lines])
    lines = tuple(
        msgspec.structs.replace(
            line, gross_minor=whole, discount_minor=min(discount, whole), tax_minor=tax
        )
        for line, whole, discount, tax in zip(order.lines, gross, discounts, taxes, strict=True)
    )
    (shipping,) = convert([order.shipping_minor])
    (shipping_tax,) = convert([order.shipping_tax_minor])
    converted = msgspec.structs.replace(
        order, lines=lines, shipping_minor=shipping, shipping_tax_minor=shipping_tax, rate=rate
    )
    paid = convert([payment.amount_minor for payment in order.payments])
    most = order_total(converted)
    exact = sum(payment.amount_minor for payment in order.payments) == order_total(order)
    if paid and (exact or sum(paid) > most):
        # Rounding line by line may differ by a unit from rounding the payment.
        paid = allocate(most, [payment.amount_minor for payment in order.payments])
    payments = tuple(
        Payment(payment.method, amount)
        for payment, amount in zip(order.payments, paid, strict=True)
    )
    return msgspec.structs.replace(converted, payments=payments)


def order_total(order: Purchase) -> int:
    """What an order costs in its minor units: lines after discounts, shipping, and the tax where
    the amounts do not contain it.

    >>> from regulars.core.events import Line
    >>> line = Line("1", "SOAP", 2, 1000, discount_minor=100, tax_minor=171)
    >>> order_total(Purchase((line,), tax_included=False, shipping_minor=490))
    1561
    """
    goods = sum(line.gross_minor - line.discount_minor for line in order.lines)
    total = goods + order.shipping_minor
    if order.tax_included:
        return total
    return total + sum(line.tax_minor for line in order.lines) + order.shipping_tax_minor
