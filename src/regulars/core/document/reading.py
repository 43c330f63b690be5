"""Reads YAML or JSON text into a tree whose every value knows its line and column.

JSON is read as the YAML that it is. Scalars are taken exactly as written: a plain `1.50` becomes
the decimal 1.50, never a binary float, and a number in an unusual form (`007`, `1e3`, `0x1F`)
stays text. Safe against hostile text: no tags, no merge keys, bounded size, depth and aliases. The
reader builds no objects; it works on the events of ruamel.yaml's parser.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from regulars.core.document.findings import Finding, pointer

TEXT_BYTES_MAX = 262_144
DEPTH_MAX = 40
NODES_MAX = 20_000

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUES = frozenset(("true", "True", "TRUE"))
_FALSES = frozenset(("false", "False", "FALSE"))

Path = list[str | int]


@dataclass(slots=True)
class Node:
    """A value of the text. `content` is a scalar, a list of nodes, or a dict of nodes by key.

    `keys` are the places of a dict's keys; `written` is a scalar's text as it stands; `size`
    counts the node and all below it, each alias as often as it is used.
    """

    line: int
    column: int
    content: Any
    written: str = ""
    keys: "dict[str, Node]" = field(default_factory=dict)
    size: int = 1

    def plain(self) -> Any:
        """The tree below as plain dicts, lists and scalars."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content

    def child(self, segment: object) -> "Node | None":
        """The value under a key or index, None where there is none."""
        if isinstance(self.content, dict):
            found: Node | None = self.content.get(segment)
            return found
        if isinstance(self.content, list) and isinstance(segment, int):
            return self.content[segment] if 0 <= segment < len(self.content) else None
        return None

    def at(self, path: Path) -> "Node | None":
        """The node at a path below this one."""
        node: Node | None = self
        for segment in path:
            node = node.child(segment) if node is not None else None
        return node

    def words(self) -> str:
        """What stands there, in a few words."""
        if isinstance(self.content, dict):
            return "an object" if self.content else "an empty object"
        if isinstance(self.content, list):
            return "a list" if self.content else "an empty list"
        if self.content is None:
            return "nothing"
        shown = self.written if len(self.written) <= 60 else self.written[:57] + "..."
        return f'"{shown}"' if isinstance(self.content, str) else shown


