"""Counting: how a member's bounded counter grows, shrinks and forgets.

A counter is flat `(bucket, value, ...)` pairs, ascending by bucket, or where they are many those
packed (`packed.py`). What it keeps follows from its name alone (`periods.counter_window`), so that
every replay prunes alike.
"""

from regulars.core.packed import BUCKETS_MAX, Counter, Pairs, grown, packed, unpacked
from regulars.core.periods import counter_window


def count(counter: Counter, name: str, bucket: int, amount: int) -> Counter:
    """A counter after `amount` was counted in `bucket`, pruned to what its period needs.

    Kept is what the counter's window, named last, still needs on the day of the newest bucket
    (`periods.Window.keeps_from`). A bucket at zero or below is dropped: what is given back after
    its bucket was pruned must not leave a negative.

    >>> count((20450, 3), "spend/30d", 20450, 2)
    (20450, 5)
    >>> count((20450, 3), "spend/30d", 20479, 2)
    (20450, 3, 20479, 2)
    >>> count((20450, 3), "spend/30d", 20480, 2)
    (20480, 2)
    >>> count((20450, 3), "uses/base/day", 20450, -3)
    ()
    """
    if isinstance(counter, bytes):
        if amount > 0:
            found = grown(counter, bucket, amount, counter_window(name).keeps_from(bucket))
            if found is not None:
                return found
        counter = unpacked(counter)
    pairs = _counted(counter, name, bucket, amount)
    return packed(pairs) if len(pairs) > 2 * BUCKETS_MAX else pairs


def _counted(pairs: Pairs, name: str, bucket: int, amount: int) -> Pairs:
    if amount > 0:
        if not pairs:
            return (bucket, amount)
        newest = pairs[-2]
        if newest == bucket:
            value = pairs[-1] + amount
            return (bucket, value) if len(pairs) == 2 else (*pairs[:-1], value)
        if newest < bucket:
            return (*_pruned(pairs, name, bucket), bucket, amount)
    values = dict(zip(pairs[::2], pairs[1::2], strict=True))
    value = values.pop(bucket, 0) + amount
    if value > 0:
        values[bucket] = value
    flat = tuple(number for each in sorted(values) for number in (each, values[each]))
    return (*_pruned(flat[:-2], name, flat[-2]), *flat[-2:]) if flat else ()


def _pruned(pairs: Pairs, name: str, newest: int) -> Pairs:
    """What to keep of the `pairs` before the bucket `newest`."""
    if not pairs:
        return pairs
    since = counter_window(name).keeps_from(newest)
    if pairs[0] >= since:
        return pairs
    start = 2
    while start < len(pairs) and pairs[start] < since:
        start += 2
    return pairs[start:]
