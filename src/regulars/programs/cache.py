"""The compiled versions of programs in the memory of one process.

A write compares `epoch` with the database's, inside its transaction, and calls `refresh` when it
has moved; published versions never change, so only new ones are read. A version is compiled when
it is first needed. Everything except `refresh`, `ensure` and `warm` is plain memory.
"""

from collections.abc import Iterator, Mapping

from regulars.core.document.check import read_published
from regulars.core.program import Program, compile_program
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Pool, transaction
from regulars.programs.queries import SQL
from regulars.programs.timeline import Timeline
from regulars.programs.zones import zone_table

UNKNOWN_EPOCH = -1


class _Versions(Mapping[int, Program]):
    """The versions of one program by number, each compiled at its first use."""

    def __init__(self) -> None:
        self.starts: dict[int, Instant] = {}
        self._texts: dict[int, str] = {}
        self._compiled: dict[int, Program] = {}

    def add(self, version: int, effective_from: Instant, text: str) -> None:
        """Take in a version that was not held yet."""
        self.starts[version] = effective_from
        self._texts[version] = text

    def __getitem__(self, version: int) -> Program:
        compiled = self._compiled.get(version)
        if compiled is None:
            document = read_published(self._texts[version])
            compiled = compile_program(document, version, zone_table(document.time_zone))
            self._compiled[version] = compiled
        return compiled

    def __iter__(self) -> Iterator[int]:
        return iter(self.starts)

    def __len__(self) -> int:
        return len(self.starts)


class _Held:
    """What is held of one program."""

    def __init__(self) -> None:
        self.epoch = UNKNOWN_EPOCH
        self.versions = _Versions()
        self.timeline = Timeline(())


class ProgramCache:
    """Compiled programs by (program_id, version), with the epoch at which they were read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held: dict[int, _Held] = {}

    def epoch(self, program_id: int) -> int:
        """The epoch at which the versions were read; UNKNOWN_EPOCH for a program not held."""
        held = self._held.get(program_id)
        return UNKNOWN_EPOCH if held is None else held.epoch

    def in_force(self, program_id: int, occurred_at: Instant) -> Program | None:
        """The version in force at an instant; None before the first, or for a program not held."""
        held = self._held.get(program_id)
        version = None if held is None else held.timeline.version_at(occurred_at)
        return None if held is None or version is None else held.versions[version]

    def versions(self, program_id: int) -> Mapping[int, Program]:
        """All versions by number, compiled as they are looked at; empty for one not held."""
        held = self._held.get(program_id)
        return {} if held is None else held.versions

    async def refresh(self, program_id: int) -> None:
        """Read what was published since; on return the epoch is one that was valid during it."""
        async with transaction(self._pool, read_only=True) as connection:
            await self._read(connection, program_id)

    async def ensure(self, program_id: int) -> None:
        """Read the program unless it is held already."""
        if program_id not in self._held:
            await self.refresh(program_id)

    async def warm(self) -> None:
        """Read every program and compile its latest version: at the start of a server."""
        async with transaction(self._pool, read_only=True) as connection:
            cursor = await connection.execute(SQL.list_programs, {"program_id": None, "slug": None})
            for row in await cursor.fetchall():
                await self._read(connection, row[0])
        for held in self._held.values():
            if held.versions:
                held.versions[max(held.versions)]

    async def _read(self, connection: Connection, program_id: int) -> None:
        held = self._held.get(program_id) or _Held()
        parameters = {"program_id": program_id, "after": max(held.versions, default=0)}
        cursor = await connection.execute(SQL.read_versions, parameters)
        rows = await cursor.fetchall()
        if not rows:
            return
        # Another refresh may have run while this one waited: versions only ever grow.
        for _, version, effective_from, text in rows:
            if version is not None and version not in held.versions:
                held.versions.add(version, effective_from, text)
        held.timeline = Timeline(held.versions.starts.items())
        held.epoch = max(held.epoch, rows[0][0])
        self._held[program_id] = held
