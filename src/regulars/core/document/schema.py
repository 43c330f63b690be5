"""The published JSON Schema (draft 2020-12) of the program document, made from its models.

Keyed unions appear as objects with one of several properties, which editors complete well. What a
schema cannot say (references between parts, order, decimals of a currency) only the check says.
"""

from functools import lru_cache
from typing import Any

from regulars.core.document.conditions import Not
from regulars.core.document.earning import Earn
from regulars.core.document.part import KeyedPart
from regulars.core.document.program import ProgramDocument
from regulars.core.document.times import Duration

SCHEMA_ID = "https://regulars.dev/schema/program-1.json"
_CONDITION = "#/$defs/Condition"

Schema = dict[str, Any]


@lru_cache(maxsize=1)
def document_schema() -> Schema:
    """The JSON Schema of version 1 of the document; the same object each time: do not change it."""
    made = ProgramDocument.model_json_schema(by_alias=True, mode="validation")
    definitions: dict[str, Schema] = made.pop("$defs")
    for part in _single_field_parts():
        _unwrap(definitions, part)
    _spread_formula(definitions[Earn.__name__])
    # The condition stands in many places; it is described once, under its own name.
    condition = definitions[Not.__name__]
    definitions[Not.__name__] = {"$ref": _CONDITION, "description": condition["description"]}
    definitions["Condition"] = {
        **{key: inside for key, inside in condition.items() if key != "description"},
        "description": "What must hold: an object with exactly one key, which says what is asked.",
    }
    _refer_to_condition(definitions, set(condition["properties"]))
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **made,
        "$defs": definitions,
    }
    _tidy(schema)
    schema["$defs"] = dict(sorted(definitions.items()))
    return schema


def fields_allowed(path: list[str | int], plain: Any) -> list[str]:
    """The field names that the document may have in the object at `path`; empty if it is free.

    `plain` is the document as plain values: a `kind` or `type` in it chooses among alternatives.
    """
    schemas = [document_schema()]
    for segment in path:
        inside: list[Schema] = []
        for schema in schemas:
            inside += _below(schema, segment, plain)
        schemas = inside
        plain = _step(plain, segment)
    names: dict[str, None] = {}
    for schema in schemas:
        for one in alternatives(schema, plain):
            names.update(dict.fromkeys(one.get("properties", ())))
    return list(names)


def _below(schema: Schema, segment: str | int, plain: Any) -> list[Schema]:
    found = []
    for one in alternatives(schema, plain):
        if isinstance(segment, int) and "items" in one:
            found.append(one["items"])
        elif segment in one.get("properties", {}):
            found.append(one["properties"][segment])
        elif "patternProperties" in one:
            found += one["patternProperties"].values()
    return found


def alternatives(schema: Schema, plain: Any) -> list[Schema]:
    """The schema without references, or the branches of its union that fit what stands there."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return alternatives(document_schema()["$defs"][name], plain)
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches is None:
        return [schema]
    flat = [one for branch in branches for one in alternatives(branch, plain)]
    return [one for one in flat if _may_fit(one, plain)]


def _may_fit(schema: Schema, plain: Any) -> bool:
    if not isinstance(plain, dict):
        return True
    return all(
        "const" not in inside or plain.get(name) == inside["const"]
        for name, inside in schema.get("properties", {}).items()
    )


def _step(plain: Any, segment: str | int) -> Any:
    try:
        return plain[segment]
    except (KeyError, IndexError, TypeError):
        return None


def _single_field_parts() -> list[type[KeyedPart]]:
    found: list[type[KeyedPart]] = []
    waiting: list[type[KeyedPart]] = [KeyedPart]
    while waiting:
        part = waiting.pop()
        waiting += part.__subclasses__()
        if getattr(part, "kind", None) is not None and part.content is not None:
            found.append(part)
    return found


def _unwrap(definitions: dict[str, Schema], part: type[KeyedPart]) -> None:
    """What stands under the key of a single-field part is that field's value itself."""
    whole = definitions[part.__name__]
    assert part.content is not None, "only for parts that are one field"
    name = part.model_fields[part.content].alias or part.content
    definitions[part.__name__] = {
        **whole["properties"][name],
        "description": whole["description"],
    }


def _spread_formula(earn: Schema) -> None:
    """The formula's key stands beside `currency`, in one object of two properties."""
    formula = earn["properties"].pop("formula")
    earn["properties"] |= formula["properties"]
    earn["required"] = ["currency"]
    earn["minProperties"] = earn["maxProperties"] = 2


def _refer_to_condition(schemas: Schema, kinds: set[str]) -> None:
    for name, schema in schemas.items():
        if not isinstance(schema, dict) or name == "Condition":
            continue
        for branch in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
            if isinstance(branch, dict) and set(branch.get("properties", ())) == kinds:
                description = branch.get("description")
                branch.clear()
                branch["$ref"] = _CONDITION
                if description is not None:
                    branch["description"] = description
        _refer_to_condition(schema.get("properties", {}), kinds)


def _tidy(schema: Any) -> None:
    """Leave out the titles that repeat a name, and null where leaving out is what is meant."""
    if isinstance(schema, list):
        for one in schema:
            _tidy(one)
        return
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    schema.pop("discriminator", None)
    if isinstance(schema.get("description"), str):
        schema["description"] = " ".join(schema["description"].split())
    for bound in ("minimum", "maximum", "exclusiveMinimum"):
        if isinstance(schema.get(bound), float) and schema[bound].is_integer():
            schema[bound] = int(schema[bound])
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    _tidy_default(schema)
    _drop_null(schema)
    for one in list(schema.values()):
        _tidy(one)


def _tidy_default(schema: Schema) -> None:
    """Defaults as a document would write them; a part's own defaults stand with its fields."""
    default = schema.get("default", 0)
    if isinstance(default, dict) and set(default) == {"count", "unit"}:
        schema["default"] = str(Duration(**default))
    elif default is None or (isinstance(default, dict) and "kind" not in default):
        del schema["default"]


def _drop_null(schema: Schema) -> None:
    branches = schema.get("anyOf")
    if not isinstance(branches, list) or {"type": "null"} not in branches:
        return
    branches.remove({"type": "null"})
    if len(branches) == 1:
        del schema["anyOf"]
        for name, inside in branches[0].items():
            schema.setdefault(name, inside)
