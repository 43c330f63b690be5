"""POST /v1/events and /v1/refunds: what members did, on its way into the one write path."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from regulars.intake.contracts import Outcome, Submission
from regulars.web.api.explanations import explained
from regulars.web.api.once import mark_request, settle_mark
from regulars.web.api.operation import BATCH_BYTES_MAX, BODY_BYTES_MAX, Call, Operation, Reply
from regulars.web.api.problems import ApiProblem, escape_pointer
from regulars.web.api.recorded_events import deciding_versions
from regulars.web.api.refused_purchases import purchases_of
from regulars.web.api.wire.answers import (
    DecisionAnswer,
    Purchases,
    decision_answer,
    outcome_problem,
)
from regulars.web.api.wire.orders import (
    EVENTS_MAX,
    OtherEvent,
    RefundRequest,
    WireEvent,
)
from regulars.web.api.wire.reading import Terms, moment
from regulars.web.api.wire.submissions import (
    Sender,
    event_submission,
    read_event,
    refund_submission,
)

_STORED = frozenset({"accepted", "refused", "parked"})
_EVENT_SCHEMA = {"$ref": "#/components/schemas/EventOrBatch"}
DECISION_PROBLEMS = (
    "event_conflict",
    "unknown_member",
    "purchase_of_another_member",
    "no_program_version",
    "occurred_in_future",
    "occurred_too_long_ago",
    "expired",
    "invalid_event",
)
_EVENT_PROBLEMS = (
    *DECISION_PROBLEMS,
    "unknown_event_type",
    "undeclared_field",
    "duplicate",
    "inconsistent",
    "too_many",
    "currency_needs_rate",
    "unknown_redemption",
)


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`explain` adds each decision's explanation in words."""

    explain: bool = False


class BatchAnswer(Struct, frozen=True):
    """One outcome per event, in the order in which they were sent."""

    outcomes: list[DecisionAnswer]


async def post_events(call: Call) -> Any:
    """Record one event, or up to a thousand."""
    value = call.body
    if isinstance(value, dict) and "events" in value:
        return await _post_batch(call, value)
    if len(call.body_bytes) > BODY_BYTES_MAX:
        raise ApiProblem("body_too_large", expected=f"at most {BODY_BYTES_MAX} bytes for one event")
    terms, sender = call.services.terms(call.program_id), sender_of(call)
    wire = read_event(value)
    try:
        submission = _submission(call, wire, terms, sender)
    except ApiProblem:
        if not isinstance(wire, OtherEvent):
            raise
        (recorded,) = await _read_as_recorded(call, [wire], sender)
        if recorded is None:
            raise
        submission = recorded
    (outcome,) = await _submitted(call, [submission])
    purchases = await _named(call, [outcome])
    explain = call.query.explain
    return decided(call, outcome, wire.id, terms, explain=explain, purchases=purchases)


async def post_refund(call: Call) -> Any:
    """Record a refund whose identity is the Idempotency-Key."""
    terms = call.services.terms(call.program_id)
    submission = refund_submission(call.body, call.idempotency_key, terms, sender_of(call))
    return await decide_keyed(call, submission, explain=call.query.explain)


async def decide_keyed(call: Call, submission: Submission, *, explain: bool = False) -> Reply:
    """The decision on an event whose id is the request's Idempotency-Key."""
    (outcome,) = await call.services.intake.submit([submission])
    terms, key = call.services.terms(call.program_id), submission.event.event_id
    purchases = await _named(call, [outcome])
    return decided(call, outcome, key, terms, explain=explain, keyed=True, purchases=purchases)


def sender_of(call: Call) -> Sender:
    """How far back the caller's key may date, and the source of its keyed requests."""
    return Sender(call.caller.backdate_us, f"api:{call.caller.key_id}")


def decided(
    call: Call,
    outcome: Outcome,
    event_id: str,
    terms: Terms,
    *,
    explain: bool = False,
    keyed: bool = False,
    purchases: Purchases | None = None,
) -> Reply:
    """The answer of one event; what was not recorded is raised as its problem.

    `keyed`: the identity is the Idempotency-Key, so a conflict is one of that key. `purchases` are
    those that a refusal may name.
    """
    if outcome.status not in _STORED:
        problem = outcome_problem(outcome)
        if keyed and problem.code == "event_conflict":
            problem = ApiProblem(
                "idempotency_conflict",
                "the Idempotency-Key was used for another request",
                next_step="Use a new Idempotency-Key for a new request.",
            )
        raise problem
    answer = decision_answer(
        outcome, event_id, terms.points, call.request_id, purchases=purchases or {}
    )
    if explain:
        answer = explained(call, answer, outcome)
    return Reply(answer, 202 if outcome.status == "parked" else 200)


