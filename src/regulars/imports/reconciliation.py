"""Every line of an export accounted for: the classes, their sums, and whether they meet the totals.

The totals are counted while the file is read; the classes are summed afterwards over the events
that will be submitted and over the report. They meet only if no line was lost or counted twice.
"""

from collections.abc import Iterable

from regulars.core.events import Purchase
from regulars.imports.contracts import (
    IMPORTED_CLASSES,
    PURCHASED,
    RETURNED,
    SHIPPING,
    LineClass,
    PlannedEvent,
    Reconciliation,
    Reported,
    RunResult,
    Tally,
)
from regulars.imports.mapping import Money
from regulars.imports.orders import Sorted
from regulars.imports.values import FINE, exact_text
from regulars.platform.counting import counted


def reconcile(
    sorted_file: Sorted, events: list[PlannedEvent], reported: list[Reported], money: Money
) -> Reconciliation:
    """Sum the classes and compare them with the file's totals; never raises."""
    tallies = _tallies(events, reported)
    classes = tuple(
        LineClass(name, name in IMPORTED_CLASSES, one.lines, one.quantity, one.amount_minor)
        for name, one in tallies.items()
    )
    amount = sum(one.amount_minor for one in classes)
    orders = sorted_file.orders.values()
    customers = {order.customer for order in orders if order.customer}
    customers.update(one.customer for one in reported if one.customer)
    customers.update(one.customer for one in sorted_file.returned)
    refunds = sum(one.purchase is not None for one in events)
    balanced = (
        sum(one.lines for one in classes) == sorted_file.lines
        and sum(one.quantity for one in classes) == sorted_file.quantity
        and amount * FINE + sorted_file.rounding_fine == sorted_file.total_fine
    )
    return Reconciliation(
        currency=money.currency,
        decimals=money.decimals,
        lines=sorted_file.lines,
        orders=len(orders),
        customers=len(customers),
        lines_without_customer=sorted_file.lines_without_customer,
        orders_with_several_times=sum(order.several_times for order in orders),
        quantity=sorted_file.quantity,
        exact_total_text=exact_text(sorted_file.total_fine, money.decimals),
        rounding_text=exact_text(sorted_file.rounding_fine, 0),
        amount_minor=amount,
        classes=classes,
        purchases=len(events) - refunds,
        refunds=refunds,
        balanced=balanced,
    )


def _tallies(events: list[PlannedEvent], reported: list[Reported]) -> dict[str, Tally]:
    """Imported classes first, then the reasons from the most lines to the fewest."""
    imported = {name: Tally() for name in IMPORTED_CLASSES}
    for planned in events:
        body = planned.event.body
        if not isinstance(body, Purchase):
            imported[RETURNED].add(planned)
            continue
        goods = imported[PURCHASED]
        quantity = sum(line.quantity for line in body.lines)
        gross = sum(line.gross_minor for line in body.lines)
        goods.lines += len(body.lines)
        goods.quantity += quantity
        goods.amount_minor += gross
        shipping = imported[SHIPPING]
        shipping.lines += planned.lines - len(body.lines)
        shipping.quantity += planned.quantity - quantity
        shipping.amount_minor += planned.amount_minor - gross
    reasons: dict[str, Tally] = {}
    for one in reported:
        tally = reasons.setdefault(one.reason, Tally())
        tally.lines += one.lines
        tally.quantity += one.quantity
        tally.amount_minor += one.amount_minor
    by_size = sorted(reasons.items(), key=lambda entry: (-entry[1].lines, entry[0]))
    return {name: one for name, one in imported.items() if one.lines} | dict(by_size)


def describe(reconciliation: Reconciliation) -> list[str]:
    """The reconciliation as lines of text for a terminal."""
    r = reconciliation
    rows = [
        ("", "lines", "quantity", r.currency),
        *(_row(one, r.decimals) for one in r.classes if one.imported),
        ("  reported, not imported:", "", "", ""),
        *(_row(one, r.decimals) for one in r.classes if not one.imported),
        (
            "sum of the classes",
            f"{sum(one.lines for one in r.classes):,}",
            f"{sum(one.quantity for one in r.classes):,}",
            money_text(r.amount_minor, r.decimals),
        ),
    ]
    return [
        f"{counted(r.lines, 'line')} of {counted(r.orders, 'order')} and "
        f"{counted(r.customers, 'customer')} become {counted(r.purchases, 'purchase')} and "
        f"{counted(r.refunds, 'refund')}",
        f"without a customer: {counted(r.lines_without_customer, 'line')}; with several times, of "
        f"which the earliest counts: {counted(r.orders_with_several_times, 'order')}",
        *_table(rows),
        f"the file: {counted(r.lines, 'line')}, quantity {r.quantity:,}, "
        f"{r.exact_total_text} {r.currency} exactly; rounding lines to whole minor units took off "
        f"{r.rounding_text} of them",
        "every line is accounted for, to the penny"
        if r.balanced
        else "THE SUMS DO NOT MEET: this is a fault of the import, please report it",
    ]


def describe_result(result: RunResult, decimals: int) -> list[str]:
    """What became of the events, as lines of text for a terminal."""
    entries: Iterable[tuple[str, Tally]] = [
        ("recorded", result.recorded),
        ("unchanged (recorded before)", result.unchanged),
        ("parked until their purchase comes", result.parked),
        *((f"refused: {code}", one) for code, one in sorted(result.refused.items())),
        *((f"not recorded: {code}", one) for code, one in sorted(result.problems.items())),
    ]
    rows = [("", "events", "lines", "amount")]
    rows += [
        (name, f"{one.events:,}", f"{one.lines:,}", money_text(one.amount_minor, decimals))
        for name, one in entries
        if one.events
    ]
    enrolled = (
        f"{counted(result.members_enrolled, 'member')} enrolled, {result.members_known:,} known"
    )
    return [enrolled, *_table(rows), *(f"{one}: {why}" for one, why in result.first_problems)]


def money_text(minor: int, decimals: int) -> str:
    """Minor units for people.

    >>> money_text(-123456, 2)
    '-1,234.56'
    """
    whole, part = divmod(abs(minor), 10**decimals)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{fraction}"


def _row(one: LineClass, decimals: int) -> tuple[str, str, str, str]:
    amount = money_text(one.amount_minor, decimals)
    return one.name, f"{one.lines:,}", f"{one.quantity:,}", amount


def _table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3))]).rstrip()
        for row in rows
    ]
