"""Changes profiles: new identifiers are claimed, then the member is locked, then old ones freed.

That order is the same as an enrolment's, and an erasure that comes between finds or leaves a locked
member row: a profile is never written for a member who was erased meanwhile.
"""

from msgspec import UNSET

from regulars.members import hashing, normalise, profiles
from regulars.members.contracts import KINDS, Profile, ProfileChange
from regulars.members.enrol import insert_name_words
from regulars.members.errors import IdentifierTaken, MemberErased, UnknownMember
from regulars.members.queries import SQL, key_of
from regulars.platform.arrays import ByteaColumn, Int8Column, TextColumn
from regulars.platform.database import Connection
from regulars.platform.ids import MemberId
from regulars.platform.keys import Keyring, wrapping_key_id


async def update_profile(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    member_id: MemberId,
    change: ProfileChange,
) -> Profile:
    """Change parts of a profile in the caller's transaction, which an error must roll back."""
    wanted = normalise.changed(Profile(), change)
    await _claim(connection, program_id, member_id, hashing.claims_of(keyring, program_id, wanted))
    await _lock(connection, program_id, member_id)
    found = await profiles.read_sealed(connection, program_id, [member_id])
    old = found.get(member_id)
    before = Profile() if old is None else profiles.open_sealed(keyring, member_id, old)
    after = normalise.changed(before, change)
    sealed = (
        profiles.seal_new(keyring, member_id, after)
        if old is None
        else profiles.seal_again(keyring, member_id, old, after)
    )
    parameters = key_of(member_id) | {
        "master_key": wrapping_key_id(sealed.wrapped_key),
        "wrapped": sealed.wrapped_key,
        "profile": sealed.profile,
    }
    await connection.execute(SQL.put_profile, parameters)
    await _release(connection, keyring, program_id, member_id, change, after)
    if (before.given_name, before.family_name) != (after.given_name, after.family_name):
        await _rename(connection, keyring, program_id, member_id, after)
    return after


async def _claim(
    connection: Connection, program_id: int, member_id: MemberId, claims: list[hashing.Claim]
) -> None:
    """Claim what the change brings. What the member holds already is no obstacle."""
    if not claims:
        return
    parameters = hashing.columns_of(claims) | {
        "program_id": program_id,
        "members": Int8Column([member_id] * len(claims)),
    }
    cursor = await connection.execute(SQL.claim_identifiers, parameters)
    if cursor.rowcount == len(claims):
        return
    cursor = await connection.execute(SQL.find_identifiers, parameters)
    holders = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
    for kind, found in claims:
        if holders.get((kind, found)) != member_id:
            raise IdentifierTaken(kind)


async def _lock(connection: Connection, program_id: int, member_id: MemberId) -> None:
    parameters = key_of(member_id) | {"program_id": program_id}
    row = await (await connection.execute(SQL.lock_member, parameters)).fetchone()
    if row is None:
        raise UnknownMember(member_id)
    if row[1] is not None:
        raise MemberErased(member_id)


async def _release(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    member_id: MemberId,
    change: ProfileChange,
    after: Profile,
) -> None:
    fields = {kind: "cards" if kind == "card" else kind for kind in KINDS}
    kinds = [kind for kind, name in fields.items() if getattr(change, name) is not UNSET]
    if not kinds:
        return
    kept = [found for kind, found in hashing.claims_of(keyring, program_id, after) if kind in kinds]
    parameters = {
        "program_id": program_id,
        "member_id": member_id,
        "kinds": TextColumn(kinds),
        "kept": ByteaColumn(kept),
    }
    await connection.execute(SQL.release_kinds, parameters)


async def _rename(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    member_id: MemberId,
    profile: Profile,
) -> None:
    await connection.execute(
        SQL.delete_name_words, {"program_id": program_id, "member_id": member_id}
    )
    words = normalise.searchable(normalise.name_words(profile.given_name, profile.family_name))
    hashes = hashing.name_hashes(keyring, program_id, words)
    if hashes:
        await insert_name_words(connection, program_id, [(found, member_id) for found in hashes])
