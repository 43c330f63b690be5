"""The list of erasures outside the database: one JSON line per erasure, ids and instants only.

A backup restored from before an erasure would bring the person back; this file, kept beside the
backups and not in them, says who has to be forgotten again. A line is on disk before its erasure
is committed: should the commit fail, somebody was at least asked to be forgotten, and the caller
is told to try again. Several processes may append to one file.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from regulars.members.contracts import Erasure
from regulars.platform.ids import InvalidId, format_member_id, parse_member_id


class ErasureListDamaged(RuntimeError):
    """A line of the list cannot be read. Says which, so that a person can look at it."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    program_id: int
    member_id: str
    erased_at: int


_decode = msgspec.json.Decoder(_Line).decode


class ErasureList:
    """An append-only file of erasures."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def append(self, erasures: Iterable[Erasure]) -> None:
        """Write erasures to the end; they are on disk when this returns."""
        lines = [_format(erasure) for erasure in erasures]
        if lines:
            await asyncio.to_thread(self._write, b"".join(lines))

    async def read(self) -> list[Erasure]:
        """All erasures, each once, in the order of the file; none where there is no file. A last
        line that a crash cut short was never followed by a commit and does not count. Raises
        ErasureListDamaged."""
        return await asyncio.to_thread(self._read)

    def _write(self, lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            end = os.fstat(descriptor).st_size
            # A line that a crash has cut short must not swallow the next one.
            if end and os.pread(descriptor, 1, end - 1) != b"\n":
                lines = b"\n" + lines
            written = os.write(descriptor, lines)
            if written != len(lines):
                raise OSError(f"{self.path}: {written} of {len(lines)} bytes written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _read(self) -> list[Erasure]:
        if not self.path.exists():
            return []
        found: dict[tuple[int, int], Erasure] = {}
        lines = self.path.read_bytes().split(b"\n")
        for number, text in enumerate(lines, start=1):
            if not text:
                continue
            try:
                line = _decode(text)
                erasure = Erasure(line.program_id, parse_member_id(line.member_id), line.erased_at)
            except (msgspec.DecodeError, InvalidId) as error:
                if not text.endswith(b"}"):
                    continue
                raise ErasureListDamaged(f"{self.path}, line {number}: {error}") from error
            found.setdefault((erasure.program_id, erasure.member_id), erasure)
        return list(found.values())


def _format(erasure: Erasure) -> bytes:
    line = _Line(erasure.program_id, format_member_id(erasure.member_id), erasure.erased_at)
    return msgspec.json.encode(line) + b"\n"
