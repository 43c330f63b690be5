"""How often and for how long members redeem: every member's own history, shrunk towards that
of all by as much as its shortness deserves."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special

from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.errors import ScienceRefused, TooFew
from regulars.science.liability.contracts import Lots, RedemptionModel
from regulars.science.liability.demand import Demand, fit_demand
from regulars.science.liability.history import Balances
from regulars.science.lifetime.contracts import Histories
from regulars.science.lifetime.facade import fit_pareto, score, summarise
from regulars.science.lifetime.models.pareto import Pareto

FEWEST_MEMBERS = 10
FEWEST_REDEMPTIONS = 10
UNIT_DAYS = 30.0
_LAPSE_SHAPE_MOST = 100.0
_BOUNDS = ((-16.0, 3.0), (-5.0, 7.0), (-3.0, 3.0))


@dataclass(frozen=True, slots=True)
class Members:
    """What is believed of every member, arrays (members,): posterior parameters.

    Rates per day are Gamma(shape + count, scale + exposure); lapse as Pareto/NBD has it, with
    `alive` the probability of not having lapsed yet.
    """

    model: RedemptionModel
    count: Integers
    exposure: Floats
    held: Floats
    covariance: Floats
    alive: Floats
    age_days: Floats
    demand: Demand
    earned_per_day: Floats
    pareto: Pareto | None


def fit_members(
    lots: Lots, known: Balances, *, as_of: float, observed_from: float, start: Pareto | None = None
) -> Members:
    """Fit rates, amounts and lapse.

    Redemptions of a member with a redeemable balance are a Poisson process whose rate is gamma
    distributed over members (Ehrenberg 1959, Applied Statistics 8, the negative binomial, here
    with an exposure per member). Its mean depends on the balance at the beginning of the window:
    who comes into it with many points has redeemed little before, which nothing else tells. Who
    may have lapsed unnoticed counts with both exposures, weighted by the probability of being
    alive.
    """
    able = known.exposure > 0.0
    for found, needed, what in (
        (int(able.sum()), FEWEST_MEMBERS, "members who could redeem"),
        (int(known.count.sum()), FEWEST_REDEMPTIONS, "redemptions"),
    ):
        if found < needed:
            raise TooFew(what, found, needed)
    pareto, alive, age_days, unnoticed = _lapse(lots, known, as_of, observed_from, start)
    demand = fit_demand(known.redemptions, known.before, lots.members)
    held = np.log1p(known.opening / demand.amount)
    rate, covariance = _rates(
        held[able],
        known.count[able],
        known.exposure[able],
        (known.exposure_active + unnoticed * (known.exposure - known.exposure_active))[able],
        alive[able],
    )
    model = RedemptionModel(
        float(np.exp(rate[1])),
        float(np.exp(rate[1] - rate[0])),
        float(rate[2]),
        demand.emptying_share,
        demand.amount,
        0.0 if pareto is None else float(pareto.s),
        np.inf if pareto is None else float(pareto.beta * UNIT_DAYS),
        int(able.sum()),
        int(known.count.sum()),
    )
    return Members(
        model,
        known.count,
        known.exposure,
        held,
        covariance,
        alive,
        age_days,
        demand,
        known.earned_per_day,
        pareto,
    )


def rate_draws(members: Members, draws: int, random: np.random.Generator) -> Floats:
    """(draws, 3): logarithms of mean rate and shape, and the slope on what was held, from the
    normal approximation of their likelihood."""
    model = members.model
    centre = np.array(
        [
            np.log(model.rate_shape / model.rate_scale_days),
            np.log(model.rate_shape),
            model.opening_slope,
        ]
    )
    drawn: Floats = random.multivariate_normal(
        centre, members.covariance, size=draws, method="eigh"
    )
    for column, (low, high) in enumerate(_BOUNDS):
        drawn[:, column] = np.clip(drawn[:, column], low, high)
    return drawn


def _rates(
    held: Floats, count: Integers, exposure: Floats, exposure_lapsed: Floats, alive: Floats
) -> tuple[Floats, Floats]:
    """Logarithms of the mean rate and of its shape, the slope on `held`, and their covariance.
    `exposure_lapsed` is the exposure of whoever has lapsed, `exposure` that of whoever has not."""

    def missing(place: Floats) -> float:
        shape, scale = np.exp(place[1]), np.exp(place[1] - place[0] - place[2] * held)
        constant = special.gammaln(shape + count) - special.gammaln(shape) + shape * np.log(scale)
        full, short = (
            -(shape + count) * np.log(scale + days) for days in (exposure, exposure_lapsed)
        )
        with np.errstate(divide="ignore"):
            mixed = np.logaddexp(np.log(alive) + full, np.log1p(-alive) + short)
        return -float(np.sum(constant + mixed))

    start = np.array([np.log(count.sum() / exposure.sum()), 0.0, 0.0])
    found = optimize.minimize(
        missing, np.clip(start, -15.0, 2.0), method="L-BFGS-B", bounds=_BOUNDS
    )
    return found.x, _covariance(missing, found.x)


def _covariance(missing: "optimize.OptimizeResult", place: Floats) -> Floats:
    """The inverse of the numerical second derivatives; where the likelihood is flat (all members
    alike) the standard deviation is taken as 1 on the logarithm."""
    step = 1e-3
    count = place.size
    moves = step * np.eye(count)
    second = np.empty((count, count))
    for row in range(count):
        for column in range(count):
            first, other = moves[row], moves[column]
            second[row, column] = (
                missing(place + first + other)
                - missing(place + first - other)
                - missing(place - first + other)
                + missing(place - first - other)
            ) / (4.0 * step**2)
    values, vectors = np.linalg.eigh((second + second.T) / 2.0)
    covariance: Floats = (vectors / np.maximum(values, 1.0)) @ vectors.T
    return covariance


def _lapse(
    lots: Lots, known: Balances, as_of: float, observed_from: float, start: Pareto | None
) -> tuple[Pareto | None, Floats, Floats, Floats]:
    """Pareto/NBD on the days on which members earned or redeemed: the model, P(alive), the age in
    days, and of the time since the last activity the share that whoever lapsed still lived."""
    earning = lots.earned_day >= observed_from
    days = np.concatenate([lots.earned_day[earning], known.redemptions.day])
    members = np.concatenate([lots.member[earning], known.redemptions.member])
    alive, age = np.ones(lots.members), np.full(lots.members, as_of - observed_from)
    unnoticed = np.zeros(lots.members)
    orders = Orders(members, days, np.ones(days.size), lots.members)
    try:
        histories = summarise(orders, float(np.floor(as_of)), unit_days=UNIT_DAYS)
        fit = fit_pareto(histories, start=start)
    except ScienceRefused:
        return None, alive, age, unnoticed
    if not np.isfinite(fit.model.parameters).all():
        return None, alive, age, unnoticed
    fit = replace(fit, model=_representable(fit.model))
    found = score(fit, histories, 1.0)
    # Nobody known to the window is a member who did nothing in it: as inactive as one can be.
    alive[:] = found.alive.min()
    alive[histories.customer] = found.alive
    age[histories.customer] = histories.age * UNIT_DAYS
    unnoticed[histories.customer] = _unnoticed_share(fit.model, histories)
    return fit.model, alive, age, unnoticed


def _representable(model: Pareto) -> Pareto:
    """Where all members lapse at one rate the likelihood rises towards an infinite s with s / beta
    fixed, and the fit reports no peak. A large s says the same, without the lost digits."""
    shrink = min(1.0, _LAPSE_SHAPE_MOST / model.s)
    return Pareto(model.r, model.alpha, shrink * model.s, shrink * model.beta)


def _unnoticed_share(model: Pareto, histories: Histories) -> Floats:
    """Of the time from last activity to now, the part before the lapse of a member who lapsed in
    it: the lapse has the density (alpha + t)^-(r + x) (beta + t)^-(s + 1) (Fader and Hardie 2005,
    "A Note on Deriving the Pareto/NBD Model": the integrand of the likelihood)."""
    parts, weights = np.polynomial.legendre.leggauss(24)
    parts, weights = (parts + 1.0) / 2.0, weights / 2.0
    gap = histories.age - histories.recency
    time = histories.recency[:, None] + gap[:, None] * parts**2
    log_density = -(model.r + histories.frequency)[:, None] * np.log(model.alpha + time)
    log_density -= (model.s + 1.0) * np.log(model.beta + time)
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True)) * weights * parts
    share: Floats = (density @ parts**2) / density.sum(axis=1)
    return share
