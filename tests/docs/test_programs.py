"""Every example that is a program document, in the pages or in examples/, passes the check.

A block is taken for a program when it names the document's format: a line `regulars: 1`.
"""

import re

import pytest

from regulars.programs.facade import check
from tests.docs.pages import ROOT, pages

EXAMPLES = sorted((ROOT / "examples/programs").glob("*.yaml"))
BLOCKS = [
    pytest.param(block.text, id=page.name)
    for page in pages()
    for block in page.blocks()
    if re.search(r"^\s*\{?\"?regulars\"?: 1\b", block.text, re.MULTILINE)
]


@pytest.mark.parametrize("text", BLOCKS)
def test_a_program_in_a_page_passes_the_check(text):
    assert check(text) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_program_passes_the_check(path):
    assert check(path.read_text(encoding="utf-8")) == []


def test_the_tour_changes_the_document_as_it_says():
    text = (ROOT / "examples/programs/meadow_club.yaml").read_text(encoding="utf-8")
    changed = text.replace('points: "1"', 'points: "2"', 1)
    assert changed != text
    assert check(changed) == []
    broken = changed.replace("rule: base,", "rule: bace,").replace("stack: best_of", "stack: best")
    found = {(one.line, one.column, one.code) for one in check(broken)}
    tour = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^broken\.yaml:(\d+):(\d+): error .*\[(\w+)\]$", tour, re.MULTILINE)
    assert {(int(line), int(column), code) for line, column, code in shown} == found


def test_a_program_in_pounds_can_be_made_as_the_tour_says():
    text = (ROOT / "examples/programs/meadow_club.yaml").read_text(encoding="utf-8")
    pounds = text.replace("currency: EUR", "currency: GBP")
    assert pounds != text
    assert check(pounds) == []
