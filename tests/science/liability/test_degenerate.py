"""Whatever lots and redemptions there are, liability is finite or says what to do."""

import pytest

from regulars.science.liability import facade as liability
from regulars.science.liability.contracts import Assumptions
from tests.science.degenerate import Case, narrowed, offences, read_only, reordered, unlike
from tests.science.liability.worlds import Program, simulated_world

WORLD = simulated_world(1, Program(members=14))
LOTS = tuple(f"lots.{column}" for column in (
    "member", "earned_day", "expires_day", "earned", "unspent"))  # fmt: skip
REDEMPTIONS = tuple(f"redemptions.{column}" for column in ("member", "day", "amount"))
KNOWN = {"lots": WORLD.lots, "redemptions": WORLD.redemptions, "as_of": WORLD.as_of,
         "observed_from": WORLD.observed_from}  # fmt: skip
SIZES = frozenset({"lots.members"})
# A backtest in whose time nothing was redeemed, and lapse that is not known, say so.
INFINITE = frozenset({"error", "pooled_hazard_error", "lapse_scale_days", "expires_day"})

CASES = [
    Case(liability.forecast_liability, {**KNOWN, "point_value": 0.01, "seed": 1, "draws": 50,
         "level": 0.95, "assumptions": Assumptions(), "backtest_days": ()}, LOTS, SIZES,
         INFINITE),
    Case(liability.forecast_liability, {**KNOWN, "point_value": 0.01, "seed": 1, "draws": 50,
         "backtest_days": (100.0,)}, REDEMPTIONS, frozenset({"lots", "as_of",
         "observed_from", "draws"}), INFINITE, "few redemptions"),
    Case(liability.pooled_hazard_forecast, {**KNOWN, "until": WORLD.as_of + 90.0}, LOTS, SIZES),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_degenerate_input_is_refused_with_a_next_step_or_answered_with_finite_numbers(case):
    case.call()
    assert not offences(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs_are_never_written_to_and_may_be_lists_or_of_small_types(case):
    told = case.call()
    assert not unlike(told, case.function(**read_only(case)))
    assert not unlike(told, case.function(**narrowed(case)), tolerance=1e-3)


@pytest.mark.parametrize("case", [case for case in CASES if case.rows], ids=str)
def test_the_sequence_of_the_rows_does_not_matter(case):
    order, arguments = reordered(case)
    assert not unlike(case.call(), case.function(**arguments), tolerance=1e-9, rows=order)


@pytest.mark.parametrize("case", [case for case in CASES if "seed" in case.arguments], ids=str)
def test_the_same_seed_gives_the_same_to_the_last_digit(case):
    assert not unlike(case.call(), case.call())


@pytest.mark.parametrize("case", [case for case in CASES if "seed" in case.arguments], ids=str)
def test_another_seed_gives_another_answer(case):
    assert unlike(case.call(), case.function(**{**case.arguments, "seed": 99}))
