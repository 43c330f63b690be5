"""Which version is in force when: the latest published of those whose time has come.

A version rules from its `effective_from` until a later version's. A later version that begins
earlier than one still to come takes that one's place: it is superseded and never in force.
"""

from bisect import bisect_right
from collections.abc import Iterable

from regulars.platform.clock import Instant


class Timeline:
    """The versions of a program along time.

    >>> line = Timeline([(1, 0), (2, 100), (3, 50)])
    >>> line.version_at(60), line.version_at(200), line.version_at(-1), line.superseded(2)
    (3, 3, None, True)
    """

    def __init__(self, versions: Iterable[tuple[int, Instant]]) -> None:
        ruling: list[tuple[Instant, int]] = []
        for version, effective_from in sorted(versions):
            while ruling and ruling[-1][0] >= effective_from:
                ruling.pop()
            ruling.append((effective_from, version))
        self._starts = [start for start, _ in ruling]
        self._versions = [version for _, version in ruling]

    def version_at(self, at: Instant) -> int | None:
        """The version in force at an instant, None before the first."""
        index = bisect_right(self._starts, at) - 1
        return self._versions[index] if index >= 0 else None

    def superseded(self, version: int) -> bool:
        """Whether a version of this program is never in force."""
        return version not in self._versions
