"""Rows of a file become orders and order lines, with returns taken off what was bought.

Owns what a file of orders means: lines with one order id are one order (without ids every row is
an order), a return reduces the customer's latest earlier orders, and an order with nothing left is
none. Answers the arrays that the science takes; days are float64 since 1970.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from regulars.insights.contracts import Coded, Floats, Integers, LeftOut, Rows
from regulars.insights.errors import Unfit
from regulars.insights.mapping import Mapping, require
from regulars.insights.reading import Wanted, read_rows
from regulars.science.contracts import Booleans, Lines, Orders

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a file of orders says. `customers` and `items` are the labels of the codes; `lines` is
    None where the file names no items; `item_names` are descriptions, or the items themselves."""

    name: str
    rows: int
    orders: Orders
    customers: tuple[str, ...]
    lines: Lines | None
    items: tuple[str, ...]
    item_names: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    currency: str

    @property
    def first_day(self) -> float:
        """Midnight of the day of the first order."""
        return float(np.floor(self.orders.day.min()))

    @property
    def end_day(self) -> float:
        """Midnight after the day of the last order: what is known is known until then."""
        return float(np.floor(self.orders.day.max())) + 1.0


def read_shop(path: Path, mapping: Mapping, command: str, *, items: bool = False) -> Shop:
    """The orders of a file, and its lines where `items` are asked for."""
    needed = ["customer", "time"]
    needed += ["item"] if items else ["value|quantity+unit_price"]
    require(mapping, command, *needed)
    rows = read_rows(path, mapping, _wanted(mapping, items))
    customer = rows.words["customer"]
    value = _line_value(rows)
    returned = _returned(rows, value, mapping)
    orders, left_out = _orders(rows, value, returned)
    lines: Lines | None = None
    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    if items:
        lines, labels, names = _lines(rows, returned)
    return Shop(
        rows.name, rows.count, orders, customer.labels, lines, labels, names,
        (*rows.left_out, *left_out), mapping.numbers.currency,
    )  # fmt: skip


def day_text(day: float) -> str:
    """A day as 2011-12-31."""
    return str(_EPOCH + timedelta(days=int(np.floor(day))))


def day_number(text: str) -> float:
    """Midnight of a date such as 2011-12-31."""
    try:
        return float((date.fromisoformat(text) - _EPOCH).days)
    except ValueError:
        raise Unfit(f"{text} is no date", "Give a day such as 2011-12-31.") from None


def _wanted(mapping: Mapping, items: bool) -> list[Wanted]:
    columns = mapping.columns
    known = [
        ("customer", columns.customer, "word", False),
        ("time", columns.time, "day", False),
        ("order", columns.order, "word", False),
        ("value", columns.value, "number", False),
        ("quantity", columns.quantity, "number", False),
        ("unit_price", columns.unit_price, "number", False),
        ("discount", columns.discount, "number", True),
    ]
    if items:
        known += [
            ("item", columns.item, "word", False),
            ("description", columns.description, "word", True),
        ]
    return [
        Wanted(meaning, name, kind, optional)  # type: ignore[arg-type]
        for meaning, name, kind, optional in known
        if name is not None
    ]


def _line_value(rows: Rows) -> Floats:
    numbers = rows.numbers
    if "value" in numbers:
        value = numbers["value"]
    elif "unit_price" in numbers:
        value = numbers["quantity"] * numbers["unit_price"]
    else:
        value = numbers.get("quantity", np.ones(rows.count))
    return value - numbers["discount"] if "discount" in numbers else value


def _returned(rows: Rows, value: Floats, mapping: Mapping) -> Booleans:
    """Which rows take something back."""
    returned: Booleans = np.zeros(rows.count, dtype=np.bool_)
    prefix = mapping.returns.order_prefix
    if prefix and "order" in rows.words:
        order = rows.words["order"]
        returned = np.array([label.startswith(prefix) for label in order.labels])[order.codes]
    if mapping.returns.negative:
        returned = returned | (value < 0)
        if "quantity" in rows.numbers:
            returned = returned | (rows.numbers["quantity"] < 0)
    return returned


