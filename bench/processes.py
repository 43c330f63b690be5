"""What processes cost: CPU seconds of a process and everything below it, read from /proc."""

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def descendants(process_id: int) -> list[int]:
    """A process and all its children and theirs, as they are at this moment."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # Processes end while we look.
            with suppress(OSError, IndexError):
                children[int(_fields(int(entry.name))[1])].append(int(entry.name))
    found, queue = [], [process_id]
    while queue:
        found.append(queue.pop())
        queue += children[found[-1]]
    return found


def cpu_seconds(process_id: int) -> float:
    """User and system time of a process and all below it, those already ended included."""
    total = 0
    for one in descendants(process_id):
        with suppress(OSError, IndexError):
            # utime, stime, and those of waited-for children (proc_pid_stat(5), fields 14 to 17)
            total += sum(int(field) for field in _fields(one)[11:15])
    return total / _TICKS_PER_SECOND


def _fields(process_id: int) -> list[str]:
    """The fields of /proc/<id>/stat from the third on: the name before may hold anything."""
    text = Path(f"/proc/{process_id}/stat").read_text()
    return text.rpartition(")")[2].split()
