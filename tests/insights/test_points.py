"""Movements of points become lots, spent as the ledger spends them."""

import numpy as np
import pytest

from regulars.imports.errors import MappingInvalid
from regulars.insights.errors import Unfit
from regulars.insights.mapping import parse_mapping
from regulars.insights.orders import day_text
from regulars.insights.points import read_points

MAP = """\
regulars_science: 1
columns: {customer: who, time: day, kind: what, points: points, expires: until}
"""


def book(tmp_path, rows, extra=""):
    path = tmp_path / "points.csv"
    path.write_text("who,day,what,points,until\n" + rows)
    return read_points(path, parse_mapping(MAP + extra), "liability")


SPENT = {
    "the soonest to expire first": (
        "a,2024-01-01,earn,10,2025-06-01\na,2024-01-02,earn,10,2025-01-01\na,2024-02-01,spend,4,\n",
        [10.0, 6.0], 0,
    ),
    "never expiring last": (
        "a,2024-01-01,earn,10,\na,2024-01-02,earn,10,2025-01-01\na,2024-02-01,spend,15,\n",
        [5.0, 0.0], 0,
    ),
    "the oldest of those that expire together": (
        "a,2024-01-02,earn,10,2025-01-01\na,2024-01-01,earn,10,2025-01-01\na,2024-02-01,spend,4,\n",
        [10.0, 6.0], 0,
    ),
    "not what has expired": (
        "a,2024-01-01,earn,10,2024-02-01\na,2024-01-02,earn,10,2025-01-01\na,2024-02-01,spend,4,\n",
        [10.0, 6.0], 0,
    ),
    "not what is earned later": (
        "a,2024-01-01,spend,4,\na,2024-02-01,earn,10,2025-01-01\n", [10.0], 1,
    ),
    "not of another member": (
        "a,2024-01-01,earn,10,2025-01-01\nb,2024-01-01,earn,10,2025-01-01\nb,2024-01-02,spend,-4,\n",
        [10.0, 6.0], 0,
    ),
    "more than there is": (
        "a,2024-01-01,earn,10,2025-01-01\na,2024-01-02,spend,12,\na,2024-01-03,spend,1,\n",
        [0.0], 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "unspent", "uncovered"), SPENT.values(), ids=SPENT)
def test_spending_takes(tmp_path, rows, unspent, uncovered):
    found = book(tmp_path, rows)
    assert found.lots.unspent.tolist() == unspent
    assert found.uncovered == uncovered


def test_lots_and_redemptions_are_told_apart(tmp_path):
    found = book(
        tmp_path,
        "a,2024-01-01,earn,10,\nb,2024-01-05,spend,3,\na,2024-01-03,expire,2,\na,2024-01-03,earn,0,\n",
    )
    assert found.members == ("a", "b")
    assert found.lots.expires_day.tolist() == [np.inf]
    assert found.redemptions.amount.tolist() == [3.0]
    assert (day_text(found.first_day), day_text(found.end_day)) == ("2024-01-01", "2024-01-06")
    assert {one.reason: one.rows for one in found.left_out} == {
        "expiries, which the lots tell": 1, "movements of no points": 1,
    }  # fmt: skip


def test_words_are_what_the_mapping_says(tmp_path):
    rows = "a,2024-01-01,plus,10,\na,2024-01-02,minus,4,\n"
    found = book(tmp_path, rows, "points: {earn: plus, spend: minus}")
    assert found.lots.unspent.tolist() == [6.0]
    with pytest.raises(Unfit, match="1 row with 'minus', which is none of earn, spend, expire"):
        book(tmp_path, rows)


def test_a_lot_cannot_expire_before_it_is_earned(tmp_path):
    with pytest.raises(Unfit, match="1 lot with an expiry before the day of earning"):
        book(tmp_path, "a,2024-01-02,earn,10,2024-01-01\n")


def test_a_file_in_which_nothing_is_earned_is_refused(tmp_path):
    with pytest.raises(Unfit, match="nothing is earned"):
        book(tmp_path, "a,2024-01-02,spend,10,\n")


def test_columns_that_are_not_named_are_asked_for(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("who\na\n")
    with pytest.raises(MappingInvalid) as refused:
        read_points(
            path, parse_mapping("regulars_science: 1\ncolumns: {customer: who}"), "liability"
        )
    assert [one.key for one in refused.value.problems] == [
        "columns.time", "columns.kind", "columns.points",
    ]  # fmt: skip
