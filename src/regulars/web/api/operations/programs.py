"""The management plane: the program's documents and versions, its API keys."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from regulars.core.document.reading import TEXT_BYTES_MAX
from regulars.platform.clock import MICROSECONDS_PER_DAY, to_rfc3339
from regulars.platform.database import Connection
from regulars.programs.contracts import SCOPES, Caller, KeyInfo, NewKey, ProgramInfo, VersionInfo
from regulars.programs.facade import BACKDATE_DEFAULT_US
from regulars.web.api.authentication import require_scope
from regulars.web.api.errors import finding_words, not_found
from regulars.web.api.once import once
from regulars.web.api.operation import Call, Operation, Reply
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.orders import Moment
from regulars.web.api.wire.reading import moment

DocumentText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=TEXT_BYTES_MAX,
        description=f"YAML or JSON, as text of at most {TEXT_BYTES_MAX} bytes.",
    ),
]

DOCUMENT_BODY_BYTES_MAX = 4 * TEXT_BYTES_MAX
"""JSON escapes what a document is written with, so its body is longer than the document."""


class DocumentWire(Struct, frozen=True, forbid_unknown_fields=True):
    """A program document."""

    document: DocumentText


class PublishWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A document to publish as the next version, from an instant on (default: now)."""

    document: DocumentText
    effective_from: Moment | UnsetType = UNSET
    actor: Annotated[str, Meta(max_length=120)] = ""


class FindingAnswer(Struct, frozen=True, omit_defaults=True):
    """Something wrong (`error`) or probably not meant (`warning`); line and column from 1."""

    severity: str
    code: str
    pointer: str
    line: str
    column: str
    found: str
    expected: str
    suggestion: str | UnsetType = UNSET


class CheckAnswer(Struct, frozen=True):
    """`valid` says that the document could be published now."""

    valid: bool
    findings: list[FindingAnswer]


class VersionAnswer(Struct, frozen=True):
    """A published version; `superseded` ones are never in force."""

    version: int
    effective_from: str
    published_at: str
    published_by: str
    digest: str
    superseded: bool


class VersionsAnswer(Struct, frozen=True):
    """Every version, oldest first."""

    versions: list[VersionAnswer]


class ProgramAnswer(Struct, frozen=True, omit_defaults=True):
    """A program, its latest version, and the one in force now."""

    program: str
    created_at: str
    latest_version: int
    version_in_force: int | UnsetType = UNSET


class DocumentAnswer(Struct, frozen=True):
    """The document of a version, as it was published."""

    version: int
    document: str


class PublicationAnswer(Struct, frozen=True):
    """`created` is false where the same document stood already."""

    version: int
    effective_from: str
    created: bool
    warnings: list[FindingAnswer]


