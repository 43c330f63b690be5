"""Turns the bytes of a body into checked, typed values, or says exactly what is wrong with them.

Two steps. `read_json` is stricter than JSON libraries are by default: it refuses invalid UTF-8,
duplicate keys, NaN and Infinity, numbers and nesting beyond any use, NUL characters (PostgreSQL
cannot store them) and lone surrogates. `to_struct` then converts to a msgspec Struct and turns
its message into a problem with pointer, found and expected.

Most bodies have nothing to be refused for: they are read by msgspec, and checks that cost little
prove that the strict decoder would have read the same. What they cannot prove goes to it.
"""

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from regulars.web.api.problems import ApiProblem, escape_pointer

DEPTH_MAX = 32

_encode = msgspec.json.Encoder().encode

_Struct = TypeVar("_Struct")
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_TYPE = re.compile(r"Expected `(.*)`, got `(.*)`", re.DOTALL)
_RANGE = re.compile(r"Expected (.*)", re.DOTALL)
_KEYS = {"object": "an object", "array": "a list", "str": "a text", "int": "a whole number"}


class _DuplicateKey(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _Unproven(ValueError):
    """The quick way of reading cannot tell whether a body is to be refused."""


def read_json(body: bytes) -> Any:
    """The JSON value of a body. Raises ApiProblem: malformed_json with its position, or
    invalid_text."""
    try:
        value = _read_quickly(body)
    except (ValueError, RecursionError):
        value = _read_strictly(body)
    if b"\\u" in body:
        _check_text(value, "")
    return value


def _read_quickly(body: bytes) -> Any:
    """The value, as the strict decoder would read it. Raises ValueError (msgspec's errors are
    such) or RecursionError where that is not certain.

    msgspec keeps the last of two values under one key. What it drops has at least the colon behind
    its key, and a colon is always written as itself, unless it was escaped: so written again, the
    value has as many colons as the body if and only if nothing was dropped. A body without a space
    too many is the same bytes then, which is told sooner.
    """
    value = _QUICK.decode(body)
    written = _encode(value)
    if written != body and (b"\\u003" in body or written.count(b":") != body.count(b":")):
        raise _Unproven
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and not _is_flat(body):
        raise _Unproven
    return value


def _is_flat(body: bytes) -> bool:
    """Whether valid JSON surely has at most DEPTH_MAX levels.

    Of the body only quotes and brackets are kept. Quotes that stand next to each other are taken
    out in pairs: if none is left, every bracket has an even number of them before it, and so stands
    outside of texts (a backslash, which could hide a quote, is kept and never goes away). Taking
    out the innermost brackets then takes one level at a time.
    """
    left = body.translate(_BRACKETS, _NO_BRACKETS).replace(b'""', b"")
    for _ in range(DEPTH_MAX):
        left = left.replace(b"[]", b"")
        if not left:
            return True
    return False


def _read_strictly(body: bytes) -> Any:
    try:
        value = _DECODE(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ApiProblem(
            "malformed_json", f"invalid UTF-8 at byte {error.start}", expected="UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise ApiProblem(
            "malformed_json",
            f"{error.msg} at line {error.lineno}, column {error.colno} (character {error.pos})",
        ) from None
    except _DuplicateKey as error:
        raise ApiProblem(
            "malformed_json",
            "a key stands twice in one object",
            found=error.key,
            expected="each key of an object once",
        ) from None
    except RecursionError:
        _refuse_depth()
    except ValueError as error:
        # Python refuses to read numbers of thousands of digits.
        raise ApiProblem("malformed_json", "a number has too many digits") from error
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX:
        _check_depth(value)
    return value


def to_struct(value: Any, wanted: type[_Struct], prefix: str = "") -> _Struct:
    """Convert a JSON value; ApiProblem tells pointer (below `prefix`), found and expected."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise _explain(str(error), value).under(prefix) from None


def query_struct(parameters: list[tuple[str, str]], wanted: type[_Struct]) -> _Struct:
    """Convert query parameters; the pointer of a problem is `?name`."""
    values = dict(parameters)
    if len(values) != len(parameters):
        raise ApiProblem("malformed_request", "a query parameter stands twice", pointer="?")
    for name, text in values.items():
        if "\0" in text or "\0" in name:
            raise ApiProblem("invalid_text", pointer=f"?{name.replace(chr(0), '')}", found=text)
    try:
        return msgspec.convert(values, wanted, strict=False)
    except msgspec.ValidationError as error:
        problem = _explain(str(error), values)
        if problem.pointer is not None:
            problem.pointer = "?" + problem.pointer.removeprefix("/")
        raise problem from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKey(key)
            seen.add(key)
    return result


def _no_constant(text: str) -> NoReturn:
    raise ApiProblem("malformed_json", f"{text} is no JSON number", found=text)


def _no_float(text: str) -> NoReturn:
    # Hardly a field takes one; how it is rounded is left to the strict decoder.
    raise _Unproven


_QUICK = msgspec.json.Decoder(float_hook=_no_float)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b'"\\[]{}'))
_DECODE = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode


def _refuse_depth() -> NoReturn:
    raise ApiProblem(
        "malformed_json", "too deeply nested", expected=f"at most {DEPTH_MAX} levels"
    ) from None


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_MAX + 1):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
        if not deeper:
            return
        level = deeper
    _refuse_depth()


def _check_text(value: Any, pointer: str) -> None:
    """Refuse NUL and lone surrogates, which only an escape can have brought in."""
    if isinstance(value, str):
        if "\0" in value or not _encodable(value):
            raise ApiProblem(
                "invalid_text", pointer=pointer, found=value, expected="no NUL, no lone surrogate"
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, pointer)
            _check_text(item, f"{pointer}/{escape_pointer(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, f"{pointer}/{index}")


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _explain(message: str, value: Any) -> ApiProblem:
    """The problem that a msgspec message describes. Its wording is pinned by a test."""
    match = _WHERE.fullmatch(message)
    assert match is not None
    what, path = match["what"], match["path"] or "$"
    pointer, found = _follow(value, path)
    if missing := _MISSING.fullmatch(what):
        return ApiProblem(
            "missing_field",
            pointer=f"{pointer}/{escape_pointer(missing[1])}",
            found="nothing",
            expected="a value",
        )
    if unknown := _UNKNOWN.fullmatch(what):
        return ApiProblem(
            "unknown_field",
            pointer=f"{pointer}/{escape_pointer(unknown[1])}",
            found=unknown[1],
            expected="only documented fields",
        )
    if wrong := _TYPE.fullmatch(what):
        expected = " or ".join(_KEYS.get(name.strip(), name) for name in wrong[1].split("|"))
        return ApiProblem("wrong_type", pointer=pointer, found=found, expected=expected)
    if outside := _RANGE.fullmatch(what):
        expected = outside[1].replace("`", "").replace("array", "list").replace("str ", "text ")
        return ApiProblem("out_of_range", pointer=pointer, found=found, expected=expected)
    return ApiProblem("invalid_value", what.replace("`", ""), pointer=pointer, found=found)


def _follow(value: Any, path: str) -> tuple[str, Any]:
    """The JSON pointer of a msgspec path, and what stands there in the value as sent."""
    pointer, current = "", value
    for match in _STEP.finditer(path):
        if match[1] is not None:
            pointer += f"/{escape_pointer(match[1])}"
            current = current.get(match[1]) if isinstance(current, dict) else None
        elif match[2] is not None:
            pointer += f"/{match[2]}"
            index = int(match[2])
            inside = isinstance(current, list) and index < len(current)
            current = current[index] if inside else None
        else:
            break  # a key of a mapping: msgspec does not say which
    return pointer, current
