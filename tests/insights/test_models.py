"""The answers say what the science says, on files whose truth is known."""

import csv
import json
from collections import Counter

import numpy as np
import pytest

from regulars.insights import facade
from regulars.insights.errors import Unfit
from regulars.insights.mapping import load_mapping, parse_mapping
from tests.docs.pages import ROOT
from tests.insights.conftest import silent
from tests.insights.test_page import COMMANDS
from tests.shared_data import shared_file

EXAMPLES = ROOT / "examples/science"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_can_be_told_to_machines(insight, command):
    found = insight(command)
    assert found.command == command
    assert json.loads(json.dumps(found.data, allow_nan=False))
    assert found.summary.endswith(".")
    for grid in found.grids:
        assert all(len(row) == len(grid.columns) for row in grid.rows)
        assert len(set(grid.columns)) == len(grid.columns)


@pytest.mark.parametrize(
    ("command", "rows"), [("lifetime", 150), ("segments", 150), ("uplift", 1_500)]
)
def test_every_customer_has_a_row(insight, tmp_path, command, rows):
    path = tmp_path / "members.csv"
    written = facade.write_members(insight(command), path)
    with path.open(encoding="utf-8") as text:
        read = list(csv.DictReader(text))
    assert written == len(read)
    assert 0.9 * rows <= len(read) <= rows
    assert len({tuple(row.values()) for row in read}) == len(read)


def test_an_experiment_finds_what_was_put_in(insight):
    found = insight("experiment").data
    effects = {(one["group"], one["outcome"]): one for one in found["comparisons"]}
    letter = effects["letter", "bought"]
    # The letter moves those below 40 by .2, two fifths of all.
    assert letter["difference"]["low"] < 0.08 < letter["difference"]["high"]
    assert not found["sample_ratio"]["mismatch"]


def test_uplift_finds_the_young(insight, small_files):
    members = insight("uplift").members
    with (small_files / "trial.csv").open(encoding="utf-8") as text:
        ages = {row["who"]: float(row["age"]) for row in csv.DictReader(text)}
    age = np.array([ages[who] for who in members["customer"]])
    scores = np.array(members["uplift"])
    assert scores[age < 35].mean() > scores[age > 50].mean() + 0.05


def test_a_second_log_is_judged_by_how_often_it_chose_each_arm_at_each_place(insight, small_files):
    policies = {one["policy"]: one for one in insight("bandit").data["policies"]}
    found = policies["as in other.csv"]
    logs = []
    for name in ("log.csv", "other.csv"):
        with (small_files / name).open(encoding="utf-8") as text:
            logs.append(list(csv.DictReader(text)))
    logged, other = logs
    at_place = Counter(row["place"] for row in other)
    chosen = Counter((row["place"], row["shown"]) for row in other)
    weighted = [
        float(row["click"]) / float(row["chance"])
        * chosen[row["place"], row["shown"]] / at_place[row["place"]]
        for row in logged
    ]  # fmt: skip
    value = {one["method"]: one["value"] for one in found["estimates"]}
    assert value["inverse_propensity"] == pytest.approx(np.mean(weighted), rel=1e-9)
    assert found["really"] == pytest.approx(np.mean([float(row["click"]) for row in other]))


def test_the_middle_of_the_file_parts_it(insight):
    found = insight("lifetime").data
    assert found["cut"] < "2024-07-15"
    assert found["first_part"]["converged"]


@pytest.mark.parametrize(
    ("learn", "options", "said"),
    [
        (facade.lifetime, facade.LifetimeOptions(cut=facade.day_number("2030-01-01")), "--cut"),
        (facade.churn, facade.ChurnOptions(days=4000), "--days"),
        (facade.segments, facade.SegmentOptions(days=4000), "--days"),
        (facade.recommend, facade.RecommendOptions(days=4000), "--days"),
    ],
)
def test_a_time_that_the_file_does_not_hold_is_refused(small_files, learn, options, said):
    mapping = load_mapping(small_files / "orders.yaml")
    with pytest.raises(Unfit) as refused:
        learn(small_files / "orders.csv", mapping, options, silent)
    assert said in refused.value.next_step


def test_an_outcome_that_is_none_is_refused(small_files):
    mapping = load_mapping(small_files / "trial.yaml")
    for learn, options in (
        (facade.experiment, facade.ExperimentOptions("money")),
        (facade.uplift, facade.UpliftOptions("money")),
    ):
        with pytest.raises(Unfit, match="money is no outcome") as refused:
            learn(small_files / "trial.csv", mapping, options, silent)
        assert refused.value.next_step == "Give one of: bought, spend."


def test_a_broken_assignment_is_said_first(tmp_path):
    path = tmp_path / "trial.csv"
    random = np.random.default_rng(1)
    rows = [("a" if row % 3 else "b", int(random.random() < 0.3)) for row in range(600)]
    path.write_text("arm,won\n" + "".join(f"{arm},{won}\n" for arm, won in rows))
    mapping = parse_mapping(
        "regulars_science: 1\ncolumns: {group: arm, outcomes: [won]}\nexperiment: {control: a}"
    )
    found = facade.experiment(path, mapping, facade.ExperimentOptions(), silent)
    assert found.summary.startswith("The groups do not have the sizes that they should have")


def test_a_policy_with_an_unknown_arm_is_refused(small_files, tmp_path):
    other = tmp_path / "other.csv"
    text = (small_files / "log.csv").read_text()
    other.write_text(text.replace("arm 3", "arm 9"))
    options = facade.BanditOptions(target=other)
    mapping = load_mapping(small_files / "log.yaml")
    with pytest.raises(Unfit, match=r"other\.csv has the arm arm 9, which log\.csv never chose"):
        facade.bandit(small_files / "log.csv", mapping, options, silent)


def test_the_published_figures_of_cdnow_come_out():
    mapping = load_mapping(EXAMPLES / "cdnow.yaml")
    sample = parse_mapping(
        (EXAMPLES / "cdnow.yaml")
        .read_text()
        .replace("customer: customer_id", "customer: sample_id")
    )
    assert mapping.columns.time == sample.columns.time
    options = facade.LifetimeOptions(cut=facade.day_number("1997-09-30"))
    found = facade.lifetime(shared_file("cdnow_sample.csv.gz"), sample, options, silent).data
    first = found["first_part"]
    # Fader, Hardie and Lee 2005, table 2, to the digits that are printed there.
    assert round(first["log_likelihood"], 1) == -9582.4
    assert round(first["parameters"]["r"], 3) == 0.243
    assert round(first["parameters"]["alpha"], 3) == 4.414


def test_the_published_effects_of_hillstrom_come_out():
    mapping = load_mapping(EXAMPLES / "hillstrom.yaml")
    path = shared_file("hillstrom.csv.gz")
    found = facade.experiment(path, mapping, facade.ExperimentOptions(), silent).data
    effects = {(one["group"], one["outcome"]): one for one in found["comparisons"]}
    for group, value, half in (("Mens E-Mail", 0.770, 0.285), ("Womens E-Mail", 0.424, 0.255)):
        spend = effects[group, "spend"]["difference"]
        assert round(spend["value"], 3) == value
        assert round((spend["high"] - spend["low"]) / 2, 3) == half
    assert round(effects["Womens E-Mail", "visit"]["treatment"], 4) == 0.1514
