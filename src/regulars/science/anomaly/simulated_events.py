"""What the simulator writes into: events by kind, and the tills and phones that there are."""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science.anomaly.contracts import NONE, Kind
from regulars.science.contracts import Floats, Integers

_COLUMNS = ("day", "kind", "member", "store", "device", "amount", "points", "other")


class Places:
    """Stores with their tills, whose device codes come first, and phones, which are added."""

    def __init__(self, stores: int, tills_per_store: int) -> None:
        self.stores = stores
        self.tills_per_store = tills_per_store
        self.devices = stores * tills_per_store

    def tills(self, rng: np.random.Generator, store: Integers) -> Integers:
        """A till of each store, any of them."""
        return store * self.tills_per_store + rng.integers(0, self.tills_per_store, store.shape[0])

    def add_devices(self, count: int) -> Integers:
        """New phones."""
        added = np.arange(self.devices, self.devices + count, dtype=np.int64)
        self.devices += count
        return added


class Events:
    """Events as they are made up, in any sequence."""

    def __init__(self) -> None:
        self.members_added = 0
        self._parts: list[dict[str, Floats]] = []

    def purchases(
        self,
        day: ArrayLike,
        member: ArrayLike,
        store: ArrayLike,
        till: ArrayLike,
        amount: ArrayLike,
    ) -> None:
        """Purchases at tills; a point per unit of money."""
        points = np.floor(np.asarray(amount, dtype=np.float64))
        self._add(Kind.PURCHASE, day, member, store, till, amount, points)

    def refunds(
        self,
        day: ArrayLike,
        member: ArrayLike,
        store: ArrayLike,
        till: ArrayLike,
        amount: ArrayLike,
    ) -> None:
        """Refunds; their points are taken back."""
        points = np.floor(np.asarray(amount, dtype=np.float64))
        self._add(Kind.REFUND, day, member, store, till, amount, points)

    def redemptions(
        self,
        day: ArrayLike,
        member: ArrayLike,
        store: ArrayLike,
        device: ArrayLike,
        points: ArrayLike,
    ) -> None:
        """Points spent."""
        self._add(Kind.REDEMPTION, day, member, store, device, 0.0, points)

    def referrals(self, day: ArrayLike, member: ArrayLike, other: ArrayLike) -> None:
        """Members brought by others."""
        self._add(Kind.REFERRAL, day, member, NONE, NONE, 0.0, 0.0, other)

    def sign_ins(self, day: ArrayLike, member: ArrayLike, device: ArrayLike) -> None:
        """Sign-ins at phones."""
        self._add(Kind.SIGN_IN, day, member, NONE, device, 0.0, 0.0)

    def earned_by(self, members: int) -> Floats:
        """Points of the purchases so far, float64 (members,)."""
        earned = np.zeros(members)
        for part in self._parts:
            rows = (part["kind"] == Kind.PURCHASE) & (part["member"] < members)
            np.add.at(earned, part["member"][rows].astype(np.int64), part["points"][rows])
        return earned

    def columns(self) -> dict[str, Floats]:
        """Every column, float64."""
        return {name: np.concatenate([part[name] for part in self._parts]) for name in _COLUMNS}

    def _add(
        self,
        kind: Kind,
        day: ArrayLike,
        member: ArrayLike,
        store: ArrayLike,
        device: ArrayLike,
        amount: ArrayLike,
        points: ArrayLike,
        other: ArrayLike = NONE,
    ) -> None:
        given = np.broadcast_arrays(
            *(
                np.asarray(one, dtype=np.float64)
                for one in (day, float(kind), member, store, device, amount, points, other)
            )
        )
        self._parts.append(
            {name: np.atleast_1d(one).copy() for name, one in zip(_COLUMNS, given, strict=True)}
        )
