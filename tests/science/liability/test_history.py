"""What stood open on an earlier day, who had a balance for how long, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from bench.science.liability_worlds import Program, simulated_world

from regulars.science.errors import (
    NoData,
    NotFinite,
    OutOfRange,
    TooFew,
    WrongShape,
)
from regulars.science.liability.contracts import Assumptions, Lots, Redemptions
from regulars.science.liability.demand import fit_demand
from regulars.science.liability.facade import forecast_liability, pooled_hazard_forecast
from regulars.science.liability.history import as_known_on, balances, spending_order

# One member: 100 points on day 0, 50 on day 10, both to day 400; 120 redeemed on day 20.
LOTS = Lots(
    np.array([0, 0]), np.array([0.0, 10.0]), np.array([400.0, 400.0]),
    np.array([100.0, 50.0]), np.array([0.0, 30.0]), 1,
)  # fmt: skip
REDEMPTIONS = Redemptions(np.array([0]), np.array([20.0]), np.array([120.0]))


def test_the_past_is_reckoned_backwards_in_spending_order():
    then, spent = as_known_on(15.0, LOTS, REDEMPTIONS)
    assert then.unspent.tolist() == [100.0, 50.0]
    assert spent.day.size == 0
    then, _ = as_known_on(5.0, LOTS, REDEMPTIONS)
    assert then.unspent.tolist() == [100.0]
    then, spent = as_known_on(20.0, LOTS, REDEMPTIONS)
    assert then.unspent.tolist() == [0.0, 30.0]
    assert spent.amount.tolist() == [120.0]


def test_the_soonest_to_expire_is_spent_first():
    lots = replace(LOTS, expires_day=np.array([400.0, 100.0]))
    assert spending_order(lots).tolist() == [1, 0]


def test_exposure_counts_days_with_a_redeemable_balance():
    known = balances(LOTS, REDEMPTIONS, observed_from=0.0, as_of=50.0, redeemable_from=0.0)
    assert known.exposure.tolist() == [50.0]
    assert known.exposure_active.tolist() == [20.0]
    assert known.before.tolist() == [150.0]
    assert known.opening.tolist() == [0.0]
    enough = balances(LOTS, REDEMPTIONS, observed_from=0.0, as_of=50.0, redeemable_from=120.0)
    assert enough.exposure.tolist() == [10.0]
    late = balances(LOTS, REDEMPTIONS, observed_from=15.0, as_of=50.0, redeemable_from=0.0)
    assert late.opening.tolist() == [150.0]
    assert late.exposure.tolist() == [35.0]


def test_the_reckoned_past_is_what_it_was_then():
    # The same lives, cut at an earlier day: what was open then is known to the simulator.
    program = Program(members=300)
    world = simulated_world(1, program, observed_from=0.0)
    earlier, _ = as_known_on(1_000.0, world.lots, world.redemptions)
    order = spending_order(world.lots)
    rows = order[world.lots.earned_day[order] <= 1_000.0]
    open_then = simulated_world(1, program, observed_from=1_000.0)
    total = np.sum(earlier.unspent[earlier.expires_day > 1_000.0])
    assert rows.size == earlier.member.size
    assert total == pytest.approx(open_then.opening_points, rel=1e-9)


def test_wanting_all_is_told_from_finding_too_little():
    # 30 % of redemptions take all, the others 100 points or so; half of the balances are small.
    random = np.random.default_rng(1)
    member = np.repeat(np.arange(2_000), 5)
    before = np.where(random.random(member.size) < 0.5, 60.0, 1_000.0)
    wanted = 100.0 * random.lognormal(0.0, 0.3, member.size)
    amount = np.where(random.random(member.size) < 0.3, before, np.minimum(wanted, before))
    found = fit_demand(Redemptions(member, np.zeros(member.size), amount), before, 2_000)
    assert np.mean(amount >= before) > 0.6
    assert found.emptying_share == pytest.approx(0.3, abs=0.02)
    assert found.amount == pytest.approx(100.0, rel=0.03)
    assert np.mean(found.log_amount_deviation) == pytest.approx(0.3, abs=0.03)


def _world():
    return simulated_world(1, Program(members=60))


WORLD = _world()


def _forecast(lots=WORLD.lots, redemptions=WORLD.redemptions, **options):
    options = {
        "as_of": WORLD.as_of, "observed_from": 730.0, "point_value": 0.01, "seed": 1, "draws": 50,
        "backtest_days": (),
    } | options  # fmt: skip
    return forecast_liability(lots, redemptions, **options)


EMPTY = np.empty(0)
NO_LOTS = Lots(EMPTY.astype(int), EMPTY, EMPTY, EMPTY, EMPTY, 1)
NO_REDEMPTIONS = Redemptions(EMPTY.astype(int), EMPTY, EMPTY)


def _with(column, row, value):
    changed = getattr(WORLD.lots, column).copy()
    changed[row] = value
    return replace(WORLD.lots, **{column: changed})


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: _forecast(NO_LOTS), NoData, "lots"),
        (lambda: _forecast(redemptions=NO_REDEMPTIONS), NoData, "redemptions"),
        (lambda: _forecast(_with("earned", 3, np.nan)), NotFinite, r"earned\[3\]"),
        (lambda: _forecast(_with("earned", 3, 0.0)), OutOfRange, r"earned\[3\].*above 0"),
        (lambda: _forecast(_with("unspent", 3, -1.0)), OutOfRange, "at least 0"),
        (lambda: _forecast(_with("unspent", 3, 1e9)), OutOfRange, "at most what the lot earned"),
        (lambda: _forecast(_with("expires_day", 3, np.nan)), NotFinite, r"expires_day\[3\]"),
        (lambda: _forecast(_with("expires_day", 3, -np.inf)), NotFinite, r"expires_day\[3\]"),
        (lambda: _forecast(_with("earned_day", 3, 2_000.0)), OutOfRange, "at most 1460"),
        (lambda: _forecast(_with("member", 3, 60)), OutOfRange, "from 0 to 59"),
        (lambda: _forecast(replace(WORLD.lots, earned=np.ones(2))), WrongShape, "earned"),
        (lambda: _forecast(replace(WORLD.lots, unspent=0 * WORLD.lots.earned)), NoData, "open"),
        (
            lambda: _forecast(redemptions=replace(WORLD.redemptions, amount=np.zeros(2))),
            WrongShape,
            "amount",
        ),
        (
            lambda: _forecast(
                redemptions=Redemptions(np.array([0]), np.array([1.0]), np.array([0.0]))
            ),
            OutOfRange,
            "above 0",
        ),
        (
            lambda: _forecast(
                redemptions=Redemptions(np.array([0]), np.array([1_000.0]), np.array([5.0]))
            ),
            TooFew,
            "1 redemptions",
        ),
        (
            lambda: forecast_liability(
                LOTS, REDEMPTIONS, as_of=50.0, observed_from=0.0, point_value=1.0, seed=1
            ),
            TooFew,
            "1 members who could redeem",
        ),
        (lambda: _forecast(observed_from=WORLD.as_of), OutOfRange, "observed_from"),
        (lambda: _forecast(point_value=0.0), OutOfRange, "point_value"),
        (lambda: _forecast(draws=10), OutOfRange, "draws"),
        (lambda: _forecast(level=0.0), OutOfRange, "level"),
        (lambda: _forecast(backtest_days=(400.0,)), OutOfRange, "half of the window"),
        (lambda: _forecast(assumptions=Assumptions(horizon_days=0.0)), OutOfRange, "horizon"),
        (lambda: _forecast(assumptions=Assumptions(rate_factor=-1.0)), OutOfRange, "rate_factor"),
        (lambda: _forecast(assumptions=Assumptions(redeemable_from=np.nan)), OutOfRange, "finite"),
    ],
)  # fmt: skip
def test_what_cannot_be_forecast_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_members_who_are_all_alike_give_a_finite_forecast():
    members = np.repeat(np.arange(50), 3)
    lots = Lots(
        members, np.tile([0.0, 100.0, 200.0], 50), np.full(150, np.inf),
        np.full(150, 100.0), np.tile([0.0, 50.0, 100.0], 50), 50,
    )  # fmt: skip
    redemptions = Redemptions(np.arange(50), np.full(50, 150.0), np.full(50, 150.0))
    found = forecast_liability(
        lots, redemptions, as_of=300.0, observed_from=0.0, point_value=1.0, seed=1, draws=50
    )
    assert 0.0 < found.redeemed.value <= found.open_points
    assert np.isfinite([found.redeemed.low, found.redeemed.high, found.model_error]).all()
    assert np.isfinite(found.lot_redeemed).all()


def test_a_rate_of_nothing_redeems_nothing():
    found = _forecast(assumptions=Assumptions(rate_factor=0.0))
    assert found.redeemed.value == 0.0
    assert found.breakage.value == 1.0


def test_pooled_hazards_of_nothing_redeemed_are_zero():
    lots = replace(LOTS, unspent=LOTS.earned)
    assert (
        pooled_hazard_forecast(lots, NO_REDEMPTIONS, observed_from=0.0, as_of=50.0, until=90.0)
        == 0.0
    )
