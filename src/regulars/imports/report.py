"""The report file: one CSV row for every line, or remainder of a line, that is not imported."""

import csv
from pathlib import Path

from regulars.imports.contracts import Plan
from regulars.imports.reconciliation import money_text

_HEADER = ("row", "order", "sku", "description", "customer", "quantity", "amount", "reason", "why")


def write_report(plan: Plan, path: Path) -> int:
    """Write the report, replacing the file; gives the number of rows. `row` counts the export's
    records with its header as 1; amounts have the sign that they have in the export.

    A field that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    decimals = plan.reconciliation.decimals
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        for one in plan.reported:
            texts = (one.order_id, one.sku, one.description, one.customer)
            amount = money_text(one.amount_minor, decimals).replace(",", "")
            writer.writerow(
                (one.row, *map(_harmless, texts), one.quantity, amount, one.reason, one.detail)
            )
    return len(plan.reported)


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in "=+-@\t\r" and text else text
