"""A file becomes columns of numbers, days and words, or every cell that does not fit is named.

DuckDB reads (CSV, gzipped or not, and Parquet) and converts; all text first, so that a cell that is
no number is still there to be shown. Where a cell or a line is wrong a second, slow pass with the
csv module finds its line. What a rule leaves out is counted by reason, nothing disappears.
"""

import csv
import gzip
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, Literal

import duckdb
import numpy as np

from regulars.imports.errors import MappingInvalid
from regulars.insights.contracts import Coded, Floats, LeftOut, Rows
from regulars.insights.errors import BadCell, CellsUnreadable, FileUnreadable, NothingLeft
from regulars.insights.mapping import Mapping
from regulars.platform.strict_documents import Misfit

_SHOWN_PER_COLUMN = 3
_NO_CUSTOMER = "no customer is named"
_MICROSECONDS_PER_DAY = 86_400_000_000.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that a command reads: what it means, its name in the file, how it is converted. An
    empty cell is an error, but in an `optional` column, where a number is then 0; of `customer` it
    leaves the row out. A `feature` is a number where all of its cells are, else a word."""

    meaning: str
    name: str
    kind: Literal["number", "day", "word", "feature"]
    optional: bool = False


def read_rows(path: Path, mapping: Mapping, wanted: Sequence[Wanted]) -> Rows:
    """The wanted columns of a file, without the rows that the mapping leaves out.

    MappingInvalid names every column that the file does not have, CellsUnreadable the first cells
    of each column that cannot be converted, FileUnreadable what is wrong with the file as a whole.
    """
    with _opened(path, mapping) as source:
        _check_header(source.header, mapping, wanted, path.name)
        source.load({one.name for one in wanted} | {rule.column for rule in mapping.leave_out})
        left_out = _leave_out(source, mapping, wanted)
        if not source.count():
            reasons = ", ".join(f"{one.rows:,}: {one.reason}" for one in left_out)
            raise NothingLeft(path.name, reasons)
        return _converted(source, mapping, wanted, left_out)


class _Source:
    """One file in a database of its own: a table `cells` of text with the row's number."""

    def __init__(self, path: Path, text: Path | None, mapping: Mapping) -> None:
        self.path, self.text, self.mapping = path, text, mapping
        self.database = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "preserve_insertion_order": "true"}
        )
        self.header = self._header()

    def load(self, names: Collection[str]) -> None:
        """Read the columns of these names."""
        columns = ", ".join(
            f"coalesce(trim({self._raw(place)}), '') AS c{place}"
            for place, name in enumerate(self.header)
            if name in names
        )
        query = f"CREATE TABLE cells AS SELECT row_number() OVER () AS n, {columns} FROM "  # noqa: S608
        try:
            if self.text is None:
                self.database.execute(query + "read_parquet(?)", [str(self.path)])
                return
            names = ", ".join(f"'r{place}': 'VARCHAR'" for place in range(len(self.header)))
            reader = (
                "read_csv(?, auto_detect=false, header=true, quote='\"', escape='\"', "
                f"delim=?, columns={{{names}}})"
            )
            values = [str(self.text), self.mapping.file.delimiter]
            self.database.execute(query + reader, values)
        except duckdb.Error as error:
            raise self._explained(error) from None

    def column(self, name: str) -> str:
        """The SQL name of a column of the file."""
        return f"c{self.header.index(name)}"

    def count(self) -> int:
        """How many rows there are."""
        answer = self.database.execute("SELECT count(*) FROM cells").fetchone()
        assert answer is not None
        return int(answer[0])

    def places(self, rows: Sequence[int]) -> dict[int, str]:
        """Where rows stand, in words: lines of the text, counted from 1 with the header."""
        if self.text is None:
            return {row: f"row {row}" for row in rows}
        wanted, found = set(rows), dict[int, str]()
        with _open(self.text, "utf-8-sig") as text:
            records = csv.reader(text, delimiter=self.mapping.file.delimiter)
            number, line = -1, 1
            for record in records:
                if record:
                    number += 1
                    if number in wanted:
                        found[number] = f"line {line}"
                        if len(found) == len(wanted):
                            break
                line = records.line_num + 1
        return found

    def _raw(self, place: int) -> str:
        if self.text is not None:
            return f"r{place}"
        quoted = self.header[place].replace('"', '""')
        return f'CAST("{quoted}" AS VARCHAR)'

    def _header(self) -> list[str]:
        try:
            if self.text is None:
                described = self.database.execute(
                    "DESCRIBE SELECT * FROM read_parquet(?)", [str(self.path)]
                )
                return [str(row[0]) for row in described.fetchall()]
            with _open(self.text, "utf-8-sig") as text:
                rows = csv.reader(text, delimiter=self.mapping.file.delimiter)
                header = next((row for row in rows if row), None)
        except (OSError, EOFError, UnicodeDecodeError, csv.Error, duckdb.Error) as error:
            raise self._explained(error) from None
        if header is None:
            raise FileUnreadable(self.path.name, "the file is empty", "Export it again.")
        return [name.strip() for name in header]

    def _explained(self, error: Exception) -> FileUnreadable:
        """What is wrong with the file as a whole, with the line where one is to blame."""
        name = self.path.name
        if self.text is not None and not isinstance(error, OSError | EOFError):
            try:
                return self._faulty_line() or FileUnreadable(
                    name, _first_line(error), "Check its quotes and its delimiter."
                )
            except (OSError, EOFError) as broken:
                error = broken
        return FileUnreadable(name, _first_line(error), "Check the file and its name.")

    def _faulty_line(self) -> FileUnreadable | None:
        """The first line that is of another width than the header, or not in the encoding."""
        assert self.text is not None
        name, width, line = self.path.name, 0, 1
        with _open(self.text, "utf-8-sig") as text:
            records = csv.reader(text, delimiter=self.mapping.file.delimiter)
            try:
                for record in records:
                    width = width or len(record)
                    if record and len(record) != width:
                        return FileUnreadable(
                            name,
                            f"line {line} has {len(record)} fields where the header has {width}",
                            "Put quotes around a field that holds the delimiter, and each row on "
                            "a line of its own.",
                        )
                    line = records.line_num + 1
            except UnicodeDecodeError:
                return FileUnreadable(
                    name,
                    f"from line {line} on it is not {self.mapping.file.encoding}",
                    "Set file.encoding in the mapping, for example to latin-1.",
                )
            except csv.Error as error:
                return FileUnreadable(name, f"line {line}: {error}", "Check its quotes.")
        return None


