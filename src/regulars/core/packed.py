"""A counter of many buckets, packed: the days of a rolling window as bytes.

A member who buys often keeps hundreds of day buckets for a window of a year, and the state that
they stand in is read and written with every event. Packed, their sum is at hand, a day that begins
is added at the end and days that fall out of the window are taken off the front, without looking at
those between. What it says is the same as the pairs that it is made of; the same pairs always make
the same bytes. docs/decisions/0016-packed-counters.md.

Layout: sum and newest value (8 bytes each), first and newest bucket (4 each), how many buckets (2),
little-endian; then of each bucket but the newest, oldest first, its value and the distance to the
next bucket, as numbers of 7 bits per byte, the lowest first, the high bit set in all but the last.
"""

from struct import Struct
from typing import Final

Pairs = tuple[int, ...]
Counter = tuple[int, ...] | bytes
"""A counter as a state keeps it: flat `(bucket, value, ...)` pairs, ascending by bucket, or
where they are many and their sum can be stored, those packed."""

BUCKETS_MAX: Final = 16
"""So many buckets are kept as pairs, which are shorter then and quicker to read."""

_HEAD: Final = Struct("<qqiiH")
_SIZE: Final = _HEAD.size
_SUM_MAX: Final = 2**63 - 1
_unpack_head = _HEAD.unpack_from


def packed(pairs: Pairs) -> Counter:
    """The pairs as a state keeps them. Values must be positive.

    >>> packed((20450, 3)), len(packed(tuple(n for day in range(365) for n in (day, 5_000))))
    ((20450, 3), 1118)
    """
    total = sum(pairs[1::2])
    if len(pairs) <= 2 * BUCKETS_MAX or total > _SUM_MAX:
        return pairs
    body = bytearray(_HEAD.pack(total, pairs[-1], pairs[0], pairs[-2], len(pairs) // 2))
    for at in range(0, len(pairs) - 2, 2):
        _append(body, pairs[at + 1])
        _append(body, pairs[at + 2] - pairs[at])
    return bytes(body)


def unpacked(counter: Counter) -> Pairs:
    """The pairs of a counter.

    >>> pairs = tuple(n for day in range(0, 60, 3) for n in (day, day * day * 100 + 1))
    >>> unpacked(packed(pairs)) == pairs
    True
    """
    if not isinstance(counter, bytes):
        return counter
    _total, newest_value, bucket, newest, _buckets = _unpack_head(counter)
    pairs: list[int] = []
    at = _SIZE
    while bucket != newest:
        value, distance, at = _step(counter, at)
        pairs += (bucket, value)
        bucket += distance
    return (*pairs, newest, newest_value)


def total_of(counter: Counter) -> int:
    """The sum of all values."""
    if isinstance(counter, bytes):
        total: int = _unpack_head(counter)[0]
        return total
    return sum(counter[1::2])


def total_within(counter: bytes, first: int, last: int) -> int | None:
    """The sum of the values whose bucket lies in first..last; None where the newest lies beyond, so
    that the pairs have to be looked at."""
    total, _value, bucket, newest, _buckets = _unpack_head(counter)
    if newest > last:
        return None
    if newest < first:
        return 0
    sum_left: int = total
    at = _SIZE
    while bucket < first:
        value, distance, at = _step(counter, at)
        sum_left -= value
        bucket += distance
    return sum_left


def grown(counter: bytes, bucket: int, amount: int, since: int) -> Counter | None:
    """The counter with `amount` > 0 more in `bucket` and without what lies before `since`, which
    is not after `bucket`; None where a newer bucket is there or the sum could not be stored, so
    that the pairs have to be looked at."""
    total, newest_value, first, newest, buckets = _unpack_head(counter)
    if bucket < newest or total + amount > _SUM_MAX:
        return None
    if bucket == newest:
        head = _HEAD.pack(total + amount, newest_value + amount, first, newest, buckets)
        return head + counter[_SIZE:]
    if newest < since:
        return (bucket, amount)
    at = _SIZE
    while first < since:
        value, distance, at = _step(counter, at)
        total -= value
        first += distance
        buckets -= 1
    body = bytearray(_HEAD.pack(total + amount, amount, first, bucket, buckets + 1))
    body += counter[at:]
    _append(body, newest_value)
    _append(body, bucket - newest)
    found = bytes(body)
    return found if buckets >= BUCKETS_MAX else unpacked(found)


def _append(body: bytearray, number: int) -> None:
    while number > 127:
        body.append(number & 127 | 128)
        number >>= 7
    body.append(number)


def _step(counter: bytes, at: int) -> tuple[int, int, int]:
    """The value and the distance that stand at a place, and the place after them."""
    value = counter[at]
    at += 1
    if value > 127:
        value &= 127
        shift = 7
        while True:
            byte = counter[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
    distance = counter[at]
    at += 1
    if distance > 127:
        distance &= 127
        shift = 7
        while True:
            byte = counter[at]
            at += 1
            distance |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
    return value, distance, at