class KeyWire(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A key to make; it can have only scopes that the caller's key has. `backdate_days` is how far
    back it may date events: at most as far as the caller's key; unsaid, 30 days or that."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=len(SCOPES))]
    backdate_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET


class KeyAnswer(Struct, frozen=True, omit_defaults=True):
    """A key. `key` is its secret text, shown once, to whoever made it."""

    id: str
    name: str
    scopes: list[str]
    backdate_days: int
    created_at: str
    revoked_at: str | UnsetType = UNSET
    key: str | UnsetType = UNSET


class KeysAnswer(Struct, frozen=True):
    """Every key of the program, oldest first."""

    keys: list[KeyAnswer]


class RevokedAnswer(Struct, frozen=True):
    """A revoked key; every process refuses it after `effective_within_seconds` at the latest."""

    id: str
    revoked_at: str
    effective_within_seconds: int


async def get_program(call: Call) -> ProgramAnswer:
    """Show the program."""
    info = await _program_in_path(call)
    now = call.services.clock.now()
    in_force = await call.services.programs.version_in_force(info.program_id, now)
    return ProgramAnswer(
        program=info.slug,
        created_at=to_rfc3339(info.created_at),
        latest_version=info.version,
        version_in_force=UNSET if in_force is None else in_force,
    )


async def check_program(call: Call) -> CheckAnswer:
    """Check a document as the next version, without publishing it."""
    info = await _program_in_path(call)
    findings = await call.services.programs.check(info.program_id, call.body.document)
    valid = not any(finding.severity == "error" for finding in findings)
    return CheckAnswer(valid, [FindingAnswer(**finding_words(one)) for one in findings])


async def publish(call: Call) -> Reply:
    """Publish a document as the next version."""
    info = await _program_in_path(call)
    wire: PublishWire = call.body
    effective_from = moment(wire.effective_from, "/effective_from") or None

    async def work(connection: Connection | None) -> PublicationAnswer:
        published = await call.services.publish(
            info.program_id,
            wire.document,
            actor=wire.actor or f"key:{call.caller.key_id}",
            effective_from=effective_from,
            connection=connection,
        )
        return PublicationAnswer(
            published.version,
            to_rfc3339(published.effective_from),
            published.created,
            [FindingAnswer(**finding_words(one)) for one in published.warnings],
        )

    reply = await once(call, "publish_program", work, status=201)
    await call.services.cache.refresh(info.program_id)
    return reply


async def list_versions(call: Call) -> VersionsAnswer:
    """Every version."""
    info = await _program_in_path(call)
    versions = await call.services.programs.versions(info.program_id)
    return VersionsAnswer([_version(one) for one in versions])


async def get_document(call: Call) -> DocumentAnswer:
    """The document of a version, or of `current`, the one in force."""
    info = await _program_in_path(call)
    asked = call.path["version"]
    version: int | None
    if asked == "current":
        now = call.services.clock.now()
        version = await call.services.programs.version_in_force(info.program_id, now)
    else:
        version = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
    if version is None:
        raise not_found("version")
    return DocumentAnswer(version, await call.services.programs.text(info.program_id, version))


async def create_key(call: Call) -> Reply:
    """Make a key; its text is in this answer and nowhere else."""
    wire: KeyWire = call.body
    for scope in wire.scopes:
        if scope in SCOPES:
            require_scope(call.caller, scope)
    backdate_us = _backdate_us(wire.backdate_days, call.caller)
    made: list[NewKey] = []

    async def work(connection: Connection | None) -> KeyAnswer:
        key = await call.services.api_keys.create(
            call.program_id,
            wire.name,
            wire.scopes,
            backdate_us=backdate_us,
            connection=connection,
        )
        made.append(key)
        return _key(key.info)

    reply = await once(call, "create_key", work, status=201)
    if made:
        # The secret is added after the answer was kept: a repeat is answered without it.
        reply.content = msgspec.structs.replace(_key(made[0].info), key=made[0].text)
    return reply


async def list_keys(call: Call) -> KeysAnswer:
    """Every key, without secrets."""
    return KeysAnswer(
        [_key(info) for info in await call.services.api_keys.list_keys(call.program_id)]
    )


async def revoke_key(call: Call) -> RevokedAnswer:
    """End a key."""
    info = await call.services.api_keys.revoke(call.program_id, call.path["key"])
    assert info.revoked_at is not None, "it was revoked just now or before"
    return RevokedAnswer(info.key_id, to_rfc3339(info.revoked_at), 5)


def _backdate_us(days: int | UnsetType, caller: Caller) -> int:
    """How far back a new key may date. Raises ApiProblem (scope_missing) beyond its maker's."""
    if isinstance(days, UnsetType):
        return min(BACKDATE_DEFAULT_US, caller.backdate_us)
    asked = days * MICROSECONDS_PER_DAY
    if asked > caller.backdate_us:
        most = caller.backdate_us // MICROSECONDS_PER_DAY
        raise ApiProblem(
            "scope_missing",
            f"the key {caller.key_id} may date events {most} days back, and so may keys it makes",
            pointer="/backdate_days",
            found=days,
            expected=f"at most {most}, as far back as the key that makes it",
            next_step="Ask for fewer days, or make the key with one that may date further back.",
        )
    return asked


async def _program_in_path(call: Call) -> ProgramInfo:
    """The caller's own program, named by its slug; any other is not there."""
    own = await call.services.programs.find(call.program_id)
    if own.slug != call.path["program"]:
        raise not_found("program")
    return own


def _version(info: VersionInfo) -> VersionAnswer:
    return VersionAnswer(
        info.version,
        to_rfc3339(info.effective_from),
        to_rfc3339(info.published_at),
        info.published_by,
        info.digest.hex(),
        info.superseded,
    )


def _key(info: KeyInfo) -> KeyAnswer:
    return KeyAnswer(
        id=info.key_id,
        name=info.name,
        scopes=list(info.scopes),
        backdate_days=info.backdate_us // MICROSECONDS_PER_DAY,
        created_at=to_rfc3339(info.created_at),
        revoked_at=UNSET if info.revoked_at is None else to_rfc3339(info.revoked_at),
    )


_DOCUMENT_PROBLEMS = (
    "invalid_program",
    "incompatible_document",
    "wrong_program",
    "effective_before_publication",
)

OPERATIONS = (
    Operation(
        id="get_program",
        method="GET",
        path="/v1/programs/{program}",
        tag="programs",
        summary="Show the program that the key belongs to",
        handler=get_program,
        scope="programs:read",
        answer=ProgramAnswer,
    ),
    Operation(
        id="check_program",
        method="POST",
        path="/v1/programs/{program}/check",
        tag="programs",
        summary="Check a document as the next version",
        handler=check_program,
        scope="programs:read",
        body=DocumentWire,
        body_bytes_max=DOCUMENT_BODY_BYTES_MAX,
        answer=CheckAnswer,
    ),
    Operation(
        id="publish_program",
        method="POST",
        path="/v1/programs/{program}/versions",
        tag="programs",
        summary="Publish a document as the next version",
        handler=publish,
        scope="programs:write",
        body=PublishWire,
        body_bytes_max=DOCUMENT_BODY_BYTES_MAX,
        answer=PublicationAnswer,
        status=201,
        idempotency="optional",
        problems=_DOCUMENT_PROBLEMS,
    ),
    Operation(
        id="list_versions",
        method="GET",
        path="/v1/programs/{program}/versions",
        tag="programs",
        summary="Every version of the program",
        handler=list_versions,
        scope="programs:read",
        answer=VersionsAnswer,
    ),
    Operation(
        id="get_document",
        method="GET",
        path="/v1/programs/{program}/versions/{version}",
        tag="programs",
        summary="The document of a version, or of `current`",
        handler=get_document,
        scope="programs:read",
        answer=DocumentAnswer,
    ),
    Operation(
        id="create_key",
        method="POST",
        path="/v1/keys",
        tag="keys",
        summary="Make an API key",
        description="The secret is in this answer only; a repeat under the same "
        "Idempotency-Key is answered without it.",
        handler=create_key,
        scope="keys:write",
        body=KeyWire,
        answer=KeyAnswer,
        status=201,
        idempotency="optional",
        problems=("invalid_key_request",),
    ),
    Operation(
        id="list_keys",
        method="GET",
        path="/v1/keys",
        tag="keys",
        summary="Every API key, without secrets",
        handler=list_keys,
        scope="keys:write",
        answer=KeysAnswer,
    ),
    Operation(
        id="revoke_key",
        method="DELETE",
        path="/v1/keys/{key}",
        tag="keys",
        summary="Revoke an API key",
        description="Effective in every process within five seconds.",
        handler=revoke_key,
        scope="keys:write",
        answer=RevokedAnswer,
        idempotency="optional",
    ),
)
