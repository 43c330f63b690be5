"""Profiles as they are stored: encrypted under the member's own data key, which the master wraps.

The data key is bound to the member id and the profile to its column, so that neither can be moved
to another member's row. Destroying the row destroys the key, and with it every personal value that
was ever sealed under it, wherever copies of it lie.
"""

from collections.abc import Mapping, Sequence

import msgspec

from regulars.members.contracts import Membership, Profile
from regulars.members.errors import UnknownMember
from regulars.members.queries import SQL, in_lock_order, key_of, keys_of
from regulars.platform.arrays import ByteaColumn, TextColumn
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.ids import MemberId
from regulars.platform.keys import DataKey, Keyring, wrapping_key_id

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Profile).decode
_PLACE = b"member_profile.profile"


class SealedProfile(msgspec.Struct, frozen=True):
    """A profile as it stands in its row."""

    wrapped_key: bytes
    profile: bytes


def seal_new(keyring: Keyring, member_id: MemberId, profile: Profile) -> SealedProfile:
    """A profile under a new data key."""
    data_key, wrapped = keyring.new_data_key(_owner(member_id))
    return SealedProfile(wrapped, data_key.encrypt(_encode(profile), _PLACE))


def seal_again(
    keyring: Keyring, member_id: MemberId, sealed: SealedProfile, profile: Profile
) -> SealedProfile:
    """A changed profile under the data key that the member has."""
    data_key = keyring.unwrap(sealed.wrapped_key, _owner(member_id))
    return SealedProfile(sealed.wrapped_key, data_key.encrypt(_encode(profile), _PLACE))


def open_sealed(keyring: Keyring, member_id: MemberId, sealed: SealedProfile) -> Profile:
    """The profile. Raises DecryptionFailed: a master key is missing, or the row was changed."""
    return _decode(data_key_of(keyring, member_id, sealed).decrypt(sealed.profile, _PLACE))


def data_key_of(keyring: Keyring, member_id: MemberId, sealed: SealedProfile) -> DataKey:
    """The member's data key. Raises DecryptionFailed."""
    return keyring.unwrap(sealed.wrapped_key, _owner(member_id))


def columns_of(sealed: Mapping[MemberId, SealedProfile]) -> dict[str, object]:
    """The parameters of a set of profile rows to insert."""
    rows = list(sealed.values())
    return keys_of(list(sealed)) | {
        "master_keys": TextColumn([wrapping_key_id(row.wrapped_key) for row in rows]),
        "wrapped": ByteaColumn([row.wrapped_key for row in rows]),
        "profiles": ByteaColumn([row.profile for row in rows]),
    }


async def read_sealed(
    connection: Connection, program_id: int, member_ids: Sequence[MemberId]
) -> dict[MemberId, SealedProfile]:
    """The stored profiles of those members of the program that have one."""
    parameters = keys_of(member_ids) | {"program_id": program_id}
    cursor = await connection.execute(SQL.read_profiles, parameters)
    return {row[0]: SealedProfile(row[1], row[2]) for row in await cursor.fetchall()}


async def read_profiles(
    connection: Connection, keyring: Keyring, program_id: int, member_ids: Sequence[MemberId]
) -> dict[MemberId, Profile]:
    """The profiles of those members of the program that have one."""
    found = await read_sealed(connection, program_id, member_ids)
    return {member: open_sealed(keyring, member, sealed) for member, sealed in found.items()}


async def read_memberships(
    connection: Connection, program_id: int, member_ids: Sequence[MemberId]
) -> dict[MemberId, Membership]:
    """Which of these are members of the program."""
    parameters = keys_of(member_ids) | {"program_id": program_id}
    cursor = await connection.execute(SQL.read_members, parameters)
    return {row[0]: Membership(*row) for row in await cursor.fetchall()}


async def read_membership(
    connection: Connection, program_id: int, member_id: MemberId
) -> Membership:
    """One membership. Raises UnknownMember."""
    found = await read_memberships(connection, program_id, [member_id])
    if member_id not in found:
        raise UnknownMember(member_id)
    return found[member_id]


async def data_keys(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    member_ids: Sequence[MemberId],
    *,
    create: bool,
) -> dict[MemberId, DataKey]:
    """The data keys of members; with `create`, made for the living ones that have none."""
    wanted = in_lock_order(member_ids)
    found = await read_sealed(connection, program_id, wanted)
    missing = [member for member in wanted if member not in found]
    if create and missing:
        new = {member: seal_new(keyring, member, Profile()) for member in missing}
        parameters = columns_of(new) | {"program_id": program_id}
        await connection.execute(SQL.insert_missing_keys, parameters)
        # Read back what won: a parallel call may have made another key first.
        found |= await read_sealed(connection, program_id, missing)
    return {member: data_key_of(keyring, member, sealed) for member, sealed in found.items()}


async def rewrap_data_keys(
    pool: Pool, keyring: Keyring, after: MemberId, limit: int
) -> list[MemberId]:
    """Wrap up to `limit` data keys by the current master key, of members behind `after` in the
    order of their keys; answers whose."""
    current = next(reversed(keyring.wrapping))
    async with transaction(pool) as connection:
        cursor = await connection.execute(
            SQL.stale_wrappings, key_of(after) | {"master_key": current, "row_limit": limit}
        )
        rows = await cursor.fetchall()
        members = [row[1] for row in rows]
        wrapped = [keyring.rewrap(row[2], _owner(row[1])) for row in rows]
        parameters = keys_of(members) | {"master_key": current, "wrapped": ByteaColumn(wrapped)}
        await connection.execute(SQL.update_wrappings, parameters)
    return members


def _owner(member_id: MemberId) -> bytes:
    return b"member %d" % member_id
