"""The bytes of entries."""

import msgspec
import pytest

from regulars.core.accounts import Account
from regulars.core.codec import UnreadableEntry, decode_entry, encode_entry
from regulars.core.decision import Award, Considered, Context, Entry, Refusal
from regulars.core.effects import Counted, LotOpened
from regulars.core.events import Activity, Event, Line, Payment, Purchase

ORDER = Purchase(
    (Line("1", "SOAP-1", 2, 1998, 100, 303, "bath", "Meadow", ("new",)),),
    channel="web",
    payments=(Payment("card", 1898),),
)


def entry(body: Purchase | Activity = ORDER, refusal: Refusal | None = None) -> Entry:
    lot = LotOpened(7, "points", 18, int(Account.ISSUED), int(Account.PENDING), 10, 20, 30, "base")
    return Entry(
        program_version=3,
        engine_version=1,
        zone_version="2026a",
        event=Event("purchase", "shop", "order-1", 1_800_000_000_000_000, body),
        refusal=refusal,
        due=(),
        effects=(lot, Counted("purchases/lifetime", 0, 1)),
        awards=(Award(0, "points", 18, 1, 7),),
        trace=(Considered(0, 0, (18, 1898)), Considered(1, 1, (1, "web", 3, None))),
        context=Context("silver", 4, {"points/stars/month": 30}, {"newsletter": True}, ("staff",)),
        seq=12,
    )


@pytest.mark.parametrize(
    "given",
    [
        entry(),
        entry(refusal=Refusal("insufficient_points", {"needed": 5, "available": 2})),
        entry(Activity({"rating": 5, "topic": "soap", "photo": True, "feedback": b"\x00\xc1"})),
    ],
)
def test_an_entry_comes_back_as_it_was_written(given: Entry) -> None:
    assert decode_entry(encode_entry(given)) == given


def test_the_same_entry_has_the_same_bytes() -> None:
    assert encode_entry(entry()) == encode_entry(decode_entry(encode_entry(entry())))


def test_an_entry_written_before_a_field_was_added_is_read_with_its_default() -> None:
    fields = msgspec.msgpack.decode(encode_entry(entry()))
    context = fields[9]
    assert context[4] == ["staff"]
    fields[9] = context[:3]
    old = decode_entry(msgspec.msgpack.encode(fields))
    assert old.context == Context("silver", 4, {"points/stars/month": 30})


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xc1", encode_entry(entry())[:-1]])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableEntry):
        decode_entry(data)
