"""Rows to orders, returned lines and reported lines: each line gets exactly one of these.

Reads from `reading`, knows nothing of events. Which class a line belongs to is decided in a fixed
order (`_Sorter.uncommon`): what cannot be read, book-keeping, no customer, codes that are no
goods, then sign of quantity and price. Almost all lines are plain sales, so the loop has one test
for those and everything else goes the long way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from regulars.core.events import Line
from regulars.imports.contracts import SHIPPING, Reported
from regulars.imports.mapping import Mapping
from regulars.imports.reading import Picker, Row, column_positions, open_export, picker
from regulars.imports.values import FINE, Amounts, Codes, Instants, Quantities, rounded

SALE, RETURN, ADJUSTMENT = range(3)
NEVER = 1 << 62

_LINE_FIELDS = ("order", "time", "customer", "sku", "quantity")
_EXTRA_FIELDS = ("discount", "tax", "category", "brand", "tags")
_ORDER_FIELDS = ("store", "channel", "device", "coupon", "payment", "currency")
_SHIPPING_FIELDS = ("shipping", "shipping_tax")


@dataclass(slots=True)
class Order:
    """One order as read so far. `customer` is None until a line names one, and stays None for
    orders that are no sale or have a `trouble`, a reason that holds for all their lines.
    `shipping_minor` is of the lines that are shipping, `order_shipping_minor` of the order's own
    column.
    `occurred_at` is the earliest instant of its lines, NEVER while none could be read."""

    order_id: str
    kind: int
    position: int
    time_text: str | None
    customer: str | None = None
    occurred_at: int = NEVER
    several_times: bool = False
    line_count: int = 0
    lines: list[Line] = field(default_factory=list)
    shipping_minor: int = 0
    order_shipping_minor: int = 0
    shipping_tax_minor: int = 0
    shipping_lines: list[Reported] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A line that takes goods back; `quantity` and `amount_minor` are positive here."""

    row: int
    order: Order
    sku: str
    description: str
    customer: str
    quantity: int
    amount_minor: int
    return_of: str


@dataclass(slots=True)
class Sorted:
    """A whole file, sorted, with the totals counted on the way (fine units where it says so)."""

    orders: dict[str, Order] = field(default_factory=dict)
    returned: list[ReturnedRow] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    lines: int = 0
    lines_without_customer: int = 0
    quantity: int = 0
    total_fine: int = 0
    rounding_fine: int = 0


def read_orders(path: Path, mapping: Mapping) -> Sorted:
    """Sort every line of an export; ExportUnreadable or MappingInvalid where that cannot begin."""
    with open_export(path, mapping.file) as (header, rows):
        positions = column_positions(header, mapping.columns, path.name)
        return _Sorter(mapping, positions, len(header)).sort(rows)


@dataclass(slots=True)
class _Facts:
    """One uncommon row as read; `quantity` and `amount_fine` (of the line) are 0 where unreadable,
    `minor` is the rounded amount with the sign it has in the file."""

    number: int
    row: Row
    order: Order
    index: int
    customer: str
    sku: str
    quantity: int
    amount_fine: int
    minor: int
    reason: str


