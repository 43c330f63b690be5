"""Files become columns, or the line, the column and the remedy are said."""

import gzip

import duckdb
import numpy as np
import pytest

from regulars.imports.errors import MappingInvalid
from regulars.insights.errors import CellsUnreadable, FileUnreadable, NothingLeft
from regulars.insights.mapping import parse_mapping
from regulars.insights.reading import Wanted, read_rows

MAP = "regulars_science: 1\ncolumns: {customer: who, time: day, value: paid}\n"
WANTED = (
    Wanted("customer", "who", "word"),
    Wanted("time", "day", "day"),
    Wanted("value", "paid", "number"),
)
HEAD = "who,day,paid\n"
GOOD = "ann,2024-01-01,1.50\nbob,2024-01-02 12:00:00,2\n"


def read(tmp_path, text, extra="", name="shop.csv", wanted=WANTED):
    path = tmp_path / name
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return read_rows(path, parse_mapping(MAP + extra), wanted)


BAD_CELLS = {
    "a date that is none": (
        HEAD + GOOD + "cid,13/45/2011,3\n",
        'line 4, column day: found "13/45/2011"; give times as 2011-12-31 or 2011-12-31 17:45:00, '
        "or name their format under time.formats",
    ),
    "no date": (HEAD + GOOD + "cid,,3\n", "line 4, column day: found nothing; give times as"),
    "a number that is none": (
        HEAD + "ann,2024-01-01,EUR 3\n",
        'line 2, column paid: found "EUR 3"; give a number such as 12.50, or set '
        "numbers.decimal_mark and thousands_mark",
    ),
    "no number": (HEAD + "ann,2024-01-01,\n", "line 2, column paid: found nothing"),
    "not a number": (HEAD + "ann,2024-01-01,nan\n", 'line 2, column paid: found "nan"'),
    "an infinite number": (HEAD + "ann,2024-01-01,inf\n", 'line 2, column paid: found "inf"'),
    "a comma where a point stands": (
        HEAD + 'ann,2024-01-01,"1,50"\n', 'line 2, column paid: found "1,50"',
    ),
    "after a line break in quotes": (
        'who,day,paid\n"an\nn",2024-01-01,1\nbob,never,2\n', 'line 4, column day: found "never"',
    ),
    "after empty lines": (HEAD + "\n\n" + GOOD + "\ncid,never,1\n", "line 7, column day"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD_CELLS.values(), ids=BAD_CELLS)
def test_a_bad_cell_is_named_with_line_column_and_remedy(tmp_path, text, said):
    with pytest.raises(CellsUnreadable) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith("shop.csv: 1 cell cannot be read\n")
    assert said in str(refused.value)


def test_of_many_bad_cells_the_first_of_each_column_are_named_and_all_counted(tmp_path):
    with pytest.raises(CellsUnreadable) as refused:
        read(tmp_path, HEAD + "ann,x,y\n" * 10)
    assert refused.value.count == 20
    assert [(cell.place, cell.column) for cell in refused.value.cells] == [
        (f"line {line}", column) for column in ("day", "paid") for line in (2, 3, 4)
    ]
    assert str(refused.value).endswith("\n...")


BAD_FILES = {
    "empty": ("", "the file is empty"),
    "too wide": (HEAD + GOOD + "a,2024-01-01,1,2\n", "line 4 has 4 fields where the header has 3"),
    "too narrow": (HEAD + "a,2024-01-01\n" + GOOD, "line 2 has 2 fields where the header has 3"),
    "another encoding": (HEAD.encode() + "Zoë,2024-01-01,1\n".encode("latin-1"), "not utf-8"),
}


@pytest.mark.parametrize(("text", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_says_why_and_what_to_do(tmp_path, text, said):
    with pytest.raises(FileUnreadable) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert refused.value.next_step


def test_a_broken_archive_is_refused(tmp_path):
    path = tmp_path / "shop.csv.gz"
    path.write_bytes(gzip.compress((HEAD + GOOD * 200).encode())[:-20])
    with pytest.raises(FileUnreadable):
        read_rows(path, parse_mapping(MAP), WANTED)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileUnreadable, match="there is no such file"):
        read_rows(tmp_path / "none.csv", parse_mapping(MAP), WANTED)


@pytest.mark.parametrize("name", ["shop.csv", "shop.csv.gz"])
def test_numbers_days_and_words_are_read(tmp_path, name):
    rows = read(tmp_path, HEAD + GOOD, name=name)
    assert rows.count == 2
    assert rows.numbers["value"].tolist() == [1.5, 2.0]
    assert rows.numbers["time"].tolist() == [19723.0, 19724.5]
    assert rows.words["customer"].labels == ("ann", "bob")
    assert rows.words["customer"].codes.tolist() == [0, 1]
    assert rows.left_out == ()


def test_parquet_is_read_and_its_rows_are_named(tmp_path):
    path = tmp_path / "shop.parquet"
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT * FROM (VALUES ('ann', DATE '2024-01-01', 1.5),"
            " ('bob', DATE '2024-01-02', 2.0)) AS t(who, day, paid)) TO '"
            + str(path) + "' (FORMAT parquet)"
        )  # fmt: skip
    rows = read_rows(path, parse_mapping(MAP), WANTED)
    assert rows.numbers["value"].tolist() == [1.5, 2.0]
    assert rows.numbers["time"].tolist() == [19723.0, 19724.0]
    with pytest.raises(CellsUnreadable, match='row 1, column who: found "ann"'):
        read_rows(path, parse_mapping(MAP), (Wanted("value", "who", "number"),))


def test_yes_and_no_are_numbers(tmp_path):
    rows = read(tmp_path, HEAD + "a,2024-01-01,true\nb,2024-01-01,False\n")
    assert rows.numbers["value"].tolist() == [1.0, 0.0]


def test_formats_are_tried_in_turn(tmp_path):
    text = HEAD + "a,20240101,1\na,1/2/2024 8:26,1\na,2024-01-03T10:00:00,1\n"
    rows = read(tmp_path, text, 'time: {formats: ["%Y%m%d", "%m/%d/%Y %H:%M", iso]}')
    assert np.floor(rows.numbers["time"]).tolist() == [19723.0, 19724.0, 19725.0]


def test_marks_delimiter_and_encoding_are_what_the_mapping_says(tmp_path):
    text = "who;day;paid\nZoë;2024-01-01;1.234,5\n".encode("latin-1")
    rows = read(
        tmp_path, text,
        "numbers: {decimal_mark: ',', thousands_mark: '.'}\n"
        "file: {encoding: latin-1, delimiter: ';'}",
    )  # fmt: skip
    assert rows.numbers["value"].tolist() == [1234.5]
    assert rows.words["customer"].labels == ("Zoë",)


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert read(tmp_path, "\ufeff" + HEAD + GOOD).count == 2


def test_rows_are_left_out_by_rule_and_counted_by_reason(tmp_path):
    text = HEAD + GOOD + "POST,never,x\npost2,2024-01-01,1\n,2024-01-01,1\n ,2024-01-01,1\n"
    rows = read(tmp_path, text, 'leave_out: [{column: who, matches: "post.?", reason: postage}]')
    assert rows.count == 2
    assert {one.reason: one.rows for one in rows.left_out} == {
        "postage": 2, "no customer is named": 2,
    }  # fmt: skip


def test_a_file_of_which_nothing_is_left_is_refused(tmp_path):
    with pytest.raises(NothingLeft, match="2: no customer is named"):
        read(tmp_path, HEAD + ",2024-01-01,1\n,2024-01-01,1\n")
    with pytest.raises(NothingLeft, match="it has none"):
        read(tmp_path, HEAD)


def test_a_column_that_is_not_there_is_named_with_the_closest(tmp_path):
    with pytest.raises(MappingInvalid) as refused:
        read(tmp_path, "who,date,payed\n" + GOOD)
    said = [str(problem) for problem in refused.value.problems]
    assert said == [
        "columns.time: found 'day', which the file has 0 times; date would be right",
        "columns.value: found 'paid', which the file has 0 times; payed would be right",
    ]


def test_a_column_unlike_any_other_is_answered_with_all_of_them(tmp_path):
    with pytest.raises(MappingInvalid, match="one of its columns would be right: who, when, paid"):
        read(tmp_path, "who,when,paid\n" + GOOD)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(MappingInvalid, match="'paid', which the file has 2 times"):
        read(tmp_path, "who,day,paid,paid\n" + "a,2024-01-01,1,2\n")


def test_columns_without_a_name_do_no_harm(tmp_path):
    assert read(tmp_path, ",who,day,paid\n1,ann,2024-01-01,3\n").count == 1


def test_a_feature_is_a_number_only_where_all_of_it_is(tmp_path):
    wanted = (Wanted("features", "paid", "feature"), Wanted("features", "who", "feature"))
    rows = read(tmp_path, HEAD + GOOD, wanted=wanted)
    assert rows.features["paid"].tolist() == [1.5, 2.0]
    assert rows.features["who"].labels == ("ann", "bob")


def test_what_may_be_empty_is_zero_or_no_day(tmp_path):
    wanted = (
        Wanted("discount", "paid", "number", optional=True),
        Wanted("expires", "day", "day", optional=True),
    )
    rows = read(tmp_path, HEAD + "a,,\nb,2024-01-01,3\n", wanted=wanted)
    assert rows.numbers["discount"].tolist() == [0.0, 3.0]
    assert np.isnan(rows.numbers["expires"]).tolist() == [True, False]
    with pytest.raises(CellsUnreadable, match='found "soon"'):
        read(tmp_path, HEAD + "a,soon,\n", wanted=wanted)
