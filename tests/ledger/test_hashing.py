"""The bytes that identities and hashes are made of are fixed for ever."""

from hashlib import sha256

from regulars.core.events import Activity, Event
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
    visit = Event("visit", "web", "v-1", 0, Activity())
    assert body_digest(b"k", 1, None, visit) != body_digest(b"k", 2, None, visit)
    assert body_digest(b"k", 1, None, visit) != body_digest(b"other", 1, None, visit)