async def _post_batch(call: Call, value: dict[str, Any]) -> BatchAnswer:
    """Every item has its own outcome; a bad one leaves its neighbours unharmed."""
    items = _items(value)
    terms, sender = call.services.terms(call.program_id), sender_of(call)
    outcomes: list[DecisionAnswer | None] = [None] * len(items)
    good: list[tuple[int, str, Submission]] = []
    unread: list[tuple[int, OtherEvent]] = []
    for index, item in enumerate(items):
        # What has been read goes at once: kept until the answer, it is dropped from a cold cache.
        items[index] = wire = None
        try:
            wire = read_event(item)
            good.append((index, wire.id, _submission(call, wire, terms, sender)))
        except ApiProblem as problem:
            outcomes[index] = _problem_answer(call, index, item, problem)
            if isinstance(wire, OtherEvent):
                unread.append((index, wire))
    if unread:
        recorded = await _read_as_recorded(call, [wire for _, wire in unread], sender)
        for (index, wire), submission in zip(unread, recorded, strict=True):
            if submission is not None:
                good.append((index, wire.id, submission))
    submitted = await _submitted(call, [given for _, _, given in good]) if good else []
    named = await _named(call, submitted)
    for (index, event_id, _), outcome in zip(good, submitted, strict=True):
        place = f"/events/{index}"
        answer = decision_answer(outcome, event_id, terms.points, call.request_id, place, named)
        if call.query.explain:
            answer = explained(call, answer, outcome)
        outcomes[index] = answer
    return BatchAnswer([outcome for outcome in outcomes if outcome is not None])


def _submission(call: Call, wire: WireEvent, terms: Terms, sender: Sender) -> Submission:
    """An event of a type that programs declare is read by the version in force when it occurred,
    all others by that of today. Raises ApiProblem."""
    if isinstance(wire, OtherEvent):
        terms = call.services.terms(call.program_id, moment(wire.occurred_at, "/occurred_at"))
    return event_submission(wire, terms, sender)


async def _read_as_recorded(
    call: Call, unread: Sequence[OtherEvent], sender: Sender
) -> list[Submission | None]:
    """Events that the version of their time does not read, by the version that decided them, if
    they were recorded before: a retry gets its stored answer, whatever was published since."""
    services, program_id = call.services, call.program_id
    known = services.cache.versions(program_id)
    identities = [(wire.source, wire.id) for wire in unread]
    versions = await deciding_versions(services.pool, program_id, identities)
    submissions: list[Submission | None] = []
    for wire, identity in zip(unread, identities, strict=True):
        found = None
        version = versions.get(identity)
        if version is not None and version in known:
            with suppress(ApiProblem):
                terms = services.terms_of_version(program_id, version)
                found = event_submission(wire, terms, sender)
        submissions.append(found)
    return submissions


async def _submitted(call: Call, submissions: Sequence[Submission]) -> Sequence[Outcome]:
    """The outcomes of events with identities of their own. They use up an Idempotency-Key only if
    one of them gets a stored answer."""
    if not call.idempotency_key:
        return await call.services.intake.submit(submissions)
    mark = await mark_request(call, "events")
    # Where this fails, or the events go on without their caller, the mark is left as it is: the
    # same request finds it its own, and another one may have the key a little later.
    outcomes = await call.services.intake.submit(submissions)
    is_answered = any(outcome.status in _STORED for outcome in outcomes)
    await settle_mark(call, "events", mark, is_answered=is_answered)
    return outcomes


async def _named(call: Call, outcomes: Sequence[Outcome]) -> Purchases:
    """The purchases that these outcomes' refusals are about."""
    refusals = [
        (one.member_id, one.entry.refusal)
        for one in outcomes
        if one.status == "refused" and one.entry is not None
    ]
    return await purchases_of(call.services.pool, refusals) if refusals else {}


def _items(value: dict[str, Any]) -> list[Any]:
    unknown = [name for name in value if name != "events"]
    if unknown:
        raise ApiProblem(
            "unknown_field",
            pointer=f"/{escape_pointer(unknown[0])}",
            found=unknown[0],
            expected="only events",
        )
    items = value["events"]
    if not isinstance(items, list):
        raise ApiProblem("wrong_type", pointer="/events", found=items, expected="a list of events")
    if not 1 <= len(items) <= EVENTS_MAX:
        raise ApiProblem(
            "too_many" if items else "out_of_range",
            pointer="/events",
            found=f"{len(items)} events",
            expected=f"1 to {EVENTS_MAX} events",
        )
    return items


def _problem_answer(call: Call, index: int, item: Any, problem: ApiProblem) -> DecisionAnswer:
    sent = item.get("id") if isinstance(item, dict) else None
    document = problem.under(f"/events/{index}").document(call.request_id)
    return DecisionAnswer("problem", id=_short(sent), problem=document)


def _short(value: Any) -> str | UnsetType:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else UNSET


keyed_decision = partial(
    Operation,
    method="POST",
    query=EventsQuery,
    answer=DecisionAnswer,
    also={202: DecisionAnswer},
    idempotency="required",
)
"""Declares an operation that records one event whose id is the Idempotency-Key."""

OPERATIONS = (
    Operation(
        id="post_events",
        method="POST",
        path="/v1/events",
        tag="events",
        summary="Record what members did: one event, or a batch",
        description=(
            "An event is recorded once for its (source, id), for ever: sent again with the same "
            "body it is answered as the first time, with another body it is a conflict. Each item "
            "of a batch has its own outcome; a problem with one leaves the others unharmed."
        ),
        handler=post_events,
        scope="events:write",
        body=Any,
        body_schema=_EVENT_SCHEMA,
        body_bytes_max=BATCH_BYTES_MAX,
        query=EventsQuery,
        answer=(DecisionAnswer, BatchAnswer),
        also={202: DecisionAnswer},
        idempotency="optional",
        problems=_EVENT_PROBLEMS,
    ),
    keyed_decision(
        id="post_refund",
        path="/v1/refunds",
        tag="events",
        summary="Refund a purchase, wholly or in part",
        description="The Idempotency-Key becomes the id of the refund event.",
        handler=post_refund,
        scope="events:write",
        body=RefundRequest,
        problems=(*DECISION_PROBLEMS, "duplicate"),
    ),
)
