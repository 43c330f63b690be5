"""Figures that compare two shops: `scale_2m` by the number of members, `deep_history` by how much
has happened to each of them.

Both shops are served at the same time and measured in turns, so that whatever else the machine does
happens to both; the figure is the ratio of the medians.
"""

import statistics
from collections.abc import Sequence

from bench.figures.http import SINGLE_CONNECTIONS, Caller
from bench.figures.options import Options
from bench.histories import give_histories
from bench.report import Figure
from bench.serving import serving
from bench.world import Shop, World


def measure_scale(world: World, options: Options) -> list[Figure]:
    """single_http with many members against an ordinary number of them."""
    few, many = world.shop(options.members), world.shop(options.members_many)
    what = f"{options.members_many:,} members against {options.members:,}"
    return [_compared(world, "scale_2m", (few, many), what, options)]


def measure_depth(world: World, options: Options) -> list[Figure]:
    """single_http with members who have a long history against a short one."""
    shops = []
    for events in (options.shallow_events, options.deep_events):
        shop = world.shop(options.members)
        shops.append(give_histories(shop, options.deep_members, events))
    what = (
        f"{options.deep_members:,} members with {options.deep_events:,} past events each "
        f"against {options.shallow_events}"
    )
    return [_compared(world, "deep_history", shops, what, options)]


def _compared(
    world: World, figure: str, shops: Sequence[Shop], what: str, options: Options
) -> Figure:
    """The ratio of the second shop's rate to the first's."""
    plain, heavy = shops
    rates: tuple[list[float], list[float]] = ([], [])
    with serving(plain) as first, serving(heavy) as second:
        callers = [
            Caller(world, plain, first, options.seconds),
            Caller(world, heavy, second, options.seconds),
        ]
        for _ in range(options.runs):
            for caller, found in zip(callers, rates, strict=True):
                found.append(caller.run("event", connections=SINGLE_CONNECTIONS).rate)
        costs = callers[1].costs[-1]
    books = [world.verify(shop, figure) for shop in shops]
    for shop in shops:
        world.drop(shop)
    medians = [statistics.median(found) for found in rates]
    ratios = [b / a for a, b in zip(*rates, strict=True)]
    return Figure(
        figure,
        round(medians[1] / medians[0], 3),
        "ratio",
        ratio=round(medians[1] / medians[0], 3),
        low=round(min(ratios), 3),
        high=round(max(ratios), 3),
        detail=f"{what}: {medians[1]:,.0f} against {medians[0]:,.0f} events/s; {costs}; {books[1]}",
    )
