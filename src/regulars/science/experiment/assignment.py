"""Who gets what: a pure function of key, experiment and unit, so that nothing has to be stored.

A unit's place is a keyed hash: nobody without the key can foretell it, and whoever comes back gets
the same. Holdout, traffic and arm have hashes of their own, so that raising the traffic brings
units in without moving any from arm to arm, and the holdout is the same for all experiments.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import NoData
from regulars.science.experiment.contracts import Assignment, Design
from regulars.science.experiment.errors import WeakKey, WrongDesign

KEY_BYTES_LEAST = 16
KEY_BYTES_MOST = hashlib.blake2b.MAX_KEY_SIZE
NOT_IN_TEST = -1


def assign(
    units: Sequence[str], design: Design, *, key: bytes, holdout_share: float = 0.0
) -> Assignment:
    """The arm of every unit.

    `units`: ids as text, exactly as they will be written next time. `key`: 16 to 64 secret bytes,
    the same for ever; another key is another world, holdout included. `holdout_share`: of all
    units, from 0 to below 1; the units of a smaller holdout are also in every larger one.

    Raises WrongDesign, WeakKey, OutOfRange, NoData.
    """
    shares = _checked_shares(design)
    held_below = checks.number("holdout_share", holdout_share, at_least=0.0, below=1.0)
    holdout = places(units, "holdout", "", key=key) < held_below
    included = ~holdout & (places(units, "traffic", design.name, key=key) < design.traffic)
    ends = np.cumsum(shares)[:-1]
    arm: Integers = np.searchsorted(
        ends, places(units, "arm", design.name, key=key), side="right"
    ).astype(np.int64)
    return Assignment(np.where(included, arm, np.int64(NOT_IN_TEST)), holdout)


def places(units: Sequence[str], purpose: str, experiment: str, *, key: bytes) -> Floats:
    """A place in [0, 1) per unit, float64 (n,): the first 53 bits of BLAKE2b (RFC 7693, keyed) of
    purpose, experiment and unit, each but the last led by its length so that no two
    combinations are the same bytes."""
    if not KEY_BYTES_LEAST <= len(key) <= KEY_BYTES_MOST:
        raise WeakKey(len(key), KEY_BYTES_LEAST, KEY_BYTES_MOST)
    if len(units) == 0:
        raise NoData("units")
    start = hashlib.blake2b(key=key, digest_size=8)
    for part in (purpose, experiment):
        encoded = part.encode()
        start.update(len(encoded).to_bytes(4, "big") + encoded)
    digests = bytearray()
    for unit in units:
        hashed = start.copy()
        hashed.update(unit.encode())
        digests += hashed.digest()
    whole = np.frombuffer(bytes(digests), dtype=">u8")
    answered: Floats = (whole >> np.uint64(11)).astype(np.float64) / 2.0**53
    return answered


def _checked_shares(design: Design) -> Floats:
    shares = np.asarray(design.shares, dtype=np.float64)
    arms = sorted(design.arms)
    for is_wrong, reason in (
        (not design.name, "has no name"),
        (len(arms) < 2, "has fewer than two arms"),
        (any(one == other for one, other in pairwise(arms)), "names an arm twice"),
        (shares.shape != (len(arms),), "does not have one share per arm"),
        (not bool(np.all(shares > 0.0)), "has a share that is not above 0"),
        (not abs(float(shares.sum()) - 1.0) < 1e-9, "has shares that do not add up to 1"),
        (not 0.0 < design.traffic <= 1.0, "has a traffic outside of (0, 1]"),
    ):
        if is_wrong:
            raise WrongDesign(design.name, reason)
    return shares
