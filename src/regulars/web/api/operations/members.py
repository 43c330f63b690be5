"""/v1/members: who the members are. Personal look-ups are POSTs: no address holds a person."""

from typing import Any, cast

import msgspec
from msgspec import UNSET, UnsetType

from regulars.core.events import Activity, Attributes, Close, Event, MoveOut
from regulars.intake.contracts import Submission
from regulars.members.contracts import Enrolment, Kind, Profile, ProfileChange
from regulars.platform.clock import Instant, to_rfc3339
from regulars.platform.database import Connection
from regulars.platform.ids import format_member_id, new_request_id, parse_member_id
from regulars.web.api.errors import not_found
from regulars.web.api.memberships import history_of, loaded_member, member_in_path
from regulars.web.api.once import once
from regulars.web.api.operation import Call, Operation, Reply
from regulars.web.api.operations.events import DECISION_PROBLEMS, decide_keyed, decided, sender_of
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.answers import DecisionAnswer
from regulars.web.api.wire.fields import check_fields
from regulars.web.api.wire.orders import MemberWire
from regulars.web.api.wire.people import (
    ChangeWire,
    CloseWire,
    EnrolledAnswer,
    EnrolmentWire,
    ErasedAnswer,
    MemberAnswer,
    MergeWire,
    ProfileAnswer,
    ProfileWire,
)
from regulars.web.api.wire.reading import member_of, moment

FUTURE_US_MAX = 5 * 60 * 1_000_000
"""How far ahead of ours the clock of whoever enrols may be, as for events."""


async def enrol(call: Call) -> Reply:
    """Make a member."""
    wire: EnrolmentWire = call.body
    program = call.services.program(call.program_id)
    first_tier = program.ladder.tiers[0].id if program.ladder is not None else ""
    enrolment = _enrolment(wire, call.services.clock.now())

    async def work(connection: Connection | None) -> EnrolledAnswer:
        enrolled = await call.services.members.enrol(
            call.program_id,
            enrolment,
            first_tier=first_tier,
            now=call.services.clock.now(),
            connection=connection,
        )
        return EnrolledAnswer(format_member_id(enrolled.member_id), enrolled.created)

    reply = await once(call, "enrol_member", work, status=201)
    return await _signed_up(call, reply) if wire.signup else reply


async def _signed_up(call: Call, reply: Reply) -> Reply:
    """Record the signup of whom the answer is about; a repeat finds the first one's decision."""
    answer = reply.content
    if isinstance(answer, bytes):
        answer = msgspec.json.decode(answer, type=EnrolledAnswer)
    member_id = parse_member_id(answer.id)
    event = Event("signup", "regulars-enrolment", answer.id, 0, Activity())
    submission = Submission(call.program_id, member_id, event, 0)
    (outcome,) = await call.services.intake.submit([submission])
    decision = decided(call, outcome, answer.id, call.services.terms(call.program_id)).content
    return Reply(
        msgspec.structs.replace(answer, decision=decision), reply.status, headers=reply.headers
    )


async def look_up(call: Call) -> MemberAnswer:
    """Find a member by an identifier."""
    member = member_of(call.body, "")
    if isinstance(member, int):
        return await _member_answer(call, member)
    kind = cast(Kind, member.kind)
    found = await call.services.members.find(call.program_id, kind, member.value)
    if found is None:
        raise not_found("member")
    return await _member_answer(call, found)


async def get_member(call: Call) -> MemberAnswer:
    """Show a member."""
    return await _member_answer(call, await member_in_path(call))


async def change_member(call: Call) -> Reply:
    """Change parts of a profile, attributes and segments."""
    wire: ChangeWire = call.body
    member_id = await member_in_path(call)
    attributes = _attributes(call, wire)

    async def work(connection: Connection | None) -> dict[str, str]:
        change = _change(wire)
        if any(not isinstance(getattr(change, n), UnsetType) for n in change.__struct_fields__):
            await call.services.members.update_profile(
                call.program_id, member_id, change, connection=connection
            )
        if attributes is not None:
            # Recorded once under the request's identity, before the profile's change commits:
            # a key that was used elsewhere changes nothing, and a repeat after a crash between the
            # two finds the attributes set and the profile still to be changed.
            await _submit(call, member_id, "attributes", attributes)
        return {"id": format_member_id(member_id)}

    await once(call, "change_member", work)
    return Reply(await _member_answer(call, member_id))


