"""A shop in which everything happens at random, in batches, twice and in two processes at once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from regulars.core.events import (
    Activity,
    Adjustment,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Exchange,
    Hold,
    Line,
    MoveOut,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.intake.contracts import Outcome, Submission
from regulars.intake.facade import finish_parked, post_due
from regulars.ledger.facade import StoredEntry, read_history
from tests.world import DAY, HOUR, START, World, hold, with_mug

MEMBERS = 5
MUGS = 3
HOPS_MAX = 4 + MEMBERS


class Shop:
    """A world in which everything happens in batches, remembered to be sent again."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.members: list[int] = []
        self.sent: list[tuple[Submission, Outcome]] = []
        self.orders: dict[str, tuple[int, Purchase]] = {}
        self.holds: list[tuple[int, int]] = []
        self.number = 0
        self.alone = False
        """Whether no member has to do with another one."""

    def operation(self) -> Submission:
        """One random event; some of them cannot be accepted."""
        makers = [self.buy] * 6 + [self.give_back] * 4 + [self.reserve] * 3 + [self.end_hold] * 3
        makers += [self.adjust] * 2 + [self.answer, self.exchange, self.confirm]
        if not self.alone:
            makers += [self.transfer]
            if self.random.random() < 0.02:
                makers = [self.end]
        self.number += 1
        return self.random.choice(makers)(f"e-{self.number}")

    def submission(
        self, member: int | None, event_id: str, body: Body, **more: object
    ) -> Submission:
        return self.world.submission(member, event_id, body, **more)  # type: ignore[arg-type]

    def some_member(self) -> int:
        return self.random.choice(self.members)

    def cart(self) -> Purchase:
        lines = []
        for number in range(1, self.random.randint(1, 3) + 1):
            units = self.random.randint(1, 3)
            euros = self.random.randint(0, 60)
            lines.append(Line(str(number), f"SKU-{number}", units, units * euros * 100))
        return Purchase(tuple(lines), channel="web")

    def buy(self, event_id: str) -> Submission:
        member, cart = self.some_member(), self.cart()
        self.orders[event_id] = member, cart
        late = self.random.choice([0, 0, 0, self.random.randint(1, 20 * 24) * HOUR])
        at = max(START, self.world.clock.now() - late) if late else 0
        return self.submission(member, event_id, cart, at=at)

    def returned(self, cart: Purchase) -> Refund:
        """Of all that is left, or of some lines: perhaps more than there is."""
        if self.random.random() < 0.3:
            return Refund(0)
        lines = self.random.sample(cart.lines, self.random.randint(1, len(cart.lines)))
        return Refund(0, tuple(
            ReturnedLine(line.line_id, self.random.randint(1, line.quantity)) for line in lines
        ))  # fmt: skip

    def give_back(self, event_id: str) -> Submission:
        if not self.orders:
            return self.answer(event_id)
        purchase = self.random.choice(list(self.orders))
        body = self.returned(self.orders[purchase][1])
        return self.submission(None, event_id, body, purchase=purchase)

    def exchange(self, event_id: str) -> Submission:
        if not self.orders:
            return self.answer(event_id)
        purchase = self.random.choice(list(self.orders))
        member, cart = self.orders[purchase]
        body = Exchange(self.returned(cart), self.cart())
        return self.submission(member, event_id, body, purchase=purchase)

    def confirm(self, event_id: str) -> Submission:
        if not self.orders:
            return self.answer(event_id)
        purchase = self.random.choice(list(self.orders))
        return self.submission(
            None, event_id, Confirm(0), kind="order.delivered", purchase=purchase
        )

    def answer(self, event_id: str) -> Submission:
        body = Activity({"mood": b"sealed"})
        return self.submission(self.some_member(), event_id, body, kind="survey.answered")

    def reserve(self, event_id: str) -> Submission:
        if self.random.random() < 0.3:
            return self.submission(self.some_member(), event_id, hold("mug", with_mug()))
        return self.submission(self.some_member(), event_id, hold("five-off"))

    def end_hold(self, event_id: str) -> Submission:
        if not self.holds:
            return self.reserve(event_id)
        member, seq = self.random.choice(self.holds)
        body = Capture(seq) if self.random.random() < 0.6 else Void(seq)
        return self.submission(member, event_id, body)

    def adjust(self, event_id: str) -> Submission:
        points = self.random.choice([-70, -20, 15, 60])
        body = Adjustment("points", points, "because", "anna")
        return self.submission(self.some_member(), event_id, body)

    def transfer(self, event_id: str) -> Submission:
        member, target = self.random.sample(self.members, 2)
        body = MoveOut(target, "gift", currency="points", points=self.random.randint(1, 80))
        return self.submission(member, event_id, body)

    def end(self, event_id: str) -> Submission:
        member, target = self.random.sample(self.members, 2)
        if self.random.random() < 0.2:
            return self.submission(member, event_id, Close("left"))
        return self.submission(member, event_id, MoveOut(target, "merge", close=True))

    async def batch(self) -> None:
        """Some new events and some old ones at once, most of them more than once."""
        new = [self.operation() for _ in range(self.random.randint(1, 14))]
        old = [item for item, _ in self.random.sample(self.sent, min(4, len(self.sent)))]
        items = [item for item in (*new, *old) for _ in range(self.random.randint(1, 3))]
        self.random.shuffle(items)
        answers = await self.submit(items)
        by_id: dict[str, list[Outcome]] = defaultdict(list)
        for item, outcome in zip(items, answers, strict=True):
            by_id[item.event.event_id].append(outcome)
        for item in new:
            outcome = self._one_answer(by_id[item.event.event_id])
            self.sent.append((item, outcome))
            if outcome.status == "accepted" and isinstance(item.event.body, Hold):
                self.holds.append((outcome.member_id, outcome.seq))
        for item, before in self.sent:
            for outcome in by_id.get(item.event.event_id, []):
                if before.entry is not None:
                    assert (outcome.replayed, outcome.hash) == (True, before.hash) or item in new

    async def submit(self, items: list[Submission]) -> list[Outcome]:
        """Through both processes at once, in parts of random size, to the very end."""
        parts: list[list[Submission]] = []
        while items:
            size = self.random.randint(1, 6)
            parts.append(items[:size])
            items = items[size:]
        answered = await asyncio.gather(
            *(self.random.choice(self.world.intakes).submit(part) for part in parts)
        )
        await self._settle()
        return [outcome for part in answered for outcome in part]

    async def _settle(self) -> None:
        """Wait for what follows from what was answered: parked refunds whose purchase came. It
        stands in the lanes' queues already, and each of its hops stands before the next barrier."""
        barriers = [self.submission(lane, f"barrier-{lane}", Due()) for lane in range(2)]
        for _ in range(HOPS_MAX):
            for intake in self.world.intakes:
                outcomes = await intake.submit(barriers)
                assert [outcome.status for outcome in outcomes] == ["invalid"] * 2

    def _one_answer(self, outcomes: Sequence[Outcome]) -> Outcome:
        """Whatever was sent more than once was recorded once, with one answer for all."""
        recorded = [outcome for outcome in outcomes if outcome.entry is not None]
        assert len({(outcome.member_id, outcome.seq, outcome.hash) for outcome in recorded}) <= 1
        assert sum(not outcome.replayed for outcome in recorded) <= 1
        assert {outcome.status for outcome in outcomes} <= {
            "accepted", "refused", "parked", "invalid",
        }  # fmt: skip
        return recorded[0] if recorded else outcomes[0]


async def open_shop(world: World, program: str, seed: int) -> Shop:
    made, _ = await world.programs.create_from(program, actor="test", effective_from=START - DAY)
    world.program_id = made.program_id
    await world.rewards.declare(made.program_id, {"stock/mug": MUGS})
    await world.intake()
    shop = Shop(world, Random(seed))
    shop.members = [await world.enrol() for _ in range(MEMBERS)]
    return shop


async def journals(world: World, members: Sequence[int]) -> dict[int, list[StoredEntry]]:
    async with world.pool.connection() as connection:
        return {
            member: list(reversed(await read_history(connection, member, most=10_000)))
            for member in members
        }


async def wait(shop: Shop) -> None:
    """Time passes; the periodic work may run, in both processes at once."""
    world = shop.world
    world.clock.advance(seconds=shop.random.choice([0, 1, 600, 3_600, 86_400, 3 * 86_400]))
    if shop.random.random() < 0.4:
        now = world.clock.now()
        await asyncio.gather(*(post_due(world.pool, intake, now) for intake in world.intakes))
        await asyncio.gather(*(finish_parked(world.pool, each, now) for each in world.intakes))
