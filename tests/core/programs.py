"""Small programs for tests: a document is a few lines, compiled for Europe/Berlin."""

from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML
from tests.core.zones import at, zone_table

from regulars.core.compiled import Program
from regulars.core.conditions.subject import Subject
from regulars.core.document import ProgramDocument
from regulars.core.events import Activity, Line, Purchase
from regulars.core.program import compile_program

MEADOW = Path(__file__).parents[2] / "examples" / "programs" / "meadow_club.yaml"
TUESDAY = "2027-03-02T16:30"

POINTS: dict[str, Any] = {"name": "Points", "value": "0.01", "breakage": "0"}


def compiled(document: dict[str, Any], version: int = 1) -> Program:
    read = ProgramDocument.model_validate(document)
    return compile_program(read, version, zone_table(read.time_zone))


def program(*rules: dict[str, Any], **parts: Any) -> Program:
    """A program of rules; a rule may leave out what the test is not about."""
    given = [
        {"id": f"rule-{number}", "name": f"Rule {number}", "on": "purchase"} | rule
        for number, rule in enumerate(rules)
    ]
    return compiled(
        {
            "regulars": 1,
            "program": "test",
            "name": "Test",
            "money": {"currency": "EUR", "decimals": 2},
            "time_zone": "Europe/Berlin",
            "currencies": {"points": POINTS},
            "earning": given,
        }
        | parts
    )


def meadow() -> Program:
    return compiled(YAML(typ="safe").load(MEADOW.read_text(encoding="utf-8")))


def fixed(points: str = "10", **rule: Any) -> dict[str, Any]:
    return {"earn": {"currency": "points", "fixed": points}} | rule


def per_euro(points: str = "1", **rule: Any) -> dict[str, Any]:
    formula = {"each": "1.00", "points": points}
    return {"earn": {"currency": "points", "per_money": formula}} | rule


def line(gross: int = 1000, number: int = 1, **fields: Any) -> Line:
    return msgspec.convert(
        {"line_id": str(number), "sku": f"S-{number}", "quantity": 1, "gross_minor": gross}
        | fields,
        LineFields,
    ).line()


class LineFields(msgspec.Struct):
    """A line by names, since the real one is read by position."""

    line_id: str
    sku: str
    quantity: int
    gross_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()

    def line(self) -> Line:
        return Line(*msgspec.structs.astuple(self))


def order(*lines: Line, **fields: Any) -> Purchase:
    return Purchase(lines or (line(),), **fields)


def buying(purchase: Purchase | None = None, moment: str = TUESDAY, **member: Any) -> Subject:
    """A purchase by a member who joined on 2025-05-01."""
    given = {"nth_purchase": 1, "enrolled_at": at("2025-05-01T10:00")} | member
    return Subject("purchase", at(moment), purchase or order(), **given)


def doing(kind: str, moment: str = TUESDAY, channel: str = "", **fields: Any) -> Subject:
    """Another event, with its payload fields."""
    return Subject(kind, at(moment), Activity(fields, channel), enrolled_at=at("2025-05-01T10:00"))
