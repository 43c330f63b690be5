"""Publishing: what is refused, what a version is, and that nobody decides beside it."""

import asyncio
from typing import Any

import pytest
from tests.programs.conftest import DAY, NOW

from regulars.platform.clock import FixedClock
from regulars.platform.database import Pool, transaction
from regulars.programs.errors import (
    DocumentInvalid,
    EffectiveBeforePublication,
    IncompatibleDocument,
    InvalidSlug,
    ProgramsError,
    SlugTaken,
    UnknownProgram,
    UnknownVersion,
    WrongProgram,
)
from regulars.programs.facade import EPOCH_LOCK_CLASS, ProgramCache, Programs


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after)
    return text


LARGER = ('earn: {currency: points, fixed: "50"}', 'earn: {currency: points, fixed: "60"}')


async def test_first_version_rules_from_now(programs: Programs, meadow: str) -> None:
    program, published = await programs.create_from(meadow, actor="anna")
    assert (program.slug, program.version, program.epoch) == ("meadow-club", 1, 1)
    assert (published.version, published.effective_from, published.created) == (1, NOW, True)
    assert await programs.text(program.program_id, 1) == meadow


async def test_first_version_may_begin_in_the_past(programs: Programs, meadow: str) -> None:
    program, _ = await programs.create_from(meadow, actor="anna", effective_from=0)
    assert await programs.version_in_force(program.program_id, 5) == 1
    assert await programs.version_in_force(program.program_id, -1) is None


async def test_refused_creation_leaves_nothing(programs: Programs, meadow: str) -> None:
    with pytest.raises(DocumentInvalid):
        await programs.create_from(meadow.replace("EUR", "EUX"), actor="anna")
    assert await programs.list_programs() == []


async def test_slug_is_taken_once(programs: Programs, meadow: str) -> None:
    await programs.create("meadow-club")
    with pytest.raises(SlugTaken):
        await programs.create_from(meadow, actor="anna")
    assert [program.version for program in await programs.list_programs()] == [0]


@pytest.mark.parametrize("slug", ["", "Meadow", "9lives", "a b", "a" * 41, "a\n"])
async def test_slug_that_no_document_could_have(programs: Programs, slug: str) -> None:
    with pytest.raises(InvalidSlug):
        await programs.create(slug)
    assert await programs.list_programs() == []


async def test_same_document_answers_the_existing_version(
    programs: Programs, clock: FixedClock, meadow: str
) -> None:
    program, first = await programs.create_from(meadow, actor="anna")
    clock.advance(seconds=60)
    other_layout = "# another comment\n" + meadow.replace('"1.00"', "1")
    again = await programs.publish(program.program_id, other_layout, actor="ben")
    assert (again.version, again.created) == (1, False)
    assert again.effective_from == first.effective_from
    assert len(await programs.versions(program.program_id)) == 1


