"""Runs a plan: enrols its customers, submits its events in order of time, counts the answers.

Writes only through the members' and the intake's doors. Several groups are on their way at once,
which keeps the intake busy; they are handed over in order, and the intake decides the events of
one member in the order in which it was given them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

from regulars.imports.contracts import Plan, PlannedEvent, Progress, RunResult, Tally
from regulars.imports.errors import CurrencyMismatch, EventsFailed, IntakeUnavailable
from regulars.intake.contracts import Outcome, Submission
from regulars.members.contracts import Enrolled, Enrolment, Rejected

BACKDATE_WITHOUT_LIMIT_US = 1 << 62
"""An operator who imports an export may date events as far back as the export goes."""

_ENROLMENTS = 2000
_GROUP_EVENTS = 1000
_GROUPS_IN_FLIGHT = 4
_ATTEMPTS_MAX = 5
_FIRST_PAUSE_SECONDS = 0.2
_FIRST_PROBLEMS_MAX = 20
_FAILED_MAX = 10
"""So many events may meet an error of ours; with more of them the run ends."""


class Submits(Protocol):
    """The door of the intake, as far as an import needs it."""

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One outcome per submission, in order."""
        ...


class Enrols(Protocol):
    """The door of members, as far as an import needs it."""

    async def enrol_many(
        self,
        program_id: int,
        enrolments: Sequence[Enrolment],
        *,
        first_tier: str,
        now: int,
        existing: Literal["refuse", "return"] = "refuse",
    ) -> list[Enrolled | Rejected]:
        """Make many members in one transaction."""
        ...

    async def find_many(
        self, program_id: int, identifiers: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        """The members who hold these identifiers."""
        ...


async def run(
    plan: Plan,
    intake: Submits,
    members: Enrols,
    *,
    program_id: int,
    currency: str,
    first_tier: str,
    now: int,
    hashes_only: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Import a plan into a program whose money is `currency`. Running it again changes nothing.

    Customers whom the program does not know are enrolled as of their first event, with
    `hashes_only` without keeping a readable profile. Raises CurrencyMismatch before anything is
    written, IntakeUnavailable when the database stays away (then start it again), and EventsFailed
    when one event after the other fails for a fault of the product.
    """
    if plan.currency != currency:
        raise CurrencyMismatch(plan.currency, currency)
    enrolling = _Enrolling(plan, members, program_id, first_tier, now, hashes_only)
    result = RunResult()
    member_ids = await enrolling.enrol(result)
    submitting = _Submitting(intake, program_id, member_ids, result)
    await submitting.submit_all(plan.events, on_progress or (lambda progress: None))
    return result


class _Enrolling:
    """Finds or makes the member of every customer."""

    def __init__(
        self,
        plan: Plan,
        members: Enrols,
        program_id: int,
        first_tier: str,
        now: int,
        hashes_only: bool,
    ) -> None:
        self._plan = plan
        self._members = members
        self._program_id = program_id
        self._first_tier = first_tier
        self._now = now
        self._hashes_only = hashes_only

    async def enrol(self, result: RunResult) -> dict[str, int | str]:
        """Member id by customer, or the code of the refusal to enrol."""
        known = self._plan.customers
        answers: dict[str, int | str] = {}
        for start in range(0, len(known), _ENROLMENTS):
            part = known[start : start + _ENROLMENTS]
            answers.update(await self._find([customer for customer, _ in part]))
            result.members_known += sum(customer in answers for customer, _ in part)
            new = [(customer, first) for customer, first in part if customer not in answers]
            if new:
                await self._enrol(new, answers, result)
        return answers

    async def _find(self, customers: list[str]) -> dict[str, int]:
        kind = self._plan.identifier
        found = await self._members.find_many(self._program_id, [(kind, c) for c in customers])
        return {customer: member_id for (_, customer), member_id in found.items()}

    async def _enrol(
        self, new: list[tuple[str, int]], answers: dict[str, int | str], result: RunResult
    ) -> None:
        enrolments = [self._enrolment(customer, first) for customer, first in new]
        made = await self._members.enrol_many(
            self._program_id,
            enrolments,
            first_tier=self._first_tier,
            now=self._now,
        )
        lost: list[str] = []
        for (customer, _), answer in zip(new, made, strict=True):
            if isinstance(answer, Enrolled):
                answers[customer] = answer.member_id
                result.members_enrolled += 1
            else:
                answers[customer] = answer.code
                lost.append(customer)
        if lost:
            # Somebody else may have enrolled them since we looked.
            found = await self._find(lost)
            answers.update(found)
            result.members_known += len(found)

    def _enrolment(self, customer: str, first: int) -> Enrolment:
        only = self._hashes_only
        match self._plan.identifier:
            case "external_id":
                return Enrolment(external_id=customer, enrolled_at=first, hashes_only=only)
            case "number":
                return Enrolment(number=customer, enrolled_at=first, hashes_only=only)
            case "card":
                return Enrolment(cards=(customer,), enrolled_at=first, hashes_only=only)
            case "email":
                return Enrolment(email=customer, enrolled_at=first, hashes_only=only)
        raise AssertionError("the mapping knows no other identifier")


class _Submitting:
    """Hands events over in groups and counts what becomes of them."""

    def __init__(
        self,
        intake: Submits,
        program_id: int,
        member_ids: dict[str, int | str],
        result: RunResult,
    ) -> None:
        self._intake = intake
        self._program_id = program_id
        self._member_ids = member_ids
        self._result = result
        self._first_failed = ""

    async def submit_all(
        self, events: list[PlannedEvent], on_progress: Callable[[Progress], None]
    ) -> None:
        """Submit everything; several groups are in flight, answers are taken in order."""
        lines_all = sum(planned.lines for planned in events)
        events_done = lines_done = 0
        in_flight: deque[tuple[list[PlannedEvent], asyncio.Task[list[Outcome]]]] = deque()
        start = 0
        try:
            while start < len(events) or in_flight:
                while start < len(events) and len(in_flight) < _GROUPS_IN_FLIGHT:
                    group = self._admitted(events[start : start + _GROUP_EVENTS])
                    start += _GROUP_EVENTS
                    in_flight.append((group, asyncio.create_task(self._submit(group))))
                group, task = in_flight.popleft()
                await self._count_all(group, await task)
                events_done += len(group)
                lines_done += sum(planned.lines for planned in group)
                on_progress(Progress(events_done, len(events), lines_done, lines_all))
        finally:
            for _, task in in_flight:
                task.cancel()

    def _admitted(self, events: list[PlannedEvent]) -> list[PlannedEvent]:
        """Those whose customer is a member; the others are counted by the refusal to enrol."""
        admitted = []
        for planned in events:
            member_id = self._member_ids[planned.customer]
            if isinstance(member_id, int):
                admitted.append(planned)
            else:
                self._problem(planned, member_id, "the customer could not be enrolled")
        return admitted

    async def _submit(self, group: list[PlannedEvent]) -> list[Outcome]:
        submissions = []
        for planned in group:
            member_id = self._member_ids[planned.customer]
            assert isinstance(member_id, int), "only admitted events are submitted"
            submissions.append(
                Submission(
                    self._program_id,
                    member_id,
                    planned.event,
                    BACKDATE_WITHOUT_LIMIT_US,
                    planned.purchase,
                )
            )
        return await self._intake.submit(submissions) if submissions else []

    async def _count_all(self, group: list[PlannedEvent], outcomes: list[Outcome]) -> None:
        """Count answers; what the database did not take is submitted again, a bounded number of
        times with a growing pause."""
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            waiting = []
            for planned, outcome in zip(group, outcomes, strict=True):
                if outcome.status == "unavailable":
                    waiting.append(planned)
                else:
                    self._count(planned, outcome)
            if not waiting:
                return
            if attempt < _ATTEMPTS_MAX:
                await asyncio.sleep(pause)
                pause *= 2
                group, outcomes = waiting, await self._submit(waiting)
        raise IntakeUnavailable(self._result.recorded.events, len(waiting))

    def _count(self, planned: PlannedEvent, outcome: Outcome) -> None:
        result = self._result
        if outcome.replayed:
            result.unchanged.add(planned)
        elif outcome.status == "accepted":
            result.recorded.add(planned)
        elif outcome.status == "parked":
            result.parked.add(planned)
        elif outcome.status == "refused":
            refusal = outcome.entry.refusal if outcome.entry else None
            code = refusal.code if refusal else "refused"
            result.refused.setdefault(code, Tally()).add(planned)
            self._remember(planned, code, str(refusal.data) if refusal else "")
        elif outcome.problem is not None:
            problem = outcome.problem
            text = f"found {problem.found}; {problem.expected} would be right"
            self._problem(planned, problem.code, text)
        elif outcome.status == "failed":
            self._failed(planned)
        else:
            self._problem(planned, outcome.status, "")

    def _failed(self, planned: PlannedEvent) -> None:
        """Asking again would not mend it: counted, and beyond a few the run ends."""
        self._first_failed = self._first_failed or planned.event.event_id
        self._problem(planned, "failed", "an error of the program, which the log shows")
        if self._result.problems["failed"].events > _FAILED_MAX:
            raise EventsFailed(self._result.recorded.events, self._first_failed)

    def _problem(self, planned: PlannedEvent, code: str, text: str) -> None:
        self._result.problems.setdefault(code, Tally()).add(planned)
        self._remember(planned, code, text)

    def _remember(self, planned: PlannedEvent, code: str, text: str) -> None:
        if len(self._result.first_problems) < _FIRST_PROBLEMS_MAX:
            self._result.first_problems.append((planned.event.event_id, f"{code}: {text}"))