def _orders(rows: Rows, value: Floats, returned: Booleans) -> tuple[Orders, list[LeftOut]]:
    """One order per customer and order id, returns netted; and what became of the returns."""
    customer, day = rows.words["customer"], rows.numbers["time"]
    key = np.arange(rows.count)
    if "order" in rows.words:
        order = rows.words["order"]
        key = customer.codes * np.int64(len(order.labels)) + order.codes
    kept, group = np.unique(key[~returned], return_inverse=True)
    if not kept.size:
        raise Unfit(f"{rows.name}: every row is a return", "Look at `returns` in the mapping.")
    totals: Floats = np.bincount(group, weights=value[~returned], minlength=kept.size).astype(
        np.float64
    )
    days = np.full(kept.size, np.inf)
    np.minimum.at(days, group, day[~returned])
    who = np.zeros(kept.size, dtype=np.int64)
    who[group] = customer.codes[~returned]
    unmatched = 0
    if returned.any():
        back = (customer.codes[returned], day[returned], np.abs(value[returned]))
        before = totals
        totals, unmatched = _netted(who, days, before, *back)
        # A free order that nothing was taken off is an order.
        stays = (totals > 0) | (totals == before)
        gone = int(np.count_nonzero(~stays))
        who, days, totals = who[stays], days[stays], totals[stays]
    notes = []
    if returned.any():
        notes = [
            LeftOut("orders that were wholly returned", gone),
            LeftOut("returns of something bought before the file begins", unmatched),
        ]
    if not who.size:
        raise Unfit(f"{rows.name}: every order was returned", "Look at `returns` in the mapping.")
    orders = Orders(who, days, totals, len(customer.labels))
    return orders, [one for one in notes if one.rows]


def _netted(
    who: Integers,
    days: Floats,
    totals: Floats,
    back_who: Integers,
    back_day: Floats,
    back_value: Floats,
) -> tuple[Floats, int]:
    """What is left of each order when every return was taken off the latest orders before it, and
    how many returns found nothing to be taken off."""
    left = totals.copy()
    by_customer = np.lexsort((days, who))
    starts = np.searchsorted(who[by_customer], np.arange(int(max(who.max(), back_who.max())) + 2))
    unmatched = 0
    for row in np.argsort(back_day, kind="stable"):
        mine = by_customer[starts[back_who[row]] : starts[back_who[row] + 1]]
        open_ = float(back_value[row])
        before = int(np.searchsorted(days[mine], back_day[row], side="right"))
        for order in mine[:before][::-1]:
            taken = min(open_, max(float(left[order]), 0.0))
            left[order] -= taken
            open_ -= taken
            if open_ <= 0:
                break
        unmatched += open_ > 0 and open_ == float(back_value[row])
    # A rest far below the smallest coin is the rounding of the subtraction, not money.
    return np.where(left < 1e-6, 0.0, left), unmatched


def _lines(rows: Rows, returned: Booleans) -> tuple[Lines, tuple[str, ...], tuple[str, ...]]:
    """What was bought, returns left out: the interest was there all the same."""
    item, customer = rows.words["item"], rows.words["customer"]
    quantity = rows.numbers.get("quantity", np.ones(rows.count))
    kept = ~returned & (quantity > 0)
    lines = Lines(
        customer.codes[kept], item.codes[kept], rows.numbers["time"][kept], quantity[kept],
        len(customer.labels), len(item.labels),
    )  # fmt: skip
    return lines, item.labels, _names(item, rows.words.get("description"))


def _names(item: Coded, description: Coded | None) -> tuple[str, ...]:
    """What to call an item: its most frequent description, or the item itself."""
    if description is None:
        return item.labels
    pair = item.codes * np.int64(len(description.labels)) + description.codes
    pairs, counts = np.unique(pair, return_counts=True)
    names = list(item.labels)
    # Ascending by count: the most frequent one is written last and stays.
    for place in np.argsort(counts, kind="stable"):
        code, words = divmod(int(pairs[place]), len(description.labels))
        if description.labels[words]:
            names[code] = description.labels[words]
    return tuple(names)
