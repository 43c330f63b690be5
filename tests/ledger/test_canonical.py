"""An event sent again after an upgrade is the same event, whatever fields its type was given."""

import msgspec
import pytest
from msgspec import Struct

from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Event,
    Exchange,
    Hold,
    Line,
    MoveOut,
    Payment,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.ledger.canonical import ALWAYS_WRITTEN, CanonicalForm
from regulars.ledger.facade import body_digest

LINES = (
    Line("1", "SOAP-1", 2, 4000, 500, 690, "bath", "acme", ("new",)),
    Line("2", "TEA", 1, 990),
)
ORDER = Purchase(
    LINES, "web", payments=(Payment("card", 4490),), redemptions=(3,), currency="EUR", rate="1.5"
)
RETURNED = Refund(0, (ReturnedLine("1", 1),), reason="torn")
GOLDEN: list[tuple[Body, int]] = [
    (ORDER, -310852584264092888),
    (Activity({"rating": 5, "again": True}, "app"), -549216444938860679),
    (RETURNED, 4892835117014552838),
    (Exchange(RETURNED, ORDER), 8866605787043574204),
    (Hold("five-off", ORDER, 0, 2), 7563337134490305247),
    (Capture(4), -1427793853137702221),
    (Void(4, "left"), 1641587652223391496),
    (Adjustment("points", -50, "mistake", "ida"), -2688109942392004795),
    (Confirm(0), 6343303846297930525),
    (MoveOut(77, "merge", close=True), 6610769669870820289),
    (Close("asked"), 3879688161278425090),
    (Attributes({"size": "m"}, ("vip",)), -3872886595964952246),
]


class _LineBefore(Struct, array_like=True):
    line_id: str
    sku: str
    quantity: int
    gross_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    category: str = ""


class _PurchaseBefore(Struct, array_like=True, tag=1):
    lines: tuple[_LineBefore, ...]
    channel: str = ""


class _EventBefore(Struct, array_like=True):
    type: str
    source: str
    event_id: str
    occurred_at: int
    body: _PurchaseBefore


BEFORE = CanonicalForm({**ALWAYS_WRITTEN, Line: 7, Purchase: 2})
"""As if brand, tags and all after a purchase's channel had come in a later release."""


@pytest.mark.parametrize(("body", "digest"), GOLDEN, ids=[type(row[0]).__name__ for row in GOLDEN])
def test_digests_never_change(body: Body, digest: int) -> None:
    event = Event("some", "web", "e-1", 1_800_000_000_000_000, body)
    assert body_digest(b"k", 5, None, event) == digest


def test_a_field_that_came_later_is_left_out_where_it_says_nothing() -> None:
    lines = (Line("1", "SOAP-1", 2, 4000, category="bath"), Line("2", "TEA", 1, 990))
    now = Event("purchase", "web", "o-1", 0, Purchase(lines, "web"))
    then = _EventBefore(
        "purchase", "web", "o-1", 0,
        _PurchaseBefore(
            (_LineBefore("1", "SOAP-1", 2, 4000, category="bath"), _LineBefore("2", "TEA", 1, 990)),
            "web",
        ),
    )  # fmt: skip
    assert _encoded(BEFORE.of(now)) == _encoded(then)


@pytest.mark.parametrize(
    "order",
    [
        Purchase((Line("1", "TEA", 1, 990, brand="acme"),)),
        Purchase((Line("1", "TEA", 1, 990, tags=("new",)),)),
        Purchase((Line("1", "TEA", 1, 990),), payments=(Payment("card", 990),)),
        Purchase((Line("1", "TEA", 1, 990),), currency="EUR"),
    ],
)
def test_a_field_that_came_later_counts_where_it_says_something(order: Purchase) -> None:
    plain = Purchase((Line("1", "TEA", 1, 990),))
    one, other = (Event("purchase", "web", "o-1", 0, body) for body in (order, plain))
    assert _encoded(BEFORE.of(one)) != _encoded(BEFORE.of(other))


def test_a_type_that_holds_a_grown_one_is_written_with_it() -> None:
    swap = Event("exchange", "web", "x-1", 0, Exchange(RETURNED, Purchase(LINES[1:])))
    order = [1, [["2", "TEA", 1, 990, 0, 0, ""]], ""]
    body = [4, [3, 0, [["1", 1, -1]], False, "torn", 0], order]
    assert _encoded(BEFORE.of(swap)) == _encoded(["exchange", "web", "x-1", 0, body])


def test_no_field_was_taken_away() -> None:
    for kind, count in ALWAYS_WRITTEN.items():
        assert len(kind.__struct_fields__) >= count


def _encoded(value: object) -> bytes:
    return msgspec.msgpack.encode(value, order="deterministic")
