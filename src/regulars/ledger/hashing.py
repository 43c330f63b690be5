"""The hash chain of a member's journal.

hash = SHA-256( "regulars-entry" | encoding version | member id | seq | occurred_at | recorded_at |
previous hash | body ), numbers big-endian: 2, 8, 4, 8 and 8 bytes. The first entry of a member has
32 zero bytes as its previous hash. Anyone with the entries can recompute it; nothing else is used.
"""

from hashlib import sha256
from struct import Struct

ENCODING_VERSION = 1
FIRST = bytes(32)

_HEAD = Struct(">14sHqIqq")


def entry_hash(
    member_id: int, seq: int, occurred_at: int, recorded_at: int, previous: bytes, body: bytes
) -> bytes:
    """The 32 bytes that prove an entry and, through `previous`, all entries before it."""
    head = _HEAD.pack(b"regulars-entry", ENCODING_VERSION, member_id, seq, occurred_at, recorded_at)
    return sha256(head + previous + body).digest()
