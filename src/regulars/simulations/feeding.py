"""Feeds a shop's happenings to the intake, redemptions included.

A redemption needs an answer before it goes on: the hold's number is part of the capture and of the
order. So happenings go in waves: of every person all that comes before their next hold, then the
holds, then what follows from the answers. Identities come from the simulation, so feeding the same
shop again finds the same answers and changes nothing.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from regulars.core.events import Body, Capture, Event, Hold, Purchase, Void
from regulars.intake.contracts import EventRef, Outcome, Submission
from regulars.simulations.contracts import SOURCE_WEB, Happening, Redemption
from regulars.simulations.errors import DemoFailed, DemoInterrupted

BACKDATE_WITHOUT_LIMIT_US = 1 << 62
CHUNK = 1_000
_MINUTE_US = 60_000_000


class Submits(Protocol):
    """The door of the intake, as far as it is needed here."""

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One outcome per submission, in order."""
        ...


class Feeder:
    """Submits happenings of one program and counts the outcomes."""

    def __init__(
        self, intake: Submits, program_id: int, member_ids: Mapping[str, int], currency: str
    ) -> None:
        self._intake = intake
        self._program_id = program_id
        self._member_ids = member_ids
        self._currency = currency
        self.outcomes: Counter[str] = Counter()

    async def feed(
        self, happenings: Sequence[Happening], on_progress: Callable[[int], None]
    ) -> None:
        """Submit all, in their order for each person; `on_progress` gets how many are done.
        Raises DemoInterrupted where the database does not answer, DemoFailed for an error of
        ours."""
        for start in range(0, len(happenings), CHUNK):
            chunk = happenings[start : start + CHUNK]
            if not await self._feed_chunk(chunk):
                raise DemoInterrupted(start, len(happenings))
            on_progress(start + len(chunk))

    async def _feed_chunk(self, chunk: Sequence[Happening]) -> bool:
        """Wave after wave until nothing waits; False where the database does not answer."""
        waiting: dict[str, deque[Happening | Submission]] = {}
        for one in chunk:
            waiting.setdefault(one.external_id, deque()).append(one)
        while waiting:
            plain: list[Submission] = []
            holds: list[Happening] = []
            for external_id, queue in waiting.items():
                while queue:
                    step = queue.popleft()
                    if isinstance(step, Happening) and step.redemption is not None:
                        holds.append(step)
                        break
                    plain.append(self._plain(external_id, step))
            if await self._submit(plain) is None:
                return False
            answers = await self._submit([self._hold(one) for one in holds])
            if answers is None:
                return False
            for one, outcome in zip(holds, answers, strict=True):
                waiting[one.external_id].extendleft(reversed(self._after(one, outcome)))
            waiting = {external_id: queue for external_id, queue in waiting.items() if queue}
        return True

    async def _submit(self, submissions: list[Submission]) -> list[Outcome] | None:
        """The outcomes, counted; None where one of them is that the database did not answer."""
        outcomes = await self._intake.submit(submissions) if submissions else []
        for outcome in outcomes:
            self.outcomes[_word(outcome)] += 1
        for submission, outcome in zip(submissions, outcomes, strict=True):
            if outcome.status == "failed":
                raise DemoFailed(submission.event.event_id)
        return None if any(one.status == "unavailable" for one in outcomes) else outcomes

    def _plain(self, external_id: str, step: Happening | Submission) -> Submission:
        if isinstance(step, Submission):
            return step
        assert step.event is not None, "only a redemption comes without an event"
        purchase = EventRef(*step.purchase) if step.purchase is not None else None
        return self._submission(external_id, step.event, purchase, step.personal)

    def _hold(self, one: Happening) -> Submission:
        redemption = _redemption(one)
        cart = redemption.cart or Purchase((), currency=self._currency)
        body = Hold(redemption.reward, cart, redemption.points)
        at = one.occurred_at - 2 * _MINUTE_US
        event = Event("hold", SOURCE_WEB, redemption.hold_id, at, body)
        return self._submission(one.external_id, event)

    def _after(self, one: Happening, outcome: Outcome) -> list[Submission]:
        """What follows a hold: its end, and the order, discounted where the reward was used."""
        redemption, event = _redemption(one), one.event
        granted = outcome.status == "accepted"
        steps: list[Submission] = []
        if granted and redemption.outcome == "captured":
            steps.append(self._end(one, "capture", Capture(outcome.seq)))
            if event is not None and redemption.discounted is not None:
                body = msgspec.structs.replace(redemption.discounted, redemptions=(outcome.seq,))
                event = msgspec.structs.replace(event, body=body)
        elif granted and redemption.outcome == "voided":
            steps.append(self._end(one, "void", Void(outcome.seq, "changed their mind")))
        if event is not None:
            steps.append(self._submission(one.external_id, event))
        return steps

    def _end(self, one: Happening, kind: str, body: Body) -> Submission:
        name = f"{_redemption(one).hold_id}-{kind}"
        event = Event(kind, SOURCE_WEB, name, one.occurred_at - _MINUTE_US, body)
        return self._submission(one.external_id, event)

    def _submission(
        self,
        external_id: str,
        event: Event,
        purchase: EventRef | None = None,
        personal: tuple[str, ...] = (),
    ) -> Submission:
        return Submission(
            self._program_id,
            self._member_ids[external_id],
            event,
            BACKDATE_WITHOUT_LIMIT_US,
            purchase,
            personal,
        )


def _redemption(one: Happening) -> Redemption:
    assert one.redemption is not None, "the caller looked"
    return one.redemption


def _word(outcome: Outcome) -> str:
    """An outcome as one word to count, with the code where something was refused."""
    if outcome.replayed:
        return "replayed"
    if outcome.problem is not None:
        return f"{outcome.status}: {outcome.problem.code}"
    if outcome.entry is not None and outcome.entry.refusal is not None:
        return f"{outcome.status}: {outcome.entry.refusal.code}"
    return outcome.status
