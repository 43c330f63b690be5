"""Forgets people: profile, identifiers, name words and data key go, the books stay.

The ledger keeps its entries under the bare member id. What was sealed under the member's key,
here, in the journal, in a replica or in a backup, can no longer be opened by anyone who does not
also hold a copy of the key row and the master key: hence the erasure list (`erasure_list.py`).
"""

from collections.abc import Iterable

from regulars.members.contracts import Erasure
from regulars.members.erasure_list import ErasureList
from regulars.members.errors import UnknownMember
from regulars.members.queries import SQL, key_of
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.ids import MemberId

ERASURES_PAGE = 10_000


async def erase(
    pool: Pool, listed: ErasureList, program_id: int, member_id: MemberId, now: Instant
) -> Erasure:
    """Forget one person, once. Raises UnknownMember."""
    async with transaction(pool) as connection:
        parameters = key_of(member_id) | {"program_id": program_id}
        row = await (await connection.execute(SQL.lock_member, parameters)).fetchone()
        if row is None:
            raise UnknownMember(member_id)
        if row[1] is not None:
            return Erasure(program_id, member_id, row[1])
        erasure = Erasure(program_id, member_id, now)
        await _forget(connection, erasure)
        # Last before the commit: after a crash the list may know more than the database, not less.
        await listed.append([erasure])
    return erasure


async def reapply_erasures(pool: Pool, listed: ErasureList, erasures: Iterable[Erasure]) -> int:
    """Erase again whom a restored backup has brought back; answers how many those were."""
    erased = 0
    for erasure in erasures:
        async with transaction(pool) as connection:
            parameters = key_of(erasure.member_id) | {"program_id": erasure.program_id}
            row = await (await connection.execute(SQL.lock_member, parameters)).fetchone()
            if row is None or row[1] is not None:
                continue
            await _forget(connection, erasure)
            await listed.append([erasure])
            erased += 1
    return erased


async def list_erasures(connection: Connection, after: tuple[int, MemberId]) -> list[Erasure]:
    """A page of the recorded erasures of all programs."""
    parameters = {"program_id": after[0], "member_id": after[1], "row_limit": ERASURES_PAGE}
    cursor = await connection.execute(SQL.list_erasures, parameters)
    return [Erasure(*row) for row in await cursor.fetchall()]


async def complete_list(pool: Pool, listed: ErasureList) -> int:
    """Add to the list what only the table knows (made on another host, or the file was lost);
    answers how many."""
    known = {(erasure.program_id, erasure.member_id) for erasure in await listed.read()}
    added, after = 0, (0, 0)
    while True:
        async with transaction(pool, read_only=True) as connection:
            page = await list_erasures(connection, after)
        if not page:
            return added
        missing = [item for item in page if (item.program_id, item.member_id) not in known]
        await listed.append(missing)
        added += len(missing)
        after = (page[-1].program_id, page[-1].member_id)


async def _forget(connection: Connection, erasure: Erasure) -> None:
    row = key_of(erasure.member_id)
    claims = {"program_id": erasure.program_id, "member_id": erasure.member_id}
    at = {"erased_at": erasure.erased_at}
    await connection.execute(SQL.delete_profile, row)
    await connection.execute(SQL.delete_identifiers, claims)
    await connection.execute(SQL.delete_name_words, claims)
    await connection.execute(SQL.mark_erased, row | at)
    await connection.execute(SQL.insert_erasure, claims | at)
