"""The bytes that identities and hashes are made of are fixed for ever."""

from hashlib import sha256

from regulars.ledger.facade import FIRST, body_digest, entry_hash, event_key


def test_the_hash_is_that_of_the_documented_bytes() -> None:
    head = b"regulars-entry" + bytes([0, 1]) + (5).to_bytes(8, "big") + (1).to_bytes(4, "big")
    times = (100).to_bytes(8, "big") + (200).to_bytes(8, "big")
    assert (
        entry_hash(5, 1, 100, 200, FIRST, b"body")
        == sha256(head + times + FIRST + b"body").digest()
    )


def test_source_and_id_never_run_into_each_other() -> None:
    assert event_key("a", "bc") != event_key("ab", "c")
    assert len(event_key("web", "order-1")) == 16


def test_golden_values() -> None:
    assert event_key("web", "order-1").hex() == sha256(b"web\0order-1").hexdigest()[:32]
    assert body_digest(b"k", "a", 1) == body_digest(b"k", "a", 1) != body_digest(b"k", "a", 2)
    assert body_digest(b"k", "a", 1) != body_digest(b"other", "a", 1)
    assert -(2**63) <= body_digest(b"k", "a", 1) < 2**63
