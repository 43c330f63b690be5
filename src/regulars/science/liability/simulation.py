"""The future of open points, simulated: every member redeems at a rate drawn from what is believed
of it until the points are gone, have expired, or the member has lapsed.

Points that are earned later are spent after those that are open now, so the open ones depend on no
future earning: what is redeemed goes through them in spending order, and expiry removes them
from the front. A member's lots are a stretch of points, and what is gone is a position on it.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.liability.contracts import Assumptions
from regulars.science.liability.rates import Members, rate_draws

PAIRS_AT_ONCE = 400_000


@dataclass(frozen=True, slots=True)
class OpenLots:
    """Lots with open points in spending order. `days_left`: until expiry or the horizon, whichever
    comes first. `end`: running sum of `amount` over all lots. `cohort`: a code per lot."""

    member: Integers
    days_left: Floats
    amount: Floats
    end: Floats
    cohort: Integers
    cohorts: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """Points redeemed: `lot` (lots,), mean over draws; `cohort` (draws, cohorts) and `step`
    (draws, steps), the latter per stretch of time."""

    lot: Floats
    cohort: Floats
    step: Floats


@dataclass(slots=True)
class _Pairs:
    """One future of one member each, while it goes on."""

    draw: Integers
    member: Integers
    rate: Floats
    day: Floats
    end_day: Floats
    position: Floats

    def keep(self, chosen: Booleans) -> None:
        self.draw, self.member, self.rate = (
            self.draw[chosen], self.member[chosen], self.rate[chosen],
        )  # fmt: skip
        self.day, self.end_day, self.position = (
            self.day[chosen], self.end_day[chosen], self.position[chosen],
        )  # fmt: skip


def simulate(
    lots: OpenLots,
    members: Members,
    assumptions: Assumptions,
    *,
    step_days: float,
    steps: int,
    draws: int,
    seed: int,
) -> Simulated:
    """Draw `draws` futures of all members."""
    random = checks.generator(seed)
    rates = rate_draws(members, draws, random)
    tally = Simulated(
        np.zeros(lots.amount.size), np.zeros((draws, lots.cohorts)), np.zeros((draws, steps))
    )
    owners = np.unique(lots.member)
    for some in np.array_split(owners, max(1, -(-owners.size * draws // PAIRS_AT_ONCE))):
        pairs = _begin(some, lots, members, assumptions, rates, random)
        while pairs.draw.size:
            _advance(pairs, lots, members, assumptions, tally, step_days, random)
    return Simulated(tally.lot / draws, tally.cohort, tally.step)


def _begin(
    some: Integers,
    lots: OpenLots,
    members: Members,
    assumptions: Assumptions,
    rates: Floats,
    random: np.random.Generator,
) -> _Pairs:
    draws = rates.shape[0]
    draw, member = np.repeat(np.arange(draws), some.size), np.tile(some, draws)
    alive = random.random(draw.size) < members.alive[member]
    draw, member = draw[alive], member[alive]
    mean, shape, slope = rates[draw].T
    scale = np.exp(shape - mean - slope * members.held[member])
    rate = random.gamma(np.exp(shape) + members.count[member]) / (scale + members.exposure[member])
    last = np.searchsorted(lots.member, member, side="right") - 1
    end_day = lots.days_left[last].copy()
    if np.isfinite(members.model.lapse_scale_days) and assumptions.lapse_factor > 0.0:
        end_day = np.minimum(end_day, _lapse_days(member, members, assumptions, random))
    first = np.searchsorted(lots.member, member, side="left")
    return _Pairs(
        draw,
        member,
        rate * assumptions.rate_factor,
        np.zeros(draw.size),
        end_day,
        lots.end[first] - lots.amount[first],
    )


def _lapse_days(
    member: Integers, members: Members, assumptions: Assumptions, random: np.random.Generator
) -> Floats:
    """Days until an active member lapses: the rate given survival is Gamma(s, beta + age), which
    makes the time a Lomax one (Schmittlein, Morrison and Colombo 1987, Management Science 33)."""
    scale = members.model.lapse_scale_days + members.age_days[member]
    exponential = random.exponential(size=member.size) / members.model.lapse_shape
    days: Floats = scale * np.expm1(np.minimum(exponential, 300.0)) / assumptions.lapse_factor
    return days


def _advance(
    pairs: _Pairs,
    lots: OpenLots,
    members: Members,
    assumptions: Assumptions,
    tally: Simulated,
    step_days: float,
    random: np.random.Generator,
) -> None:
    """To the next redemption of every pair; those without one end."""
    with np.errstate(divide="ignore", over="ignore"):
        pairs.day += random.exponential(size=pairs.day.size) / pairs.rate
    pairs.keep(pairs.day < pairs.end_day)
    if not pairs.draw.size:
        return
    pairs.position = np.maximum(pairs.position, _expired(pairs.member, pairs.day, lots))
    member = pairs.member
    remaining = lots.end[np.searchsorted(lots.member, member, side="right") - 1] - pairs.position
    able = remaining + members.earned_per_day[member] * pairs.day >= assumptions.redeemable_from
    amount = assumptions.amount_factor * np.exp(
        members.demand.log_amount[member]
        + members.demand.log_amount_deviation[member] * random.standard_normal(member.size)
    )
    empties = random.random(member.size) < members.demand.emptying[member]
    taken = np.where(able, np.where(empties, remaining, np.minimum(amount, remaining)), 0.0)
    step = np.minimum((pairs.day / step_days).astype(np.int64), tally.step.shape[1] - 1)
    np.add.at(tally.step, (pairs.draw, step), taken)
    _spend(pairs, taken, lots, tally)
    pairs.position = pairs.position + taken
    pairs.keep(taken < remaining)


def _expired(member: Integers, day: Floats, lots: OpenLots) -> Floats:
    """The position up to which the member's lots have expired by the day; the lots of a member
    stand in the order of their expiry, so one search over (member, day) finds it."""
    span = float(lots.days_left.max()) + 1.0
    keys = lots.member * span + lots.days_left
    place = np.searchsorted(keys, member * span + day, side="right")
    before = np.append(0.0, lots.end)
    positions: Floats = before[place]
    return positions


def _spend(pairs: _Pairs, taken: Floats, lots: OpenLots, tally: Simulated) -> None:
    """Book what was taken on the lots that it came from, lot by lot of every pair."""
    rows: Integers = np.flatnonzero(taken > 0.0)
    position, left, draw = pairs.position[rows], taken[rows], pairs.draw[rows]
    lot = np.searchsorted(lots.end, position, side="right")
    while left.size:
        part = np.minimum(left, lots.end[lot] - position)
        np.add.at(tally.lot, lot, part)
        np.add.at(tally.cohort, (draw, lots.cohort[lot]), part)
        position, left = lots.end[lot], left - part
        goes_on = (left > 1e-9 * lots.amount[lot]) & (lot + 1 < lots.end.size)
        position, left, draw, lot = position[goes_on], left[goes_on], draw[goes_on], lot[goes_on]
        lot = lot + 1
