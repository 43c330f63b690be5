"""A loyalty program simulated day by day of each member: points earned, redeemed oldest first,
expired; members who lapse; and a history that begins in the middle."""

from typing import NamedTuple

import numpy as np

from regulars.science.liability.contracts import Lots, Redemptions

PROGRAM_DAYS = 1460.0
"""From the first member to the day of the forecast."""


class World(NamedTuple):
    """What is known on the day `as_of` from `observed_from` on, and what came of it."""

    lots: Lots
    redemptions: Redemptions
    as_of: float
    observed_from: float
    redeemed_later: np.ndarray
    """Of each lot: what was redeemed after `as_of`."""
    active: np.ndarray
    """Of each member: has not lapsed by `as_of`."""
    opening_points: float
    """Open when the history begins."""


class Program(NamedTuple):
    """How members behave; rates per day."""

    members: int = 1_500
    expiry_days: float = 365.0
    earn_every_days: float = 25.0
    rate_shape: float = 0.5
    redeem_every_days: float = 120.0
    emptying_share: float = 0.4
    amount: float = 120.0
    lapse_days: float = 500.0
    future_days: float = 400.0


def simulated_world(
    seed: int,
    program: Program | None = None,
    observed_from: float = 730.0,
    *,
    opening_lots: bool = True,
) -> World:
    """Redemptions since `observed_from`; lots earned since then, open on the day, and, with
    `opening_lots`, those open when the history begins."""
    given = program or Program()
    random = np.random.default_rng(seed)
    lots: list[tuple[float, ...]] = []
    redemptions: list[tuple[float, float, float]] = []
    leaves = np.empty(given.members)
    for member in range(given.members):
        found, spent, leaves[member] = _life(given, observed_from, random)
        lots += [(member, *lot) for lot in found]
        redemptions += [(member, *one) for one in spent]
    table, taken = np.array(lots), np.array(redemptions)
    earned_day, expires, unspent = table[:, 1], table[:, 2], table[:, 4]
    opening = table[(earned_day < observed_from) & (expires > observed_from), 6].sum()
    known = (earned_day >= observed_from) | ((unspent > 0) & (expires > PROGRAM_DAYS))
    if opening_lots:
        known |= (table[:, 6] > 0.0) & (expires > observed_from)
    table = table[known]
    seen = (taken[:, 1] >= observed_from) & (taken[:, 1] <= PROGRAM_DAYS)
    return World(
        Lots(
            table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3], table[:, 4],
            given.members,
        ),
        Redemptions(taken[seen, 0].astype(np.int64), taken[seen, 1], taken[seen, 2]),
        PROGRAM_DAYS,
        observed_from,
        table[:, 5],
        leaves > PROGRAM_DAYS,
        float(opening),
    )  # fmt: skip


def _life(
    given: Program, observed_from: float, random: np.random.Generator
) -> tuple[list, list, float]:
    """One member: lots as [earned day, expiry, earned, unspent on the day, redeemed later, unspent
    at `observed_from`]."""
    joined = random.uniform(0.0, PROGRAM_DAYS)
    end = PROGRAM_DAYS + given.future_days
    leaves = joined + random.exponential(given.lapse_days * random.gamma(3.0) / 2.0 + 1e-9)
    stays = min(leaves, end)
    earning = random.gamma(1.5) / 1.5 / given.earn_every_days
    redeeming = random.gamma(given.rate_shape) / given.rate_shape / given.redeem_every_days
    size = given.amount * random.lognormal(0.0, 0.3)
    taste = random.beta(4 * given.emptying_share, 4 * (1 - given.emptying_share))
    days = np.concatenate(
        [
            [joined],
            random.uniform(joined, stays, random.poisson(earning * (stays - joined))),
        ]
    )
    wishes = random.uniform(joined, stays, random.poisson(redeeming * (stays - joined)))
    events = sorted([(day, True) for day in days] + [(day, False) for day in wishes])
    lots: list[list[float]] = []
    redemptions = []
    for day, earns in events:
        if earns:
            if day <= PROGRAM_DAYS:
                amount = float(np.ceil(random.lognormal(3.5, 0.6)))
                lots.append([day, day + given.expiry_days, amount, amount, 0.0, amount])
            else:
                lots.append([day, day + given.expiry_days, 40.0, 40.0, 0.0, 40.0])
            continue
        usable = [lot for lot in lots if lot[1] > day and lot[3] - lot[4] > 0.0]
        balance = sum(lot[3] - lot[4] for lot in usable)
        if balance == 0.0:
            continue
        wanted = balance if random.random() < taste else size * random.lognormal(0.0, 0.4)
        taken = min(balance, float(np.ceil(wanted)))
        redemptions.append((day, taken))
        for lot in usable:
            part = min(taken, lot[3] - lot[4])
            lot[3 if day <= PROGRAM_DAYS else 4] += -part if day <= PROGRAM_DAYS else part
            lot[5] -= part * (day < observed_from)
            taken -= part
    return [lot for lot in lots if lot[0] <= PROGRAM_DAYS], redemptions, leaves
