"""The door of the ledger: load and record for the one write path, and everything that reads.

Only `intake` records. Reading goes through `read_*`; the journal itself has no other way in or out.
"""

from regulars.ledger.contracts import (
    CheckpointAt,
    Claim,
    DueLots,
    GroupWrite,
    LoadedMember,
    NewEntry,
    Receipt,
    StoredEntry,
)
from regulars.ledger.feed import FeedItem, oldest_unseen, read_feed
from regulars.ledger.hashing import ENCODING_VERSION, FIRST, entry_hash
from regulars.ledger.identity import body_digest, event_key
from regulars.ledger.load import (
    SHARD_MASK,
    find_claims,
    in_lock_order,
    lock_and_find,
    read_all_progress,
    read_due_lots,
    read_entries,
    read_lots,
    read_progress,
    read_since_checkpoint,
)
from regulars.ledger.read import read_entry, read_history, read_member, read_receipt
from regulars.ledger.rebuild import RebuildReport, rebuild
from regulars.ledger.record import CHECKPOINT_EVERY_ENTRIES, record_group
from regulars.ledger.totals import advance_totals, read_totals
from regulars.ledger.verify import VerifyReport, verify

__all__ = [
    "CHECKPOINT_EVERY_ENTRIES",
    "ENCODING_VERSION",
    "FIRST",
    "SHARD_MASK",
    "CheckpointAt",
    "Claim",
    "DueLots",
    "FeedItem",
    "GroupWrite",
    "LoadedMember",
    "NewEntry",
    "RebuildReport",
    "Receipt",
    "StoredEntry",
    "VerifyReport",
    "advance_totals",
    "body_digest",
    "entry_hash",
    "event_key",
    "find_claims",
    "in_lock_order",
    "lock_and_find",
    "oldest_unseen",
    "read_all_progress",
    "read_due_lots",
    "read_entries",
    "read_entry",
    "read_feed",
    "read_history",
    "read_lots",
    "read_member",
    "read_progress",
    "read_receipt",
    "read_since_checkpoint",
    "read_totals",
    "rebuild",
    "record_group",
    "verify",
]
