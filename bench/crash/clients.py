"""The clients of the crash test: they send each event until it has been answered, whatever happens.

Each client has event ids of its own and members that it shares with the others. It buys, refunds
what it bought, holds rewards and captures or voids them, and sometimes sends again what was
answered before: then the answer must be the same. What was answered is kept, and is all that the
oracle knows; nothing here asks the database anything.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

SOURCE = "crash"
REWARD = "five-pounds"
REWARD_POINTS = 5
_ANSWER_SECONDS_MAX = 15.0
_PAUSE_SECONDS = 0.01
_RETRY_SECONDS = (0.02, 0.25)
_HEADER = (
    "POST {path} HTTP/1.1\r\nhost: crash\r\nauthorization: Bearer {key}\r\n"
    "content-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n"
)


class Violation(Exception):
    """An answer that a correct server never gives."""


@dataclass(frozen=True)
class Asked:
    """A request: sent again byte for byte until it is answered. `identity` is (source, id), empty
    in the source where the server makes it from the Idempotency-Key."""

    path: str
    body: bytes
    identity: tuple[str, str]
    member: str
    idempotency_key: str = ""


@dataclass(frozen=True)
class Answered:
    """An acknowledged request: its entry, the entry's hash, and what it did to the balance."""

    asked: Asked
    entry: str
    receipt: str
    points: int


@dataclass
class Record:
    """All that was acknowledged, by whichever client, and how often it took more than one try."""

    answered: list[Answered] = field(default_factory=list)
    retries: int = 0
    repeats: int = 0
    replayed_at_first_answer: int = 0
    longest_seconds: float = 0.0


class Client:
    """One client. `stop` lets it finish what it has begun."""

    def __init__(
        self,
        name: str,
        port: int,
        api_key: str,
        members: list[str],
        seed: int,
        record: Record,
    ) -> None:
        self._name = name
        self._port = port
        self._api_key = api_key
        self._members = members
        self._random = Random(seed)
        self._record = record
        self._number = 0
        self._bought: list[tuple[Answered, str, int]] = []
        self._own: list[Answered] = []
        self._stopping = False
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping = True

    async def run(self) -> None:
        """Work until told to stop. Raises Violation."""
        acts: tuple[Callable[[], Any], ...] = (
            self._buy, self._buy, self._buy, self._refund, self._redeem, self._repeat,
        )  # fmt: skip
        try:
            while not self._stopping:
                await self._random.choice(acts)()
                await asyncio.sleep(self._random.uniform(0, 2 * _PAUSE_SECONDS))
        finally:
            self._hang_up()

    async def _buy(self) -> None:
        event_id, member = self._next_id(), self._random.choice(self._members)
        prices = [self._random.randint(50, 2500) for _ in range(self._random.randint(1, 3))]
        body = {
            "type": "purchase",
            "source": SOURCE,
            "id": event_id,
            "member": {"id": member},
            "currency": "GBP",
            "lines": [
                {"id": str(number), "sku": f"SKU-{price}", "quantity": 1, "gross_minor": price}
                for number, price in enumerate(prices, start=1)
            ],
        }
        points = sum(prices) // 100
        asked = Asked("/v1/events", msgspec.json.encode(body), (SOURCE, event_id), member)
        answered = await self._until_answered(asked, lambda status: points)
        self._bought.append((answered, event_id, points))

    async def _refund(self) -> None:
        """All of an earlier purchase comes back, once."""
        if not self._bought:
            return
        position = self._random.randrange(len(self._bought))
        purchase, purchase_id, points = self._bought.pop(position)
        event_id = self._next_id()
        body = {
            "type": "refund",
            "source": SOURCE,
            "id": event_id,
            "purchase": {"id": purchase_id, "source": SOURCE},
        }
        asked = Asked(
            "/v1/events", msgspec.json.encode(body), (SOURCE, event_id), purchase.asked.member
        )
        await self._until_answered(asked, lambda status: -points)

    async def _redeem(self) -> None:
        """A reward is held, then captured or given back; too few points are a recorded refusal."""
        member = self._random.choice(self._members)
        key = self._next_id()
        body = msgspec.json.encode({"member": {"id": member}, "reward": REWARD, "cart": _CART})
        asked = Asked("/v1/redemptions", body, ("", key), member, key)
        answer: dict[str, Any] = {}
        await self._until_answered(asked, lambda status: 0, answer)
        if answer["status"] != "accepted":
            return
        captured = self._random.random() < 0.5
        path = f"/v1/redemptions/{answer['redemption']}/{'capture' if captured else 'void'}"
        key = self._next_id()
        ending = Asked(path, b"{}", ("", key), member, key)
        await self._until_answered(ending, lambda status: -REWARD_POINTS if captured else 0)

    async def _repeat(self) -> None:
        """What was acknowledged is sent again: the same answer, and nothing more."""
        if not self._own:
            return
        before = self._random.choice(self._own)
        answer = await self._ask_until_answered(before.asked)
        if (answer.get("entry"), answer.get("receipt")) != (before.entry, before.receipt):
            raise Violation(f"{before.asked.identity} was answered anew: {answer}")
        if not answer.get("replayed"):
            raise Violation(f"{before.asked.identity} was recorded a second time: {answer}")
        self._record.repeats += 1

    async def _until_answered(
        self,
        asked: Asked,
        points: Callable[[str], int],
        into: dict[str, Any] | None = None,
    ) -> Answered:
        answer = await self._ask_until_answered(asked)
        status = answer["status"]
        if status == "refused" and asked.path == "/v1/events":
            raise Violation(f"{asked.identity} was refused: {answer}")
        changed = points(status) if status == "accepted" else 0
        answered = Answered(asked, answer["entry"], answer["receipt"], changed)
        self._record.answered.append(answered)
        self._record.replayed_at_first_answer += bool(answer.get("replayed"))
        self._own.append(answered)
        if into is not None:
            into.update(answer)
        return answered

    async def _ask_until_answered(self, asked: Asked) -> dict[str, Any]:
        began = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS_MAX):
                    status, body = await self._ask(asked)
            except (OSError, EOFError, TimeoutError, ValueError):
                self._hang_up()
                status, body = 0, b""
            if status == 200:
                answer: dict[str, Any] = msgspec.json.decode(body)
                if answer.get("status") not in ("accepted", "refused"):
                    raise Violation(f"{asked.identity}: {answer}")
                took = time.monotonic() - began
                self._record.longest_seconds = max(self._record.longest_seconds, took)
                return answer
            if 400 <= status < 500 and status != 429:
                raise Violation(f"{asked.identity} at {asked.path}: {status} {body[:500]!r}")
            self._record.retries += 1
            await asyncio.sleep(self._random.uniform(*_RETRY_SECONDS))

    async def _ask(self, asked: Asked) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        more = f"idempotency-key: {asked.idempotency_key}\r\n" if asked.idempotency_key else ""
        head = _HEADER.format(path=asked.path, key=self._api_key, length=len(asked.body), more=more)
        writer.write(head.encode() + asked.body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        status = int(lines[0].split()[1])
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self._hang_up()
        return status, body

    def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    def _next_id(self) -> str:
        self._number += 1
        return f"{self._name}-{self._number}"


_CART = {
    "currency": "GBP",
    "lines": [{"id": "1", "sku": "SKU-1", "quantity": 1, "gross_minor": 2000}],
}
