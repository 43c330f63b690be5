"""The identity of a write: (program, source, event id), for ever, whatever the member.

Owns how an identity and a body become the fixed-size key and digest of a claim row. The same
identity with the same canonical body is a retry; with another body it is a conflict. A body can
hold an e-mail address or a personal field, so its digest is keyed: without the key, which is never
in a backup, nobody can try values against what an erasure leaves behind.
"""

from functools import cache
from hashlib import blake2b, sha256

import msgspec

from regulars.core.events import Event
from regulars.ledger.canonical import CanonicalForm

_CANONICAL = CanonicalForm()
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


def event_key(source: str, event_id: str) -> bytes:
    """16 bytes: the head of SHA-256 over the source, a NUL and the event id (neither has NULs)."""
    return sha256(f"{source}\0{event_id}".encode()).digest()[:16]


def body_digest(key: bytes, member: object, purchase: object, event: Event) -> int:
    """Signed 64 bits: keyed BLAKE2b (RFC 7693) over the deterministic msgpack of whom and what the
    event names and of its canonical form (`canonical.py`).

    All of it is what the caller sent, before anything is filled in, so that a retry of an event
    without a time of its own has the same digest.
    """
    sent = _ENCODE((member, purchase, _CANONICAL.of(event)))
    state = _keyed(key).copy()
    state.update(sent)
    return int.from_bytes(state.digest(), "big", signed=True)


@cache
def _keyed(key: bytes) -> blake2b:
    """The hash after its key block, to be copied: the key of a process never changes."""
    return blake2b(digest_size=8, key=key)
