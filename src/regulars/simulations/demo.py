"""The first load of an installation: a demo program with a year of a simulated shop behind it.

Every step is repeatable: the program is found by its slug, stock and codes are declared, people
found by external id, events by identity. The shop is made from the seed and from the day on which
version 1 begins, so a load that was killed halfway goes on with exactly the same shop.
"""

from collections.abc import Callable
from random import Random

from regulars.core.facade import Program
from regulars.members.contracts import Enrolled, Enrolment
from regulars.members.facade import Members
from regulars.platform.clock import MICROSECONDS_PER_DAY, Instant
from regulars.programs.errors import UnknownProgram
from regulars.programs.facade import ProgramCache, Programs
from regulars.rewards.facade import Rewards
from regulars.simulations.contracts import (
    DemoLoaded,
    DemoMember,
    LoadProgress,
    Person,
    Shop,
)
from regulars.simulations.errors import NoDemoProgram
from regulars.simulations.feeding import Feeder, Submits
from regulars.simulations.shop import busiest, simulate_shop

DEMO_SLUG = "meadow-club"
DEMO_SEED = 7
VOUCHER_POOL = "cinema-2027"

_ACTOR = "demo"
_ENROLMENTS = 500
_VOUCHERS = 250
_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


async def load_demo(
    document: str,
    *,
    programs: Programs,
    cache: ProgramCache,
    rewards: Rewards,
    members: Members,
    intake: Submits,
    now: Instant,
    people: int = 2_000,
    days: int = 365,
    seed: int = DEMO_SEED,
    on_progress: Callable[[LoadProgress], None] | None = None,
) -> DemoLoaded:
    """Make the program of `document` (examples/programs/meadow_club.yaml) and fill it with `days`
    days of a shop that end at the midnight before `now`.

    Call it again after an interruption, with the same numbers: it goes on where it stopped, and
    changes nothing when all is there. Raises NoDemoProgram, DemoInterrupted.
    """
    tell = on_progress or (lambda progress: None)
    program_id, starts_at = await _published(document, programs, now, days, seed)
    shop = simulate_shop(seed, people, days, starts_at=starts_at)
    await cache.refresh(program_id)
    program = cache.in_force(program_id, shop.starts_at)
    assert program is not None, "version 1 begins with the shop"
    await _stock(program, program_id, rewards, seed)
    member_ids = await _enrol(shop, program, program_id, members, now, tell)
    feeder = Feeder(intake, program_id, member_ids, program.money_currency)
    count = len(shop.happenings)
    await feeder.feed(
        shop.happenings, lambda done: tell(LoadProgress("a year of the shop", done, count))
    )
    return DemoLoaded(
        program_id,
        len(member_ids),
        dict(sorted(feeder.outcomes.items())),
        _showcase(shop, member_ids),
    )


async def _published(
    document: str, programs: Programs, now: Instant, days: int, seed: int
) -> tuple[int, Instant]:
    """The program, made and published where that is still to do, and where its time begins."""
    try:
        program = await programs.find(DEMO_SLUG)
    except UnknownProgram:
        program = await programs.create(DEMO_SLUG)
    if program.version == 0:
        first = simulate_shop(seed, 0, days, starts_at=now - days * MICROSECONDS_PER_DAY)
        published = await programs.publish(
            program.program_id, document, actor=_ACTOR, effective_from=first.starts_at
        )
        return program.program_id, published.effective_from
    versions = await programs.versions(program.program_id)
    first_version = versions[0]
    # An hour more or less where clocks were changed in between.
    if first_version.published_at - first_version.effective_from < (days - 1) * (
        MICROSECONDS_PER_DAY
    ):
        raise NoDemoProgram(DEMO_SLUG)
    return program.program_id, first_version.effective_from


async def _stock(program: Program, program_id: int, rewards: Rewards, seed: int) -> None:
    """Counters as the document's rewards say, and codes for the voucher pool: always the same."""
    totals = {
        f"stock/{reward.id}": reward.total
        for reward in program.rewards.values()
        if reward.total is not None
    }
    await rewards.declare(program_id, totals)
    random = Random(seed)  # noqa: S311 - codes of a demo, and the same ones each time
    codes = ["".join(random.choice(_CODE_LETTERS) for _ in range(12)) for _ in range(_VOUCHERS)]
    await rewards.add_codes(program_id, VOUCHER_POOL, codes)


async def _enrol(
    shop: Shop,
    program: Program,
    program_id: int,
    members: Members,
    now: Instant,
    tell: Callable[[LoadProgress], None],
) -> dict[str, int]:
    """Member ids by external id; people who are there already are found."""
    first_tier = program.document.tiers.ladder[0].id if program.document.tiers else ""
    member_ids: dict[str, int] = {}
    for start in range(0, len(shop.people), _ENROLMENTS):
        part = shop.people[start : start + _ENROLMENTS]
        wanted = [("external_id", person.external_id) for person in part]
        found = await members.find_many(program_id, wanted)
        member_ids.update({value: member_id for (_, value), member_id in found.items()})
        new = [person for person in part if person.external_id not in member_ids]
        answers = await members.enrol_many(
            program_id, [_enrolment(person) for person in new], first_tier=first_tier, now=now
        )
        for person, answer in zip(new, answers, strict=True):
            if not isinstance(answer, Enrolled):
                # An identifier is someone else's by now: the external id alone is the demo's.
                bare = Enrolment(external_id=person.external_id, enrolled_at=person.enrolled_at)
                answer = await members.enrol(program_id, bare, first_tier=first_tier, now=now)
            member_ids[person.external_id] = answer.member_id
        tell(LoadProgress("members", start + len(part), len(shop.people)))
    return member_ids


def _enrolment(person: Person) -> Enrolment:
    return Enrolment(
        external_id=person.external_id,
        cards=(person.card,) if person.card else (),
        email=person.email,
        phone=person.phone,
        given_name=person.given_name,
        family_name=person.family_name,
        birthday=person.birthday,
        locale=person.locale,
        enrolled_at=person.enrolled_at,
    )


def _showcase(shop: Shop, member_ids: dict[str, int]) -> tuple[DemoMember, ...]:
    """The busiest member, one who used a reward, and one who brought something back."""
    chosen: dict[str, str] = {}
    for external_id in busiest(shop, 1):
        chosen[external_id] = "the most orders of all"
    for one in reversed(shop.happenings):
        redeemed = one.redemption is not None and one.redemption.outcome == "captured"
        what = "used a reward lately" if redeemed else "brought something back lately"
        is_new = one.external_id not in chosen and what not in chosen.values()
        if is_new and (redeemed or one.purchase is not None):
            chosen[one.external_id] = what
        if len(chosen) == 3:
            break
    return tuple(
        DemoMember(external_id, member_ids[external_id], what)
        for external_id, what in chosen.items()
    )
