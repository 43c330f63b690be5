"""Quotes: what a cart would earn and which rewards it can use, decided read-only.

The same engine on the same state as a purchase, without a lock: what is true when the answer leaves
may have changed when the customer pays, and the hold decides again.
"""

from regulars.core.facade import Program, Quote, quote
from regulars.core.state import Member
from regulars.intake.contracts import MemberRef, QuoteRequest
from regulars.intake.errors import NoProgramVersion, UnknownMember
from regulars.ledger.facade import read_member
from regulars.members.facade import Members
from regulars.platform.clock import Clock
from regulars.platform.database import Pool
from regulars.programs.facade import ProgramCache


async def quote_cart(
    pool: Pool, programs: ProgramCache, members: Members, clock: Clock, request: QuoteRequest
) -> tuple[Program, Quote]:
    """Decide a cart for a member as of now. Raises UnknownMember, NoProgramVersion."""
    member_id = await _member_id(members, request)
    now = request.at or clock.now()
    found = await read_member(pool, member_id)
    if found is None or found[0].program_id != request.program_id:
        raise UnknownMember
    loaded, lots = found
    program = programs.in_force(request.program_id, now)
    if program is None:
        raise NoProgramVersion(now)
    member = Member(member_id, loaded.seq + 1, loaded.state, lots)
    return program, quote(program, member, request.cart, now, request.rewards)


async def _member_id(members: Members, request: QuoteRequest) -> int:
    if not isinstance(request.member, MemberRef):
        return request.member
    identifier = (request.member.kind, request.member.value)
    found = await members.find_many(request.program_id, [identifier])
    if identifier not in found:
        raise UnknownMember
    return found[identifier]
