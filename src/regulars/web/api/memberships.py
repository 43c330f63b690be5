"""Reads the member that an address names, and refuses those of other programs as not there."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from regulars.core.state import LotBook
from regulars.ledger.contracts import LoadedMember, StoredEntry
from regulars.ledger.facade import read_history, read_member
from regulars.platform.database import Pool
from regulars.platform.ids import InvalidId, parse_member_id
from regulars.web.api.errors import not_found
from regulars.web.api.operation import Call
from regulars.web.api.refused_purchases import purchases_in
from regulars.web.api.wire.answers import Decimals, entry_answer

HISTORY_PAGE = 200
SEQ_END = 2**31 - 1


async def member_in_path(call: Call) -> int:
    """The member id of the address. Raises ApiProblem (not_found) for one of another program."""
    try:
        member_id = parse_member_id(call.path["member"])
    except InvalidId:
        raise not_found("member") from None
    await require_member(call, member_id)
    return member_id


async def require_member(call: Call, member_id: int) -> None:
    """Raise ApiProblem (not_found) unless the id is a member of the caller's program."""
    known = await call.services.members.memberships(call.program_id, [member_id])
    if member_id not in known:
        raise not_found("member")


async def loaded_member(call: Call, member_id: int) -> tuple[LoadedMember, LotBook]:
    """State and open lots of one moment. Raises ApiProblem (not_found)."""
    found = await read_member(call.services.pool, member_id)
    if found is None or found[0].program_id != call.program_id:
        raise not_found("member")
    return found


async def whole_history(pool: Pool, member_id: int) -> AsyncIterator[StoredEntry]:
    """The entries of a member, newest first."""
    before = SEQ_END
    while True:
        async with pool.connection() as connection:
            page = await read_history(connection, member_id, before=before, most=HISTORY_PAGE)
        for stored in page:
            yield stored
        if len(page) < HISTORY_PAGE:
            return
        before = page[-1].seq


async def history_of(call: Call, member_id: int) -> AsyncIterator[dict[str, Any]]:
    """Every entry of a member as the API shows it, newest first."""
    decimals = call.services.decimals(call.program_id)
    async for entry in shown_history(call.services.pool, member_id, decimals):
        yield entry


async def shown_history(
    pool: Pool, member_id: int, decimals: Decimals
) -> AsyncIterator[dict[str, Any]]:
    """The entries of a member as the API shows them, newest first."""
    async for stored in whole_history(pool, member_id):
        purchases = {} if stored.entry.refusal is None else await purchases_in(pool, [stored])
        yield msgspec.to_builtins(entry_answer(stored, decimals, purchases))
