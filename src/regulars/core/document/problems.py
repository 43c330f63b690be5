"""Turns what validation says about a document into findings at their place in the text.

One mistake becomes one finding: it points at the key or value that is wrong, lists what is allowed
there, and suggests the nearest. Knows pydantic's error types; nothing else in the room does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from regulars.core.document.findings import Finding, closest, one_of, pointer
from regulars.core.document.reading import Node, Path
from regulars.core.document.schema import fields_allowed
from regulars.core.document.values import (
    EVENT_TYPE_PATTERN,
    ID_PATTERN,
    LOCALE_PATTERN,
    NAME_PATTERN,
)

_PATTERNS = {
    ID_PATTERN: "a small letter, then small letters, digits and hyphens; 40 at most",
    NAME_PATTERN: "a small letter, then small letters, digits and underscores; 40 at most",
    EVENT_TYPE_PATTERN: "small letters, digits and underscores, with dots between words",
    LOCALE_PATTERN: "a BCP 47 locale such as en or pt-BR",
    r"^[A-Z]{3}$": "an ISO 4217 code of three capitals, such as EUR",
    r"^[A-Za-z0-9_+/-]{1,64}$": "an IANA time zone such as Europe/Berlin",
}

_SHAPES: dict[str, tuple[str, str]] = {
    "string_type": ("type", "a text"),
    "int_type": ("type", "a whole number"),
    "bool_type": ("type", "true or false"),
    "dict_type": ("type", "an object"),
    "model_type": ("type", "an object"),
    "model_attributes_type": ("type", "an object"),
    "tuple_type": ("type", "a list"),
    "string_too_short": ("length", "at least {min_length} characters"),
    "string_too_long": ("length", "at most {max_length} characters"),
    "too_short": ("length", "at least {min_length} of them"),
    "too_long": ("length", "at most {max_length} of them"),
    "greater_than_equal": ("range", "{ge} or more"),
    "less_than_equal": ("range", "{le} or less"),
    "keyed_shape": ("type", "an object with one key, one of {allowed}"),
    "union_tag_not_found": ("missing_field", "an object that begins with {discriminator}"),
}


def finding_of(error: ErrorDetails, root: Node, plain: Any) -> Finding:
    """The finding for one validation error of the tree `root`, whose plain values are `plain`."""
    path, rest = place_of(error["loc"], root)
    context: Mapping[str, Any] = error.get("ctx", {})
    reader = _READERS.get(error["type"], _read_general)
    return reader(_Place(root, plain, path, rest), error["type"], context)


def place_of(location: Sequence[int | str], root: Node) -> tuple[Path, list[str | int]]:
    """The document path of pydantic's location, and what of its end has no place in the text.

    The location names the branches of unions too; those are no keys of the text and are skipped.
    """
    path: Path = []
    node = root
    rest: list[str | int] = []
    for segment in location:
        below = node.child(segment)
        if below is None:
            rest.append(segment)
        else:
            path.append(segment)
            node, rest = below, []
    return path, rest


class _Place:
    """Where an error stands: the tree, the path into it, and the node at its end."""

    def __init__(self, root: Node, plain: Any, path: Path, rest: list[str | int]) -> None:
        node = root.at(path)
        assert node is not None, "place_of answers paths that exist"
        self.root, self.plain, self.path, self.rest, self.node = root, plain, path, rest, node

    def finding(
        self, code: str, expected: str, *, found: str = "", suggestion: str | None = None
    ) -> Finding:
        """A finding at the value."""
        node = self.node
        return Finding(
            "error", code, pointer(self.path), node.line, node.column,
            found or node.words(), expected, suggestion,
        )  # fmt: skip

    def at_key(self, key: object, code: str, expected: str, allowed: Sequence[str]) -> Finding:
        """A finding at one of the value's keys."""
        name = str(key)
        node = self.node.keys.get(name, self.node)
        return Finding(
            "error", code, pointer([*self.path, name]), node.line, node.column,
            f'"{name[:60]}"', expected, closest(name, allowed),
        )  # fmt: skip


_Reader = Callable[[_Place, str, Mapping[str, Any]], Finding]


