"""Rows of a delimited export, streamed, as fast as Python splits.

Owns encoding, delimiter, gzip and the header. A line without a quotation mark is split at the
delimiter, which takes a third less time than the csv module; a line with one goes through the csv
module together with the lines that its quoted line breaks lead into, so both agree on every file.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, TextIO

from regulars.imports.errors import ExportUnreadable, MappingInvalid
from regulars.imports.mapping import Columns, FileFormat
from regulars.platform.strict_documents import Misfit

Row = list[str]
Picker = Callable[[Row], Any]


@contextmanager
def open_export(path: Path, file: FileFormat) -> Iterator[tuple[list[str], Iterator[Row]]]:
    """The header and the rows after it, without empty lines. ExportUnreadable where the file as a
    whole is no such export; a row of another width than the header is still given."""
    try:
        with _open_text(path, file.encoding) as text:
            rows = _rows(text, file.delimiter)
            header = next(rows, None)
            if header is None:
                raise ExportUnreadable(path.name, "the file is empty", "Export the orders again.")
            header[0] = header[0].removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
            yield [name.strip() for name in header], rows
    except UnicodeDecodeError as error:
        raise ExportUnreadable(
            path.name,
            f"byte {error.start} of a block is not {file.encoding}",
            "Set file.encoding in the mapping, for example to latin-1.",
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise ExportUnreadable(path.name, str(error), "Check the file and its name.") from None
    except csv.Error as error:
        raise ExportUnreadable(path.name, str(error), "Check quotes and delimiter.") from None


def column_positions(header: list[str], columns: Columns, name: str) -> dict[str, int]:
    """Where each mapped column stands in the header. MappingInvalid names each one that is not
    there, or is there twice, with the header that was found."""
    positions: dict[str, int] = {}
    problems: list[Misfit] = []
    for meaning, column in columns.model_dump(exclude_none=True).items():
        count = header.count(column)
        if count == 1:
            positions[meaning] = header.index(column)
            continue
        found = f"{column!r}, which the export has {count} times"
        expected = f"one of its columns would be right: {', '.join(header)}"
        problems.append(Misfit(f"columns.{meaning}", found, expected))
    if problems:
        raise MappingInvalid(name, tuple(problems))
    return positions


def picker(positions: dict[str, int], meanings: tuple[str, ...]) -> Picker:
    """Takes the fields of these meanings out of a row to which one empty field was appended; an
    unmapped meaning gives that empty field."""
    return itemgetter(*(positions.get(meaning, -1) for meaning in meanings))


def _open_text(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding)
    return path.open(encoding=encoding)


def _rows(text: TextIO | IO[str], delimiter: str) -> Iterator[Row]:
    for line in text:
        if '"' in line:
            yield next(csv.reader(chain((line,), text), delimiter=delimiter))
        elif line != "\n":
            yield line.rstrip("\n").split(delimiter)
