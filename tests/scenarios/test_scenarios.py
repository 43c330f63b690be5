"""Every business example of this folder, run against the engine."""

import json

import pytest
from tests.scenarios.digests import FILE, digests
from tests.scenarios.expectations import EXPECTATIONS
from tests.scenarios.language import VERBS
from tests.scenarios.runner import FOLDER, Scenario, ScenarioFailed, run, scenarios

SCENARIOS = list(scenarios())


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=[f"{each.file}: {each.name}" for each in SCENARIOS]
)
def test_scenario(scenario: Scenario) -> None:
    failure = _failure(scenario)
    if scenario.expected_to_fail_reason:
        if failure:
            pytest.xfail(f"{scenario.expected_to_fail_reason}\n{failure}")
        failure = f"{scenario.file}: {scenario.name}\n  passes now: take its reason to fail away"
    if failure:
        pytest.fail(failure, pytrace=False)


def test_every_scenario_says_what_it_reflects() -> None:
    silent = [f"{each.file}: {each.name}" for each in SCENARIOS if not each.content.get("reflects")]
    assert silent == []


def test_no_two_scenarios_have_one_name() -> None:
    names = [(each.file, each.name) for each in SCENARIOS]
    assert sorted(set(names)) == sorted(names)


def test_the_page_about_scenarios_names_every_step_and_expectation() -> None:
    page = (FOLDER.parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    words = [*VERBS, *(name for name in EXPECTATIONS if name != "balance")]
    assert [each for each in words if f"`{each}`" not in page] == []


def test_every_scenario_is_decided_in_the_same_bytes_as_before() -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert digests() == kept, "see tests/scenarios/digests.py"


def _failure(scenario: Scenario) -> str:
    try:
        run(scenario)
    except ScenarioFailed as failed:
        return str(failed)
    return ""
