"""What crosses the door of the ledger: members, claims, entries to write and entries read."""

from dataclasses import dataclass, field

from msgspec import Struct

from regulars.core.decision import Entry
from regulars.core.effects import RefundProgress
from regulars.core.facade import Posting
from regulars.core.state import Lot, LotBook, MemberState


class LoadedMember(Struct):
    """A member as locked for writing: `seq` and `head` are of the last entry."""

    member_id: int
    program_id: int
    seq: int
    head: bytes
    state: MemberState


class Claim(Struct, frozen=True):
    """An event identity that has been recorded, and where."""

    key: bytes
    digest: int
    member_id: int
    seq: int


class NewEntry(Struct):
    """An entry ready to be written; `body` is the encoded core Entry that `hash` proves."""

    program_id: int
    member_id: int
    seq: int
    occurred_at: int
    recorded_at: int
    hash: bytes
    body: bytes
    key: bytes
    digest: int
    postings: list[Posting]


class StoredEntry(Struct, frozen=True):
    """An entry as read back from the journal."""

    member_id: int
    seq: int
    occurred_at: int
    recorded_at: int
    hash: bytes
    entry: Entry


class Receipt(Struct, frozen=True):
    """What proves an entry: the bytes that were hashed, as they are stored, never made again."""

    member_id: int
    seq: int
    occurred_at: int
    recorded_at: int
    previous: bytes
    hash: bytes
    body: bytes


class DueLots(Struct):
    """The lots of a member that time changes by `until`, and when it changes the first of the
    others (0: never). Sliding lots end with their wallet and count by their activation only."""

    lots: LotBook
    until: int
    rest_due_at: int


class CheckpointAt(Struct, frozen=True):
    """A member's state as it was after entry `seq`."""

    seq: int
    latest_occurred_at: int
    state: MemberState


@dataclass
class GroupWrite:
    """Everything one transaction writes: filled while events are decided, written set-based.

    `members` holds the final state per changed member; `lots` the lots to insert or update by
    (member, lot), None for one drawn to zero; `first_lots` the number from which on a member's lots
    are new with this group, if that is known; `progress` by (member, purchase seq).
    """

    entries: list[NewEntry] = field(default_factory=list)
    members: dict[int, LoadedMember] = field(default_factory=dict)
    lots: dict[tuple[int, int], Lot | None] = field(default_factory=dict)
    first_lots: dict[int, int] = field(default_factory=dict)
    progress: dict[tuple[int, int], RefundProgress] = field(default_factory=dict)
    checkpoints: list[tuple[int, int, MemberState]] = field(default_factory=list)
