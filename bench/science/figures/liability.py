"""The liability of open points in simulated programs whose future is known, beside pooled hazards.

Two settings of 1,500 members over four years: history known for two years with points that live
one, and for one year with points that live two and no lot from before the window unless it is still
open. Error is forecast over truth, less 1.
"""

import time

import numpy as np

from bench.report import Figure
from bench.science.liability_worlds import Program, simulated_world
from bench.science.options import Options
from regulars.science.liability.contracts import Assumptions
from regulars.science.liability.facade import forecast_liability, pooled_hazard_forecast

FIGURES = ("liability_error_known", "liability_error_truncated")


def measure(peers: object, options: Options) -> list[Figure]:
    settings = {
        "liability_error_known": (Program(), 730.0, True),
        "liability_error_truncated": (
            Program(expiry_days=730.0, future_days=365.0), 1095.0, False,
        ),
    }  # fmt: skip
    return [
        _errors(name, *setting, programs=max(2, options.seeds // 10))
        for name, setting in settings.items()
        if options.wants(name)
    ]


def _errors(
    name: str, program: Program, observed_from: float, opening_lots: bool, *, programs: int
) -> Figure:
    ours, pooled, covered, seconds = [], [], 0, 0.0
    for seed in range(programs):
        world = simulated_world(seed, program, observed_from, opening_lots=opening_lots)
        actual = float(world.redeemed_later.sum())
        started = time.process_time()
        found = forecast_liability(
            world.lots,
            world.redemptions,
            as_of=world.as_of,
            observed_from=observed_from,
            point_value=0.01,
            seed=seed,
            assumptions=Assumptions(horizon_days=program.future_days),
        )
        seconds += time.process_time() - started
        by_age = pooled_hazard_forecast(
            world.lots,
            world.redemptions,
            observed_from=observed_from,
            as_of=world.as_of,
            until=world.as_of + program.future_days,
        )
        ours.append(found.redeemed.value / actual - 1.0)
        pooled.append(by_age / actual - 1.0)
        covered += found.redeemed.covers(actual)
    return Figure(
        name,
        round(float(np.mean(np.abs(ours))), 3),
        "of the truth",
        round(float(np.mean(np.abs(pooled))), 3),
        round(float(np.mean(np.abs(ours)) / np.mean(np.abs(pooled))), 3),
        round(min(ours), 3),
        round(max(ours), 3),
        f"mean absolute error, range of errors over {programs} programs, mean {np.mean(ours):+.3f} "
        f"(sd {np.std(ours):.3f}); reference: pooled hazards, mean {np.mean(pooled):+.3f} (sd "
        f"{np.std(pooled):.3f}); 95 % intervals cover {covered} of {programs}; "
        f"{seconds / programs:.2f} s CPU each with three backtests",
    )
