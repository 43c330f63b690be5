"""Loads the named queries of a room from its `sql/` folder when the room is imported.

A room declares what it needs as a frozen dataclass with one `Query` field per query; a query that
is declared but missing, present but undeclared, named twice, or without its full header stops the
import. A file holds either one query, named like the file, or several, each under `-- name: xyz`:

    -- name: lock_members
    -- purpose: Lock the members of a group before it is decided.
    -- parameters: shards int[], member_ids bigint[], pairwise
    -- locks: member rows, FOR UPDATE, in the order of (shard, member_id)
    -- rows: one per member found
    SELECT ...
"""

import re
from dataclasses import dataclass, fields, is_dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Self, TypeVar

HEADER_FIELDS = ("purpose", "parameters", "locks", "rows")

_Room = TypeVar("_Room")
_HEADER_LINE = re.compile(r"-- (?P<field>[a-z]+): (?P<value>.*\S)\s*")
_HEADER_CONTINUED = re.compile(r"--(?: {2,}(?P<value>.*\S))?\s*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class InvalidSql(ImportError):
    """A room's SQL files and its declaration do not agree; raised while the room is imported."""


@dataclass(frozen=True, slots=True)
class QueryHeader:
    """What a query says about itself, in words."""

    purpose: str
    parameters: str
    locks: str
    rows: str


class Query(str):
    """The text of one query, ready to execute, with its name and header.

    The text starts with a comment of the room and name, so that a look at the running statements
    of a database tells which file to open.
    """

    __slots__ = ("header", "name")
    name: str
    header: QueryHeader

    def __new__(cls, room: str, name: str, statement: str, header: QueryHeader) -> Self:
        """Put the name in front of the statement."""
        query = super().__new__(cls, f"-- {room}.{name}\n{statement}")
        query.name = name
        query.header = header
        return query


def load_sql(declaration: type[_Room], package: str | None) -> _Room:
    """Fill `declaration`, a frozen dataclass of Query fields, from `sql/*.sql` in `package`.

    Call it at the top of the module that runs the queries: `SQL = load_sql(LedgerSql,
    __package__)`. Where several modules of a room share the folder, they share the declaration.
    """
    assert is_dataclass(declaration), "declare the queries as a frozen dataclass"
    assert package, "pass __package__ of the room"
    found = read_queries(package)
    declared = {item.name for item in fields(declaration)}
    missing, undeclared = sorted(declared - found.keys()), sorted(found.keys() - declared)
    if missing or undeclared:
        raise InvalidSql(
            f"{package}: {declaration.__name__} and sql/ disagree; "
            f"declared without a query: {missing}; queries not declared: {undeclared}"
        )
    # The dataclass machinery knows the fields; the type checker cannot follow a computed call.
    constructor: Any = declaration
    room: _Room = constructor(**found)
    return room


def read_queries(package: str) -> dict[str, Query]:
    """All queries in a package's `sql/` folder by name. Raises InvalidSql."""
    folder = files(package) / "sql"
    queries: dict[str, Query] = {}
    sources = sorted(folder.iterdir(), key=_file_name) if folder.is_dir() else []
    for source in sources:
        if not source.name.endswith(".sql"):
            continue
        room = package.removeprefix("regulars.")
        for query in parse_queries(room, source.name, source.read_text(encoding="utf-8")):
            if query.name in queries:
                raise InvalidSql(f"{package}: query {query.name} is defined twice")
            queries[query.name] = query
    return queries


def parse_queries(room: str, file_name: str, text: str) -> list[Query]:
    """The queries of one file's text. Raises InvalidSql, naming file and query."""
    blocks = re.split(r"^(?=-- name: )", text, flags=re.MULTILINE)
    preamble = blocks[0] if len(blocks) > 1 else ""
    if any(line.strip() and not line.startswith("--") for line in preamble.splitlines()):
        raise InvalidSql(f"{room}/sql/{file_name}: statements stand before the first name")
    return [_parse_block(room, file_name, block) for block in blocks if block is not preamble]


def _file_name(source: Traversable) -> str:
    return source.name


def _parse_block(room: str, file_name: str, block: str) -> Query:
    """One query: its header lines, then its statement up to the end of the block."""
    lines = block.strip().splitlines()
    header: dict[str, str] = {}
    current: str | None = None
    start = 0
    for start, line in enumerate(lines):  # noqa: B007
        match = _HEADER_LINE.fullmatch(line)
        continued = _HEADER_CONTINUED.fullmatch(line)
        if match is not None:
            current = match["field"]
            header[current] = match["value"]
        elif continued is not None and current is not None:
            header[current] += f" {continued['value'] or ''}".rstrip()
        else:
            break
    name = header.pop("name", file_name.removesuffix(".sql"))
    where = f"{room}/sql/{file_name}: query {name}"
    if _NAME.fullmatch(name) is None:
        raise InvalidSql(f"{where}: a name has lower-case letters, digits and underscores")
    if sorted(header) != sorted(HEADER_FIELDS):
        raise InvalidSql(f"{where}: the header needs {', '.join(HEADER_FIELDS)}; has {[*header]}")
    statement = "\n".join(lines[start:]).strip().removesuffix(";")
    if not statement or statement.startswith("--"):
        raise InvalidSql(f"{where}: no statement follows the header")
    return Query(room, name, statement, QueryHeader(**header))
