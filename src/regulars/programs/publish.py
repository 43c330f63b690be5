"""Publishes a version: checked, compatible, under the lock that keeps all writes away.

Lock order: the advisory lock of the program, then its row. The clock is read after the lock, so
that nothing recorded before the publication can have been due under the new version.
"""

import hashlib
from dataclasses import dataclass

from regulars.core.document import Finding, ProgramDocument, check_document
from regulars.core.document.check import read_published
from regulars.platform.clock import Clock, Instant
from regulars.platform.database import Connection
from regulars.programs.compatibility import compare_with_previous
from regulars.programs.contracts import EPOCH_LOCK_CLASS, ProgramInfo, Publication, VersionInfo
from regulars.programs.errors import (
    DocumentInvalid,
    EffectiveBeforePublication,
    IncompatibleDocument,
    UnknownProgram,
    UnknownVersion,
    WrongProgram,
)
from regulars.programs.queries import SQL
from regulars.programs.timeline import Timeline
from regulars.programs.zones import zone_names


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that passed the check by itself, with its warnings."""

    text: str
    document: ProgramDocument
    warnings: tuple[Finding, ...] = ()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical form: comments and layout do not make another document."""
        return hashlib.sha256(self.document.canonical().encode()).digest()


def check_draft(text: str) -> Draft:
    """Check a text by itself. Raises DocumentInvalid with all findings."""
    findings = check_document(text, zones=zone_names())
    if any(finding.severity == "error" for finding in findings):
        raise DocumentInvalid(findings)
    return Draft(text, read_published(text), tuple(findings))


async def publish(
    connection: Connection,
    program_id: int,
    draft: Draft,
    *,
    actor: str,
    clock: Clock,
    effective_from: Instant | None,
) -> Publication:
    """Publish in the caller's transaction, which holds the program's writes until it commits."""
    await connection.execute(
        SQL.lock_publication, {"lock_class": EPOCH_LOCK_CLASS, "program_id": program_id}
    )
    program = await read_program(connection, program_id)
    if draft.document.program != program.slug:
        raise WrongProgram(program.slug, draft.document.program)
    versions = await list_versions(connection, program_id)
    latest = versions[-1] if versions else None
    same = latest is not None and latest.digest == draft.digest
    if latest is not None and same and effective_from in (None, latest.effective_from):
        return Publication(latest.version, latest.effective_from, program.epoch, False)
    warnings = list(draft.warnings)
    if latest is not None:
        warnings += await _check_compatible(connection, program_id, latest.version, draft)
    now = clock.now()
    starts = now if effective_from is None else effective_from
    if latest is not None and starts < now:
        raise EffectiveBeforePublication(starts, now)
    warnings += _superseded_now(versions, starts, now)
    version = latest.version + 1 if latest is not None else 1
    await connection.execute(
        SQL.insert_version,
        {
            "program_id": program_id,
            "version": version,
            "document": draft.text,
            "digest": draft.digest,
            "effective_from": starts,
            "published_at": now,
            "published_by": actor,
        },
    )
    cursor = await connection.execute(SQL.advance_epoch, {"program_id": program_id})
    row = await cursor.fetchone()
    assert row is not None, "the program was read under the lock"
    return Publication(version, starts, row[0], True, tuple(warnings))


async def read_program(connection: Connection, program: int | str) -> ProgramInfo:
    """A program by id or slug. Raises UnknownProgram."""
    by_id = isinstance(program, int)
    parameters = {"program_id": program if by_id else None, "slug": None if by_id else program}
    cursor = await connection.execute(SQL.list_programs, parameters)
    row = await cursor.fetchone()
    if row is None:
        raise UnknownProgram(program)
    return ProgramInfo(*row)


async def list_versions(connection: Connection, program_id: int) -> list[VersionInfo]:
    """The versions of a program, oldest first; empty before the first publication."""
    cursor = await connection.execute(SQL.list_versions, {"program_id": program_id})
    rows = await cursor.fetchall()
    timeline = Timeline((row[0], row[1]) for row in rows)
    return [
        VersionInfo(version, starts, published_at, by, digest, timeline.superseded(version))
        for version, starts, published_at, by, digest in rows
    ]


async def read_text(connection: Connection, program_id: int, version: int) -> str:
    """The document's text as it was published. Raises UnknownVersion."""
    parameters = {"program_id": program_id, "version": version}
    cursor = await connection.execute(SQL.read_document, parameters)
    row = await cursor.fetchone()
    if row is None:
        raise UnknownVersion(version)
    text: str = row[0]
    return text


async def _check_compatible(
    connection: Connection, program_id: int, version: int, draft: Draft
) -> list[Finding]:
    before = read_published(await read_text(connection, program_id, version))
    findings = compare_with_previous(before, draft.document, draft.text)
    if any(finding.severity == "error" for finding in findings):
        raise IncompatibleDocument(findings)
    return findings


def _superseded_now(versions: list[VersionInfo], starts: Instant, now: Instant) -> list[Finding]:
    """A warning for every version still to come that will now never be in force."""
    expected = "that it is no longer wanted: this version begins before it and takes its place"
    return [
        Finding("warning", "version_superseded", "", 1, 1, f"version {one.version}", expected)
        for one in versions
        if not one.superseded and one.effective_from >= starts and one.effective_from > now
    ]