async def erase_member(call: Call) -> ErasedAnswer:
    """Forget a person; the books stay."""
    member_id = await member_in_path(call)
    now = call.services.clock.now()
    erasure = await call.services.members.erase(call.program_id, member_id, now=now)
    return ErasedAnswer(format_member_id(member_id), to_rfc3339(erasure.erased_at))


async def export_member(call: Call) -> dict[str, Any]:
    """Everything that is held about a member."""
    member_id = await member_in_path(call)
    return await call.services.members.export(
        call.program_id,
        member_id,
        history_of(call, member_id),
        now=call.services.clock.now(),
    )


async def merge_member(call: Call) -> Reply:
    """Move everything to another member and close this one."""
    member_id = await member_in_path(call)
    into = member_of(MemberWire(id=call.body.into), "")
    assert isinstance(into, int), "a member by id"
    known = await call.services.members.memberships(call.program_id, [into])
    if into not in known or into == member_id:
        raise ApiProblem(
            "unknown_member",
            pointer="/into",
            found=call.body.into,
            expected="another member of the program",
        )
    return await _submit(call, member_id, "merge", MoveOut(into, "merge", close=True))


async def close_member(call: Call) -> Reply:
    """End a membership: open holds are voided, points forfeited."""
    member_id = await member_in_path(call)
    return await _submit(call, member_id, "close", Close(call.body.reason, call.body.actor))


async def _submit(
    call: Call, member_id: int, kind: str, body: Attributes | Close | MoveOut
) -> Reply:
    """One event under the identity of the request. The request id is none: a caller who follows
    several requests by one id may choose it."""
    key = call.idempotency_key or new_request_id()
    event = Event(kind, sender_of(call).source, key, 0, body)
    return await decide_keyed(call, Submission(call.program_id, member_id, event, 0))


async def _member_answer(call: Call, member_id: int) -> MemberAnswer:
    services = call.services
    known = (await services.members.memberships(call.program_id, [member_id])).get(member_id)
    if known is None:
        raise not_found("member")
    loaded, _ = await loaded_member(call, member_id)
    profiles = await services.members.profiles(call.program_id, [member_id])
    state = loaded.state
    return MemberAnswer(
        id=format_member_id(member_id),
        status=state.status,
        enrolled_at=to_rfc3339(known.enrolled_at),
        tier=state.tier or UNSET,
        merged_into=format_member_id(state.merged_into) if state.merged_into else UNSET,
        erased_at=UNSET if known.erased_at is None else to_rfc3339(known.erased_at),
        attributes=state.attributes,
        segments=list(state.segments),
        profile=_profile(profiles[member_id]) if member_id in profiles else UNSET,
    )


def _profile(profile: Profile) -> ProfileAnswer:
    values = {name: getattr(profile, name) for name in ProfileAnswer.__struct_fields__}
    return ProfileAnswer(**{**values, "cards": list(profile.cards)})


def _enrolment(wire: EnrolmentWire, now: Instant) -> Enrolment:
    given = _given(wire)
    enrolled_at = moment(wire.enrolled_at, "/enrolled_at")
    if enrolled_at > now + FUTURE_US_MAX:
        raise ApiProblem(
            "out_of_range",
            "nobody has enrolled in the future",
            pointer="/enrolled_at",
            found=wire.enrolled_at,
            expected=f"at most 5 minutes after {to_rfc3339(now)}",
        )
    return Enrolment(
        **given,
        enrolled_at=enrolled_at,
        assign_number=wire.assign_number,
        hashes_only=wire.hashes_only,
    )


def _change(wire: ChangeWire) -> ProfileChange:
    return ProfileChange(**_given(wire))


def _given(wire: ProfileWire) -> dict[str, Any]:
    """The parts of a profile that were sent."""
    given = {
        name: value
        for name in ProfileWire.__struct_fields__
        if not isinstance(value := getattr(wire, name), UnsetType)
    }
    if "cards" in given:
        given["cards"] = tuple(given["cards"])
    return given


