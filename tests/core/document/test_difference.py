"""Differences in words: added, removed, changed, moved, matched by id."""

import pytest
from tests.core.document.documents import SMALL

from regulars.core.document import load_document
from regulars.core.document.difference import difference

RULES = """\
earning:
  - {id: one, name: One, on: visit, earn: {currency: points, fixed: 1}}
  - {id: two, name: Two, on: visit, earn: {currency: points, fixed: 2}}
"""


@pytest.mark.parametrize(
    ("before", "after", "kinds", "words"),
    [
        ("name: Small", "name: Small  # a comment", [], []),
        ("time_zone: UTC", "time_zone: UTC\nrefund: proportional", [], []),
        ("fixed: 2}", 'fixed: "2.0"}', [], []),
        ("fixed: 2}", "fixed: 3}", ["changed"], ['rule two / earn / fixed was "2" and is now "3"']),
        (
            "earning:\n",
            "earning:\n  - {id: zero, name: Zero, on: visit, earn: {currency: points, fixed: 9}}\n",
            ["added"],
            [
                'rule zero is new: {"id": "zero", "name": "Zero", "on": "visit", '
                '"earn": {"currency": "points", "fixed": "9"}}'
            ],
        ),
        (
            "  - {id: two, name: Two, on: visit, earn: {currency: points, fixed: 2}}\n",
            "",
            ["removed"],
            [
                'rule two is gone; it was {"id": "two", "name": "Two", "on": "visit", '
                '"earn": {"currency": "points", "fixed": "2"}}'
            ],
        ),
        (
            "  - {id: one, name: One, on: visit, earn: {currency: points, fixed: 1}}\n"
            "  - {id: two, name: Two, on: visit, earn: {currency: points, fixed: 2}}\n",
            "  - {id: two, name: Two, on: visit, earn: {currency: points, fixed: 2}}\n"
            "  - {id: one, name: One, on: visit, earn: {currency: points, fixed: 1}}\n",
            ["moved"],
            ["the order of earning is now two, one"],
        ),
    ],
)
def test_difference(before: str, after: str, kinds: list[str], words: list[str]) -> None:
    text = SMALL + RULES
    assert before in text
    changes = difference(load_document(text), load_document(text.replace(before, after, 1)))
    assert [change.kind for change in changes] == kinds
    assert [change.words for change in changes] == words
