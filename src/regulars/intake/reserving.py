"""Reservations of a group's holds: taken before the member's write, settled with it.

A hold of a reward with a stock or a voucher pool needs a grant. It is reserved in a short
transaction of its own, recorded with the decision, and given back where the decision did not use
it, where a hold ended without a capture, and where the order that used it has wholly come back.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec

from regulars.core.decision import Decision, Entry, Grant
from regulars.core.effects import GrantsReturned, HoldClosed
from regulars.core.events import Activity, Hold, Purchase
from regulars.core.facade import Program, reservations
from regulars.core.state import MemberState
from regulars.intake.pending import Pending
from regulars.platform.database import Executor
from regulars.rewards.contracts import Request
from regulars.rewards.errors import OutOfStock, UnknownCounter
from regulars.rewards.facade import Rewards


async def reserve(item: Pending, program: Program | None, rewards: Rewards, now: int) -> None:
    """Take the grants that a hold needs; without them the engine refuses it as out of stock."""
    body = item.plain.body
    if program is None or not isinstance(body, Hold):
        return
    reward = program.rewards.get(body.reward)
    if reward is None:
        return
    requests = [Request(*wanted) for wanted in reservations(reward, body.quantity)]
    if not requests:
        return
    try:
        item.grants = await rewards.reserve(
            item.submission.program_id, requests, UUID(bytes=item.key), now=now
        )
    except (OutOfStock, UnknownCounter):
        item.grants = ()


class Reservations:
    """What a group's decisions did with their grants, per program."""

    def __init__(self) -> None:
        self._used: dict[int, list[str]] = defaultdict(list)
        self._released: dict[int, list[str]] = defaultdict(list)
        self._returned: dict[int, list[str]] = defaultdict(list)
        self._withdrawn: dict[int, list[str]] = defaultdict(list)

    def recorded(self, item: Pending, decision: Decision) -> tuple[Grant, ...]:
        """The grants as the journal keeps them: those used, without the voucher codes."""
        used = set(decision.grants_used)
        return tuple(
            msgspec.structs.replace(grant, code="")
            for grant in item.grants
            if grant.reservation in used
        )

    def decided(self, item: Pending, before: MemberState, entry: Entry) -> None:
        """Sort the grants of one recorded event into used and released ones."""
        program_id = item.submission.program_id
        if item.grants:
            used = {grant.reservation for grant in entry.grants}
            for grant in item.grants:
                kept = self._used if grant.reservation in used else self._released
                kept[program_id].append(grant.reservation)
        elif not before.holds and isinstance(entry.event.body, Purchase | Activity):
            return  # nearly every event: it reserves nothing and has nothing to give back
        effects = (*entry.due, *entry.effects)
        self._returned[program_id] += _let_go(before, effects)
        for effect in effects:
            if isinstance(effect, GrantsReturned):
                self._withdrawn[program_id] += effect.grants

    def unused(self, item: Pending) -> None:
        """The event was not recorded, or had been before: what it reserved just now goes back."""
        self._released[item.submission.program_id] += [grant.reservation for grant in item.grants]

    async def settle(self, connection: Executor, rewards: Rewards) -> None:
        """Write it all inside the group's transaction."""
        for program_id in sorted({*self._used, *self._released}):
            used, released = self._used[program_id], self._released[program_id]
            if used or released:
                await rewards.settle(connection, program_id, used=used, released=released)
        for program_id, returned in sorted(self._returned.items()):
            if returned:
                await rewards.give_back(connection, program_id, returned, codes_shown=False)
        for program_id, withdrawn in sorted(self._withdrawn.items()):
            if withdrawn:
                await rewards.give_back(connection, program_id, withdrawn, codes_shown=True)


def _let_go(before: MemberState, effects: Iterable[object]) -> list[str]:
    """The reservations of holds that ended without a capture."""
    ended = {
        effect.hold
        for effect in effects
        if isinstance(effect, HoldClosed) and effect.how != "captured"
    }
    if not ended:
        return []
    return [grant for hold in before.holds if hold.hold in ended for grant in hold.grants]
