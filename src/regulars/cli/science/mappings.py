"""Which mapping a file is read with: one of `regulars science`, or the one of `regulars import`.

The two rooms do not know each other; here the second is said in the words of the first.
"""

from pathlib import Path
from typing import Any

from regulars.imports.facade import load_mapping as load_import_mapping
from regulars.insights import facade as insights


def mapping_of(path: Path) -> insights.Mapping:
    """The mapping in a file, whichever of the two kinds it is; MappingInvalid says what is wrong
    with it as what it says it is."""
    if _is_for_import(path):
        return insights.checked_mapping(_translated(load_import_mapping(path)), path.name)
    return insights.load_mapping(path)


def _is_for_import(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.startswith("regulars_import:") for line in lines)


def _translated(given: Any) -> dict[str, Any]:
    """The document of `regulars science` that says what an import's mapping says of orders."""
    columns = given.columns
    leave_out = [
        {"column": columns.sku, "matches": rule.code, "reason": rule.reason}
        for rule in given.not_goods
    ]
    if given.adjustments is not None:
        leave_out.append(
            {
                "column": columns.order,
                "matches": f"{given.adjustments.order_prefix}.*",
                "reason": given.adjustments.reason,
            }
        )
    return {
        "regulars_science": 1,
        "file": given.file.model_dump(),
        "numbers": {
            "currency": given.money.currency,
            "decimal_mark": given.money.decimal_mark,
            "thousands_mark": given.money.thousands_mark,
        },
        "time": {"formats": list(given.time.formats)},
        "columns": {
            "customer": columns.customer,
            "time": columns.time,
            "order": columns.order,
            "item": columns.sku,
            "description": columns.description,
            "quantity": columns.quantity,
            "unit_price": columns.unit_price,
            "value": columns.line_total,
            "discount": columns.discount,
        },
        "returns": {
            "order_prefix": given.returns.order_prefix,
            "negative": given.returns.negative_quantity,
        },
        "leave_out": leave_out,
    }
