"""Events that have been recorded before, by the identity that their sender gave them."""

from collections.abc import Collection, Mapping

from regulars.ledger.facade import event_key, find_claims, read_entries
from regulars.platform.database import Pool

Identity = tuple[str, str]
"""An event's source and id."""


async def deciding_versions(
    pool: Pool, program_id: int, events: Collection[Identity]
) -> Mapping[Identity, int]:
    """The program versions that decided these events, without those that are not recorded."""
    keys = {event_key(source, id_): (source, id_) for source, id_ in events}
    async with pool.connection() as connection:
        claims = await find_claims(connection, [(program_id, key) for key in sorted(keys)])
        places = {(claim.member_id, claim.seq): keys[key] for (_, key), claim in claims.items()}
        found = await read_entries(connection, sorted(places)) if places else {}
    return {places[place]: stored.entry.program_version for place, stored in found.items()}
