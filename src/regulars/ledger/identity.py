"""The identity of a write: (program, source, event id), for ever, whatever the member.

Owns how an identity and a body become the fixed-size key and digest of a claim row. The same
identity with the same canonical body is a retry; with another body it is a conflict. A body can
hold an e-mail address or a personal field, so its digest is keyed: without the key, which is never
in a backup, nobody can try values against what an erasure leaves behind.
"""

from hashlib import blake2b, sha256

import msgspec

_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


def event_key(source: str, event_id: str) -> bytes:
    """16 bytes: the head of SHA-256 over the source, a NUL and the event id (neither has NULs)."""
    return sha256(f"{source}\0{event_id}".encode()).digest()[:16]


def body_digest(key: bytes, *parts: object) -> int:
    """Signed 64 bits: keyed BLAKE2b (RFC 7693) over the deterministic msgpack of `parts`.

    The parts are what the caller sent, before anything is filled in, so that a retry of an event
    without a time of its own has the same digest.
    """
    digest = blake2b(_ENCODE(parts), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big", signed=True)
