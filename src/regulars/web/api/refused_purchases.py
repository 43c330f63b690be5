"""The purchases that refusals are about, by the identity that the shop gave them.

The journal names a purchase by its entry; a caller knows (source, id) only. Looked up where an
answer holds such a refusal, which is seldom.
"""

from collections.abc import Iterable

from regulars.core.decision import Refusal
from regulars.ledger.contracts import StoredEntry
from regulars.ledger.facade import read_entries
from regulars.platform.database import Pool
from regulars.web.api.wire.answers import Purchases

_SEQ = "purchase_seq"


async def purchases_of(pool: Pool, refusals: Iterable[tuple[int, Refusal | None]]) -> Purchases:
    """(source, id) by (member id, entry) of all that these refusals name, each given with the
    member of its entry; one that is not there is left out."""
    wanted = set()
    for member_id, refusal in refusals:
        seq = None if refusal is None else refusal.data.get(_SEQ)
        if isinstance(seq, int) and seq > 0:
            wanted.add((member_id, seq))
    if not wanted:
        return {}
    async with pool.connection() as connection:
        found = await read_entries(connection, sorted(wanted))
    return {
        key: (stored.entry.event.source, stored.entry.event.event_id)
        for key, stored in found.items()
    }


async def purchases_in(pool: Pool, entries: Iterable[StoredEntry]) -> Purchases:
    """The same for entries as they are read."""
    return await purchases_of(pool, [(one.member_id, one.entry.refusal) for one in entries])
