"""Finds members by identifier and by name. Only keyed hashes are compared, never the values.

A value that cannot be an identifier of its kind is simply held by nobody, as is an unknown kind.
"""

from collections.abc import Iterable

from regulars.members import hashing, normalise
from regulars.members.contracts import NamesFound
from regulars.members.errors import InvalidMemberField
from regulars.members.queries import SQL
from regulars.platform.arrays import ByteaColumn, Int4Column
from regulars.platform.database import Connection
from regulars.platform.ids import MemberId
from regulars.platform.keys import Keyring

NAMES_MAX = 200


async def find_many(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    identifiers: Iterable[tuple[str, str]],
) -> dict[tuple[str, str], MemberId]:
    """The members who hold `(kind, value)`, keyed as given. One statement."""
    asked: dict[tuple[str, str], list[hashing.Claim]] = {}
    for kind, value in set(identifiers):
        try:
            normalised = normalise.IDENTIFIERS[kind](value)
        except (KeyError, InvalidMemberField):
            continue
        asked[kind, value] = hashing.claims(keyring, program_id, kind, normalised)
    if not asked:
        return {}
    wanted = [claim for claims in asked.values() for claim in claims]
    parameters = hashing.columns_of(wanted) | {"program_id": program_id}
    cursor = await connection.execute(SQL.find_identifiers, parameters)
    holders = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
    return {
        pair: next(holders[claim] for claim in claims if claim in holders)
        for pair, claims in asked.items()
        if any(claim in holders for claim in claims)
    }


async def find_by_name(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    text: str,
    *,
    after: MemberId,
    limit: int,
) -> NamesFound:
    """Members whose names hold every word of `text`, page by page; nobody for no words."""
    cut = {word[: normalise.PREFIX_LETTERS_MAX] for word in normalise.name_words(text)}
    # The longest word is the rarest guess: the others are only checked on its members.
    words = sorted(cut, key=lambda word: (-len(word), word))
    if not words:
        return NamesFound((), more=False)
    candidates = [hashing.name_candidates(keyring, program_id, word) for word in words]
    others = [(number, found) for number, hashes in enumerate(candidates[1:]) for found in hashes]
    bounded = max(1, min(limit, NAMES_MAX))
    parameters = {
        "program_id": program_id,
        "first": ByteaColumn(candidates[0]),
        "words": Int4Column([number for number, _ in others]),
        "hashes": ByteaColumn([found for _, found in others]),
        "after": after,
        "row_limit": bounded + 1,
    }
    cursor = await connection.execute(SQL.find_by_name, parameters)
    found = [row[0] for row in await cursor.fetchall()]
    return NamesFound(tuple(found[:bounded]), more=len(found) > bounded)
