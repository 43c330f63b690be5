"""What an event needs of a member's lots is what it gets: those that are due, or all of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from regulars.core.events import Adjustment, Due, Hold, Purchase
from regulars.core.state import ALL_LOTS, Lot
from regulars.intake.books import Books
from regulars.intake.contracts import Submission
from regulars.ledger.facade import read_due_lots, read_lots, read_member
from tests.ledger.shop import journals
from tests.world import DAY, HOUR, PROGRAM, START, World, hold, order

PENDING = PROGRAM.replace("program: corner-shop", "program: waiting-shop").replace(
    "pending: none\n    expiry: {kind: fixed, after: 12 months}",
    "pending: 3 days\n    expiry: {kind: fixed, after: 20 days}",
)
Body = Purchase | Due | Hold | Adjustment
# A purchase a day, a pause in which a hold lapses, something that draws, and more purchases.
LIFE: list[tuple[Body, int]] = [
    *((order(60 + day), day * DAY) for day in range(30)),
    (hold("five-off"), 29 * DAY + HOUR),
    *((order(10 + day), day * DAY) for day in range(32, 36)),
    (Adjustment("points", -70, "x", "anna"), 36 * DAY),
    *((order(20 + day), day * DAY) for day in range(36, 45)),
    (Due(), 50 * DAY),
]


async def _open(world: World) -> tuple[int, int]:
    """Two members of a program whose points wait and expire."""
    start = START - 60 * DAY
    info, _ = await world.programs.create_from(PENDING, actor="test", effective_from=start)
    world.program_id = info.program_id
    return await world.enrol("one"), await world.enrol("other")


def _events(world: World, member: int) -> list[Submission]:
    return [
        world.submission(member, f"{member}-{number}", body, at=START - 50 * DAY + after)
        for number, (body, after) in enumerate(LIFE)
    ]


async def _decided(world: World, member: int) -> list[tuple[object, ...]]:
    entries = (await journals(world, [member]))[member]
    return [(one.entry.refusal, one.entry.due, one.entry.effects) for one in entries]


async def test_a_life_in_one_group_is_decided_like_one_event_after_the_other(
    world: World,
) -> None:
    one, other = await _open(world)
    together = await world.intakes[0].submit(_events(world, one))
    alone = [(await world.intakes[0].submit([each]))[0] for each in _events(world, other)]
    assert [each.status for each in together] == [each.status for each in alone]
    assert {each.status for each in alone} == {"accepted"}
    assert await _decided(world, one) == await _decided(world, other)
    found = [await read_member(world.pool, member) for member in (one, other)]
    assert found[0] is not None and found[1] is not None
    assert found[0][0].state == found[1][0].state
    assert found[0][1] == found[1][1]
    await world.assert_verified()


async def test_a_purchase_reads_no_lots_that_are_not_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await _open(world)
    await world.intakes[0].submit(_events(world, one)[:12])
    read: list[set[int]] = []

    async def watched(*arguments: Any) -> Any:
        found = await read_due_lots(*arguments)
        read.extend(set(due.lots) for due in found.values())
        return found

    async def never(*_arguments: Any) -> Any:
        raise AssertionError("all lots were read")

    monkeypatch.setattr("regulars.intake.books.read_due_lots", watched)
    monkeypatch.setattr("regulars.intake.books.read_lots", never)
    at = START - 50 * DAY + 12 * DAY
    (bought,) = await world.intakes[0].submit([world.submission(one, "next", order(5), at=at)])
    assert bought.status == "accepted"
    due = {effect.lot for effect in bought.entry.due if hasattr(effect, "lot")}  # type: ignore[union-attr]
    assert read == [due]
    assert len(due) == 1


LOTS = [
    Lot(1, "points", 5, 1, 0, 900, "base"),
    Lot(2, "points", 5, 1, 300, 900, "base", pending=True),
    Lot(3, "points", 5, 1, 300, 200, "base", pending=True),
    Lot(4, "points", 5, 1, 300, 0, "base", pending=True),
    Lot(5, "points", 5, 1, -1, 0, "base", pending=True),
    Lot(6, "points", 5, 1, -1, 500, "base", pending=True),
    Lot(7, "points", 5, 1, 0, -1, "base"),
    Lot(8, "points", 5, 1, 400, -1, "base", pending=True),
    Lot(9, "points", 5, 1, 0, 0, "base"),
]
"""Due at: 900, 300, 200, 300, never, 500, with the wallet, 400, never."""


@pytest.mark.parametrize(
    ("until", "due", "rest_due_at"),
    [
        (199, [], 200),
        (200, [3], 300),
        (300, [2, 3, 4], 400),
        (450, [2, 3, 4, 8], 500),
        (899, [2, 3, 4, 6, 8], 900),
        (900, [1, 2, 3, 4, 6, 8], 0),
    ],
)
async def test_due_is_what_time_changes_by_then(
    world: World, until: int, due: Sequence[int], rest_due_at: int
) -> None:
    member, stranger = await world.enrol("a"), await world.enrol("b")
    async with world.pool.connection() as connection:
        for lot in LOTS:
            names = Lot.__struct_fields__
            await connection.execute(
                f"INSERT INTO lot (shard, member_id, {', '.join(names)}) "
                f"VALUES (%s, %s, {', '.join(['%s'] * len(names))})".encode(),
                [member & 1023, member, *msgspec.structs.astuple(lot)],
            )
        found = await read_due_lots(connection, {stranger: 10**6, member: until})
    assert found[member].lots == {lot.lot: lot for lot in LOTS if lot.lot in due}
    assert found[member].rest_due_at == rest_due_at
    assert (found[stranger].lots, found[stranger].rest_due_at) == ({}, 0)


async def test_a_later_look_sees_what_the_group_has_changed(world: World) -> None:
    member, _ = await _open(world)
    await world.intakes[0].submit(_events(world, member)[:6])
    begin = START - 50 * DAY
    async with world.pool.connection() as connection:
        books = Books(connection)
        due, rest = await books.due_lots(member, begin + 6 * DAY)
        assert (sorted(due), rest) == ([4], begin + 7 * DAY)
        due[4].pending = False
        books.remember(member, None, {4: due[4], 6: None, 7: Lot(7, "points", 1, 0, 0, 0, "x")})
        again, rest = await books.due_lots(member, begin + 6 * DAY)
        assert (sorted(again), rest) == ([4, 7], begin + 7 * DAY)
        everything, rest = await books.due_lots(member, begin + 7 * DAY)
        assert (sorted(everything), rest) == ([1, 2, 3, 4, 5, 7], ALL_LOTS)
        assert not everything[4].pending
        stored = (await read_lots(connection, [member]))[member]
    assert sorted(stored) == [1, 2, 3, 4, 5, 6]
