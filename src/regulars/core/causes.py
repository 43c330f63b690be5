"""The cause of a lot, as one text: what the lot came from.

A rule's id, several rules' ids joined by `+` where one event earned by all of them, `tier:gold` for
a tier's multiplier, or `adjustment` and `move`. Written by the engine, read by whoever shows lots.
"""

from collections.abc import Sequence
from typing import Final

CAUSE_LENGTH_MAX: Final = 80
"""Characters of a cause; what does not fit is left out by whole ids, and the text ends with `+`."""

_LINK: Final = "+"


def join_causes(ids: Sequence[str]) -> str:
    """One text for the causes of one lot.

    >>> join_causes(["base", "soap-days", "tier:gold"])
    'base+soap-days+tier:gold'
    >>> join_causes(["a" * 40, "b" * 37, "cc"])[-4:]
    'bbb+'
    """
    text = _LINK.join(ids)
    if len(text) <= CAUSE_LENGTH_MAX:
        return text
    kept = text[:CAUSE_LENGTH_MAX]
    return kept[: kept.rindex(_LINK) + 1]


def split_causes(cause: str) -> tuple[tuple[str, ...], bool]:
    """The ids of a cause, in the order of the awards that opened the lot, and whether these are
    all of them.

    >>> split_causes("base+tier:gold")
    (('base', 'tier:gold'), True)
    >>> split_causes("base+")
    (('base',), False)
    """
    ids = tuple(cause.split(_LINK))
    return (ids, True) if ids[-1] else (ids[:-1], False)
