"""A member as the engine sees them: state, open lots, and what an event makes it recall.

Owns the types only; `folding/` is what changes them. Everything here is bounded: history stays in
the journal and is recalled by entry only for the event that needs it (see `core/needs.py`).
"""

from typing import Final

from msgspec import Struct, field

from regulars.core.decision import Entry
from regulars.core.effects import HeldPart, RefundProgress
from regulars.core.packed import Counter


class Wallet(Struct, array_like=True, gc=False):
    """Posted balances in one points currency, in units. `debt` is <= 0. Lifetime sums only grow.

    `touched_at` is the last activity that sliding expiry follows; without more of it the wallet's
    sliding lots expire at `expires_at` (0: they do not slide).
    """

    active: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    touched_at: int = 0
    expires_at: int = 0


class OpenHold(Struct, frozen=True, array_like=True, gc=False):
    """A redemption that is reserved and neither captured nor voided."""

    hold: int
    reward: str
    currency: str
    points: int
    discount_minor: int
    expires_at: int
    parts: tuple[HeldPart, ...]
    grants: tuple[str, ...] = ()
    quantity: int = 1
    line_discounts: tuple[tuple[str, int], ...] = ()
    counted: tuple[tuple[str, int], ...] = ()
    code: bool = False


class OpenClawback(Struct, frozen=True, array_like=True, gc=False):
    """`amount` > 0 units that the refund in entry `seq` was to take back and did not find."""

    currency: str
    seq: int
    amount: int


class Lot(Struct, array_like=True, gc=False):
    """An open lot: `remaining` > 0. See `effects` for the meaning of 0 and -1 in the instants."""

    lot: int
    currency: str
    remaining: int
    earned_at: int
    active_at: int
    expires_at: int
    rule: str
    pending: bool = False
    for_seq: int = 0
    seq: int = 0


class MemberState(Struct, array_like=True, gc=False):
    """The fold of a member's effects, without the open lots.

    `counters`: name -> flat pairs (bucket, value, bucket, value ...) in ascending bucket order, or
    where they are many those packed (`core/packed.py`).
    `next_due_at`: no lot or hold can become due before this instant (it may be early, never late);
    0 when nothing is due to come. `latest_occurred_at` is the greatest occurred_at decided so far.
    Accepted purchases that were not wholly refunded are the counter `purchases/lifetime`.
    `captured`: the last captured redemptions that no purchase has named yet. `clawbacks`: what
    refunds have still to take of units that return, the oldest first.
    """

    status: str = "active"
    enrolled_at: int = 0
    tier: str = ""
    tier_since: int = 0
    wallets: dict[str, Wallet] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)
    holds: tuple[OpenHold, ...] = ()
    next_lot: int = 1
    next_due_at: int = 0
    latest_occurred_at: int = 0
    attributes: dict[str, str | int | bool] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    merged_into: int = 0
    captured: tuple[OpenHold, ...] = ()
    clawbacks: tuple[OpenClawback, ...] = ()


LotBook = dict[int, Lot]

ALL_LOTS: Final = -1
"""In place of the instant at which lots that are not in a book come due: there are none."""


class Member(Struct, gc=False):
    """What `decide` is given of a member.

    `seq` is the number that the entry to be decided will have. `lots` is None where the event
    does not need them; `rest_due_at` says whether they are ALL_LOTS or those that time may change
    by the instant of the event, and when the first of the others may be due (0: never). `recalled`
    maps the sequence number of a recalled entry to it; `progress` maps a purchase's sequence number
    to what has been refunded of it. `history` holds, for a late event only, the entries since the
    checkpoint in recorded order, and `checkpoint` the state then.
    """

    member_id: int
    seq: int
    state: MemberState
    lots: LotBook | None = None
    recalled: dict[int, Entry] = field(default_factory=dict)
    progress: dict[int, RefundProgress] = field(default_factory=dict)
    checkpoint: MemberState | None = None
    history: tuple[Entry, ...] = ()
    rest_due_at: int = ALL_LOTS
