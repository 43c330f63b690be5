"""A submission on its way through the intake, with what has been found out about it so far."""

import asyncio
from dataclasses import dataclass, field

import msgspec

from regulars.core.decision import Grant
from regulars.core.events import Confirm, Event, Exchange, Hold, Purchase, Refund
from regulars.intake.contracts import Outcome, Problem, Submission
from regulars.ledger.facade import body_digest, event_key

REGULARS_SOURCE = "regulars"
"""The source of events that the product makes itself; refused from outside."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Submission, int, int]).decode


@dataclass(eq=False, slots=True)
class Pending:
    """One submission. `member_id` is 0 while only its purchase could tell; `plain` is the event
    as the engine sees it; `sealed` is the form for the journal where that differs (personal fields
    encrypted). `occurred_at` dates a parked event that had no time of its own. `named` is the
    member whom a refund named where the purchase is another's, perhaps one merged into them;
    `merged_into` are the members to lock beside that one; `came_from` those whose merges have led
    the event on. `exchange` is the exchange of which this refund of a merged member is the first
    step.

    `answer` is resolved exactly once, whatever becomes of the caller.
    """

    submission: Submission
    key: bytes
    digest: int
    member_id: int
    answer: "asyncio.Future[Outcome]"
    plain: Event
    purchase_key: bytes | None = None
    grants: tuple[Grant, ...] = ()
    parked: bool = False
    occurred_at: int = 0
    sealed: Event | None = None
    redirects: int = 0
    named: int = 0
    merged_into: tuple[int, ...] = ()
    came_from: tuple[int, ...] = ()
    exchange: "Pending | None" = None
    outcome: Outcome | None = None
    follow: list["Pending"] = field(default_factory=list)

    def resolve(self, outcome: Outcome) -> None:
        """Give the answer; a caller that hung up has cancelled its future, and that is fine."""
        self.outcome = outcome
        if not self.answer.done():
            self.answer.set_result(outcome)

    @property
    def identity(self) -> tuple[int, bytes]:
        """(program id, event key)"""
        return self.submission.program_id, self.key


def pending(submission: Submission, digest_key: bytes = b"") -> Pending:
    """Take a submission in: its key and digest are those of what was sent. Events of the
    product's own hold nothing personal and need no `digest_key`."""
    event = submission.event
    purchase = submission.purchase
    return Pending(
        submission=submission,
        key=event_key(event.source, event.event_id),
        digest=body_digest(digest_key, submission.member, purchase, event),
        member_id=submission.member if isinstance(submission.member, int) else 0,
        answer=asyncio.get_running_loop().create_future(),
        plain=event,
        purchase_key=None if purchase is None else event_key(purchase.source, purchase.event_id),
    )


def encode_parked(item: Pending, occurred_at: int) -> bytes:
    """The submission as it waits for its purchase. The member is left out: the purchase tells
    whose it is, and an e-mail address has no business there."""
    waiting = msgspec.structs.replace(item.submission, member=None)
    return _encode((waiting, item.digest, occurred_at))


def decode_parked(body: bytes) -> Pending:
    """The submission that waited, with the digest of what was sent and the time it was given."""
    submission, digest, occurred_at = _decode(body)
    item = pending(submission)
    item.digest = digest
    item.occurred_at = occurred_at
    item.parked = True
    return item


def with_purchase(event: Event, seq: int) -> Event:
    """The event with the entry number of the purchase that it is about."""
    body = event.body
    if isinstance(body, Refund | Confirm):
        body = msgspec.structs.replace(body, purchase_seq=seq)
    elif isinstance(body, Exchange):
        refund = msgspec.structs.replace(body.refund, purchase_seq=seq)
        body = msgspec.structs.replace(body, refund=refund)
    return msgspec.structs.replace(event, body=body)


def with_into(event: Event, today: int) -> Event:
    """The refund of a merged member, on its way to the member of today."""
    return msgspec.structs.replace(event, body=msgspec.structs.replace(event.body, into=today))


def without_redemptions(event: Event) -> Event:
    """The event without the redemptions that its order names: they are numbers of the journal of
    a member who has been merged, and would mean other ones in the journal of who is there today."""
    body = event.body
    if isinstance(body, Purchase) and body.redemptions:
        body = msgspec.structs.replace(body, redemptions=())
    elif isinstance(body, Exchange) and body.purchase.redemptions:
        order = msgspec.structs.replace(body.purchase, redemptions=())
        body = msgspec.structs.replace(body, purchase=order)
    elif isinstance(body, Hold) and body.cart.redemptions:
        cart = msgspec.structs.replace(body.cart, redemptions=())
        body = msgspec.structs.replace(body, cart=cart)
    return msgspec.structs.replace(event, body=body)


def redemptions_pointer(event: Event) -> str:
    """Where the event as sent names the first redemption of its order."""
    body = event.body
    order = "/order" if isinstance(body, Exchange) else "/cart" if isinstance(body, Hold) else ""
    return f"{order}/redemptions/0"


def invalid(code: str, pointer: str, found: str, expected: str) -> Outcome:
    """The outcome of an event that is not recorded."""
    return Outcome("invalid", problem=Problem(code, pointer, found, expected))
