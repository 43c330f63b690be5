"""The published files are those that the models make, and say what the check says."""

import json
import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta
from tests.core.document.documents import EXAMPLES, REPOSITORY, edited, example

from regulars.core.document import document_schema
from regulars.core.document.reading import read_tree
from regulars.programs.write_docs import documents_made

MADE = documents_made(EXAMPLES)


@pytest.mark.parametrize("name", sorted(MADE))
def test_published_file_is_current(name: str) -> None:
    published = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    assert published == MADE[name], "run: python -m regulars.programs.write_docs"


def test_schema_is_sound() -> None:
    meta.validate(document_schema())
    assert json.loads(json.dumps(document_schema())) == document_schema()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_fit_the_schema(path: Any) -> None:
    errors = list(Draft202012Validator(document_schema()).iter_errors(plain(path.read_text())))
    assert errors == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{subtotal: {", "{subtotl: {"),
        ("{subtotal: {at", "{channel: [web], subtotal: {at"),
        ("kind: rounded", "kind: roundd"),
        ("refund: prop", "refnd: prop"),
        ("fixed: \"100\"", "fixd: \"100\""),
        ("combine: initial", "combine: inital"),
        ("refund_wait: 30 days", "refund_wait: soon"),
        ("currency: points, fixed: \"100\"", "fixed: \"100\""),
        ("id: base", "id: Base Rule"),
    ],
)  # fmt: skip
def test_schema_refuses_what_it_can_say(before: str, after: str) -> None:
    text = edited(example("meadow_club"), before, after)
    assert not Draft202012Validator(document_schema()).is_valid(plain(text))


def test_every_field_has_a_meaning() -> None:
    silent = []
    for name, part in {"ProgramDocument": document_schema(), **document_schema()["$defs"]}.items():
        assert part.get("description"), name
        for field, schema in part.get("properties", {}).items():
            if "description" not in schema and "$ref" not in schema:
                silent.append(f"{name}.{field}")
    assert silent == []


def test_every_link_of_the_reference_leads_somewhere() -> None:
    page = MADE["program-reference.md"]
    headings = {
        title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", page, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def plain(text: str) -> Any:
    """As a JSON Schema validator would see it: decimals are numbers."""
    return json.loads(json.dumps(read_tree(text)[0].plain(), default=float))