class Unreadable(Exception):
    """The text has no tree; carries the one finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(slots=True)
class _Open:
    """A list or object that is still being read, with the key that waits for its value."""

    node: Node
    anchor: str | None
    key: Node | None = None


class _TreeBuilder:
    """Makes the tree from parser events, collecting findings about what a document may not use."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0

    def take(self, event: Event) -> None:
        """Take the next event of the parser. Raises Unreadable past a limit."""
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._unreadable(event, "second_document", "a second document", "one")
            case ScalarEvent():
                self._add(event, self._scalar(event))
            case AliasEvent():
                self._add(event, self._alias(event))
            case MappingStartEvent() | SequenceStartEvent():
                self._open(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._close(event)

    def _open(self, event: Any) -> None:
        if len(self._stack) >= DEPTH_MAX:
            raise self._unreadable(
                event, "too_deep", "deeper nesting", f"at most {DEPTH_MAX} levels"
            )
        self._check_tag(event)
        line, column = _place(event)
        content: Any = {} if isinstance(event, MappingStartEvent) else []
        if event.anchor is not None:
            self._anchors[event.anchor] = None  # known, but not usable inside itself
        self._stack.append(_Open(Node(line, column, content), event.anchor))

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        if closed.anchor is not None:
            self._anchors[closed.anchor] = closed.node
        self._add(event, closed.node)

    def _add(self, event: Any, node: Node) -> None:
        """Put a finished value where it belongs: the root, a list, or under the waiting key."""
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        content = parent.node.content
        if isinstance(content, list):
            content.append(node)
        elif parent.key is None:
            parent.key = self._as_key(event, node)
            return
        else:
            self._add_entry(parent, node)
        parent.node.size += node.size
        if parent.node.size > NODES_MAX:
            raise self._unreadable(
                event, "too_large", "more values", f"at most {NODES_MAX} values, aliases unfolded"
            )

    def _add_entry(self, parent: _Open, node: Node) -> None:
        key = parent.key
        assert key is not None, "a value follows its key"
        if key.written in parent.node.content:
            first = parent.node.keys[key.written].line
            expected = f"it once; it stands in line {first}"
            self._find(key, "duplicate_key", f'"{key.written}" again', expected)
        else:
            parent.node.keys[key.written] = key
            parent.node.content[key.written] = node
        parent.key = None

    def _as_key(self, event: Any, node: Node) -> Node:
        if isinstance(node.content, dict | list):
            raise self._unreadable(event, "key_shape", "a key that is no text", "a text as key")
        if node.written == "<<" and not getattr(event, "style", None):
            self._find(node, "merge_key", "a merge key", "the fields written out", node.written)
        return node

    def _scalar(self, event: Any) -> Node:
        self._check_tag(event)
        line, column = _place(event)
        written = _joined_surrogates(event.value)
        content = written if event.style else plain_scalar(written)
        node = Node(line, column, content, written)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if any("\ud800" <= character <= "\udfff" for character in written):
            node.content = node.written = written.encode("utf-8", "replace").decode()
            self._find(node, "character", "half of a surrogate pair", "whole characters")
        return node

    def _alias(self, event: Any) -> Node:
        target = self._anchors.get(event.anchor)
        if target is None:
            known = event.anchor in self._anchors
            found = f"*{event.anchor} inside itself" if known else f"unknown *{event.anchor}"
            raise self._unreadable(event, "alias", found, "an anchor that stands before")
        return target

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            line, column = _place(event)
            node = Node(line, column, None)
            self._find(node, "tag", f"the tag {str(event.tag)[:60]}", "no tags, plain values only")

    def _find(self, node: Node, code: str, found: str, expected: str, *below: str) -> None:
        path = pointer([*self._path(), *below])
        self.findings.append(Finding("error", code, path, node.line, node.column, found, expected))

    def _unreadable(self, event: Any, code: str, found: str, expected: str) -> Unreadable:
        line, column = _place(event)
        path = pointer(self._path())
        return Unreadable(Finding("error", code, path, line, column, found, expected))

    def _path(self) -> Path:
        path: Path = []
        for opened in self._stack:
            if isinstance(opened.node.content, list):
                path.append(len(opened.node.content))
            elif opened.key is not None:
                path.append(opened.key.written)
        return path


def read_tree(text: str) -> tuple[Node, list[Finding]]:
    """The tree of a YAML or JSON text, and findings about what a document may not use.

    Raises Unreadable for text that is too large or has no sound syntax.
    """
    if len(text.encode("utf-8", "replace")) > TEXT_BYTES_MAX:
        expected = f"at most {TEXT_BYTES_MAX} bytes"
        raise Unreadable(Finding("error", "too_large", "", 1, 1, "a longer text", expected))
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        # JSON allows tabs between its tokens and never inside a text; YAML is stricter there.
        text = text.replace("\t", " ")
    builder = _TreeBuilder()
    yaml = YAML(typ="safe", pure=True)
    try:
        for event in yaml.parse(text):
            builder.take(event)
    except YAMLError as error:
        raise Unreadable(_syntax_finding(text, error)) from None
    if builder.root is None:
        raise Unreadable(Finding("error", "empty", "", 1, 1, "nothing", "a program document"))
    return builder.root, builder.findings


def plain_scalar(written: str) -> Any:
    """The value of an unquoted scalar, by YAML 1.2's core schema, numbers in usual form only."""
    if written in _NULLS:
        return None
    if written in _TRUES or written in _FALSES:
        return written in _TRUES
    if _INTEGER.fullmatch(written):
        return int(written)
    if _DECIMAL.fullmatch(written):
        return Decimal(written)
    return written


def _joined_surrogates(text: str) -> str:
    r"""JSON writes a character past U+FFFF as two \u escapes, which arrive as two surrogates."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _syntax_finding(text: str, error: YAMLError) -> Finding:
    line, column, problem = 1, 1, str(error).splitlines()[0] if str(error) else "a broken text"
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
        problem = error.problem or problem
    elif isinstance(getattr(error, "position", None), int):
        before = text[: error.position]  # type: ignore[attr-defined]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = "a character that no text may hold"
    return Finding("error", "syntax", "", line, column, problem, "well-formed YAML or JSON")
