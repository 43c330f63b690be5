"""What a member does: the events that the engine decides on.

Owns the frozen types of every event in its decoded, identified form. It refuses raw input:
transport and connectors decode and check, intake resolves the member, and only then is an Event
made. These types are also what the journal stores (positional msgpack), so a field is only ever
added at the end, with a default, and a tag is never given twice.

Time: instants are integers, microseconds since 1970-01-01T00:00:00Z. Money: integer minor units of
the program's currency (an order in another currency has been converted, see `Purchase.rate`).
Points: integer units (a currency with 1 decimal counts tenths).
"""

from typing import Any

from msgspec import Struct


class Line(Struct, frozen=True, array_like=True, gc=False):
    """One line of an order. Amounts are for the whole line, not for one unit.

    `gross_minor` is before discounts; `discount_minor` >= 0 is what all discounts took off;
    `tax_minor` is the tax on the discounted amount, contained in the amounts where the order says
    `tax_included` and on top of them where it does not.
    """

    line_id: str
    sku: str
    quantity: int
    gross_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()


class Payment(Struct, frozen=True, array_like=True, gc=False):
    """One means of payment of an order (`card`, `cash`, `gift_card`, `points` ...)."""

    method: str
    amount_minor: int


class Purchase(Struct, frozen=True, array_like=True, tag=1, gc=False):
    """An order paid. `redemptions` are the captured redemptions (the sequence numbers of their
    holds) that paid for or discounted it; one that is still open is captured by it. `rate` is the
    text of the decimal factor by which the amounts were multiplied to reach the program's
    currency, empty where the order was in it."""

    lines: tuple[Line, ...]
    channel: str = ""
    store: str = ""
    device: str = ""
    tax_included: bool = True
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    payments: tuple[Payment, ...] = ()
    coupons: tuple[str, ...] = ()
    redemptions: tuple[int, ...] = ()
    currency: str = ""
    rate: str = ""


class Activity(Struct, frozen=True, array_like=True, tag=2, gc=False):
    """Any event that is no order: signup, visit, birthday, review, or one that the program
    declares. `fields` holds the declared payload fields (str, int, bool, or a decimal as text);
    personal ones are bytes, encrypted under the member's key, and are opened by intake before
    deciding."""

    fields: dict[str, Any] = {}
    channel: str = ""
    store: str = ""


class ReturnedLine(Struct, frozen=True, array_like=True, gc=False):
    """`quantity` units of one line come back. `amount_minor` is what was paid back for them, -1
    for the line's own price in proportion."""

    line_id: str
    quantity: int
    amount_minor: int = -1


class Refund(Struct, frozen=True, array_like=True, tag=3, gc=False):
    """Goods of one purchase come back; no `lines` means all that is left of it (a cancel).
    `purchase_seq` is the entry of the purchase in this member's journal. Where this member has been
    merged, `into` is the member of today, to whom what comes back moves on; intake fills it in."""

    purchase_seq: int
    lines: tuple[ReturnedLine, ...] = ()
    shipping: bool = False
    reason: str = ""
    into: int = 0


class Exchange(Struct, frozen=True, array_like=True, tag=4, gc=False):
    """Some lines come back and others go out in one step: refund and purchase decided as one.
    Where the goods that come back were bought by a member who has been merged into this one, the
    refund stands in that journal, and `arrived` is what it moves here; intake fills it in."""

    refund: Refund
    purchase: Purchase
    arrived: "MoveIn | None" = None


class Hold(Struct, frozen=True, array_like=True, tag=5, gc=False):
    """Reserve a reward on a cart. `points` is only for pay-with-points (units to spend).
    `cart.redemptions` names the member's other open holds on this cart; what they take off is not
    part of the lines' discounts. `discount_minor` is what the caller thinks that the reward takes
    off, -1 where it says nothing."""

    reward: str
    cart: Purchase
    points: int = 0
    quantity: int = 1
    discount_minor: int = -1


class Capture(Struct, frozen=True, array_like=True, tag=6, gc=False):
    """Use a hold: `hold` is the sequence number of the entry that opened it."""

    hold: int


class Void(Struct, frozen=True, array_like=True, tag=7, gc=False):
    """Give a hold back."""

    hold: int
    reason: str = ""


class Adjustment(Struct, frozen=True, array_like=True, tag=8, gc=False):
    """A person gives (positive) or takes (negative) points, with a reason and an actor id."""

    currency: str
    points: int
    reason: str
    actor: str
    expires_at: int = 0


class Confirm(Struct, frozen=True, array_like=True, tag=9, gc=False):
    """An event that confirms one purchase's pending points (delivered, return window closed).
    Where the purchase stands in the journal of a member who has been merged into this one,
    `purchase_seq` is 0 and `earned_at` tells its lots; intake fills it in."""

    purchase_seq: int
    earned_at: int = 0


class Due(Struct, frozen=True, array_like=True, tag=10, gc=False):
    """Time has passed: post what it has made due (activation, expiry, lapsed holds)."""


class MoveOut(Struct, frozen=True, array_like=True, tag=11, gc=False):
    """First step of a move between two members: all (or `points` of) a wallet leaves for
    `to_member` through the transit account. `close` marks a merge: the member is closed after."""

    to_member: int
    why: str
    close: bool = False
    currency: str = ""
    points: int = 0


class MovedLot(Struct, frozen=True, array_like=True, gc=False):
    """A part of a lot on its way between two members, with everything that makes it a lot."""

    currency: str
    amount: int
    earned_at: int
    active_at: int
    expires_at: int
    rule: str


class MovedClawback(Struct, frozen=True, array_like=True, gc=False):
    """Units that a refund takes back of what a merged member earned at `earned_at`."""

    currency: str
    amount: int
    earned_at: int


class MoveIn(Struct, frozen=True, array_like=True, tag=12, gc=False):
    """Second step of a move: the lots arrive. On a merge of members `counters` are merged and
    `tier`, the other member's, is kept where it is the higher. After a refund of a merged member
    `clawbacks` are taken back here, and `counters` are what is given back (below zero)."""

    from_member: int
    from_seq: int
    lots: tuple[MovedLot, ...]
    why: str
    counters: dict[str, tuple[int, ...]] = {}
    tier: str = ""
    debts: tuple[tuple[str, int], ...] = ()
    clawbacks: tuple[MovedClawback, ...] = ()


class Close(Struct, frozen=True, array_like=True, tag=13, gc=False):
    """The membership ends: open holds are voided, points forfeited, later events refused."""

    reason: str
    actor: str = ""


class Attributes(Struct, frozen=True, array_like=True, tag=14, gc=False):
    """Non-personal attributes and segments as they are from now on. None removes one."""

    values: dict[str, str | int | bool | None] = {}
    segments: tuple[str, ...] | None = None


Body = (
    Purchase | Activity | Refund | Exchange | Hold | Capture | Void | Adjustment | Confirm | Due
    | MoveOut | MoveIn | Close | Attributes
)  # fmt: skip


class Event(Struct, frozen=True, array_like=True, gc=False):
    """An event with its identity: (program, source, event_id), for ever, whatever the member."""

    type: str
    source: str
    event_id: str
    occurred_at: int
    body: Body
