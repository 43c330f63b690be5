"""Whatever lots and redemptions there are, liability is finite or says what to do."""

from bench.science.liability_worlds import Program, simulated_world

from regulars.science.liability import facade as liability
from regulars.science.liability.contracts import Assumptions
from tests.science.degenerate import Case, SeededPromises

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


class TestLiability(SeededPromises):
    cases = CASES
