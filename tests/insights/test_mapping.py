"""A mapping says what is wrong with it: every key, what was found, and what would be right."""

from pathlib import Path

import pytest

from regulars.imports.errors import MappingInvalid
from regulars.insights.mapping import load_mapping, parse_mapping, require

EXAMPLES = sorted((Path(__file__).parents[2] / "examples/science").glob("*.yaml"))
LEAST = "regulars_science: 1\ncolumns: {customer: id, time: day, value: paid}\n"

BAD = {
    "no mapping": ("[]", "(file): found []; keys and values would be right"),
    "no YAML": ("a: [", "YAML would be right"),
    "no version": ("columns: {}", "regulars_science: found nothing; this key is needed"),
    "another version": (
        "regulars_science: 2\ncolumns: {}", "regulars_science: found 2; 1 would be right",
    ),
    "misspelt key": (
        LEAST + "number: {}", "number: found a key that means nothing here; numbers would be right",
    ),
    "misspelt column": (
        "regulars_science: 1\ncolumns: {custommer: id}",
        "columns.custommer: found a key that means nothing here; customer would be right",
    ),
    "unlike any key": (
        LEAST + "points: {xyzzy: 1}",
        "points.xyzzy: found a key that means nothing here; one of: unit_cost, earn, spend, expire",
    ),
    "misspelt in a list": (
        LEAST + "leave_out: [{colum: a, matches: b, reason: c}]",
        "leave_out.0.colum: found a key that means nothing here; column would be right",
    ),
    "bad pattern": (
        LEAST + "leave_out: [{column: a, matches: '(', reason: c}]",
        "leave_out.0.matches: found '('; a regular expression would be right",
    ),
    "bad encoding": (
        LEAST + "file: {encoding: klingon}",
        "file.encoding: found 'klingon'; an encoding such as utf-8 or latin-1 would be right",
    ),
    "same marks": (
        LEAST + "numbers: {decimal_mark: ',', thousands_mark: ','}",
        "a thousands_mark other than the decimal_mark would be right",
    ),
    "no shares below 0": (
        LEAST + "experiment: {control: a, shares: {a: -1}}", "experiment.shares.a: found -1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_bad_mapping_is_refused_with_the_key_and_the_remedy(text, said):
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping(text, "shop.yaml")
    assert str(refused.value).startswith("shop.yaml is no usable mapping:\n")
    assert said in str(refused.value)


def test_every_problem_is_named_at_once():
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping("columns: {custommer: id}\nnumbers: {decimal_mark: x}")
    assert {problem.key for problem in refused.value.problems} == {
        "regulars_science", "columns.custommer", "numbers.decimal_mark",
    }  # fmt: skip


def test_a_mapping_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MappingInvalid, match="a YAML file in UTF-8 would be right"):
        load_mapping(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_read(path):
    assert load_mapping(path).regulars_science == 1


def test_there_are_examples():
    assert {path.stem for path in EXAMPLES} == {
        "cdnow", "hillstrom", "online_retail", "open_bandit", "points",
    }  # fmt: skip


def test_names_may_be_numbers_in_yaml():
    mapping = parse_mapping("regulars_science: 1\ncolumns: {customer: 1, outcomes: [2, 3]}")
    assert mapping.columns.customer == "1"
    assert mapping.columns.outcomes == ("2", "3")


def test_what_a_command_needs_is_named_with_all_that_is_missing():
    mapping = parse_mapping("regulars_science: 1\ncolumns: {customer: id, unit_price: p}")
    with pytest.raises(MappingInvalid) as refused:
        require(mapping, "lifetime", "customer", "time", "value|quantity+unit_price", "experiment")
    assert [str(problem) for problem in refused.value.problems] == [
        "columns.time: found nothing; `lifetime` needs it",
        "columns.value or columns.quantity and columns.unit_price: found nothing; "
        "`lifetime` needs it",
        "experiment: found nothing; `lifetime` needs it",
    ]


def test_either_of_two_ways_is_enough():
    for columns in ("value: v", "quantity: q, unit_price: p"):
        mapping = parse_mapping(f"regulars_science: 1\ncolumns: {{{columns}}}")
        require(mapping, "lifetime", "value|quantity+unit_price")
