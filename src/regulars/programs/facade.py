"""The door of programs: create, check, publish, roll back, compare; versions for deciding; keys.

    programs = Programs(pool, clock)
    program = await programs.create("meadow-club")
    published = await programs.publish(program.program_id, text, actor="anna")
    cache = ProgramCache(pool)
    await cache.ensure(program.program_id)
    cache.in_force(program.program_id, occurred_at)

A published version never changes. A later one rules from its `effective_from` on and takes the
place of versions that were still to come by then.
"""

import asyncio
import re

from regulars.core.document import Finding, check_document
from regulars.core.document.check import read_published
from regulars.core.document.difference import Change, difference
from regulars.core.document.values import ID_PATTERN
from regulars.platform.clock import Clock, Instant
from regulars.platform.database import Connection, Pool, retry_transaction, transaction
from regulars.programs.cache import UNKNOWN_EPOCH, ProgramCache
from regulars.programs.compatibility import compare_with_previous
from regulars.programs.contracts import (
    EPOCH_LOCK_CLASS,
    SCOPES,
    ProgramInfo,
    Publication,
    VersionInfo,
)
from regulars.programs.errors import InvalidSlug, SlugTaken
from regulars.programs.keys import BACKDATE_DEFAULT_US, ApiKeys
from regulars.programs.publish import (
    check_draft,
    list_versions,
    publish,
    read_program,
    read_text,
)
from regulars.programs.queries import SQL
from regulars.programs.timeline import Timeline
from regulars.programs.zones import zone_names, zone_table

__all__ = [
    "BACKDATE_DEFAULT_US",
    "EPOCH_LOCK_CLASS",
    "SCOPES",
    "UNKNOWN_EPOCH",
    "ApiKeys",
    "ProgramCache",
    "Programs",
    "check",
    "zone_table",
]


def check(text: str) -> list[Finding]:
    """Everything that is wrong or doubtful about a document by itself; no database needed."""
    return check_document(text, zones=zone_names())


class Programs:
    """The programs of an installation. Holds no state but its pool and clock."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def create(self, slug: str) -> ProgramInfo:
        """Make a program without any version yet. Raises SlugTaken, InvalidSlug."""
        if re.fullmatch(ID_PATTERN, slug) is None:
            raise InvalidSlug(slug)

        async def work(connection: Connection) -> ProgramInfo:
            return await self._create(connection, slug)

        return await retry_transaction(self._pool, work)

    async def create_from(
        self, text: str, *, actor: str, effective_from: Instant | None = None
    ) -> tuple[ProgramInfo, Publication]:
        """Make the program that a document names and publish it as version 1, or neither.

        Raises DocumentInvalid, SlugTaken.
        """
        draft = await asyncio.to_thread(check_draft, text)

        async def work(connection: Connection) -> tuple[ProgramInfo, Publication]:
            made = await self._create(connection, draft.document.program)
            publication = await publish(
                connection,
                made.program_id,
                draft,
                actor=actor,
                clock=self._clock,
                effective_from=effective_from,
            )
            return await read_program(connection, made.program_id), publication

        return await retry_transaction(self._pool, work)

    async def find(self, program: int | str) -> ProgramInfo:
        """A program by id or slug. Raises UnknownProgram."""
        async with transaction(self._pool, read_only=True) as connection:
            return await read_program(connection, program)

    async def list_programs(self) -> list[ProgramInfo]:
        """All programs, oldest first."""
        async with transaction(self._pool, read_only=True) as connection:
            cursor = await connection.execute(SQL.list_programs, {"program_id": None, "slug": None})
            return [ProgramInfo(*row) for row in await cursor.fetchall()]

    async def check(self, program_id: int, text: str) -> list[Finding]:
        """All findings of a document as the next version of a program; publishes nothing.

        Raises UnknownProgram. What does not follow on the latest version is only looked at when
        the document has no error by itself.
        """
        findings = await asyncio.to_thread(check, text)
        async with transaction(self._pool, read_only=True) as connection:
            program = await read_program(connection, program_id)
            if program.version and not any(one.severity == "error" for one in findings):
                before = await read_text(connection, program_id, program.version)
                findings += compare_with_previous(
                    read_published(before), read_published(text), text
                )
        return findings

    async def publish(
        self,
        program_id: int,
        text: str,
        *,
        actor: str,
        effective_from: Instant | None = None,
        connection: Connection | None = None,
    ) -> Publication:
        """Check a document and publish it as the next version, in the caller's transaction if
        there is one, which then holds the program's writes until it commits.

        Without `effective_from` it rules from now on. Version 1 may begin in the past, so that
        history can be imported; a later one may not. The same document as the latest version
        answers that version. Raises DocumentInvalid, IncompatibleDocument, WrongProgram,
        EffectiveBeforePublication, UnknownProgram.
        """
        # A large document takes half a second to check; other requests go on meanwhile.
        draft = await asyncio.to_thread(check_draft, text)

        async def work(joined: Connection) -> Publication:
            return await publish(
                joined,
                program_id,
                draft,
                actor=actor,
                clock=self._clock,
                effective_from=effective_from,
            )

        if connection is not None:
            return await work(connection)
        return await retry_transaction(self._pool, work)

    async def rollback(
        self, program_id: int, version: int, *, actor: str, effective_from: Instant | None = None
    ) -> Publication:
        """Publish the document of an earlier version again, as a new version.

        It has to follow on the latest version like any other: raises what `publish` raises, and
        UnknownVersion.
        """
        text = await self.text(program_id, version)
        return await self.publish(program_id, text, actor=actor, effective_from=effective_from)

    async def versions(self, program_id: int) -> list[VersionInfo]:
        """The versions of a program, oldest first. Raises UnknownProgram."""
        async with transaction(self._pool, read_only=True) as connection:
            await read_program(connection, program_id)
            return await list_versions(connection, program_id)

    async def version_in_force(self, program_id: int, at: Instant) -> int | None:
        """The number of the version in force at an instant; None before the first."""
        versions = await self.versions(program_id)
        return Timeline((one.version, one.effective_from) for one in versions).version_at(at)

    async def text(self, program_id: int, version: int) -> str:
        """The text of a version as it was published. Raises UnknownProgram, UnknownVersion."""
        async with transaction(self._pool, read_only=True) as connection:
            await read_program(connection, program_id)
            return await read_text(connection, program_id, version)

    async def difference(self, program_id: int, older: int, newer: int) -> list[Change]:
        """What changed from one version to another, in words. Raises UnknownVersion."""
        before = read_published(await self.text(program_id, older))
        return difference(before, read_published(await self.text(program_id, newer)))

    async def _create(self, connection: Connection, slug: str) -> ProgramInfo:
        await connection.execute(SQL.lock_programs, {"lock_class": EPOCH_LOCK_CLASS})
        now = self._clock.now()
        cursor = await connection.execute(SQL.insert_program, {"slug": slug, "created_at": now})
        row = await cursor.fetchone()
        if row is None:
            raise SlugTaken(slug)
        return ProgramInfo(row[0], slug, 0, 0, now)