@contextmanager
def _opened(path: Path, mapping: Mapping) -> Iterator[_Source]:
    """The file, decoded into a temporary copy where it is in another encoding than UTF-8."""
    if not path.is_file():
        raise FileUnreadable(path.name, "there is no such file", "Check its name.")
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
        text: Path | None = path
        if path.suffix == ".parquet":
            text = None
        elif mapping.file.encoding != "utf-8":
            text = Path(folder) / "decoded.csv"
            _decode(path, text, mapping.file.encoding)
        source = _Source(path, text, mapping)
        try:
            yield source
        finally:
            source.database.close()


def _open(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _decode(path: Path, into: Path, encoding: str) -> None:
    line = 1
    try:
        with _open(path, encoding) as text, into.open("w", encoding="utf-8", newline="") as decoded:
            while block := list(islice(text, 50_000)):
                decoded.writelines(block)
                line += len(block)
    except UnicodeDecodeError:
        raise FileUnreadable(
            path.name,
            f"after line {line} it is not {encoding}",
            "Set file.encoding in the mapping to what it is.",
        ) from None


def _check_header(
    header: Sequence[str], mapping: Mapping, wanted: Sequence[Wanted], name: str
) -> None:
    """Every column that is named stands in the header once."""
    keys: dict[str, str] = {}
    for one in wanted:
        # An outcome's meaning carries its name; the key in the mapping does not.
        keys.setdefault(one.name, f"columns.{one.meaning.partition(' ')[0]}")
    for rule in mapping.leave_out:
        keys.setdefault(rule.column, "leave_out.column")
    problems = []
    for column, key in keys.items():
        count = list(header).count(column)
        if count == 1:
            continue
        close = get_close_matches(column, header, n=1, cutoff=0.5)
        expected = f"one of its columns would be right: {', '.join(_short(header))}"
        if close and not count:
            expected = f"{close[0]} would be right"
        found = f"{column!r}, which the file has {count} times"
        problems.append(Misfit(key, found, expected))
    if problems:
        raise MappingInvalid(f"for {name} the mapping", tuple(problems))


def _short(header: Sequence[str]) -> list[str]:
    return [*header[:20], *(["..."] if len(header) > 20 else [])]


def _leave_out(source: _Source, mapping: Mapping, wanted: Sequence[Wanted]) -> tuple[LeftOut, ...]:
    """Delete what the mapping leaves out, and rows of nobody; answers how many of each."""
    counts: dict[str, int] = {}
    for rule in mapping.leave_out:
        where = f"regexp_full_match({source.column(rule.column)}, ?, 'i')"
        removed = source.database.execute(
            f"DELETE FROM cells WHERE {where}",  # noqa: S608
            [rule.matches],
        ).fetchone()
        counts[rule.reason] = counts.get(rule.reason, 0) + int(removed[0] if removed else 0)
    customer = next((one for one in wanted if one.meaning == "customer"), None)
    if customer is not None:
        removed = source.database.execute(
            f"DELETE FROM cells WHERE {source.column(customer.name)} = ''"  # noqa: S608
        ).fetchone()
        counts[_NO_CUSTOMER] = int(removed[0] if removed else 0)
    return tuple(LeftOut(reason, rows) for reason, rows in counts.items() if rows)


def _converted(
    source: _Source, mapping: Mapping, wanted: Sequence[Wanted], left_out: tuple[LeftOut, ...]
) -> Rows:
    numbers: dict[str, Floats] = {}
    words: dict[str, Coded] = {}
    features: dict[str, Floats | Coded] = {}
    bad: list[tuple[Wanted, list[tuple[int, str]], int]] = []
    for one in wanted:
        column = source.column(one.name)
        if one.kind == "word":
            wrong = [] if one.optional else _empty(source, column)
            words[one.meaning] = _coded(source, column)
        elif one.kind == "feature":
            wrong = []
            features[one.name] = _feature(source, column, mapping)
        else:
            expression = _expression(one, column, mapping)
            numbers[one.meaning], wrong = _numbers(source, column, expression, one)
        if wrong:
            bad.append((one, wrong[:_SHOWN_PER_COLUMN], len(wrong)))
    if bad:
        raise _cells(source, mapping, bad)
    return Rows(source.path.name, source.count(), numbers, words, features, left_out)


def _expression(one: Wanted, column: str, mapping: Mapping) -> str:
    """The SQL that makes a float64 of a cell, or NULL."""
    if one.kind == "day":
        tries = [
            f"try_cast({column} AS TIMESTAMP)"
            if wanted == "iso"
            else f"try_strptime({column}, {_quoted(wanted)})"
            for wanted in mapping.time.formats
        ]
        return f"epoch_us(coalesce({', '.join(tries)})) / {_MICROSECONDS_PER_DAY}"
    text = column
    if mapping.numbers.thousands_mark:
        text = f"replace({text}, {_quoted(mapping.numbers.thousands_mark)}, '')"
    if mapping.numbers.decimal_mark != ".":
        text = f"replace({text}, {_quoted(mapping.numbers.decimal_mark)}, '.')"
    if one.optional:
        text = f"CASE WHEN {column} = '' THEN '0' ELSE {text} END"
    # Yes and no are numbers too: Parquet files have a type for them.
    return (
        f"CASE lower({column}) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 "
        f"ELSE try_cast({text} AS DOUBLE) END"
    )


def _numbers(
    source: _Source, column: str, expression: str, one: Wanted
) -> tuple[Floats, list[tuple[int, str]]]:
    """The numbers of a column, and (row, cell) of those that are none."""
    query = f"SELECT n, coalesce({expression}, 'nan'::DOUBLE) AS v FROM cells ORDER BY n"  # noqa: S608
    answer = source.database.execute(query).fetchnumpy()
    values: Floats = np.asarray(answer["v"], dtype=np.float64)
    wrong = np.asarray(answer["n"])[~np.isfinite(values)]
    if one.optional and one.kind == "day":
        # An expiry that is not there means that there is none.
        empty = {row for row, _ in _empty(source, column)}
        wrong = np.array([row for row in wrong.tolist() if row not in empty], dtype=np.int64)
    if not wrong.size:
        return values, []
    rows = wrong.tolist()
    cells = source.database.execute(
        f"SELECT n, {column} FROM cells WHERE n IN (SELECT unnest(?)) ORDER BY n",  # noqa: S608
        [rows],
    ).fetchall()
    return values, [(int(row), str(cell)) for row, cell in cells]


def _empty(source: _Source, column: str) -> list[tuple[int, str]]:
    query = f"SELECT n FROM cells WHERE {column} = '' ORDER BY n"  # noqa: S608
    return [(int(row[0]), "") for row in source.database.execute(query).fetchall()]


def _coded(source: _Source, column: str) -> Coded:
    query = f"SELECT dense_rank() OVER (ORDER BY {column}) - 1 AS code FROM cells ORDER BY n"  # noqa: S608
    codes = np.asarray(source.database.execute(query).fetchnumpy()["code"], dtype=np.int64)
    query = f"SELECT DISTINCT {column} FROM cells ORDER BY {column}"  # noqa: S608
    labels = tuple(str(row[0]) for row in source.database.execute(query).fetchall())
    return Coded(codes, labels)


def _feature(source: _Source, column: str, mapping: Mapping) -> Floats | Coded:
    wanted = Wanted("feature", column, "number")
    values, wrong = _numbers(source, column, _expression(wanted, column, mapping), wanted)
    return _coded(source, column) if wrong else values


def _cells(
    source: _Source, mapping: Mapping, bad: Sequence[tuple[Wanted, list[tuple[int, str]], int]]
) -> CellsUnreadable:
    places = source.places([row for _, cells, _ in bad for row, _ in cells])
    named = tuple(
        BadCell(places.get(row, f"row {row}"), one.name, cell[:60], _remedy(one, mapping))
        for one, cells, _ in bad
        for row, cell in cells
    )
    return CellsUnreadable(source.path.name, named, sum(count for _, _, count in bad))


def _remedy(one: Wanted, mapping: Mapping) -> str:
    if one.kind == "day":
        formats = ", ".join(mapping.time.formats)
        shown = "2011-12-31 or 2011-12-31 17:45:00" if formats == "iso" else formats
        return f"give times as {shown}, or name their format under time.formats"
    if one.kind == "number":
        mark = mapping.numbers.decimal_mark
        return f"give a number such as 12{mark}50, or set numbers.decimal_mark and thousands_mark"
    return "give a value, or leave the row out by a rule under leave_out"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
