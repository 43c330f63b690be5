"""Quotes, and the life of a redemption: hold, capture, void. Adjustments by hand stand here too.

The identity of each of these writes is its Idempotency-Key.
"""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from regulars.core.effects import HoldClosed, HoldOpened
from regulars.core.points import points_text
from regulars.ledger.errors import EntryNotFound
from regulars.ledger.facade import read_entry, read_history
from regulars.platform.clock import to_rfc3339
from regulars.platform.ids import format_member_id
from regulars.web.api.errors import not_found
from regulars.web.api.memberships import loaded_member, require_member
from regulars.web.api.operation import Call, Operation, Reply
from regulars.web.api.operations.events import (
    DECISION_PROBLEMS,
    decide_keyed,
    keyed_decision,
    sender_of,
)
from regulars.web.api.wire.answers import redemption_id
from regulars.web.api.wire.orders import (
    AdjustmentWire,
    CaptureWire,
    HoldWire,
    VoidWire,
)
from regulars.web.api.wire.reading import redemption_of
from regulars.web.api.wire.submissions import (
    adjustment_submission,
    capture_submission,
    hold_submission,
    void_submission,
)

ENTRIES_AT_ONCE = 50


class RedemptionAnswer(Struct, frozen=True, omit_defaults=True):
    """A redemption as it stands. `status`: held, captured, voided or lapsed."""

    redemption: str
    member: str
    reward: str
    status: str
    currency: str
    points: str
    discount_minor: int
    quantity: int
    expires_at: str
    voucher_codes: list[str] | UnsetType = UNSET


async def hold(call: Call) -> Reply:
    """Reserve a reward."""
    terms = call.services.terms(call.program_id)
    submission = hold_submission(call.body, call.idempotency_key, terms, sender_of(call))
    return await decide_keyed(call, submission, explain=call.query.explain)


async def capture(call: Call) -> Reply:
    """Use a reservation."""
    member_id, opened = await _redemption_in_path(call)
    terms, key = call.services.terms(call.program_id), call.idempotency_key
    submission = capture_submission(member_id, opened.hold, key, terms, sender_of(call))
    reply = await decide_keyed(call, submission, explain=call.query.explain)
    if reply.content.status == "accepted" and opened.grants:
        codes = await _voucher_codes(call, opened)
        reply.content = msgspec.structs.replace(reply.content, voucher_codes=codes)
    return reply


async def void(call: Call) -> Reply:
    """Give a reservation back."""
    member_id, opened = await _redemption_in_path(call)
    terms, key = call.services.terms(call.program_id), call.idempotency_key
    submission = void_submission(
        member_id, opened.hold, call.body.reason, key, terms, sender_of(call)
    )
    return await decide_keyed(call, submission, explain=call.query.explain)


async def get_redemption(call: Call) -> RedemptionAnswer:
    """Show a redemption as it stands now."""
    member_id, opened = await _redemption_in_path(call)
    decimals = call.services.decimals(call.program_id)
    status = await _status(call, member_id, opened)
    return RedemptionAnswer(
        redemption=redemption_id(member_id, opened.hold),
        member=format_member_id(member_id),
        reward=opened.reward,
        status=status,
        currency=opened.currency,
        points=points_text(opened.points, decimals.get(opened.currency, 0)),
        discount_minor=opened.discount_minor,
        quantity=opened.quantity,
        expires_at=to_rfc3339(opened.expires_at),
        voucher_codes=await _voucher_codes(call, opened) if status == "captured" else UNSET,
    )


async def adjust(call: Call) -> Reply:
    """Give or take points by hand."""
    terms = call.services.terms(call.program_id)
    submission = adjustment_submission(call.body, call.idempotency_key, terms, sender_of(call))
    return await decide_keyed(call, submission, explain=call.query.explain)


async def _redemption_in_path(call: Call) -> tuple[int, HoldOpened]:
    """The member of the address and what opened the hold; not_found for those of another
    program."""
    found = redemption_of(call.path["redemption"])
    if found is None or found[1] > 2**31 - 1:
        raise not_found("redemption")
    await require_member(call, found[0])
    return found[0], await _opening(call, *found)


