"""Returns that name no order, matched to the order lines that they take back.

Pure. A returned line goes to earlier lines (not later than the return) of the same customer and
code, the most recent first, as long as those have quantity left; it may split over several. Where
the export names the order, only that order is looked at. Money follows quantity: what was paid
back is shared over the parts by cumulative whole minor units, and never more than is left of a
line's own price. What finds no line is reported. Appending to an export changes no earlier match.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from regulars.core.events import Line
from regulars.imports.contracts import Reported
from regulars.imports.orders import Order, ReturnedRow, Sorted


@dataclass(slots=True)
class _Sold:
    """What is left of one order line that somebody returns something of."""

    order: Order
    line: Line
    quantity_left: int
    minor_left: int


@dataclass(slots=True)
class Taken:
    """How much of one line a return takes back, and what was paid back for it."""

    line: Line
    quantity: int = 0
    amount_minor: int = 0


@dataclass(slots=True)
class MatchedReturn:
    """One return order against one purchase. `rows` counts the returned lines whose first part
    went here, so that the rows of all matched returns add up to the returned lines."""

    return_order: Order
    purchase: Order
    taken: dict[str, Taken] = field(default_factory=dict)
    rows: int = 0


@dataclass(slots=True)
class Matching:
    """All matched returns in order of time, and what was left over."""

    matched: list[MatchedReturn]
    reported: list[Reported]


def match_returns(sorted_file: Sorted) -> Matching:
    """Match every returned row, in order of (time, first row of its order, row)."""
    sold = _sold_lines(sorted_file)
    matched: dict[tuple[str, str], MatchedReturn] = {}
    reported: list[Reported] = []
    in_time = sorted(
        sorted_file.returned,
        key=lambda row: (row.order.occurred_at, row.order.position, row.row),
    )
    for row in in_time:
        candidates = sold.get((row.customer, row.sku), [])
        reported.extend(_match_row(row, candidates, matched))
    return Matching(list(matched.values()), reported)


def _sold_lines(sorted_file: Sorted) -> dict[tuple[str, str], list[_Sold]]:
    """The order lines of every (customer, code) that comes back, the most recent first; lines of
    one order from its last to its first."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in sorted_file.returned:
        wanted[row.customer].add(row.sku)
    sold: dict[tuple[str, str], list[_Sold]] = {
        (customer, sku): [] for customer, skus in wanted.items() for sku in skus
    }
    orders = sorted(
        (o for o in sorted_file.orders.values() if o.lines and o.customer in wanted),
        key=lambda order: (order.occurred_at, order.position),
        reverse=True,
    )
    for order in orders:
        assert order.customer is not None, "only orders with a customer have lines"
        skus = wanted[order.customer]
        for line in reversed(order.lines):
            if line.sku in skus:
                paid = line.gross_minor - line.discount_minor
                sold[order.customer, line.sku].append(_Sold(order, line, line.quantity, paid))
    return sold


def _match_row(
    row: ReturnedRow, candidates: list[_Sold], matched: dict[tuple[str, str], MatchedReturn]
) -> list[Reported]:
    """Take one returned row from the candidates; gives what has to be reported of it."""
    done, paid_back, above_price = 0, 0, 0
    for sold in candidates:
        if done == row.quantity:
            break
        if not sold.quantity_left or not _may_take(row, sold.order):
            continue
        quantity = min(row.quantity - done, sold.quantity_left)
        # Cumulative shares: the parts of a row add up to its amount exactly.
        until = row.amount_minor * (done + quantity) // row.quantity
        asked = until - paid_back - above_price
        amount = min(asked, sold.minor_left)
        pair = (row.order.order_id, sold.order.order_id)
        one = matched.setdefault(pair, MatchedReturn(row.order, sold.order))
        taken = one.taken.setdefault(sold.line.line_id, Taken(sold.line))
        taken.quantity += quantity
        taken.amount_minor += amount
        one.rows += done == 0
        sold.quantity_left -= quantity
        sold.minor_left -= amount
        done += quantity
        paid_back += amount
        above_price += asked - amount
    return _left_over(row, done, paid_back, above_price, bool(candidates))


def _may_take(row: ReturnedRow, order: Order) -> bool:
    if row.return_of:
        return row.return_of == order.order_id
    return order.occurred_at <= row.order.occurred_at


def _left_over(
    row: ReturnedRow, done: int, paid_back: int, above_price: int, bought: bool
) -> list[Reported]:
    """The remainder in goods and the remainder in money, each where there is one."""
    left: list[Reported] = []
    if done == 0:
        detail = "bought later only, or all returned before" if bought else "never bought"
        left.append(_report(row, row.quantity, row.amount_minor, _NOTHING, detail, 1))
        return left
    if done < row.quantity:
        rest = row.amount_minor - paid_back - above_price
        detail = f"{done} of {row.quantity} matched"
        left.append(_report(row, row.quantity - done, rest, _REMAINDER, detail, 0))
    if above_price:
        detail = "more was paid back than was left of the price"
        left.append(_report(row, 0, above_price, _ABOVE, detail, 0))
    return left


_NOTHING = "return_without_purchase"
_REMAINDER = "return_remainder"
_ABOVE = "return_above_price"


def _report(
    row: ReturnedRow, quantity: int, amount_minor: int, reason: str, detail: str, lines: int
) -> Reported:
    return Reported(
        row.row,
        row.order.order_id,
        row.sku,
        row.description,
        row.customer,
        -quantity,
        -amount_minor,
        reason,
        detail,
        lines,
    )
