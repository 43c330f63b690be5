"""The forecast against simulated programs whose future is known, and against pooled hazards."""

import numpy as np
import pytest
from bench.science.liability_worlds import Program, World, simulated_world

from regulars.science.liability.contracts import Assumptions
from regulars.science.liability.facade import forecast_liability, pooled_hazard_forecast

LONG = Program(members=1_000, expiry_days=730.0, future_days=365.0)
"""Points live longer than the year of history."""


def _forecast(world: World, **options):
    options = {"point_value": 0.01, "seed": 1, "draws": 80} | options
    return forecast_liability(
        world.lots,
        world.redemptions,
        as_of=world.as_of,
        observed_from=world.observed_from,
        **options,
    )


@pytest.fixture(scope="module")
def worlds():
    # With 1,000 members the lapse of some is on a ridge, and the last bits of a sum decide where.
    return [simulated_world(seed, Program(members=2_000)) for seed in range(8)]


@pytest.fixture(scope="module")
def forecasts(worlds):
    return [_forecast(world) for world in worlds]


def test_forecasts_come_near_what_members_redeemed_later(worlds, forecasts):
    actual = np.array([world.redeemed_later.sum() for world in worlds])
    predicted = np.array([one.redeemed.value for one in forecasts])
    assert predicted.sum() / actual.sum() == pytest.approx(1.0, abs=0.15)
    assert np.max(np.abs(predicted / actual - 1.0)) < 0.35


def test_the_interval_covers_the_truth(worlds, forecasts):
    covered = [
        one.redeemed.covers(world.redeemed_later.sum())
        for one, world in zip(forecasts, worlds, strict=True)
    ]
    assert sum(covered) >= 7
    assert all(one.redeemed.high < one.open_points for one in forecasts)


def test_money_breakage_and_points_are_one_forecast(forecasts):
    one = forecasts[0]
    assert one.liability.value == pytest.approx(0.01 * one.redeemed.value)
    assert one.liability.high == pytest.approx(0.01 * one.redeemed.high)
    assert one.breakage.value == pytest.approx(1.0 - one.redeemed.value / one.open_points)
    assert one.breakage.low <= one.breakage.value <= one.breakage.high
    for total in (
        one.member_redeemed.sum(),
        one.lot_redeemed.sum(),
        one.cohorts.redeemed.sum(),
        one.schedule.redeemed[-1],
    ):
        assert total == pytest.approx(one.redeemed.value, rel=1e-6)
    assert one.cohorts.open_points.sum() == pytest.approx(one.open_points)
    assert np.all(one.cohorts.low <= one.cohorts.high)
    assert np.all(np.diff(one.schedule.redeemed) >= 0.0)


def test_no_lot_gives_more_than_it_has(worlds, forecasts):
    world, one = worlds[0], forecasts[0]
    usable = np.where(world.lots.expires_day > world.as_of, world.lots.unspent, 0.0)
    assert np.all(one.lot_redeemed <= usable + 1e-6)
    assert np.all(one.lot_redeemed >= 0.0)


def test_members_who_redeemed_are_expected_to_redeem_more(worlds, forecasts):
    # What each member did later is mostly chance; over tenths of the forecast it is not.
    predicted = np.concatenate([one.member_redeemed for one in forecasts])
    done = np.concatenate(
        [np.bincount(w.lots.member, w.redeemed_later, minlength=w.lots.members) for w in worlds]
    )
    order = np.argsort(predicted)[::-1]
    tenths = [done[part].mean() for part in np.array_split(order, 10)]
    assert tenths[0] > 1.5 * tenths[1] > 2.0 * tenths[3]
    assert tenths[0] == pytest.approx(predicted[order[: order.size // 10]].mean(), rel=0.25)


def test_sensitivity_goes_the_way_of_its_assumption(forecasts):
    found = {one.assumption: one for one in forecasts[0].sensitivity}
    assert found["rate_factor"].at_low < found["rate_factor"].at_high
    assert found["amount_factor"].at_low < found["amount_factor"].at_high
    assert found["lapse_factor"].at_low > found["lapse_factor"].at_high


def test_the_backtest_is_part_of_the_result_and_widens_the_interval(worlds, forecasts):
    one = forecasts[0]
    assert len(one.backtests) == 3
    for test in one.backtests:
        assert test.until == worlds[0].as_of
        assert test.error == pytest.approx(test.predicted.value / test.actual - 1.0)
        assert 0.0 < test.actual < test.open_points
    untested = _forecast(worlds[0], backtest_days=())
    assert untested.model_error == 0.0
    assert untested.redeemed.value == one.redeemed.value
    if one.model_error > 0.05:
        assert untested.redeemed.high < one.redeemed.high


def test_backtests_are_fair_where_opening_lots_are_known(forecasts):
    errors = np.array([[test.error for test in one.backtests] for one in forecasts])
    assert np.abs(np.median(errors)) < 0.15


def test_pooled_hazards_are_far_off_where_history_begins_in_the_middle():
    """Oldest-first spending books the redemptions of unknown, older lots on the first lots known,
    which then look much shorter-lived than they are; members' own rates do not care."""
    ours, pooled = [], []
    for seed in range(4):
        world = simulated_world(seed, LONG, observed_from=1095.0, opening_lots=False)
        actual = world.redeemed_later.sum()
        found = _forecast(
            world, assumptions=Assumptions(horizon_days=LONG.future_days), backtest_days=()
        )
        by_age = pooled_hazard_forecast(
            world.lots,
            world.redemptions,
            observed_from=world.observed_from,
            as_of=world.as_of,
            until=world.as_of + LONG.future_days,
        )
        ours.append(found.redeemed.value / actual - 1.0)
        pooled.append(by_age / actual - 1.0)
    assert np.max(np.abs(pooled)) > 0.35
    assert np.mean(np.abs(ours)) < np.mean(np.abs(pooled)) / 2.0


def test_a_minimum_to_redeem_is_not_taken_for_a_wish_to_wait():
    # Nobody redeems below 100 points here: told so, the model sees shorter exposures and higher
    # rates, and the points of small balances wait until more has been earned.
    world = simulated_world(3, Program(members=800))
    told = _forecast(world, backtest_days=(), assumptions=Assumptions(redeemable_from=100.0))
    free = _forecast(world, backtest_days=())
    told_mean, free_mean = (
        one.model.rate_shape / one.model.rate_scale_days for one in (told, free)
    )
    assert told.model.members < free.model.members
    assert told_mean > free_mean


def test_points_that_never_expire_are_counted_up_to_the_horizon():
    world = simulated_world(
        1, Program(members=400, expiry_days=np.inf, lapse_days=1e9), observed_from=365.0
    )
    short, long = (
        _forecast(world, backtest_days=(), assumptions=Assumptions(horizon_days=days))
        for days in (180.0, 3_650.0)
    )
    assert short.redeemed.value < long.redeemed.value < long.open_points
    assert long.schedule.day[-1] == pytest.approx(world.as_of + 3_650.0)


def test_the_same_seed_gives_the_same_forecast(worlds, forecasts):
    again = _forecast(worlds[0])
    assert again.redeemed == forecasts[0].redeemed
    assert np.array_equal(again.lot_redeemed, forecasts[0].lot_redeemed)
