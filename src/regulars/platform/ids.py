"""Identifiers made by the application, and their text forms.

A member id is a 63-bit integer: 41 bits of milliseconds since 2020-01-01 UTC (good until 2089),
12 bits of counter, 10 bits of random shard. The shard is fixed at enrolment and read back from
the id. Ids rise strictly within a process; between processes a clash is possible though rare, so
the primary key on the member decides and the enrolment is tried again with a new id.
Text forms use Crockford's base 32 in lower case and are read back strictly: one id, one text.
"""

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from regulars.platform.clock import Clock, SystemClock

MemberId: TypeAlias = int

SHARD_BITS = 10
SHARD_COUNT = 1 << SHARD_BITS
COUNTER_BITS = 12
MEMBER_ID_MAX = (1 << 63) - 1

_ID_EPOCH_MILLISECONDS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
# Python reads base 32 with the digits 0-9a-v; every other character becomes one that it refuses.
_TO_PYTHON = {
    code: "0123456789abcdefghijklmnopqrstuv"[_VALUES[chr(code)]] if chr(code) in _VALUES else "!"
    for code in range(128)
}
_ID_CHARACTERS = 13  # 13 x 5 = 65 bits hold 63
_API_KEY_PUBLIC_CHARACTERS = 8
_API_KEY_SECRET_CHARACTERS = 52  # 52 x 5 = 260 bits hold 256


class InvalidId(ValueError):
    """A text that is no id of the kind asked for. Carries the text and what was expected."""

    def __init__(self, text: str, expected: str) -> None:
        super().__init__(f"{text[:64]!r} is not {expected}")
        self.text = text
        self.expected = expected


class MemberIdSource:
    """Makes member ids that rise strictly within this process, from a clock and random bits.

    Each millisecond starts its counter at a random value in the lower half of the range. A full
    counter borrows from the next millisecond, and a clock that steps back is waited out by
    counting on from the last id.
    """

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock
        self._random_bits = random_bits
        self._last_tick = -1
        self._lock = threading.Lock()

    def next(self) -> MemberId:
        """A new id, greater than every id this source gave before."""
        millisecond = self._clock.now() // 1000 - _ID_EPOCH_MILLISECONDS
        if millisecond < 0:
            raise ValueError("the clock stands before 2020; member ids begin there")
        fresh_tick = millisecond << COUNTER_BITS | self._random_bits(COUNTER_BITS - 1)
        with self._lock:
            same_millisecond = self._last_tick >> COUNTER_BITS >= millisecond
            # One step past a full counter carries into the millisecond: that is the borrowing.
            tick = self._last_tick + 1 if same_millisecond else fresh_tick
            self._last_tick = tick
        member_id = tick << SHARD_BITS | self._random_bits(SHARD_BITS)
        if member_id > MEMBER_ID_MAX:
            raise ValueError("the clock stands past 2089; 63-bit member ids end there")
        return member_id


_source = MemberIdSource(SystemClock())


def new_member_id() -> MemberId:
    """A new member id from the system clock."""
    return _source.next()


def shard_of(member_id: MemberId) -> int:
    """The member's shard, 0 to 1023.

    >>> shard_of(5 << 10 | 7)
    7
    """
    return member_id & (SHARD_COUNT - 1)


def format_member_id(member_id: MemberId) -> str:
    """The text form: `mem_` and 13 characters.

    >>> format_member_id(1025)
    'mem_0000000000101'
    """
    return "mem_" + _encode_id(member_id)


def parse_member_id(text: str) -> MemberId:
    """The id of a text form; InvalidId unless it is exactly what `format_member_id` writes."""
    member_id = _decode_id(text[4:]) if text.startswith("mem_") else None
    if member_id is None:
        raise InvalidId(text, "a member id such as mem_00c9q8hvn0g7k")
    return member_id


