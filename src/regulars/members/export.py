"""Tells a person everything that is held about them, as one JSON document (GDPR, art. 15, 20).

The history comes from the caller, since the ledger tells it; this module adds who the member is.
"""

from collections.abc import AsyncIterable, Mapping

from msgspec import to_builtins

from regulars.members import profiles
from regulars.members.queries import SQL
from regulars.platform.arrays import Int8Column
from regulars.platform.clock import Instant, to_rfc3339
from regulars.platform.database import Pool, transaction
from regulars.platform.ids import MemberId, format_member_id
from regulars.platform.keys import Keyring

FORMAT = 1


async def export(
    pool: Pool,
    keyring: Keyring,
    program_id: int,
    member_id: MemberId,
    history: AsyncIterable[Mapping[str, object]],
    now: Instant,
) -> dict[str, object]:
    """The document; see the facade. Raises UnknownMember."""
    async with transaction(pool, read_only=True) as connection:
        membership = await profiles.read_membership(connection, program_id, member_id)
        found = await profiles.read_profiles(connection, keyring, program_id, [member_id])
        cursor = await connection.execute(
            SQL.identifiers_of, {"program_id": program_id, "members": Int8Column([member_id])}
        )
        kinds = sorted({row[1] for row in await cursor.fetchall()})
    profile = found.get(member_id)
    erased_at = membership.erased_at
    return {
        "format": FORMAT,
        "exported_at": to_rfc3339(now),
        "member": {
            "id": format_member_id(member_id),
            "enrolled_at": to_rfc3339(membership.enrolled_at),
            "erased_at": None if erased_at is None else to_rfc3339(erased_at),
        },
        "profile": {} if profile is None else to_builtins(profile),
        "identifiers": kinds,
        "history": [dict(item) async for item in history],
    }
