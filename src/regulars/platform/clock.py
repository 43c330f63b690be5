"""Instants and the one source of "now".

An instant is an `int`: microseconds since 1970-01-01T00:00:00 UTC, without leap seconds. The edge
reads "now" from a `Clock` once and passes it down as an argument; nothing below asks again. Text
is RFC 3339 (section 5.6) and only crosses at the transport.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeAlias

Instant: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00 UTC."""

MICROSECONDS_PER_SECOND = 1_000_000
_MICROSECONDS_PER_MINUTE = 60 * MICROSECONDS_PER_SECOND
MICROSECONDS_PER_DAY = 86_400 * MICROSECONDS_PER_SECOND

INSTANT_MIN: Instant = MICROSECONDS_PER_SECOND
"""1970-01-01T00:00:01Z, the first instant that is read: 0 means inside that no time was given."""
INSTANT_MAX: Instant = 253_402_214_400 * MICROSECONDS_PER_SECOND
"""9999-12-31T00:00:00Z, the last one: in every zone its day still has a name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_TEXT = "0001-01-01T00:00:00.000000Z"
_LAST_TEXT = "9999-12-31T23:59:59.999999Z"
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Clock(Protocol):
    """Tells what time it is; handed to whoever stands at an edge."""

    def now(self) -> Instant:
        """The present instant."""
        ...


class SystemClock:
    """The machine's clock. It may step backwards when the machine's time is corrected."""

    def now(self) -> Instant:
        """The present instant, truncated to the microsecond."""
        return time.time_ns() // 1000


class FixedClock:
    """A clock that stands still until told to move: for tests, simulations and replays."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant

    def now(self) -> Instant:
        """The instant it was last set to."""
        return self.instant

    def advance(self, *, seconds: int = 0, microseconds: int = 0) -> Instant:
        """Move forward (or back, if negative) and return the new instant."""
        self.instant += seconds * MICROSECONDS_PER_SECOND + microseconds
        return self.instant


class InvalidInstant(ValueError):
    """A text that is not an RFC 3339 instant with an offset, or one that cannot be kept. Carries
    the text, the reason and what would be right."""

    def __init__(
        self,
        text: str,
        reason: str,
        expected: str = "an RFC 3339 instant such as 2026-03-01T12:30:00Z",
    ) -> None:
        super().__init__(
            f"{text[:64]!r} is not an instant: {reason}. "
            "Write it like 2026-03-01T12:30:00Z or 2026-03-01T13:30:00.250+01:00."
        )
        self.text = text
        self.reason = reason
        self.expected = expected


def parse_rfc3339(text: str) -> Instant:
    """Read an RFC 3339 instant; the offset is required, digits past the microsecond are cut off.

    Raises InvalidInstant, also for leap seconds (`:60`), dates that do not exist, and what lies
    outside of INSTANT_MIN to INSTANT_MAX.

    >>> parse_rfc3339("1970-01-02T00:00:00.5+01:00")
    82800500000
    """
    if _RFC3339.fullmatch(text) is None:
        raise InvalidInstant(text, "it needs a date, 'T', a time and an offset such as Z or +01:00")
    try:
        instant = to_instant(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError) as error:
        raise InvalidInstant(text, str(error)) from None
    if not INSTANT_MIN <= instant <= INSTANT_MAX:
        bounds = f"{to_rfc3339(INSTANT_MIN)} to {to_rfc3339(INSTANT_MAX)}".replace(".000000", "")
        raise InvalidInstant(
            text, f"it lies outside of {bounds}", f"an RFC 3339 instant from {bounds}"
        )
    return instant


# The events of a group are recorded at one instant, and what expires together ends at one.
@lru_cache(maxsize=16_384)
def to_rfc3339(instant: Instant) -> str:
    """Write an instant in UTC with exactly six decimals, so that texts sort as instants do.

    What lies outside of the years 1 to 9999 is written as the nearest instant inside: whatever is
    stored can be shown.

    >>> to_rfc3339(82800500000)
    '1970-01-01T23:00:00.500000Z'
    """
    minute, rest = divmod(instant, _MICROSECONDS_PER_MINUTE)
    second, microsecond = divmod(rest, MICROSECONDS_PER_SECOND)
    try:
        return f"{_minute_text(minute)}{second:02}.{microsecond:06}Z"
    except OverflowError:
        return _LAST_TEXT if instant > 0 else _FIRST_TEXT


@lru_cache(maxsize=16_384)
def _minute_text(minute: int) -> str:
    """The text of an instant up to its seconds; `minute` counts from 1970."""
    text = to_datetime(minute * _MICROSECONDS_PER_MINUTE).isoformat(timespec="seconds")
    return text.removesuffix("00+00:00")


def to_instant(moment: datetime) -> Instant:
    """The instant of an aware datetime, exact; a naive one is a programmer's mistake."""
    assert moment.tzinfo is not None, "a naive datetime names no instant"
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant, exact; OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=instant)
