"""Zone tables for tests, scanned from the zone data of the machine."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.core.periods import SECOND, ZoneTable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache
def zone_table(name: str, since: int = 1990, until: int = 2060) -> ZoneTable:
    zone = ZoneInfo(name)

    def offset(seconds: int) -> int:
        local = (EPOCH + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
        assert local is not None
        return int(local.total_seconds())

    start = micros(datetime(since, 1, 1, tzinfo=UTC)) // SECOND
    end = micros(datetime(until, 1, 1, tzinfo=UTC)) // SECOND
    transitions: list[int] = []
    offsets = [offset(start)]
    for hour in range(start, end, 86_400):
        low, high = hour, min(hour + 86_400, end)
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        transitions.append(high * SECOND)
        offsets.append(offset(high))
    return ZoneTable(name, "test", transitions, offsets)


def at(text: str, zone: str = "Europe/Berlin") -> int:
    """The instant of a local time."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))
