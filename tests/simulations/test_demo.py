"""The first load fills a real database, survives being killed, and repeats without effect."""

from pathlib import Path

import pytest

from regulars.ledger.facade import verify
from regulars.platform.clock import FixedClock, parse_rfc3339
from regulars.simulations.errors import DemoInterrupted, NoDemoProgram
from regulars.simulations.facade import load_demo
from tests.simulations.engine import running_engine

DOCUMENT = (Path(__file__).parents[2] / "examples/programs/meadow_club.yaml").read_text()
NOW = parse_rfc3339("2026-11-20T10:00:00Z")


@pytest.fixture
async def engine(settings, pool):
    async with running_engine(settings, pool, FixedClock(NOW)) as running:
        yield running


async def load(engine, intake=None, people=150, **changes):
    return await load_demo(
        DOCUMENT,
        programs=engine.programs,
        cache=engine.cache,
        rewards=engine.rewards,
        members=engine.members,
        intake=intake or engine.intake,
        now=engine.clock.now(),
        people=people,
        days=200,
        **changes,
    )


class Stopping:
    """An intake that stops answering after some groups."""

    def __init__(self, intake, groups):
        self.intake = intake
        self.groups = groups

    async def submit(self, submissions):
        self.groups -= 1
        if self.groups < 0:
            raise ConnectionError("killed")
        return await self.intake.submit(submissions)


async def test_a_load_is_accepted_and_a_second_changes_nothing(engine):
    told = []
    loaded = await load(engine, on_progress=told.append)
    refused = {word for word in loaded.outcomes if not word.startswith(("accepted", "parked"))}
    assert refused <= {"refused: insufficient_points"}
    assert loaded.outcomes["accepted"] > 500
    assert loaded.members == 150
    assert len(loaded.showcase) == 3
    assert told[-1].done == told[-1].all > 500
    assert (await verify(engine.pool)).findings == []
    entries = await engine.count("entry")
    # A day later, as after a night: the shop is still the one that was begun.
    engine.clock.advance(seconds=86_400)
    again = await load(engine)
    assert await engine.count("entry") == entries
    assert set(again.outcomes) == {"replayed"}
    assert again.showcase == loaded.showcase


async def test_a_load_that_was_killed_goes_on_where_it_stopped(engine):
    with pytest.raises(ConnectionError):
        await load(engine, Stopping(engine.intake, 2))
    begun = await engine.count("entry")
    assert begun > 0
    finished = await load(engine)
    assert finished.outcomes["replayed"] >= begun
    assert await engine.count("entry") == finished.outcomes["replayed"] + sum(
        count
        for word, count in finished.outcomes.items()
        if word == "accepted" or word.startswith("refused")
    )


async def test_a_database_that_does_not_answer_ends_the_load(engine):
    class Away:
        async def submit(self, submissions):
            from regulars.intake.contracts import Outcome

            return [Outcome("unavailable") for _ in submissions]

    with pytest.raises(DemoInterrupted):
        await load(engine, Away(), people=5)


async def test_a_program_with_a_history_of_its_own_is_left_alone(engine):
    await engine.programs.create_from(DOCUMENT, actor="anna")
    with pytest.raises(NoDemoProgram):
        await load(engine, people=5)
    assert await engine.count("member") == 0
