"""Writes the reference of the program document, as Markdown, from its JSON Schema.

Every part is a section and every field a row: type, default, meaning, example. Examples are taken
from documents that are passed in, so that they are real ones; where those say nothing, the type
gives one. Nothing is written by hand here but the introduction.
"""

import json
from typing import Any

from regulars.core.document.reading import plain_scalar
from regulars.core.document.schema import Schema, alternatives, document_schema

_INTRODUCTION = """# The program document

A loyalty program is one document, in YAML or JSON. This page lists every part and field; it is
made from the models that read documents, with examples from `examples/programs/`. The same as a
JSON Schema for editors: [program.schema.json](program.schema.json). Check a document with
`regulars program check FILE`: it finds all mistakes at once, each with its place.

How values are written:

- **Decimals** (money, points, percentages) as text, `"1.50"`, or as plain numbers: both are read
  exactly as they are written, digit by digit, and never as binary fractions.
- **Times** as a number and a unit: `30 minutes`, `14 days`, `12 months`, `1 year`.
- **Local times** without a zone: `2027-03-01` or `2027-03-01T08:00` in the program's time zone.
- **Words for people** as one text, or by locale: `{en: Points, de: Punkte}`.
- **Ids** with small letters, digits and hyphens, beginning with a letter, 40 characters at most.
- YAML's tags, merge keys and duplicate keys are refused. A number in an unusual form (`007`, `1e3`)
  is a text; a plain number where a text belongs has to be quoted.

Limits: 256 KiB of text, 10 currencies, 200 rules, 200 rewards, 20 tiers; a condition has at most
200 parts on 6 levels.
"""

_ROOT = "ProgramDocument"
_EXAMPLE_LENGTH_MAX = 90

Examples = dict[tuple[str, str], Any]


def reference_text(documents: list[Any]) -> str:
    """The whole page. `documents` are example documents as plain values, first ones preferred."""
    schema = document_schema()
    examples: Examples = {}
    for document in documents:
        _collect(_ROOT, schema, document, examples)
    sections = [_INTRODUCTION, _section(_ROOT, "The document", schema, examples)]
    for name in _reading_order(schema):
        part = schema["$defs"][name]
        sections.append(_section(name, _title(name), part, examples))
    return "\n".join(sections)


def _section(name: str, title: str, part: Schema, examples: Examples) -> str:
    lines = [f"## {title}", "", part.get("description", ""), ""]
    properties = part.get("properties")
    if not properties:
        example = _example(examples.get((name, ""), _made_example(part)))
        lines += [f"Written as {_type(part)}, such as {example}.", ""]
        return "\n".join(lines)
    if part.get("maxProperties") is not None:
        lines += ["Every row beside the required ones excludes the others.", ""]
    lines += ["| field | type | default | meaning | example |", "|---|---|---|---|---|"]
    required = part.get("required", ())
    for field, schema in properties.items():
        meaning = _resolved(schema).get("description", "") if "$ref" in schema else ""
        meaning = schema.get("description", meaning)
        default = "**required**" if field in required else _default(schema)
        example = _example(examples.get((name, field), _made_example(schema)))
        cells = [f"`{field}`", _type(schema), default, meaning, example]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines.append("")
    return "\n".join(lines)


def _reading_order(schema: Schema) -> list[str]:
    """The parts in the order in which a reader meets them, from the top down."""
    order: dict[str, None] = {}
    waiting = list(_references(schema["properties"]))
    while waiting:
        name = waiting.pop(0)
        if name not in order:
            order[name] = None
            waiting[:0] = [one for one in _references(schema["$defs"][name]) if one not in order]
    return list(order)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for one in schema for name in _references(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return own + [name for one in schema.values() for name in _references(one)]


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{_title(name)}](#{_title(name).lower().replace(' ', '-')})"
    if "$comment" in schema:
        return str(schema["$comment"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches is not None:
        return " or ".join(dict.fromkeys(_type(branch) for branch in branches))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("patternProperties"):
        return f"object of {_type(next(iter(schema['patternProperties'].values())))} by name"
    names = {"string": "text", "boolean": "true or false", "integer": "whole number"}
    kind = str(schema.get("type", "any"))
    return names.get(kind, kind)


def _default(schema: Schema) -> str:
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""


def _example(value: Any) -> str:
    text = _flow(value)
    return f"`{text}`" if len(text) <= _EXAMPLE_LENGTH_MAX else f"`{text[:_EXAMPLE_LENGTH_MAX]}…`"


def _flow(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if isinstance(value, str):
        plain = value[:1].isalnum() and not set(value) & set(',:{}[]#"')
        is_text = isinstance(plain_scalar(value), str)
        return value if plain and is_text else json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool | int | None) else str(value)


def _made_example(schema: Schema) -> Any:
    """An example that the type itself gives."""
    if schema.get("$ref", "").endswith("/Condition"):
        return {"channel": ["store"]}
    whole = _resolved(schema)
    for key in ("const", "default"):
        if key in whole:
            return whole[key]
    if "enum" in whole:
        return whole["enum"][0]
    branches = whole.get("anyOf") or whole.get("oneOf")
    if branches is not None:
        return _made_example(branches[0])
    kind = whole.get("type")
    if kind == "array":
        return [_made_example(whole["items"])]
    if kind == "object":
        fields = whole.get("required") or list(whole.get("properties", ()))[:1]
        return {field: _made_example(whole["properties"][field]) for field in fields}
    made = {"boolean": True, "integer": whole.get("minimum", 1)}
    return made[str(kind)] if kind in made else _made_text(whole)


def _made_text(schema: Schema) -> str:
    pattern = str(schema.get("pattern", ""))
    for part, example in (
        ("(none|", "14 days"), ("day", "30 days"), ("T[0-9]", "2027-03-01T08:00"),
        ("[0-9]{2}-", "12-24"), ("24:00", "16:30"), ("[0-9]{1,15}", "1.50"),
    ):  # fmt: skip
        if part in pattern:
            return example
    return "2027-12-31" if schema.get("format") == "date" else "gold"


def _collect(name: str, schema: Schema, value: Any, examples: Examples) -> None:
    """Remember what a document writes for each field of each part."""
    for one in alternatives(schema, value):
        if isinstance(value, list) and "items" in one:
            for inside in value:
                _descend(one["items"], inside, examples)
        elif isinstance(value, dict):
            named = one.get("patternProperties")
            for key, inside in value.items():
                if named:
                    _descend(next(iter(named.values())), inside, examples)
                elif key in one.get("properties", {}):
                    examples.setdefault((name, key), inside)
                    _descend(one["properties"][key], inside, examples, name)
    examples.setdefault((name, ""), value)


def _descend(schema: Schema, value: Any, examples: Examples, inside: str = "") -> None:
    branches = schema.get("anyOf") or schema.get("oneOf") or [schema]
    for branch in branches:
        if "$ref" not in branch:
            _collect(f"{inside}.", branch, value, examples)
        elif alternatives({"anyOf": [branch]}, value):
            _collect(branch["$ref"].rpartition("/")[2], branch, value, examples)


def _resolved(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = document_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    return {**found, **{key: one for key, one in schema.items() if key != "$ref"}}


def _title(name: str) -> str:
    """`PayWithPoints` as `Pay with points`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()
