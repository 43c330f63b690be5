"""The door of imports: a file and a mapping become a plan, a plan is run through the intake.

    plan = read_and_match(path, load_mapping(mapping_path))
    for line in describe(plan.reconciliation): ...
    write_report(plan, report_path)
    result = await run(plan, intake, members, program_id=..., ...)

A plan is made without a database and changes nothing. Running the same plan again changes nothing
either: every event has its identity from the file.
"""

from pathlib import Path

from regulars.imports.contracts import Plan, PlannedEvent, Progress, RunResult
from regulars.imports.errors import MappingInvalid
from regulars.imports.mapping import Mapping, load_mapping, parse_mapping
from regulars.imports.matching import match_returns
from regulars.imports.orders import read_orders
from regulars.imports.planning import plan_events
from regulars.imports.reading import column_positions, open_export
from regulars.imports.reconciliation import describe, describe_result, reconcile
from regulars.imports.report import write_report
from regulars.imports.running import run

__all__ = [
    "Mapping",
    "Plan",
    "Progress",
    "RunResult",
    "describe",
    "describe_result",
    "fits",
    "load_mapping",
    "parse_mapping",
    "read_and_match",
    "run",
    "write_report",
]


def fits(path: Path, mapping: Mapping) -> bool:
    """Whether every column of the mapping stands in the export's header. Raises
    ExportUnreadable."""
    with open_export(path, mapping.file) as (header, _):
        try:
            column_positions(header, mapping.columns, path.name)
        except MappingInvalid:
            return False
    return True


def read_and_match(path: Path, mapping: Mapping) -> Plan:
    """Read an export, match its returns, account for every line. Same file, same plan.

    Raises ExportUnreadable and MappingInvalid; a line that cannot be used is reported instead.
    """
    sorted_file = read_orders(path, mapping)
    matching = match_returns(sorted_file)
    orders = list(sorted_file.orders.values())
    events, without_goods = plan_events(orders, matching.matched, mapping)
    reported = [*sorted_file.reported, *matching.reported, *without_goods]
    reported.sort(key=lambda one: one.row)
    return Plan(
        name=path.name,
        source=mapping.source,
        identifier=mapping.customer.identifier,
        currency=mapping.money.currency,
        customers=_customers(events),
        events=events,
        reported=reported,
        reconciliation=reconcile(sorted_file, events, reported, mapping.money),
    )


def _customers(events: list[PlannedEvent]) -> tuple[tuple[str, int], ...]:
    first: dict[str, int] = {}
    for planned in events:
        first.setdefault(planned.customer, planned.event.occurred_at)
    return tuple(first.items())