def format_entry_id(member_id: MemberId, sequence: int) -> str:
    """The text form of a journal entry: `ent_`, the member's 13 characters, its sequence number.

    >>> format_entry_id(1025, 12)
    'ent_0000000000101_12'
    """
    assert sequence >= 0, "sequence numbers are not negative"
    return f"ent_{_encode_id(member_id)}_{sequence}"


def parse_entry_id(text: str) -> tuple[MemberId, int]:
    """Member id and sequence number of an entry id; InvalidId unless in its one exact form."""
    prefix, separator, digits = text.rpartition("_")
    member_id = _decode_id(prefix[4:]) if separator and prefix.startswith("ent_") else None
    exact = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
    if member_id is None or not exact or len(digits) > 19:
        raise InvalidId(text, "an entry id such as ent_00c9q8hvn0g7k_12")
    return member_id, int(digits)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as its owner sees it once. Only `public_id` and a keyed hash are ever stored."""

    public_id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The whole key, `rk_<8 characters>_<52 characters>`; it goes to its owner only."""
        return f"rk_{self.public_id}_{self.secret}"


def new_api_key() -> ApiKey:
    """A new API key: 40 random bits to find it by, 256 random bits to prove it."""
    return ApiKey(
        _encode(secrets.randbits(40), _API_KEY_PUBLIC_CHARACTERS),
        _encode(secrets.randbits(256), _API_KEY_SECRET_CHARACTERS),
    )


def parse_api_key(text: str) -> ApiKey:
    """Take a key apart. The error repeats nothing of a text that may hold a secret."""
    parts = text.split("_")
    if (
        len(parts) != 3
        or parts[0] != "rk"
        or len(parts[1]) != _API_KEY_PUBLIC_CHARACTERS
        or len(parts[2]) != _API_KEY_SECRET_CHARACTERS
        or not set(parts[1] + parts[2]) <= _VALUES.keys()
    ):
        raise InvalidId("rk_...", "an API key such as rk_<8 characters>_<52 characters>")
    return ApiKey(parts[1], parts[2])


def is_key_id(text: str) -> bool:
    """Whether a text can be the `public_id` of a key.

    >>> is_key_id("7kq2m8zd"), is_key_id("7kq2m8z\\0")
    (True, False)
    """
    return len(text) == _API_KEY_PUBLIC_CHARACTERS and set(text) <= _VALUES.keys()


def new_request_id() -> str:
    """An id for one request, `req_` and 26 characters, for answers, logs and traces.

    It names a request and protects nothing: 120 random bits begin a thousand ids, since asking the
    system for randomness would cost each request more than all the rest of its id.

    >>> len(new_request_id())
    30
    """
    while True:
        try:
            return _request_ids.pop()
        except IndexError:
            start = "req_" + _encode(secrets.randbits(120), 24)
            _request_ids.extend([start + pair for pair in _PAIRS])


_request_ids: list[str] = []
# What the parent has made ready must not be given out by a child as well.
os.register_at_fork(after_in_child=_request_ids.clear)


# An answer names its member several times.
@lru_cache(maxsize=256)
def _encode_id(member_id: MemberId) -> str:
    assert 0 <= member_id <= MEMBER_ID_MAX, "a member id has 63 bits"
    return _encode(member_id, _ID_CHARACTERS)


def _decode_id(text: str) -> MemberId | None:
    """The id of 13 characters, or None where another text or a 64th bit stands there."""
    if len(text) != _ID_CHARACTERS or not text.isascii():
        return None
    try:
        value = int(text.translate(_TO_PYTHON), 32)
    except ValueError:
        return None
    return value if value <= MEMBER_ID_MAX else None


def _encode(value: int, length: int) -> str:
    """The last `length` digits of a value, two at a time: ids stand in every answer."""
    pairs = [_PAIRS[value >> shift & 1023] for shift in range(10 * ((length - 1) // 2), -1, -10)]
    return "".join(pairs)[-length:]