async def test_rollback_is_a_new_version_with_the_old_document(
    programs: Programs, clock: FixedClock, meadow: str
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    clock.advance(seconds=60)
    await programs.publish(program.program_id, changed(meadow, LARGER), actor="anna")
    clock.advance(seconds=60)
    back = await programs.rollback(program.program_id, 1, actor="ben")
    assert (back.version, back.epoch, back.created) == (3, 3, True)
    assert await programs.text(program.program_id, 3) == meadow
    in_force = [
        await programs.version_in_force(program.program_id, NOW + seconds * 1_000_000)
        for seconds in (0, 59, 60, 119, 120)
    ]
    assert in_force == [1, 1, 2, 2, 3]


async def test_a_version_that_begins_earlier_supersedes_one_to_come(
    programs: Programs, clock: FixedClock, meadow: str
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    planned = changed(meadow, LARGER)
    await programs.publish(program.program_id, planned, actor="anna", effective_from=NOW + 9 * DAY)
    now = changed(meadow, ("gold, name: Gold", "gold, name: Golden"))
    published = await programs.publish(program.program_id, now, actor="ben")
    assert [finding.code for finding in published.warnings] == ["version_superseded"]
    versions = await programs.versions(program.program_id)
    assert [version.superseded for version in versions] == [True, True, False]
    assert await programs.version_in_force(program.program_id, NOW + 10 * DAY) == 3


async def test_difference_in_words(programs: Programs, meadow: str) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    await programs.publish(
        program.program_id,
        changed(meadow, LARGER, ("refund: proportional ", "refund: redecide ")),
        actor="anna",
    )
    changes = await programs.difference(program.program_id, 1, 2)
    assert [(change.path, change.words) for change in changes] == [
        ("/earning/8/earn/fixed", 'rule welcome / earn / fixed was "50" and is now "60"'),
        ("/refund", 'refund is new: "redecide"'),
    ]


REFUSED: list[tuple[str, list[tuple[str, str]], dict[str, Any], type[Exception]]] = [
    ("not a document", [("time_zone:", "time_zome:")], {}, DocumentInvalid),
    ("unknown zone", [("Europe/Berlin", "Europe/Berln")], {}, DocumentInvalid),
    ("other program", [("program: meadow-club", "program: other")], {}, WrongProgram),
    ("in the past", [LARGER], {"effective_from": NOW - 1}, EffectiveBeforePublication),
    ("same, in the past", [], {"effective_from": NOW - 1}, EffectiveBeforePublication),
    (
        "other money",
        [("{currency: EUR, decimals: 2}", "{currency: USD, decimals: 2}")],
        {},
        IncompatibleDocument,
    ),
    ("other decimals", [("decimals: 1\n", "decimals: 2\n")], {}, IncompatibleDocument),
    ("tier gone", [("id: silver", "id: bronze"), ("[silver,", "[bronze,")], {},
     IncompatibleDocument),
    ("attribute personal", [("newsletter: {type: boolean}",
      "newsletter: {type: boolean, personal: true}"),
      ("{attribute: {name: newsletter, is: true}}", "{coupon: [LETTER]}")], {},
     IncompatibleDocument),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edits", "options", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_refused_publication_changes_nothing(
    programs: Programs,
    meadow: str,
    edits: list[tuple[str, str]],
    options: dict[str, Any],
    error: type[Exception],
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    with pytest.raises(error):
        await programs.publish(program.program_id, changed(meadow, *edits), actor="ben", **options)
    assert await programs.find(program.program_id) == program


@pytest.mark.parametrize(
    ("call", "error"),
    [("text", UnknownProgram), ("versions", UnknownProgram), ("publish", UnknownProgram),
     ("rollback", UnknownVersion)],
)  # fmt: skip
async def test_what_does_not_exist(
    programs: Programs, meadow: str, call: str, error: type[ProgramsError]
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    calls = {
        "text": lambda: programs.text(99, 1),
        "versions": lambda: programs.versions(99),
        "publish": lambda: programs.publish(99, meadow, actor="x"),
        "rollback": lambda: programs.rollback(program.program_id, 7, actor="x"),
    }
    with pytest.raises(error) as refused:
        await calls[call]()
    assert refused.value.next_step


async def test_warnings_of_what_a_change_does_to_members(programs: Programs, meadow: str) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    edits = [
        ("Europe/Berlin", "Europe/Paris"),
        ("period: 12 months}", "period: calendar_year}"),
        ("newsletter: {type: boolean}", "newsletter: {type: string}"),
        ("name: newsletter, is: true", "name: newsletter, is: weekly"),
    ]
    text = changed(meadow, *edits)
    found = await programs.check(program.program_id, text)
    codes = {"time_zone_changed", "tier_metric_changed", "attribute_type"}
    assert {finding.code for finding in found} == codes
    assert {finding.severity for finding in found} == {"warning"}
    published = await programs.publish(program.program_id, text, actor="anna")
    assert list(published.warnings) == found


async def test_publication_waits_for_writes_under_way(
    programs: Programs, pool: Pool, meadow: str, clock: FixedClock
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    clock.advance(seconds=1)
    async with transaction(pool) as write:
        await write.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, %s)", (EPOCH_LOCK_CLASS, program.program_id)
        )
        publishing = asyncio.ensure_future(
            programs.publish(program.program_id, changed(meadow, LARGER), actor="ben")
        )
        await _until_somebody_waits(pool)
        clock.advance(seconds=5)
        assert not publishing.done()
    published = await publishing
    assert published.effective_from == clock.now()


async def test_two_publications_follow_on_each_other(programs: Programs, meadow: str) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    texts = [meadow.replace('fixed: "50"', f'fixed: "{points}"') for points in (51, 52, 53)]
    published = await asyncio.gather(
        *(programs.publish(program.program_id, text, actor="x") for text in texts)
    )
    assert sorted(one.version for one in published) == [2, 3, 4]
    assert sorted(one.epoch for one in published) == [2, 3, 4]


async def test_cache_compiles_and_notices_a_new_epoch(
    programs: Programs, pool: Pool, clock: FixedClock, meadow: str
) -> None:
    program, _ = await programs.create_from(meadow, actor="anna")
    cache = ProgramCache(pool)
    assert cache.in_force(program.program_id, NOW) is None
    await cache.warm()
    first = cache.in_force(program.program_id, NOW)
    assert first is not None and first.version == 1
    clock.advance(seconds=60)
    published = await programs.publish(program.program_id, changed(meadow, LARGER), actor="anna")
    assert cache.epoch(program.program_id) == published.epoch - 1
    await cache.refresh(program.program_id)
    assert cache.epoch(program.program_id) == published.epoch
    later = cache.in_force(program.program_id, clock.now())
    assert later is not None and later.version == 2
    assert cache.in_force(program.program_id, NOW) is first
    assert dict(cache.versions(program.program_id)) == {1: first, 2: later}
    assert cache.in_force(program.program_id, NOW - 1) is None


async def _until_somebody_waits(pool: Pool) -> None:
    for _ in range(2000):
        async with pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return
    raise AssertionError("nobody waited for the lock")
