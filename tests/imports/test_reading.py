import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.imports.errors import ExportUnreadable, MappingInvalid
from regulars.imports.facade import read_and_match
from regulars.imports.mapping import FileFormat, Time
from regulars.imports.reading import open_export
from regulars.imports.values import Instants
from tests.imports.exports import mapping, row, write_export


def rows_of(path, file=None):
    with open_export(path, file or FileFormat()) as (header, rows):
        return header, list(rows)


FIELDS = st.text(st.sampled_from(list("ab,;\" \n'=é")), max_size=6)


@given(st.lists(st.lists(FIELDS, min_size=3, max_size=3), max_size=6))
def test_rows_are_those_of_the_csv_module(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("rows") / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c"], *table])
    assert rows_of(path) == (["a", "b", "c"], table)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_marks_empty_lines_and_gzip_do_not_matter(tmp_path, ending):
    text = "\N{ZERO WIDTH NO-BREAK SPACE}a,b" + ending + ending + "1,x" + ending + "2,"
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert rows_of(path) == (["a", "b"], [["1", "x"], ["2", ""]])


def test_encoding_and_delimiter_come_from_the_mapping(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes("a;b\nStra\xdfe;1,5\n".encode("latin-1"))
    found = rows_of(path, FileFormat(encoding="latin-1", delimiter=";"))
    assert found == (["a", "b"], [["Straße", "1,5"]])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("orders.csv", b"", "empty"),
        ("orders.csv", b"a,b\n\xff,1\n", "latin-1"),
        ("orders.csv.gz", b"no gzip", "gzip"),
        ("orders.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], "orders.csv.gz"),
    ],
)
def test_an_unreadable_file_says_why(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ExportUnreadable) as caught:
        rows_of(path)
    error = caught.value
    assert says in f"{error}. {error.next_step}"
    assert error.next_step not in str(error), "whoever shows the error adds the next step"


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(ExportUnreadable, match=r"orders\.csv"):
        rows_of(tmp_path / "orders.csv")


def test_a_column_that_the_export_does_not_have_is_named(tmp_path):
    path = write_export(tmp_path / "orders.csv", [row()])
    columns = mapping().columns.model_copy(update={"sku": "StockCode"})
    with pytest.raises(MappingInvalid, match=r"columns\.sku.*'StockCode'.*0 times"):
        read_and_match(path, mapping(columns=columns.model_dump()))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T12:30:00+01:00", 1_772_364_600_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("0001-01-01", None),
    ],
)
def test_a_time_that_cannot_be_kept_cannot_be_read(text, instant):
    assert Instants(Time(zone="Europe/Berlin"))[text] == instant
