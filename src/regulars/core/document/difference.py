"""What changed between two documents, in words that a loyalty manager can read.

Parts with an id (rules, rewards, tiers) are matched by it, so that a rule put in between does not
make every later one look changed; a change of their order is said once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from regulars.core.document.findings import pointer
from regulars.core.document.program import ProgramDocument

_SHOWN_MAX = 120
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `path` points into the newer document, or into the older for what was removed;
    `before` and `after` are plain JSON values, None where there was or is nothing."""

    kind: Literal["added", "removed", "changed", "moved"]
    path: str
    before: Any
    after: Any
    words: str


def difference(older: ProgramDocument, newer: ProgramDocument) -> list[Change]:
    """The changes from one document to another; empty if they mean the same."""
    return list(_compare([], [], older.as_written(), newer.as_written()))


def _compare(path: list[str | int], names: list[str], before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            old, new = before.get(key, _MISSING), after.get(key, _MISSING)
            yield from _compare([*path, key], [*names, key], old, new)
    elif _has_ids(before) and _has_ids(after):
        yield from _compare_by_id(path, names, before, after)
    else:
        yield _change(path, names, before, after)


def _compare_by_id(
    path: list[str | int], names: list[str], before: list[Any], after: list[Any]
) -> Iterator[Change]:
    old = {part["id"]: (index, part) for index, part in enumerate(before)}
    new = {part["id"]: (index, part) for index, part in enumerate(after)}
    for id_ in dict.fromkeys([*old, *new]):
        name = [*names[:-1], f"{_singular(names[-1])} {id_}"]
        index = new[id_][0] if id_ in new else old[id_][0]
        was = old[id_][1] if id_ in old else _MISSING
        now = new[id_][1] if id_ in new else _MISSING
        yield from _compare([*path, index], name, was, now)
    stayed_before = [id_ for id_ in old if id_ in new]
    stayed_after = [id_ for id_ in new if id_ in old]
    if stayed_before != stayed_after:
        words = f"the order of {names[-1]} is now {', '.join(new)}"
        yield Change("moved", pointer(path), list(old), list(new), words)


def _change(path: list[str | int], names: list[str], before: Any, after: Any) -> Change:
    what = " / ".join(names)
    place = pointer(path)
    if before is _MISSING:
        return Change("added", place, None, after, f"{what} is new: {_shown(after)}")
    if after is _MISSING:
        return Change("removed", place, before, None, f"{what} is gone; it was {_shown(before)}")
    words = f"{what} was {_shown(before)} and is now {_shown(after)}"
    return Change("changed", place, before, after, words)


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(part, dict) and isinstance(part.get("id"), str) for part in value
    )


def _singular(name: str) -> str:
    return {"earning": "rule", "rewards": "reward", "ladder": "tier"}.get(name, name)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 3] + "..."
