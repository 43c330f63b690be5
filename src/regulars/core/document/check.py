"""Checks the text of a program document and loads it.

All findings come at once: those of the text, of each part, and, over all parts that are sound, of
what they say about each other. Nothing is read or written besides the text; the names of time
zones are passed in by who knows them.
"""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from regulars.core.document.findings import DocumentInvalid, Finding
from regulars.core.document.problems import finding_of, place_of
from regulars.core.document.program import ProgramDocument
from regulars.core.document.reading import Node, Path, Unreadable, read_tree
from regulars.core.document.references import reference_findings
from regulars.core.document.reporter import Sound

_FINDINGS_MAX = 200
_LISTED_PARTS = ("earning", "rewards")
_NAMED_PARTS = ("currencies", "event_types", "attributes", "groups")
_STAND_INS: dict[str, Any] = {
    "regulars": 1,
    "program": "stand-in",
    "name": "Stand-in",
    "money": {"currency": "EUR", "decimals": 2},
    "time_zone": "UTC",
    "currencies": {"stand-in": {"name": "Stand-in", "value": "0", "breakage": "0"}},
}


def check_document(text: str, *, zones: Collection[str] | None = None) -> list[Finding]:
    """Everything that is wrong or doubtful about a document, in the order of the text.

    `text` is YAML or JSON. `zones` are the names of the IANA zones that exist; without them the
    zone is not looked up. An empty list means that nothing is wrong; warnings alone do not keep a
    document from being used. At most 200 findings are given.
    """
    return _check(text, zones)[1]


def load_document(text: str, *, zones: Collection[str] | None = None) -> ProgramDocument:
    """The document of a text. Raises DocumentInvalid with all findings if there is an error."""
    document, findings = _check(text, zones)
    if document is None or any(finding.severity == "error" for finding in findings):
        raise DocumentInvalid(findings)
    return document


def read_published(text: str) -> ProgramDocument:
    """The document of a version that was checked when it was published.

    What the parts say about each other is not looked at again, so that a check that was added
    later cannot make history unreadable. Raises DocumentInvalid for text that is no document.
    """
    try:
        root, _ = read_tree(text)
        return ProgramDocument.model_validate(root.plain())
    except Unreadable as unreadable:
        raise DocumentInvalid([unreadable.finding]) from None
    except ValidationError as invalid:
        plain = root.plain()
        errors = invalid.errors(include_url=False, include_input=False)
        raise DocumentInvalid([finding_of(error, root, plain) for error in errors]) from None


def _check(
    text: str, zones: Collection[str] | None
) -> tuple[ProgramDocument | None, list[Finding]]:
    try:
        root, findings = read_tree(text)
    except Unreadable as unreadable:
        return None, [unreadable.finding]
    if not isinstance(root.content, dict):
        found = root.words()
        wrong = Finding(
            "error", "type", "", root.line, root.column, found, "an object: a program document"
        )
        return None, [wrong]
    plain = root.plain()
    document: ProgramDocument | None = None
    try:
        document = ProgramDocument.model_validate(plain)
        sound: Sound | None = Sound(document, root, _every_index(plain))
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        findings += [finding_of(error, root, plain) for error in errors]
        sound = _sound_part(root, plain, [place_of(error["loc"], root)[0] for error in errors])
    if sound is not None:
        findings += reference_findings(sound, zones)
    ordered = sorted(dict.fromkeys(findings), key=lambda one: (one.line, one.column, one.code))
    return document, ordered[:_FINDINGS_MAX]


def _every_index(plain: dict[str, Any]) -> dict[str, list[int]]:
    return {name: list(range(len(plain.get(name) or ()))) for name in _LISTED_PARTS}


def _sound_part(root: Node, plain: dict[str, Any], wrong: list[Path]) -> Sound | None:
    """The document without the parts that have errors, so that the others can be checked too."""
    broken = {tuple(path[:2]) if _is_one_of_many(path) else tuple(path[:1]) for path in wrong}
    kept: dict[str, Any] = {}
    indexes: dict[str, list[int]] = {name: [] for name in _LISTED_PARTS}
    for name, value in plain.items():
        if (name,) in broken:
            continue
        if name in _LISTED_PARTS and isinstance(value, list):
            indexes[name] = [i for i in range(len(value)) if (name, i) not in broken]
            kept[name] = [value[index] for index in indexes[name]]
        elif name in _NAMED_PARTS and isinstance(value, dict):
            kept[name] = {key: one for key, one in value.items() if (name, key) not in broken}
        else:
            kept[name] = value
    stood_in = frozenset(name for name in _STAND_INS if not kept.get(name))
    kept |= {name: _STAND_INS[name] for name in stood_in}
    try:
        document = ProgramDocument.model_validate(kept)
    except ValidationError:
        return None
    return Sound(document, root, indexes, stood_in)


def _is_one_of_many(path: Path) -> bool:
    return len(path) >= 2 and path[0] in (*_LISTED_PARTS, *_NAMED_PARTS)