async def _voucher_codes(call: Call, opened: HoldOpened) -> list[str] | UnsetType:
    """The codes that a captured redemption gives its member, UNSET where it gives none."""
    if not opened.grants:
        return UNSET
    codes = await call.services.rewards.codes(call.program_id, opened.grants)
    return [codes[grant] for grant in opened.grants if grant in codes] or UNSET


async def _opening(call: Call, member_id: int, number: int) -> HoldOpened:
    """The effect that opened a hold. Raises ApiProblem (not_found)."""
    try:
        async with call.services.pool.connection() as connection:
            stored = await read_entry(connection, member_id, number)
    except EntryNotFound:
        raise not_found("redemption") from None
    for effect in stored.entry.effects:
        if isinstance(effect, HoldOpened):
            return effect
    raise not_found("redemption")


async def _status(call: Call, member_id: int, opened: HoldOpened) -> str:
    """held while it is open and its time is not over; else how the journal says it ended."""
    loaded, _ = await loaded_member(call, member_id)
    now = call.services.clock.now()
    if any(open_hold.hold == opened.hold for open_hold in loaded.state.holds):
        return "held" if opened.expires_at > now else "lapsed"
    closed = await _closing(call, member_id, opened.hold)
    return "lapsed" if closed is None else closed.how


async def _closing(call: Call, member_id: int, number: int) -> HoldClosed | None:
    """The effect that closed a hold. It is searched upwards from the hold, however long the journal
    has become since: the first entry after its time was over has closed it, if none did before."""
    seen = number
    while True:
        before = seen + 1 + ENTRIES_AT_ONCE
        async with call.services.pool.connection() as connection:
            page = await read_history(connection, member_id, before=before, most=ENTRIES_AT_ONCE)
        for stored in reversed(page):
            for effect in (*stored.entry.due, *stored.entry.effects):
                if isinstance(effect, HoldClosed) and effect.hold == number:
                    return effect
        seen += ENTRIES_AT_ONCE
        if not page or page[0].seq < seen:
            return None


_PROBLEMS = (*DECISION_PROBLEMS, "unknown_currency")
_ORDER_PROBLEMS = (
    "duplicate",
    "inconsistent",
    "currency_needs_rate",
    "unknown_redemption",
)

OPERATIONS = (
    keyed_decision(
        id="hold_reward",
        path="/v1/redemptions",
        tag="redemptions",
        summary="Hold a reward: reserve it on a cart, with a time limit",
        description="A refusal (too few points, none left ...) is an answer with status 200.",
        handler=hold,
        scope="redemptions:write",
        body=HoldWire,
        problems=(*_PROBLEMS, *_ORDER_PROBLEMS),
    ),
    Operation(
        id="get_redemption",
        method="GET",
        path="/v1/redemptions/{redemption}",
        tag="redemptions",
        summary="Show a redemption as it stands",
        handler=get_redemption,
        scope="redemptions:write",
        answer=RedemptionAnswer,
    ),
    keyed_decision(
        id="capture_redemption",
        path="/v1/redemptions/{redemption}/capture",
        tag="redemptions",
        summary="Use a held reward",
        handler=capture,
        scope="redemptions:write",
        body=CaptureWire,
        body_optional=True,
        problems=_PROBLEMS,
    ),
    keyed_decision(
        id="void_redemption",
        path="/v1/redemptions/{redemption}/void",
        tag="redemptions",
        summary="Give a held reward back",
        handler=void,
        scope="redemptions:write",
        body=VoidWire,
        body_optional=True,
        problems=_PROBLEMS,
    ),
    keyed_decision(
        id="adjust_points",
        path="/v1/adjustments",
        tag="adjustments",
        summary="Give or take points by hand, with a reason and an actor",
        handler=adjust,
        scope="adjustments:write",
        body=AdjustmentWire,
        problems=_PROBLEMS,
    ),
)
