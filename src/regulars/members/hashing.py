"""Keyed hashes by which members are found without their identifiers being stored.

Each kind of identifier and the name words have a purpose of their own in each program, so that
hashes of two programs or kinds cannot be matched. While a hashing key is being replaced, claims
are taken under every key: an identifier claimed under the old one alone would otherwise seem free.
"""

from collections.abc import Iterable, Sequence

from regulars.members import normalise
from regulars.members.contracts import Profile
from regulars.platform.arrays import ByteaColumn, TextColumn
from regulars.platform.keys import Keyring

Claim = tuple[str, bytes]
"""Kind and keyed hash: one row of the identifier table."""


def claims_of(keyring: Keyring, program_id: int, profile: Profile) -> list[Claim]:
    """All claims that a profile's identifiers make, in the order in which claims are taken."""
    pairs = normalise.identifiers_of(profile)
    return sorted(
        claim for kind, value in pairs for claim in claims(keyring, program_id, kind, value)
    )


def claims(keyring: Keyring, program_id: int, kind: str, value: str) -> list[Claim]:
    """The claims of one normalised identifier: one per hashing key, the current one first."""
    hashes = keyring.keyed_hash_candidates(f"identifier {program_id} {kind}", value.encode())
    return [(kind, found) for found in hashes]


def name_hashes(keyring: Keyring, program_id: int, words: Iterable[str]) -> list[bytes]:
    """The hashes to store for searchable words, under the current hashing key."""
    purpose = _names(program_id)
    return [keyring.keyed_hash(purpose, word.encode()) for word in words]


def name_candidates(keyring: Keyring, program_id: int, word: str) -> list[bytes]:
    """The hashes to look a searchable word up by."""
    return keyring.keyed_hash_candidates(_names(program_id), word.encode())


def columns_of(wanted: Sequence[Claim]) -> dict[str, object]:
    """The parameters `kinds` and `hashes` of a set of claims."""
    return {
        "kinds": TextColumn([kind for kind, _ in wanted]),
        "hashes": ByteaColumn([found for _, found in wanted]),
    }


def _names(program_id: int) -> str:
    return f"name word {program_id}"
