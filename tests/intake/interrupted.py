"""A process that dies between the two steps of a move, or before it looks for parked events."""

import asyncio
from collections.abc import Iterable

from regulars.intake.contracts import Submission
from regulars.intake.facade import Intake
from regulars.intake.pending import Pending


async def die_after_commit(intake: Intake, item: Submission, *, redirects: int = 0) -> None:
    """Submit an event to an intake that commits it and never comes to what follows from it.

    `redirects` is how often the event goes on to other members before it is decided. The intake
    works on afterwards, as another process in its place would.
    """
    committed = asyncio.Event()
    kept = [lane._dispatch for lane in intake._lanes]
    passed = 0

    def lose(items: Iterable[Pending]) -> None:
        nonlocal passed
        passed += 1
        if passed <= redirects:
            kept[0](items)
        else:
            committed.set()

    for lane in intake._lanes:
        lane._dispatch = lose
    caller = asyncio.ensure_future(intake.submit([item]))
    await committed.wait()
    caller.cancel()
    for lane, dispatch in zip(intake._lanes, kept, strict=True):
        lane._dispatch = dispatch
