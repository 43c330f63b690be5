"""What has come back of an order, and what is left of it.

A line is wholly back when all its units are, whatever was paid back for them. Until then what came
back is a share of its price: the amount that was paid back, or where nobody says how much, the
units in proportion.
"""

from msgspec.structs import replace

from regulars.core.effects import RefundedLine, RefundProgress
from regulars.core.events import Line, Payment, Purchase
from regulars.core.money import share


class Remainder:
    """The returns of one purchase added up, by line. Amounts are minor units of the discounted
    price (`gross - discount`)."""

    def __init__(self, purchase: Purchase, progress: RefundProgress) -> None:
        self._purchase = purchase
        self._index = {line.line_id: at for at, line in enumerate(purchase.lines)}
        self._quantities = [0] * len(purchase.lines)
        self._amounts = [0] * len(purchase.lines)
        self._shipping = progress.shipping
        for line in progress.lines:
            at = self._index[line.line_id]
            self._quantities[at] = line.quantity
            self._amounts[at] = line.amount_minor

    def __contains__(self, line_id: str) -> bool:
        """Whether the order has a line of that id."""
        return line_id in self._index

    @property
    def whole(self) -> bool:
        """Whether every line is wholly back."""
        return all(self.is_back(at) for at in range(len(self._quantities)))

    def left(self, line_id: str) -> tuple[int, int]:
        """Units and money left of a line."""
        at = self._index[line_id]
        line = self._purchase.lines[at]
        return line.quantity - self._quantities[at], _price(line) - self._amounts[at]

    def take(self, line_id: str, quantity: int, amount_minor: int) -> None:
        """Units of a line come back, for `amount_minor` or (-1) their share of its price."""
        at = self._index[line_id]
        line = self._purchase.lines[at]
        self._quantities[at] += quantity
        if self._quantities[at] >= line.quantity and amount_minor < 0:
            self._amounts[at] = _price(line)
        elif amount_minor < 0:
            # Cumulative, so that the parts of a line add up to its price.
            target = share(_price(line), self._quantities[at], line.quantity)
            self._amounts[at] = max(self._amounts[at], target)
        else:
            self._amounts[at] += amount_minor

    def take_all(self) -> None:
        """Everything that is left comes back."""
        for at, line in enumerate(self._purchase.lines):
            self._quantities[at] = line.quantity
            self._amounts[at] = _price(line)

    def is_back(self, at: int) -> bool:
        """Whether a line is wholly back."""
        line = self._purchase.lines[at]
        if line.quantity == 0:
            return self._amounts[at] >= _price(line)
        return self._quantities[at] >= line.quantity

    def of(self, at: int, amount: int) -> int:
        """The returned share of something that belongs to a line: rounded half_even."""
        if self.is_back(at):
            return amount
        price = _price(self._purchase.lines[at])
        if price > 0:
            return share(amount, self._amounts[at], price)
        return share(amount, self._quantities[at], self._purchase.lines[at].quantity)

    def share_of_order(self) -> tuple[int, int]:
        """How much of the goods' price has come back, and the price."""
        lines = self._purchase.lines
        prices = [_price(line) for line in lines]
        return sum(self.of(at, price) for at, price in enumerate(prices)), sum(prices)

    def progress(self) -> tuple[RefundedLine, ...]:
        """What has come back, for the journal: the lines of which anything has."""
        return tuple(
            RefundedLine(line.line_id, quantity, amount)
            for line, quantity, amount in zip(
                self._purchase.lines, self._quantities, self._amounts, strict=True
            )
            if quantity or amount
        )

    def order(self, shipping_back: bool) -> Purchase:
        """The order as if only the rest had been bought; means of payment shrink in proportion."""
        lines = tuple(
            self._left_of(at, line)
            for at, line in enumerate(self._purchase.lines)
            if not self.is_back(at)
        )
        back, whole = self.share_of_order()
        payments = tuple(
            Payment(each.method, each.amount_minor - share(each.amount_minor, back, whole))
            for each in self._purchase.payments
        )
        if shipping_back:
            return replace(
                self._purchase,
                lines=lines,
                payments=payments,
                shipping_minor=0,
                shipping_tax_minor=0,
            )
        return replace(self._purchase, lines=lines, payments=payments)

    def _left_of(self, at: int, line: Line) -> Line:
        return replace(
            line,
            quantity=line.quantity - self._quantities[at],
            gross_minor=line.gross_minor - self.of(at, line.gross_minor),
            discount_minor=line.discount_minor - self.of(at, line.discount_minor),
            tax_minor=line.tax_minor - self.of(at, line.tax_minor),
        )


def _price(line: Line) -> int:
    return max(line.gross_minor - line.discount_minor, 0)
