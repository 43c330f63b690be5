"""What a decision changes: the effects that the journal keeps and that state is folded from.

An effect with `debit` and `credit` is also one posting. A member's state, lots and refund progress
are exactly the fold (`folding/`) of their effects in recorded order; nothing else changes them.
Stored as positional msgpack inside the entry: fields are only added at the end, with a default.

Instants: microseconds since 1970 UTC; in `active_at` 0 means at once and WAITING until a
confirmation; in `expires_at` 0 means never and SLIDING with the wallet's last activity.
"""

from typing import Final

from msgspec import Struct

WAITING: Final = -1
SLIDING: Final = -1


class LotOpened(Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A new lot with `amount` units. `earned_at` 0 stands for the instant of this entry's event,
    which it mostly is (the fold resolves it). `for_seq` is the entry whose event earned it where
    that is another entry than this one (a revision by a late event), else 0. `rule` is what it came
    from (`core/causes.py`): the id of the rule, or of all rules that earned in that currency by the
    event, since an event opens one lot per currency. A lot's number is unique per member."""

    lot: int
    currency: str
    amount: int
    debit: int
    credit: int
    earned_at: int
    active_at: int
    expires_at: int
    rule: str
    for_seq: int = 0


class LotDrawn(Struct, frozen=True, array_like=True, tag=2, gc=False):
    """`amount` leaves a lot (spent, held, expired, clawed back, moved, paid into debt)."""

    lot: int
    currency: str
    amount: int
    debit: int
    credit: int


class LotRestored(Struct, frozen=True, array_like=True, tag=3, gc=False):
    """`amount` returns to a lot that it was drawn from. The lot's nature is repeated, since a
    lot drawn to zero is no longer among the open ones."""

    lot: int
    currency: str
    amount: int
    debit: int
    credit: int
    earned_at: int
    active_at: int
    expires_at: int
    rule: str
    for_seq: int = 0


class LotActivated(Struct, frozen=True, array_like=True, tag=4, gc=False):
    """What remains of a pending lot becomes spendable; `amount` is that remainder."""

    lot: int
    currency: str
    amount: int
    debit: int
    credit: int
    active_at: int


class Moved(Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Units move between two accounts without touching a lot (held to redeemed, debt)."""

    currency: str
    amount: int
    debit: int
    credit: int


class Counted(Struct, frozen=True, array_like=True, tag=6, gc=False):
    """A bounded counter grows or shrinks. `bucket` is a day number (days since 1970-01-01 in the
    program's zone), or the first day of the calendar period, or 0 for a lifetime counter."""

    counter: str
    bucket: int
    amount: int


class TierMoved(Struct, frozen=True, array_like=True, tag=7, gc=False):
    """The member's tier changes; `metric` is the value that caused it."""

    before: str
    after: str
    metric: int


class HeldPart(Struct, frozen=True, array_like=True, gc=False):
    """A part of a lot that a hold has reserved, with the lot's nature for its way back."""

    lot: int
    amount: int
    earned_at: int
    active_at: int
    expires_at: int
    rule: str
    for_seq: int = 0


class HoldOpened(Struct, frozen=True, array_like=True, tag=8, gc=False):
    """A redemption is reserved until `expires_at`; `hold` is this entry's sequence number.
    `counted`: the reward's uses that it took, `(counter, bucket)`, to be given back with it.
    `code`: a capture shows the member a voucher code, which no refund can take back."""

    hold: int
    reward: str
    currency: str
    points: int
    discount_minor: int
    expires_at: int
    parts: tuple[HeldPart, ...]
    line_discounts: tuple[tuple[str, int], ...] = ()
    grants: tuple[str, ...] = ()
    quantity: int = 1
    counted: tuple[tuple[str, int], ...] = ()
    code: bool = False


class HoldClosed(Struct, frozen=True, array_like=True, tag=9, gc=False):
    """A hold ends. `how`: captured, voided or lapsed. A capture repeats `parts`, so that a later
    refund finds where to return the points."""

    hold: int
    how: str
    reward: str
    currency: str
    points: int
    discount_minor: int
    parts: tuple[HeldPart, ...] = ()


class RefundedLine(Struct, frozen=True, array_like=True, gc=False):
    """How much of a purchase's line has come back so far."""

    line_id: str
    quantity: int
    amount_minor: int


class AwardNow(Struct, frozen=True, array_like=True, gc=False):
    """An award of a purchase as it stands after a revision; the fields are those of `Award`."""

    rule: int
    currency: str
    points: int
    lines: int = 0
    lot: int = 0


class RefundProgress(Struct, frozen=True, array_like=True, tag=10, gc=False):
    """All that has come back of one purchase so far (absolute, not a difference).

    `reversed`: per earned award (index in the purchase entry's trace order, as stored) the units
    taken back; `returned`: per captured redemption entry the units given back; `counted`: what has
    been given back per counter, `(counter, bucket, amount)`. Once a late event has revised what the
    purchase earns, `awards` and `counts` (like `counted`) are what it has earned and counted as
    they stand, in place of those of its entry (the first awards keep their index).

    `purchase_seq` 0 is no purchase of this journal: what came back in an exchange has arrived from
    a merged member, in whose journal its progress stands, and what follows is the new order's.
    """

    purchase_seq: int
    lines: tuple[RefundedLine, ...]
    shipping: bool = False
    reversed: tuple[tuple[int, int], ...] = ()
    returned: tuple[tuple[int, int], ...] = ()
    counted: tuple[tuple[str, int, int], ...] = ()
    awards: tuple[AwardNow, ...] = ()
    counts: tuple[tuple[str, int, int], ...] = ()


class StatusSet(Struct, frozen=True, array_like=True, tag=11, gc=False):
    """`active`, `closed` or `merged` (then `into` is the other member's id)."""

    status: str
    into: int = 0


class AttributesSet(Struct, frozen=True, array_like=True, tag=12, gc=False):
    """The member's non-personal attributes and segments as they are now."""

    values: dict[str, str | int | bool]
    segments: tuple[str, ...]


class Touched(Struct, frozen=True, array_like=True, tag=13, gc=False):
    """Activity that sliding expiry follows happened at `at` in the wallet of `currency`; without
    more of it the wallet's sliding lots expire at `expires_at`."""

    currency: str
    at: int
    expires_at: int = 0


class Revised(Struct, frozen=True, array_like=True, tag=14, gc=False):
    """A late event changed what the event of entry `seq` earns, by `points` (the postings stand
    in effects of their own); kept so that a second revision starts from the first."""

    seq: int
    currency: str
    points: int


class RedemptionLinked(Struct, frozen=True, array_like=True, tag=15, gc=False):
    """The purchase of this entry was paid for or discounted by the captured redemption `hold`; its
    `parts` stand here so that a refund finds where to return the points without another entry, and
    its `grants` so that it knows what to put back into stock. Of a `code` that was shown nothing
    ever returns."""

    hold: int
    reward: str
    currency: str
    points: int
    discount_minor: int
    parts: tuple[HeldPart, ...]
    quantity: int = 1
    counted: tuple[tuple[str, int], ...] = ()
    grants: tuple[str, ...] = ()
    code: bool = False


class GrantsReturned(Struct, frozen=True, array_like=True, tag=16, gc=False):
    """All of the order that used the captured redemption `hold` has come back: its reservations of
    stock are free again."""

    hold: int
    grants: tuple[str, ...]


class ClawbackLeft(Struct, frozen=True, array_like=True, tag=17, gc=False):
    """The refund in entry `seq` did not find `amount` units, which were held or spent. Of what was
    drawn before that entry and returns, as much is reversed. Below zero where it has been."""

    currency: str
    seq: int
    amount: int


Effect = (
    LotOpened | LotDrawn | LotRestored | LotActivated | Moved | Counted | TierMoved | HoldOpened
    | HoldClosed | RefundProgress | StatusSet | AttributesSet | Touched | Revised
    | RedemptionLinked | GrantsReturned | ClawbackLeft
)  # fmt: skip
