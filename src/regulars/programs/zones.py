"""Time zones for the engine: tables of offsets made from the tzdata package.

The package is read, never the machine's own zone files, so that the version recorded with each
decision is the version that was used. Tables cover 1970 to 2100; later times keep the last offset.
"""

from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

from regulars.core.periods import ZoneTable

_FIRST_SECOND = 0
_LAST_SECOND = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp())
_STEP_SECONDS = 86_400
_MICROSECONDS = 1_000_000


class UnknownZone(ValueError):
    """The zone data has no zone of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no time zone {name!r}; write it like Europe/Berlin")
        self.name = name


def zone_data_version() -> str:
    """The version of the zone data, such as 2026a."""
    return str(tzdata.IANA_VERSION)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names of all zones that exist."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=64)
def zone_table(name: str) -> ZoneTable:
    """The offsets of a zone from 1970 to 2100, daylight saving time included.

    Takes some hundredths of a second the first time. Raises UnknownZone.
    """
    if name not in zone_names():
        raise UnknownZone(name)
    resource = files("tzdata.zoneinfo").joinpath(*name.split("/"))
    with resource.open("rb") as file:
        zone = ZoneInfo.from_file(file, key=name)
    transitions: list[int] = []
    offsets = [_offset(zone, _FIRST_SECOND)]
    at = _FIRST_SECOND
    while at < _LAST_SECOND:
        ahead = min(at + _STEP_SECONDS, _LAST_SECOND)
        if _offset(zone, ahead) == offsets[-1]:
            at = ahead
            continue
        at = _first_change(zone, at, ahead)
        transitions.append(at * _MICROSECONDS)
        offsets.append(_offset(zone, at))
    return ZoneTable(name, zone_data_version(), tuple(transitions), tuple(offsets))


def _first_change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second with another offset than `before`; at `after` the offset is another."""
    offset = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, second: int) -> int:
    """Seconds east of UTC at a second since 1970."""
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None, "a ZoneInfo knows its offset"
    return int(offset.total_seconds())
