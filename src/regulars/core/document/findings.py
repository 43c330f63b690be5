"""What is wrong, or doubtful, about a document: findings that say where, what, and what to do.

A finding's `path` is a JSON pointer (RFC 6901), its line and column count from 1. Codes are
stable; the words may change. Nothing here knows how findings are found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]
_LISTED_MAX = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (`error`) or probably not meant (`warning`).

    `found` says what stands there, `expected` what would be right, `suggestion` what was probably
    meant: the text to write instead.
    """

    severity: Severity
    code: str
    path: str
    line: int
    column: int
    found: str
    expected: str
    suggestion: str | None = None

    def __str__(self) -> str:
        meant = f' Did you mean "{self.suggestion}"?' if self.suggestion is not None else ""
        return (
            f"{self.line}:{self.column}: {self.severity} at {self.path or '/'}: "
            f"found {self.found}; expected {self.expected}.{meant} [{self.code}]"
        )


class DocumentInvalid(ValueError):
    """A document that cannot be used. `findings` holds at least one error, and all warnings."""

    code = "document_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        lines = "\n".join(f"  {finding}" for finding in findings)
        plural = "error" if len(errors) == 1 else "errors"
        super().__init__(f"the program document has {len(errors)} {plural}:\n{lines}")
        self.findings = tuple(findings)


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer of a path.

    >>> pointer(["earning", 0, "a/b"])
    '/earning/0/a~1b'
    """
    return "".join("/" + str(segment).replace("~", "~0").replace("/", "~1") for segment in path)


def closest(word: object, allowed: Iterable[str]) -> str | None:
    """The allowed word that was probably meant, None where none is near.

    >>> closest("subtotl", ["quantity", "subtotal"])
    'subtotal'
    """
    near = get_close_matches(str(word)[:80].lower(), list(allowed), n=1, cutoff=0.6)
    return near[0] if near else None


def one_of(words: Iterable[str]) -> str:
    """A list of choices in words.

    >>> one_of(["a", "b", "c"])
    'a, b or c'
    """
    listed = list(words)
    if len(listed) > _LISTED_MAX:
        return ", ".join(listed[:_LISTED_MAX]) + f" or {len(listed) - _LISTED_MAX} more"
    return " or ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]])) or "nothing"