def _read_general(place: _Place, kind: str, context: Mapping[str, Any]) -> Finding:
    """Errors that say all there is to say: our own with `expected`, and shapes."""
    if "expected" in context and kind not in _SHAPES:
        if "key" in context:
            return place.at_key(context["key"], kind, context["expected"], ())
        return place.finding(kind, str(context["expected"]))
    code, template = _SHAPES.get(kind, (kind, "another value"))
    filled = {
        name: one_of(value) if isinstance(value, list) else value for name, value in context.items()
    }
    expected = template.format_map(_Named(filled))
    node = place.node
    is_scalar = not isinstance(node.content, dict | list | str) and node.content is not None
    quoted = f'"{node.written}"' if kind == "string_type" and is_scalar else None
    if quoted is not None:
        expected = f"a text: write it in quotes, {quoted}"
    return place.finding(code, expected)


class _Named(dict[str, Any]):
    """A missing name stays readable instead of raising."""

    def __missing__(self, key: str) -> str:
        return key


def _read_missing(place: _Place, _kind: str, _context: Mapping[str, Any]) -> Finding:
    name = str(place.rest[-1]) if place.rest else "a field"
    if name == "formula":
        return place.finding("missing_field", 'a formula beside currency, such as fixed: "10"')
    present = list(place.node.content) if isinstance(place.node.content, dict) else []
    misspelt = closest(name, present)
    hint = f" (is {misspelt} meant to be it?)" if misspelt is not None else ""
    return place.finding("missing_field", f"the field {name}{hint}", found=f"no field {name}")


def _read_unknown(place: _Place, _kind: str, _context: Mapping[str, Any]) -> Finding:
    *inside, key = place.path
    parent = _Place(place.root, place.plain, inside, [])
    allowed = fields_allowed(inside, place.plain)
    return parent.at_key(key, "unknown_field", f"one of {one_of(allowed)}", allowed)


def _read_keyed_unknown(place: _Place, _kind: str, context: Mapping[str, Any]) -> Finding:
    allowed = context["allowed"]
    expected = f"a {context['noun']}: one of {one_of(allowed)}"
    return place.at_key(context["key"], f"unknown_{_code(context['noun'])}", expected, allowed)


def _read_keyed_count(place: _Place, _kind: str, context: Mapping[str, Any]) -> Finding:
    keys, noun = context["keys"], context["noun"]
    if not keys:
        return place.finding(
            "one_key", f"a {noun}: exactly one key of {one_of(context['allowed'])}"
        )
    expected = f"exactly one key for a {noun}"
    if noun == "condition":
        expected += "; put several into {all: [...]} or {any: [...]}"
    return place.finding("one_key", expected, found=f"{len(keys)} keys: {one_of(keys)}")


def _read_choice(place: _Place, _kind: str, context: Mapping[str, Any]) -> Finding:
    listed = str(context.get("expected") or context.get("expected_tags"))
    allowed = [text or number for text, number in re.findall(r"'([^']*)'|(\d+)", listed)]
    discriminator = str(context.get("discriminator", "")).strip("'")
    if discriminator and place.node.child(discriminator) is not None:
        place = _Place(place.root, place.plain, [*place.path, discriminator], [])
    return place.finding(
        "unknown_choice", one_of(allowed), suggestion=closest(place.node.content, allowed)
    )


def _read_pattern(place: _Place, _kind: str, context: Mapping[str, Any]) -> Finding:
    expected = _PATTERNS.get(context["pattern"], f"a text that matches {context['pattern']}")
    if place.rest[-1:] == ["[key]"]:  # the name in an object of named parts is what is wrong
        *inside, key = place.path
        return _Place(place.root, place.plain, inside, []).at_key(key, "pattern", expected, ())
    return place.finding("pattern", expected, suggestion=_as_id(place.node.content, context))


def _as_id(content: object, context: Mapping[str, Any]) -> str | None:
    """An id that is nearly right, made right."""
    if context["pattern"] != ID_PATTERN or not isinstance(content, str):
        return None
    made = re.sub(r"[^a-z0-9]+", "-", content.lower()).strip("-")[:40]
    return made if re.fullmatch(ID_PATTERN, made) else None


def _code(noun: str) -> str:
    return noun.split()[0]


_READERS: dict[str, _Reader] = {
    "missing": _read_missing,
    "extra_forbidden": _read_unknown,
    "keyed_unknown": _read_keyed_unknown,
    "keyed_count": _read_keyed_count,
    "literal_error": _read_choice,
    "union_tag_invalid": _read_choice,
    "string_pattern_mismatch": _read_pattern,
}
