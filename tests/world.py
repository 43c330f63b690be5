"""A small shop with everything wired up: what tests above the rooms of floor 3 start from.

The program earns one point per euro at once, so that expected numbers can be seen at a glance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars.core.events import (
    Body,
    Capture,
    Event,
    Hold,
    Line,
    Purchase,
    Refund,
    ReturnedLine,
)
from regulars.intake.contracts import EventRef, Outcome, Submission
from regulars.intake.facade import Intake, connector
from regulars.intake.lane import Connect
from regulars.ledger.facade import read_member, verify
from regulars.members.contracts import Enrolment
from regulars.members.erasure_list import ErasureList
from regulars.members.facade import Members
from regulars.platform.clock import FixedClock, parse_rfc3339
from regulars.platform.database import Pool
from regulars.platform.keys import load_or_create_keyring
from regulars.platform.settings import Settings
from regulars.programs.facade import ProgramCache, Programs
from regulars.rewards.facade import Rewards

START = parse_rfc3339("2027-03-01T12:00:00Z")
HOUR = 3_600_000_000
DAY = 24 * HOUR
A_YEAR = 366 * DAY

PROGRAM = """
regulars: 1
program: corner-shop
name: Corner Shop
money: {currency: EUR, decimals: 2}
time_zone: Europe/Berlin
late_window: 30 days
refund_wait: 10 days
currencies:
  points:
    name: Points
    decimals: 0
    redeemable: true
    value: "0.01"
    breakage: "0"
    pending: none
    expiry: {kind: fixed, after: 12 months}
    clawback: negative
    rounding: down
event_types:
  survey.answered:
    fields:
      mood: {type: string, personal: true}
earning:
  - id: base
    name: One point for every euro
    on: purchase
    earn: {currency: points, per_money: {each: "1.00", points: "1"}}
  - id: third
    name: Every third purchase
    on: purchase
    when: {nth_purchase: {every: 3}}
    earn: {currency: points, fixed: "1000"}
  - id: survey
    name: Thank you for the answer
    on: survey.answered
    earn: {currency: points, fixed: "5"}
rewards:
  - id: five-off
    name: Five euros off
    cost: {currency: points, points: "50"}
    gives: {order_discount: {amount: "5.00"}}
    combine: remaining
    hold: 15 minutes
  - id: mug
    name: The last mug
    cost: {currency: points, points: "10"}
    gives: {free_product: {sku: MUG, quantity: 1}}
    combine: remaining
    limits: {total: 1}
"""


@dataclass
class World:
    """The wired rooms, and words for what tests do with them."""

    settings: Settings
    pool: Pool
    clock: FixedClock
    programs: Programs
    cache: ProgramCache
    members: Members
    rewards: Rewards
    program_id: int
    intakes: list[Intake]

    async def intake(self, connect: Connect | None = None) -> Intake:
        """A further intake, as another process would have it; stopped with the world."""
        assert self.settings.database_url is not None
        cache = ProgramCache(self.pool)
        await cache.ensure(self.program_id)
        made = Intake(
            self.pool,
            connect or connector(self.settings, self.settings.database_url),
            programs=cache,
            members=self.members,
            rewards=self.rewards,
            clock=self.clock,
        )
        await made.start()
        self.intakes.append(made)
        return made

    async def enrol(self, external_id: str = "", email: str = "") -> int:
        """A new member's id."""
        enrolment = Enrolment(external_id=external_id, email=email)
        enrolled = await self.members.enrol(
            self.program_id, enrolment, first_tier="", now=self.clock.now()
        )
        return enrolled.member_id

    def submission(
        self,
        member: int | None,
        event_id: str,
        body: Body,
        *,
        kind: str = "",
        at: int = 0,
        purchase: str = "",
    ) -> Submission:
        """An event of the web shop."""
        event = Event(kind or type(body).__name__.lower(), "web", event_id, at, body)
        about = EventRef("web", purchase) if purchase else None
        return Submission(self.program_id, member, event, A_YEAR, about)

    async def send(
        self, member: int | None, event_id: str, body: Body, *, at: int = 0, purchase: str = ""
    ) -> Outcome:
        """Submit one event through the first intake."""
        item = self.submission(member, event_id, body, at=at, purchase=purchase)
        return (await self.intakes[0].submit([item]))[0]

    async def active(self, member: int) -> int:
        """Posted active points."""
        found = await read_member(self.pool, member)
        assert found is not None
        wallet = found[0].state.wallets.get("points")
        return 0 if wallet is None else wallet.active

    async def entries(self, member: int) -> int:
        """How many entries the member's journal has."""
        found = await read_member(self.pool, member)
        assert found is not None
        return found[0].seq

    async def assert_verified(self) -> None:
        """The whole ledger verifies."""
        report = await verify(self.pool)
        assert report.findings == []

    async def stop(self) -> None:
        """Stop every intake."""
        for intake in self.intakes:
            await intake.stop()


async def build_world(settings: Settings, pool: Pool, home: Path) -> World:
    """Program published, one intake running, nobody enrolled."""
    clock = FixedClock(START)
    keyring = load_or_create_keyring(home / "keyring.json")
    programs = Programs(pool, clock)
    program, _ = await programs.create_from(PROGRAM, actor="test", effective_from=START - A_YEAR)
    world = World(
        settings,
        pool,
        clock,
        programs,
        ProgramCache(pool),
        Members(pool, keyring, ErasureList(home / "erasures.jsonl")),
        Rewards(pool, keyring),
        program.program_id,
        [],
    )
    await world.rewards.declare(world.program_id, {"stock/mug": 1})
    await world.intake()
    return world


def order(*euros: int) -> Purchase:
    """An order with one line per price, numbered from 1."""
    lines = tuple(
        Line(str(number), f"SKU-{number}", 1, price * 100) for number, price in enumerate(euros, 1)
    )
    return Purchase(lines, channel="web")


def with_mug() -> Purchase:
    """A cart with the mug that is given for points."""
    return Purchase((Line("1", "MUG", 1, 900), Line("2", "SKU-2", 1, 9_100)), channel="web")


def returned(*line_ids: str) -> Refund:
    """A refund of whole lines; of all that is left without any."""
    return Refund(0, tuple(ReturnedLine(line_id, 1) for line_id in line_ids))


def hold(reward: str, cart: Purchase | None = None) -> Hold:
    """A hold of a reward on a cart of 100 euros."""
    return Hold(reward, cart or order(100))


def capture(outcome: Outcome) -> Capture:
    """Use the hold that an outcome opened."""
    return Capture(outcome.seq)


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    """The statuses, sorted."""
    return sorted(outcome.status for outcome in outcomes)
