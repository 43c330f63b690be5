"""Due: when time will next change a member, by a lot that becomes active or by one, a hold or a
sliding wallet that ends.

Instants are microseconds since the epoch, and 0 stands for never. One entry looks at all its lots;
where many are folded, a heap follows what comes due, and what is no longer true of it is left in
until it comes up.
"""

from heapq import heapify, heappop, heappush
from typing import Final

from regulars.core.state import Lot, LotBook, MemberState

_NEVER: Final = 1 << 62

UpcomingLots = list[tuple[int, int]]
"""A heap of instants at which lots come due, with the lots' numbers."""


def next_due_at(state: MemberState, lots: LotBook) -> int:
    """The earliest instant at which time changes a lot or hold; 0 when nothing is to come. Sliding
    lots end with their wallet, whose instant counts while it lies ahead."""
    return earliest_due_at(state, first_due(lots), 0)


def earliest_due_at(state: MemberState, lots_due: int, rest_due_at: int) -> int:
    """What `next_due_at` says, where it is known when lots come due first: those at hand
    (`lots_due`) and those that were not loaded (`rest_due_at`), each 0 for never."""
    earliest = lots_due or _NEVER
    if 0 < rest_due_at < earliest:
        earliest = rest_due_at
    for hold in state.holds:
        if hold.expires_at < earliest:
            earliest = hold.expires_at
    latest = state.latest_occurred_at
    for wallet in state.wallets.values():
        if latest < wallet.expires_at < earliest:
            earliest = wallet.expires_at
    return 0 if earliest == _NEVER else earliest


def first_due(lots: LotBook) -> int:
    """The earliest instant at which a lot becomes active or ends by itself; 0 for never."""
    earliest = _NEVER
    for lot in lots.values():
        if lot.pending and 0 < lot.active_at < earliest:
            earliest = lot.active_at
        if 0 < lot.expires_at < earliest:
            earliest = lot.expires_at
    return 0 if earliest == _NEVER else earliest


def heap_of(lots: LotBook) -> UpcomingLots:
    """What comes due among `lots`, to be kept with `note_upcoming` as others are added."""
    heap = [each for each in map(_upcoming, lots.values()) if each[0]]
    heapify(heap)
    return heap


def first_upcoming(heap: UpcomingLots, lots: LotBook) -> int:
    """What `first_due` says, without looking at all lots."""
    while heap:
        instant, number = heap[0]
        lot = lots.get(number)
        if lot is not None and _upcoming(lot)[0] == instant:
            return instant
        heappop(heap)
    return 0


def note_upcoming(heap: UpcomingLots, lot: Lot) -> None:
    """Follow a lot that was opened or whose instants changed."""
    upcoming = _upcoming(lot)
    if upcoming[0]:
        heappush(heap, upcoming)


def _upcoming(lot: Lot) -> tuple[int, int]:
    """When time first changes a lot by itself (0: never), and its number."""
    active_at, expires_at = lot.active_at, lot.expires_at
    if lot.pending and active_at > 0 and (active_at < expires_at or expires_at <= 0):
        return active_at, lot.lot
    return (expires_at if expires_at > 0 else 0), lot.lot
