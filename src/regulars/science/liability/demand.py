"""How much a member redeems at once: everything, or an amount, whichever is there.

A redemption that took the whole balance may have been meant to, or the amount wanted was just not
there: the smaller the balance, the likelier. Taking all of these for emptiers would let members
with large balances, who hold most of the points, empty them as often as those with small ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.liability.contracts import Redemptions
from regulars.science.liability.history import summed

EMPTYING = 0.99
ROUNDS = 30
_SMALLEST_DEVIATION = 1e-3


@dataclass(frozen=True, slots=True)
class Demand:
    """Arrays are (members,): the probability `emptying` that a redemption takes everything, and
    mean and predictive deviation of the logarithm of the amount that it takes otherwise.
    `emptying_share` and `amount` (its median) are those of all members."""

    emptying: Floats
    log_amount: Floats
    log_amount_deviation: Floats
    emptying_share: float
    amount: float


def fit_demand(redemptions: Redemptions, before: Floats, members: int) -> Demand:
    """Fit by expectation-maximisation (Dempster, Laird and Rubin 1977, Journal of the Royal
    Statistical Society B 39, section 4.2 for censored data, 4.3 for mixtures).

    `before`: float64 (m,), the balance that each redemption had before it. One is taken to have
    emptied it from 99 % on.
    """
    took_all: Booleans = redemptions.amount >= EMPTYING * before
    logs, member = np.log(redemptions.amount), redemptions.member
    share, centre, deviation = 0.5, float(logs.mean()), max(float(logs.std()), 0.1)
    emptying, mean = np.full(members, share), np.full(members, centre)
    predictive = np.full(members, deviation)
    for _ in range(ROUNDS):
        # What is known of the member says more of a redemption than what is known of all: who
        # takes little may hold much, and would be taken for somebody who takes a lot.
        meant, *wanted = _expected(
            took_all, logs, emptying[member], mean[member], predictive[member]
        )
        weight = 1.0 - meant
        # Half a redemption of each kind keeps a share of 0 or 1 from being certain.
        share = (float(meant.sum()) + 0.5) / (logs.size + 1.0)
        if weight.sum() > 1e-6:
            centre = float(np.average(wanted[0], weights=weight))
            variance = np.average((wanted[0] - centre) ** 2 + wanted[1], weights=weight)
            deviation = max(float(np.sqrt(variance)), _SMALLEST_DEVIATION)
        emptying = _shrunk_shares(member, meant, members, share)
        mean, predictive = _shrunk_means(
            member, (wanted[0], wanted[1]), weight, members, centre, deviation
        )
    return Demand(emptying, mean, predictive, share, float(np.exp(centre)))


def _expected(
    took_all: Booleans, logs: Floats, share: Floats, centre: Floats, deviation: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of each redemption: the probability that it was meant to take all; the logarithm of the
    amount wanted otherwise, and its variance, where it is only known to be more than was there."""
    score = (logs - centre) / deviation
    beyond = special.log_ndtr(-score)
    meant = np.where(took_all, share / (share + (1.0 - share) * np.exp(beyond)), 0.0)
    # The inverse Mills ratio: mean and variance of a normal above a limit.
    ratio = np.exp(-0.5 * score**2 - 0.5 * np.log(2.0 * np.pi) - beyond)
    wanted = np.where(took_all, centre + deviation * ratio, logs)
    left = np.clip(1.0 + score * ratio - ratio**2, 0.0, 1.0)
    return meant, wanted, np.where(took_all, deviation**2 * left, 0.0)


def _shrunk_shares(member: Integers, meant: Floats, members: int, share: float) -> Floats:
    """Beta-binomial, with the strength of the prior that the likelihood prefers (Griffiths 1973,
    Biometrics 29)."""
    successes = summed(member, meant, members)
    trials = summed(member, np.ones(member.size), members)
    seen = trials > 0.0

    def missing(log_strength: float) -> float:
        first, second = np.exp(log_strength) * share, np.exp(log_strength) * (1.0 - share)
        return -float(
            np.sum(
                special.betaln(first + successes[seen], second + (trials - successes)[seen])
                - special.betaln(first, second)
            )
        )

    found = optimize.minimize_scalar(
        missing, bounds=(-3.0, 7.0), method="bounded", options={"xatol": 0.05}
    )
    strength = float(np.exp(found.x))
    shares: Floats = (strength * share + successes) / (strength + trials)
    return shares


def _shrunk_means(
    member: Integers,
    wanted: tuple[Floats, Floats],
    weight: Floats,
    members: int,
    centre: float,
    deviation: float,
) -> tuple[Floats, Floats]:
    """Normal within and between members; the variance within by analysis of variance (Searle,
    Casella and McCulloch 1992, "Variance components", chapter 3), the rest of it is between."""
    logs, spread = wanted
    count = summed(member, weight, members)
    mean = summed(member, weight * logs, members) / np.maximum(count, 1e-12)
    rest = float(count.sum()) - float(np.sum(count > 0.5))
    within = deviation**2
    if rest >= 1.0:
        found = float(np.sum(weight * ((logs - mean[member]) ** 2 + spread))) / rest
        within = min(max(found, _SMALLEST_DEVIATION**2), deviation**2)
    between = deviation**2 - within
    pull = between * count / (between * count + within)
    return centre + pull * (mean - centre), np.sqrt(within + between * (1.0 - pull))
