"""What goes into the one write path and what comes out.

A Submission is one event with its identity, decoded and checked by transport but not yet tied to a
member's journal; an Outcome is its stored answer. Both are plain values: nothing here knows HTTP
or SQL.
"""

from msgspec import Struct

from regulars.core.decision import Entry
from regulars.core.events import Event, Purchase


class MemberRef(Struct, frozen=True, array_like=True):
    """A member by identifier. `kind`: number, external_id, card, email or phone."""

    kind: str
    value: str


class EventRef(Struct, frozen=True, array_like=True):
    """Another event of the same program, by its identity."""

    source: str
    event_id: str


class Submission(Struct, frozen=True):
    """One event on its way in.

    `member` is a member id, an identifier, or None where `purchase` tells whose event it is.
    `event.occurred_at` 0 means the instant of recording. `purchase` names the purchase that a
    Refund, Exchange or Confirm is about; intake fills the body's `purchase_seq`. `backdate_us` is
    how far back the caller's key may date an event. `personal` are the names of the Activity
    fields that the program declares personal: intake seals them before they are stored.
    `redeemer` is the member whose redemptions the order names, 0 where it names none.
    """

    program_id: int
    member: int | MemberRef | None
    event: Event
    backdate_us: int
    purchase: EventRef | None = None
    personal: tuple[str, ...] = ()
    redeemer: int = 0


class Problem(Struct, frozen=True):
    """Why an event was not recorded. `pointer` is a JSON pointer into the event as sent."""

    code: str
    pointer: str
    found: str
    expected: str


STATUSES = (
    "accepted", "refused", "parked", "expired", "conflict", "invalid", "unavailable", "failed",
)  # fmt: skip
"""Every status of an outcome."""


class Outcome(Struct, frozen=True):
    """What became of one Submission.

    `status`:
    - `accepted`, `refused` (a business refusal): recorded; `entry` is the stored answer.
    - `parked`: a refund that came before its purchase waits for it until `expires_at`; `expired`:
      it waited in vain.
    - `conflict`: the identity was used before with another body (409).
    - `invalid`: not recorded for the reason in `problem` (unknown member, too old, too new ...).
    - `unavailable`: the database failed; nothing is known to be recorded; the caller may retry.
    - `failed`: an error of the product's own, which is in the log; nothing is recorded, and the
      same event would fail again.
    `replayed` says that the identity with the same body had been recorded before.
    """

    status: str
    member_id: int = 0
    seq: int = 0
    recorded_at: int = 0
    replayed: bool = False
    entry: Entry | None = None
    hash: bytes = b""
    problem: Problem | None = None
    expires_at: int = 0


class QuoteRequest(Struct, frozen=True):
    """A cart before paying, as of `at` (0: now). `rewards` are the ids of rewards to try together,
    in order, with the units for one that pays with points (0: as many as can be used)."""

    program_id: int
    member: int | MemberRef
    cart: Purchase
    at: int = 0
    rewards: tuple[tuple[str, int], ...] = ()
