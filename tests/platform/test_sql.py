"""Queries are found by name, and what is amiss with them stops the import."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import regulars
from regulars.platform.sql import (
    HEADER_FIELDS,
    InvalidSql,
    Query,
    load_sql,
    parse_queries,
    read_queries,
)

HEADER = """\
-- purpose: Say one thing
--   over two lines.
-- parameters: none
-- locks: none
-- rows: one
"""


@dataclass(frozen=True)
class RoomSql:
    first: Query
    second: Query


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with an empty sql folder; yields the folder."""
    folder = tmp_path / "a_room_for_sql" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield folder
    sys.modules.pop("a_room_for_sql", None)


def test_queries_of_files_and_of_blocks_become_attributes(room: Path) -> None:
    (room / "first.sql").write_text(HEADER + "SELECT 1;\n")
    blocks = f"-- What this file is about.\n\n-- name: second\n{HEADER}\n-- Why so.\nSELECT 2\n"
    (room / "many.sql").write_text(blocks.replace("-- Why so.\n", ""))
    loaded = load_sql(RoomSql, "a_room_for_sql")
    assert loaded.first == "-- a_room_for_sql.first\nSELECT 1"
    assert loaded.second.name == "second"
    assert loaded.second.header.purpose == "Say one thing over two lines."


def test_a_missing_query_stops_the_import(room: Path) -> None:
    (room / "first.sql").write_text(HEADER + "SELECT 1")
    with pytest.raises(InvalidSql, match=r"declared without a query: \['second'\]"):
        load_sql(RoomSql, "a_room_for_sql")


def test_an_undeclared_query_stops_the_import(room: Path) -> None:
    for name in ("first", "second", "third"):
        (room / f"{name}.sql").write_text(HEADER + "SELECT 1")
    with pytest.raises(InvalidSql, match=r"not declared: \['third'\]"):
        load_sql(RoomSql, "a_room_for_sql")


def test_a_name_defined_twice_stops_the_import(room: Path) -> None:
    (room / "first.sql").write_text(HEADER + "SELECT 1")
    (room / "others.sql").write_text(f"-- name: first\n{HEADER}SELECT 2")
    with pytest.raises(InvalidSql, match="first is defined twice"):
        load_sql(RoomSql, "a_room_for_sql")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1", "the header needs"),
        (HEADER.replace("-- locks: none\n", "") + "SELECT 1", "the header needs"),
        (HEADER + "-- mood: fine\nSELECT 1", "the header needs"),
        (HEADER, "no statement"),
        (f"-- name: Not-A-Name\n{HEADER}SELECT 1", "a name has"),
        (f"SELECT 0;\n-- name: a\n{HEADER}SELECT 1", "before the first name"),
    ],
)
def test_a_flawed_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidSql, match=reason):
        parse_queries("room", "query.sql", text)


def test_every_query_of_the_product_has_a_full_header() -> None:
    root = Path(regulars.__file__).parent
    for folder in root.rglob("sql"):
        package = ".".join(["regulars", *folder.parent.relative_to(root).parts])
        for query in read_queries(package).values():
            assert all(getattr(query.header, field) for field in HEADER_FIELDS), query.name
