"""Rows of a file become lots of points and redemptions.

Every earned row is a lot; what is spent takes the lot that expires soonest first, then the older,
as the ledger does. Rows that say that points have expired are counted and not needed: the lot says
when it does.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regulars.insights.contracts import Coded, Floats, Integers, LeftOut, Rows
from regulars.insights.errors import Unfit
from regulars.insights.mapping import Mapping, require
from regulars.insights.reading import Wanted, read_rows
from regulars.platform.counting import counted
from regulars.science.contracts import Booleans
from regulars.science.liability.contracts import Lots, Redemptions


@dataclass(frozen=True, slots=True)
class PointBook:
    """Lots and redemptions up to the end of the file, `end_day`, and from its first day on.
    `uncovered` redemptions took more than was there: points from before the file."""

    name: str
    rows: int
    lots: Lots
    redemptions: Redemptions
    members: tuple[str, ...]
    first_day: float
    end_day: float
    left_out: tuple[LeftOut, ...]
    uncovered: int
    currency: str
    point_cost: float


def read_points(path: Path, mapping: Mapping, command: str) -> PointBook:
    """The movements of points in a file."""
    require(mapping, command, "customer", "time", "kind", "points")
    columns = mapping.columns
    wanted = [
        Wanted("customer", columns.customer or "", "word"),
        Wanted("time", columns.time or "", "day"),
        Wanted("kind", columns.kind or "", "word"),
        Wanted("points", columns.points or "", "number"),
    ]
    if columns.expires is not None:
        wanted.append(Wanted("expires", columns.expires, "day", optional=True))
    rows = read_rows(path, mapping, wanted)
    kinds = _kinds(rows, mapping)
    amount = np.abs(rows.numbers["points"])
    moved = amount > 0
    earned, spent = (kinds == "earn") & moved, (kinds == "spend") & moved
    if not earned.any():
        raise Unfit(f"{rows.name}: nothing is earned in it", "Look at points.earn in the mapping.")
    member, day = rows.words["customer"].codes, rows.numbers["time"]
    expires = rows.numbers.get("expires", np.full(rows.count, np.nan))
    expires = np.where(np.isnan(expires), np.inf, expires)
    _after_earning(rows, day, expires, earned)
    unspent, uncovered = _left_after(
        (member[earned], day[earned], expires[earned], amount[earned]),
        (member[spent], day[spent], amount[spent]),
    )
    people = len(rows.words["customer"].labels)
    lots = Lots(member[earned], day[earned], expires[earned], amount[earned], unspent, people)
    left_out = [
        *rows.left_out,
        LeftOut("expiries, which the lots tell", int((kinds == "expire").sum())),
        LeftOut("movements of no points", int((~moved).sum())),
    ]
    return PointBook(
        rows.name, rows.count, lots, Redemptions(member[spent], day[spent], amount[spent]),
        rows.words["customer"].labels, float(np.floor(day.min())), float(np.floor(day.max())) + 1.0,
        tuple(one for one in left_out if one.rows), uncovered, mapping.numbers.currency,
        mapping.points.unit_cost,
    )  # fmt: skip


def _kinds(rows: Rows, mapping: Mapping) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    given: Coded = rows.words["kind"]
    words = {
        mapping.points.earn: "earn",
        mapping.points.spend: "spend",
        mapping.points.expire: "expire",
    }
    unknown = [place for place, label in enumerate(given.labels) if label not in words]
    if unknown:
        label = given.labels[unknown[0]]
        count = int((given.codes == unknown[0]).sum())
        raise Unfit(
            f"{rows.name}, column {mapping.columns.kind}: {counted(count, 'row')} with {label!r}, "
            f"which is none of {', '.join(words)}",
            "Name the words under `points` in the mapping, or leave those rows out by a rule under "
            "leave_out.",
        )
    return np.array([words[label] for label in given.labels])[given.codes]


def _after_earning(rows: Rows, day: Floats, expires: Floats, earned: Booleans) -> None:
    wrong = int((expires[earned] <= day[earned]).sum())
    if wrong:
        raise Unfit(
            f"{rows.name}: {counted(wrong, 'lot')} with an expiry before the day of earning",
            "Look at the columns of time and expires, and at time.formats.",
        )


def _left_after(
    lots: tuple[Integers, Floats, Floats, Floats], spends: tuple[Integers, Floats, Floats]
) -> tuple[Floats, int]:
    """What each lot has left after the redemptions, and how many of these found too little."""
    lot_member, lot_day, lot_expires, earned = lots
    member, day, amount = spends
    unspent = earned.copy()
    # Within a member: the soonest to expire, then the oldest.
    order = np.lexsort((lot_day, lot_expires, lot_member))
    people = int(max(lot_member.max(), member.max() if member.size else 0)) + 2
    starts = np.searchsorted(lot_member[order], np.arange(people))
    uncovered = 0
    for row in np.argsort(day, kind="stable"):
        mine = order[starts[member[row]] : starts[member[row] + 1]]
        usable = mine[(lot_day[mine] <= day[row]) & (lot_expires[mine] > day[row])]
        before = np.concatenate([[0.0], np.cumsum(unspent[usable])[:-1]]) if usable.size else usable
        taken = np.clip(amount[row] - before, 0.0, unspent[usable])
        unspent[usable] -= taken
        uncovered += float(taken.sum()) < amount[row] - 1e-9
    return unspent, uncovered
