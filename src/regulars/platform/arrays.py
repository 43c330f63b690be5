"""Columns of values as PostgreSQL arrays, packed in one go for set-based statements.

A set-based write passes one array per column. Dumping Python lists element by element costs more
than deciding an event does; these classes pack a whole column with one `struct` call. They are
for known, non-null, one-dimensional columns only; everything else stays with psycopg's own lists.
"""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct, pack
from typing import Any, ClassVar

from psycopg import AsyncConnection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format


class Column:
    """A sequence of values that becomes one array parameter; subclasses fix the element type."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values


class Int2Column(Column):
    """smallint[]"""

    __slots__ = ()


class Int4Column(Column):
    """integer[]"""

    __slots__ = ()


class Int8Column(Column):
    """bigint[]"""

    __slots__ = ()


class BoolColumn(Column):
    """boolean[]"""

    __slots__ = ()


class UuidColumn(Column):
    """uuid[] from values of 16 bytes each."""

    __slots__ = ()


class ByteaColumn(Column):
    """bytea[] from bytes."""

    __slots__ = ()


class TextColumn(Column):
    """text[] from str without NUL characters."""

    __slots__ = ()


@lru_cache(maxsize=2048)
def _pairs(code: str, count: int) -> Struct:
    return Struct(">" + ("i" + code) * count)


@lru_cache(maxsize=4096)
def _text(value: str) -> bytes:
    """An element of a column of texts, which are names of currencies, rules and kinds."""
    encoded = value.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def _header(oid: int, count: int) -> bytes:
    return pack(">iiIii", 1, 0, oid, count, 1) if count else pack(">iiI", 0, 0, oid)


class _FixedDumper(Dumper):
    format = Format.BINARY
    code: ClassVar[str]
    size: ClassVar[int]
    element_oid: ClassVar[int]

    def dump(self, obj: Column) -> Buffer | None:
        values = obj.values
        count = len(values)
        flat = [self.size] * (2 * count)
        flat[1::2] = values
        return _header(self.element_oid, count) + _pairs(self.code, count).pack(*flat)


class _Int2Dumper(_FixedDumper):
    code, size, element_oid, oid = "h", 2, 21, 1005


class _Int4Dumper(_FixedDumper):
    code, size, element_oid, oid = "i", 4, 23, 1007


class _Int8Dumper(_FixedDumper):
    code, size, element_oid, oid = "q", 8, 20, 1016


class _BoolDumper(_FixedDumper):
    code, size, element_oid, oid = "?", 1, 16, 1000


class _UuidDumper(_FixedDumper):
    code, size, element_oid, oid = "16s", 16, 2950, 2951


class _ByteaDumper(Dumper):
    format = Format.BINARY
    element_oid: ClassVar[int] = 17
    oid = 1001

    def dump(self, obj: Column) -> Buffer | None:
        parts = [_header(self.element_oid, len(obj.values))]
        for value in obj.values:
            parts.append(len(value).to_bytes(4, "big"))
            parts.append(value)
        return b"".join(parts)


class _TextDumper(Dumper):
    format = Format.BINARY
    element_oid: ClassVar[int] = 25
    oid = 1009

    def dump(self, obj: Column) -> Buffer | None:
        return b"".join([_header(self.element_oid, len(obj.values)), *map(_text, obj.values)])


_DUMPERS: tuple[tuple[type[Column], type[Dumper]], ...] = (
    (Int2Column, _Int2Dumper),
    (Int4Column, _Int4Dumper),
    (Int8Column, _Int8Dumper),
    (BoolColumn, _BoolDumper),
    (UuidColumn, _UuidDumper),
    (ByteaColumn, _ByteaDumper),
    (TextColumn, _TextDumper),
)


def register_columns(connection: AsyncConnection[Any]) -> None:
    """Teach one connection to send columns. Idempotent."""
    for column, dumper in _DUMPERS:
        connection.adapters.register_dumper(column, dumper)
