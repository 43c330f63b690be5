"""An experiment in a file: who was in which group, the control first."""

import numpy as np
import pytest

from regulars.imports.errors import MappingInvalid
from regulars.insights.errors import Unfit
from regulars.insights.mapping import parse_mapping
from regulars.insights.trials import read_trial

HEAD = "arm,won,age,town\n"
ROWS = "letter,1,30,Ulm\nnone,0,40,Ulm\nnone,1,50,Bonn\ncall,0,60,Kiel\n"
COLUMNS = "regulars_science: 1\ncolumns: {group: arm, outcomes: [won], features: [age, town]}\n"


def trial(tmp_path, experiment, rows=ROWS):
    path = tmp_path / "trial.csv"
    path.write_text(HEAD + rows)
    return read_trial(path, parse_mapping(COLUMNS + experiment), "experiment")


def test_the_control_is_the_first_group(tmp_path):
    found = trial(tmp_path, "experiment: {control: none, treatment: letter}")
    assert found.groups == ("none", "call", "letter")
    assert found.group.tolist() == [2, 0, 0, 1]
    assert found.treatment == 2
    assert found.shares == (1 / 3, 1 / 3, 1 / 3)
    assert found.outcomes["won"].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_shares_are_in_the_order_of_the_groups_and_add_up_to_one(tmp_path):
    found = trial(tmp_path, "experiment: {control: none, shares: {letter: 1, call: 1, none: 2}}")
    assert found.shares == (0.5, 0.25, 0.25)


def test_words_become_columns_less_the_most_frequent(tmp_path):
    found = trial(tmp_path, "experiment: {control: none}")
    assert found.feature_names == ("age", "town = Bonn", "town = Kiel")
    assert np.array_equal(found.features[:, 1], [0, 0, 1, 0])


def test_features_that_are_all_the_same_are_left_out(tmp_path):
    found = trial(tmp_path, "experiment: {control: none}", "none,1,30,Ulm\nletter,0,31,Ulm\n")
    assert found.feature_names == ("age",)


BAD = {
    "misspelt control": (
        "experiment: {control: non}", "experiment.control: found 'non'; none would be right",
    ),
    "misspelt treatment": (
        "experiment: {control: none, treatment: leter}",
        "experiment.treatment: found 'leter'; letter would be right",
    ),
    "control as treatment": (
        "experiment: {control: none, treatment: none}",
        "experiment.treatment: found 'none'; one of: call, letter",
    ),
    "a share for nobody": (
        "experiment: {control: none, shares: {none: 1, letter: 1, call: 1, fax: 1}}",
        "experiment.shares: found 'fax'",
    ),
    "a share missing": (
        "experiment: {control: none, shares: {none: 1, letter: 1}}",
        "experiment.shares: found no share for call; each group would be right",
    ),
    "no experiment": ("", "experiment: found nothing; `experiment` needs it"),
}  # fmt: skip


@pytest.mark.parametrize(("experiment", "said"), BAD.values(), ids=BAD)
def test_groups_that_are_not_there_are_named(tmp_path, experiment, said):
    with pytest.raises(MappingInvalid) as refused:
        trial(tmp_path, experiment)
    assert said in str(refused.value)


def test_one_group_is_no_experiment(tmp_path):
    with pytest.raises(Unfit, match="everybody is in the group none"):
        trial(tmp_path, "experiment: {control: none}", "none,1,30,Ulm\nnone,0,31,Ulm\n")
