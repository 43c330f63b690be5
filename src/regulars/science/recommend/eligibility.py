"""Which items may be shown to whom: stock, price against budget, tier, exclusions, and the kind.

A recommendation reserves nothing: of a stock of one, everybody is shown the one.
"""

from dataclasses import replace

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Booleans
from regulars.science.errors import WrongShape
from regulars.science.recommend.contracts import Constraints, Kind
from regulars.science.recommend.errors import HalfConstraint

_TIERS = 1000


def checked_constraints(given: Constraints, customers: int, items: int) -> Constraints:
    """The constraints in the dtypes of the models; refuses halves and what does not fit."""
    for one, other in (("price", "budget"), ("tier_needed", "tier")):
        if (getattr(given, one) is None) != (getattr(given, other) is None):
            there, gone = (one, other) if getattr(given, other) is None else (other, one)
            raise HalfConstraint(f"constraints.{there}", f"constraints.{gone}")
    checked = given
    if given.available is not None:
        available = checks.flags("constraints.available", given.available, length=items)
        checked = replace(checked, available=available)
    if given.price is not None and given.budget is not None:
        price = checks.floats("constraints.price", given.price, length=items)
        budget = checks.floats("constraints.budget", given.budget, length=customers)
        checked = replace(checked, price=price, budget=budget)
    if given.tier_needed is not None and given.tier is not None:
        needed = checks.codes("constraints.tier_needed", given.tier_needed, _TIERS, length=items)
        tier = checks.codes("constraints.tier", given.tier, _TIERS, length=customers)
        checked = replace(checked, tier_needed=needed, tier=tier)
    if given.excluded is not None:
        cells = checks.read("constraints.excluded", given.excluded)
        if cells.shape != (customers, items):
            raise WrongShape("constraints.excluded", cells.shape, f"({customers}, {items})")
        excluded = checks.flags("constraints.excluded", cells.ravel()).reshape(cells.shape)
        checked = replace(checked, excluded=excluded)
    return checked


def eligible(limits: Constraints, rows: slice, owned: Booleans, kind: Kind) -> Booleans:
    """What may be shown to the customers in `rows`, bool (rows, items); `owned` is of those rows.
    `limits` are checked."""
    allowed = np.ones(owned.shape, dtype=np.bool_)
    if kind is Kind.REPEAT:
        allowed &= owned
    elif kind is Kind.DISCOVERY:
        allowed &= ~owned
    if limits.available is not None:
        allowed &= limits.available
    if limits.price is not None and limits.budget is not None:
        allowed &= limits.price[None, :] <= limits.budget[rows, None]
    if limits.tier_needed is not None and limits.tier is not None:
        allowed &= limits.tier_needed[None, :] <= limits.tier[rows, None]
    if limits.excluded is not None:
        allowed &= ~limits.excluded[rows]
    return allowed