class _Sorter:
    """The state of one pass over a file."""

    def __init__(self, mapping: Mapping, positions: dict[str, int], width: int) -> None:
        self.result = Sorted()
        self.mapping = mapping
        self.width = width
        amount = "unit_price" if "unit_price" in positions else "line_total"
        self.per_unit = amount == "unit_price"
        self.pick = picker(positions, (*_LINE_FIELDS, amount))
        self.pick_rare = picker(positions, ("description", "return_of"))
        self.pick_order = picker(positions, _ORDER_FIELDS)
        self.pick_shipping = picker(positions, _SHIPPING_FIELDS)
        self.pick_extra: Picker | None = None
        if not positions.keys().isdisjoint(_EXTRA_FIELDS):
            self.pick_extra = picker(positions, _EXTRA_FIELDS)
        self.quantities = Quantities()
        self.amounts = Amounts(mapping.money)
        self.instants = Instants(mapping.time)
        self.codes = Codes(mapping)
        self.line_ids = [str(number) for number in range(1, 1001)]

    def sort(self, rows: Iterator[Row]) -> Sorted:
        """The one pass. Local names keep the test for a plain sale below a microsecond."""
        result, width, pick, per_unit = self.result, self.width, self.pick, self.per_unit
        quantities, amounts, codes = self.quantities, self.amounts, self.codes
        line_ids, uncommon, simple = self.line_ids, self.uncommon, self.pick_extra is None
        order = Order("", ADJUSTMENT, 0, "")
        number, quantity_sum, fine_sum = 1, 0, 0
        for number, row in enumerate(rows, 2):
            if len(row) != width:
                self._report_width(number, row)
                continue
            row.append("")
            order_id, time_text, customer, sku, quantity_text, amount_text = pick(row)
            if order_id != order.order_id:
                order = self._order(order_id, number, time_text, row)
            index = order.line_count
            order.line_count = index + 1
            quantity, amount = quantities[quantity_text], amounts[amount_text]
            if (
                quantity
                and amount
                and simple
                and quantity > 0
                and amount > 0
                and customer == order.customer
                and time_text == order.time_text
                and codes[sku] is None
                and sku
                and index < 1000
            ):
                fine = quantity * amount if per_unit else amount
                if not fine % FINE:
                    quantity_sum += quantity
                    fine_sum += fine
                    order.lines.append(Line(line_ids[index], sku, quantity, fine // FINE))
                    continue
            uncommon(number, row, order, index)
        result.lines = number - 1
        result.quantity += quantity_sum
        result.total_fine += fine_sum
        return result

    def uncommon(self, number: int, row: Row, order: Order, index: int) -> None:
        """Anything but a plain sale: count it, find its class, put it there."""
        facts = self._facts(number, row, order, index)
        reason = facts.reason or self._nobody(facts) or self._no_goods(facts)
        if reason == SHIPPING:
            order.shipping_minor += facts.minor
            order.shipping_lines.append(self._report_of(facts, "shipping_without_goods"))
            return
        reason = reason or self._wrong_sign(facts)
        if reason:
            self.result.reported.append(self._report_of(facts, reason))
        elif facts.quantity < 0:
            self._take_back(facts)
        else:
            self._sell(facts)

    def _facts(self, number: int, row: Row, order: Order, index: int) -> _Facts:
        """Read the row, count it in the totals, and keep the order's earliest time."""
        _, time_text, customer, sku, quantity_text, amount_text = self.pick(row)
        result, reason = self.result, ""
        quantity, amount = self.quantities[quantity_text], self.amounts[amount_text]
        instant = self.instants[time_text]
        if instant is None:
            reason = "unreadable_time"
        elif instant != order.occurred_at:
            order.several_times = order.several_times or order.occurred_at != NEVER
            order.occurred_at = min(order.occurred_at, instant)
        if quantity is None:
            reason, quantity = "unreadable_quantity", 0
        if amount is None:
            reason, amount = "unreadable_amount", 0
        if self.per_unit:
            amount *= quantity
        elif quantity < 0:
            # A total stands for the whole line; some shops print that of a return without sign.
            amount = -abs(amount)
        fine = amount
        minor = fine // FINE if not fine % FINE else rounded(fine, self.mapping.money.rounding)
        result.quantity += quantity
        result.total_fine += fine
        result.rounding_fine += fine - minor * FINE
        if not customer:
            result.lines_without_customer += 1
        return _Facts(number, row, order, index, customer, sku, quantity, fine, minor, reason)

    def _nobody(self, facts: _Facts) -> str:
        """Reasons that lie in the order or its customer; the first customer of an order is its."""
        order = facts.order
        if not order.order_id:
            return "no_order"
        if order.trouble:
            return order.trouble
        if not facts.customer:
            return "no_customer"
        if order.kind == SALE:
            if order.customer is None:
                order.customer = facts.customer
            elif order.customer != facts.customer:
                return "other_customer"
        return "" if facts.sku else "no_sku"

    def _no_goods(self, facts: _Facts) -> str:
        """The reason of a code that is no goods; SHIPPING where its money joins the order's."""
        rule = self.codes[facts.sku]
        if rule is None:
            return ""
        joins = rule.becomes == "shipping" and facts.order.kind == SALE
        return SHIPPING if joins and facts.quantity > 0 and facts.minor >= 0 else rule.reason

    def _wrong_sign(self, facts: _Facts) -> str:
        """Reasons that lie in quantity and price of goods."""
        if facts.quantity == 0:
            return "zero_quantity"
        if facts.amount_fine == 0:
            if self.mapping.zero_prices == "report":
                return "zero_price"
        elif (facts.amount_fine < 0) != (facts.quantity < 0):
            return "negative_price"
        if facts.order.kind == RETURN:
            return "positive_quantity_on_return" if facts.quantity > 0 else ""
        if facts.quantity < 0 and not self.mapping.returns.negative_quantity:
            return "negative_quantity"
        return ""

    def _sell(self, facts: _Facts) -> None:
        """A sale with more columns, a rounded amount, or another time than its order's first."""
        line_id = str(facts.index + 1)
        if self.pick_extra is None:
            facts.order.lines.append(Line(line_id, facts.sku, facts.quantity, facts.minor))
            return
        discount_text, tax_text, category, brand, tags = self.pick_extra(facts.row)
        discount = self._minor(discount_text)
        tax = self._minor(tax_text)
        if discount is None or tax is None or abs(discount) > facts.minor:
            reason = "discount_above_price" if discount and tax is not None else "unreadable_amount"
            self.result.reported.append(self._report_of(facts, reason))
            return
        parts = tuple(tags.split("|")) if tags else ()
        facts.order.lines.append(
            Line(
                line_id,
                facts.sku,
                facts.quantity,
                facts.minor,
                abs(discount),
                tax,
                category,
                brand,
                parts,
            )
        )

    def _take_back(self, facts: _Facts) -> None:
        description, return_of = self.pick_rare(facts.row)
        self.result.returned.append(
            ReturnedRow(
                facts.number,
                facts.order,
                facts.sku,
                description,
                facts.customer,
                -facts.quantity,
                -facts.minor,
                return_of,
            )
        )

    def _order(self, order_id: str, number: int, time_text: str, row: Row) -> Order:
        """The order of an id, opened by its first row."""
        order = self.result.orders.get(order_id)
        if order is not None or not order_id:
            return order or Order("", ADJUSTMENT, number, None)
        returns, adjustments = self.mapping.returns, self.mapping.adjustments
        order = Order(order_id, SALE, number, None)
        if adjustments and order_id.startswith(adjustments.order_prefix):
            order.kind, order.trouble = ADJUSTMENT, adjustments.reason
        elif returns.order_prefix and order_id.startswith(returns.order_prefix):
            order.kind = RETURN
        instant = self.instants[time_text]
        if instant is not None:
            order.time_text, order.occurred_at = time_text, instant
        values = self.pick_order(row)
        order.details = {name: v for name, v in zip(_ORDER_FIELDS, values, strict=True) if v}
        order.trouble = order.trouble or self._trouble(order, row)
        if order.kind == SALE and not order.trouble:
            order.customer = self.pick(row)[2] or None
        self.result.orders[order_id] = order
        return order

    def _trouble(self, order: Order, row: Row) -> str:
        """Read the order's own amounts; a reason that keeps the whole order out, or nothing."""
        currency = order.details.get("currency", self.mapping.money.currency)
        if currency != self.mapping.money.currency:
            return "other_currency"
        shipping, tax = (self._minor(text) for text in self.pick_shipping(row))
        if shipping is None or tax is None or shipping < 0 or tax < 0:
            return "unreadable_shipping"
        order.order_shipping_minor, order.shipping_tax_minor = shipping, tax
        return ""

    def _minor(self, text: str) -> int | None:
        """An optional amount in whole minor units; nothing is 0."""
        if not text:
            return 0
        fine = self.amounts[text]
        return None if fine is None else rounded(fine, self.mapping.money.rounding)

    def _report_of(self, facts: _Facts, reason: str) -> Reported:
        return Reported(
            facts.number,
            facts.order.order_id,
            facts.sku,
            self.pick_rare(facts.row)[0],
            facts.customer,
            facts.quantity,
            facts.minor,
            reason,
        )

    def _report_width(self, number: int, row: Row) -> None:
        detail = f"{len(row)} fields, the header has {self.width}"
        text = " | ".join(row)
        self.result.reported.append(
            Reported(number, "", "", text, "", 0, 0, "wrong_number_of_fields", detail)
        )
