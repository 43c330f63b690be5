"""Events that have been recorded before, by the identity that their sender gave them."""

from regulars.ledger.facade import event_key, find_claims, read_entries
from regulars.platform.database import Pool


async def version_of_event(pool: Pool, program_id: int, source: str, event_id: str) -> int:
    """The program version that decided an event; 0 where no such event is recorded."""
    identity = (program_id, event_key(source, event_id))
    async with pool.connection() as connection:
        claim = (await find_claims(connection, [identity])).get(identity)
        if claim is None:
            return 0
        place = (claim.member_id, claim.seq)
        return (await read_entries(connection, [place]))[place].entry.program_version