def _attributes(call: Call, wire: ChangeWire) -> Attributes | None:
    """The attributes event that a change makes, None where it changes none."""
    if isinstance(wire.attributes, UnsetType) and isinstance(wire.segments, UnsetType):
        return None
    document = call.services.program(call.program_id).document
    values = {} if isinstance(wire.attributes, UnsetType) else wire.attributes
    removed = {name: None for name, value in values.items() if value is None}
    declared = {name: kind for name, kind in document.attributes.items() if not kind.personal}
    kept = {name: value for name, value in values.items() if value is not None}
    checked = check_fields(kept, declared, "/attributes")
    for name in removed:
        if name not in declared:
            raise ApiProblem("undeclared_field", pointer=f"/attributes/{name}", found=name)
    segments: tuple[str, ...] | None = None
    if not isinstance(wire.segments, UnsetType):
        segments = tuple(dict.fromkeys(wire.segments))
        _check_segments(segments, document.segments)
    body = cast(dict[str, str | int | bool | None], {**checked, **removed})
    return Attributes(body, segments)


def _check_segments(segments: tuple[str, ...], declared: tuple[str, ...]) -> None:
    for index, segment in enumerate(segments):
        if segment not in declared:
            raise ApiProblem(
                "invalid_value",
                pointer=f"/segments/{index}",
                found=segment,
                expected="one of " + (", ".join(declared) or "no segments"),
            )


_MEMBER_PROBLEMS = ("identifier_taken", "invalid_member_field")

OPERATIONS = (
    Operation(
        id="enrol_member",
        method="POST",
        path="/v1/members",
        tag="members",
        summary="Enrol a member",
        handler=enrol,
        scope="members:write",
        body=EnrolmentWire,
        answer=EnrolledAnswer,
        status=201,
        idempotency="optional",
        problems=(*_MEMBER_PROBLEMS, "no_program_version", "unknown_event_type"),
    ),
    Operation(
        id="look_up_member",
        method="POST",
        path="/v1/members/lookup",
        tag="members",
        summary="Find a member by number, e-mail, phone, card or external id",
        handler=look_up,
        scope="members:read",
        body=MemberWire,
        answer=MemberAnswer,
        problems=("not_found", "unknown_member", "inconsistent"),
    ),
    Operation(
        id="get_member",
        method="GET",
        path="/v1/members/{member}",
        tag="members",
        summary="Show a member",
        handler=get_member,
        scope="members:read",
        answer=MemberAnswer,
    ),
    Operation(
        id="change_member",
        method="PATCH",
        path="/v1/members/{member}",
        tag="members",
        summary="Change a member's profile, attributes and segments",
        description="What is left out stays; an empty text removes, null removes an attribute.",
        handler=change_member,
        scope="members:write",
        body=ChangeWire,
        answer=MemberAnswer,
        idempotency="optional",
        problems=(
            *_MEMBER_PROBLEMS,
            *DECISION_PROBLEMS,
            "member_erased",
            "undeclared_field",
        ),
    ),
    Operation(
        id="erase_member",
        method="DELETE",
        path="/v1/members/{member}",
        tag="members",
        summary="Erase a member's personal data, for good",
        description="The books stay balanced under the bare id. Erasing again changes nothing.",
        handler=erase_member,
        scope="members:erase",
        answer=ErasedAnswer,
        idempotency="optional",
    ),
    Operation(
        id="export_member",
        method="GET",
        path="/v1/members/{member}/export",
        tag="members",
        summary="Everything that is held about a member",
        handler=export_member,
        scope="members:erase",
        answer=dict[str, Any],
    ),
    Operation(
        id="merge_member",
        method="POST",
        path="/v1/members/{member}/merge",
        tag="members",
        summary="Merge a member into another",
        handler=merge_member,
        scope="members:write",
        body=MergeWire,
        answer=DecisionAnswer,
        idempotency="optional",
        problems=DECISION_PROBLEMS,
    ),
    Operation(
        id="close_member",
        method="POST",
        path="/v1/members/{member}/close",
        tag="members",
        summary="End a membership",
        handler=close_member,
        scope="members:write",
        body=CloseWire,
        answer=DecisionAnswer,
        idempotency="optional",
        problems=DECISION_PROBLEMS,
    ),
)
