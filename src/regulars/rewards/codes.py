"""Voucher codes: imported or generated, kept as a keyed hash and encrypted under the pool's key.

Whoever has the database alone cannot use a code. The hash is what keeps a pool free of duplicates.
"""

import secrets
from collections.abc import Sequence

from regulars.platform.arrays import ByteaColumn
from regulars.platform.database import Connection
from regulars.platform.keys import DataKey, Keyring
from regulars.rewards.contracts import CodesAdded
from regulars.rewards.errors import InvalidCode
from regulars.rewards.queries import SQL

CODE_CHARACTERS_MIN = 4
CODE_CHARACTERS_MAX = 64

_PLACE = b"voucher.code"
# Digits and capitals that nobody mistakes for another (Crockford's base 32).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ROUNDS_MAX = 20


async def add_codes(
    connection: Connection, keyring: Keyring, program_id: int, pool: str, codes: Sequence[str]
) -> CodesAdded:
    """Put codes into a pool in the caller's transaction. Raises InvalidCode."""
    positions: dict[bytes, int] = {}
    candidates: dict[bytes, bytes] = {}
    duplicates = []
    for position, code in enumerate(codes):
        value = _checked(position, code)
        current, *older = _hashes(keyring, program_id, pool, value)
        if current in positions:
            duplicates.append(position)
            continue
        positions[current] = position
        candidates.update(dict.fromkeys(older, current))
    for known in await _known(connection, program_id, pool, list(candidates)):
        duplicates.append(positions.pop(candidates[known]))
    data_key = await _pool_key(connection, keyring, program_id, pool)
    encrypted = [
        data_key.encrypt(codes[position].strip().encode(), _PLACE)
        for position in positions.values()
    ]
    cursor = await connection.execute(
        SQL.insert_codes,
        {
            "program_id": program_id,
            "pool": pool,
            "hashes": ByteaColumn(list(positions)),
            "codes": ByteaColumn(encrypted),
        },
    )
    added = {row[0] for row in await cursor.fetchall()}
    duplicates += [position for found, position in positions.items() if found not in added]
    return CodesAdded(len(added), tuple(sorted(duplicates)))


async def generate_codes(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    pool: str,
    count: int,
    characters: int,
) -> list[str]:
    """Make random codes and put them into a pool in the caller's transaction. The caller sees to
    it that `characters` leave room enough: at least 32 times as many codes as are asked for."""
    assert CODE_CHARACTERS_MIN <= characters <= CODE_CHARACTERS_MAX, "a code of 4 to 64 characters"
    assert count * 32 <= 32**characters, "too many codes of that length"
    made: list[str] = []
    for _ in range(_ROUNDS_MAX):
        missing = range(count - len(made))
        fresh = ["".join(map(secrets.choice, [_ALPHABET] * characters)) for _ in missing]
        known = set((await add_codes(connection, keyring, program_id, pool, fresh)).duplicates)
        made += [code for position, code in enumerate(fresh) if position not in known]
        if len(made) == count:
            return made
    raise AssertionError("the pool is too full for codes of that length")


async def rewrap_pool_keys(connection: Connection, keyring: Keyring) -> int:
    """Wrap the pools' data keys by the current master key; answers how many were not yet."""
    cursor = await connection.execute(SQL.lock_pools)
    rewrapped = 0
    for program_id, pool, wrapped in await cursor.fetchall():
        fresh = keyring.rewrap(wrapped, _owner(program_id, pool))
        if fresh != wrapped:
            parameters = {"program_id": program_id, "pool": pool, "wrapped": fresh}
            await connection.execute(SQL.update_pool_key, parameters)
            rewrapped += 1
    return rewrapped


def open_code(
    keyring: Keyring, program_id: int, pool: str, wrapped_key: bytes, encrypted: bytes
) -> str:
    """A stored code. Raises DecryptionFailed: a master key is missing, or the row was changed."""
    data_key = keyring.unwrap(wrapped_key, _owner(program_id, pool))
    return data_key.decrypt(encrypted, _PLACE).decode()


async def _pool_key(
    connection: Connection, keyring: Keyring, program_id: int, pool: str
) -> DataKey:
    _, wrapped = keyring.new_data_key(_owner(program_id, pool))
    parameters = {"program_id": program_id, "pool": pool, "wrapped": wrapped}
    await connection.execute(SQL.insert_pool, parameters)
    # Read back what won: the pool may have been there before.
    row = await (await connection.execute(SQL.read_pool, parameters)).fetchone()
    assert row is not None, "the pool was made just now"
    return keyring.unwrap(row[0], _owner(program_id, pool))


async def _known(
    connection: Connection, program_id: int, pool: str, hashes: list[bytes]
) -> list[bytes]:
    """Which of these hashes, under older hashing keys, the pool has."""
    if not hashes:
        return []
    parameters = {"program_id": program_id, "pool": pool, "hashes": ByteaColumn(hashes)}
    cursor = await connection.execute(SQL.find_codes, parameters)
    return [row[0] for row in await cursor.fetchall()]


def _checked(position: int, code: str) -> str:
    value = code.strip()
    if not CODE_CHARACTERS_MIN <= len(value) <= CODE_CHARACTERS_MAX:
        raise InvalidCode(position)
    if not value.isprintable() or any(character.isspace() for character in value):
        raise InvalidCode(position)
    return value


def _hashes(keyring: Keyring, program_id: int, pool: str, code: str) -> list[bytes]:
    return keyring.keyed_hash_candidates(f"voucher {program_id} {pool}", code.encode())


def _owner(program_id: int, pool: str) -> bytes:
    return b"voucher pool %d %s" % (program_id, pool.encode())
