"""The types that cross the door of rewards. The Grant that a reservation becomes is core's."""

from msgspec import Struct

KINDS = ("budget", "seats", "stock", "voucher")
"""What there can be only so much of. All but `voucher` are counters named `kind/key`."""


class Request(Struct, frozen=True):
    """What an event needs before it may be decided: `amount` of the counter `kind/key`, or that
    many codes of the voucher pool `key`."""

    kind: str
    key: str
    amount: int = 1


class Level(Struct, frozen=True):
    """A counter as it stands. 0 <= used <= total; `used` counts what is reserved too."""

    name: str
    total: int
    used: int

    @property
    def left(self) -> int:
        """What can still be reserved."""
        return self.total - self.used


class PoolLevel(Struct, frozen=True):
    """Codes of a voucher pool: free to be claimed, claimed, or withdrawn (shown to someone and
    then refunded, so never given out again)."""

    pool: str
    free: int
    claimed: int
    withdrawn: int


class CodesAdded(Struct, frozen=True):
    """What an import of codes did. `duplicates` are positions in the list that was given: codes
    that stood earlier in the list or were in the pool before."""

    added: int
    duplicates: tuple[int, ...]


class Swept(Struct, frozen=True):
    """What a sweep of stale reservations found: `released` went back, since their event was never
    recorded; `unsettled` belong to a recorded event and are left for a person to look at."""

    released: int
    unsettled: int
