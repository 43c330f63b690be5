"""An application in this process, on a real database, with programs and keys to call it with."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from regulars.app import Application, create_app
from regulars.platform.clock import FixedClock, parse_rfc3339
from regulars.platform.settings import Settings
from regulars.programs.contracts import SCOPES

NOW = parse_rfc3339("2027-06-15T10:00:00Z")
YEAR = 366 * 86_400_000_000
MEADOW = (Path(__file__).parents[3] / "examples/programs/meadow_club.yaml").read_text()
OTHER = MEADOW.replace("program: meadow-club", "program: river-club")


@dataclass
class Server:
    """The application, its clock, and a client that speaks to it without a network."""

    app: Application
    clock: FixedClock
    client: httpx.AsyncClient
    program_id: int
    key: str
    other_key: str

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        idempotency: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request, with the key of the first program unless another is given."""
        sent = {"Authorization": f"Bearer {self.key if key is None else key}", **(headers or {})}
        if key == "":
            del sent["Authorization"]
        if idempotency:
            sent["Idempotency-Key"] = idempotency
        if body is not None:
            more["json"] = body
        return await self.client.request(method, path, headers=sent, **more)

    async def enrol(self, **profile: Any) -> str:
        """A new member's id."""
        answer = await self.ask("POST", "/v1/members", profile)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def buy(self, member: str, event_id: str, gross_minor: int = 5000, **more: Any) -> Any:
        """A purchase of one line; the decision."""
        answer = await self.ask(
            "POST", "/v1/events", purchase(member, event_id, gross_minor, **more)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def key_with(self, *scopes: str) -> str:
        """A new key of the first program with these scopes only."""
        made = await self.app.services.api_keys.create(self.program_id, "test", scopes)
        return made.text


def purchase(member: str, event_id: str, gross_minor: int = 5000, **more: Any) -> dict[str, Any]:
    """The event of an order with one line."""
    return {
        "type": "purchase",
        "id": event_id,
        "member": {"id": member},
        "currency": "EUR",
        "lines": [{"id": "1", "sku": "SOAP-1", "quantity": 1, "gross_minor": gross_minor}],
        **more,
    }


@asynccontextmanager
async def running(settings: Settings, **changes: Any) -> AsyncIterator[Server]:
    """A started application with two programs and a key with every scope for each."""
    clock = FixedClock(NOW)
    app = create_app(settings, clock)
    await app.start()
    await asyncio.wait_for(app.ready.wait(), 20)
    try:
        keys = []
        ids = []
        for text in (MEADOW, OTHER):
            slug = "meadow-club" if text is MEADOW else "river-club"
            program = await app.services.programs.create(slug)
            clock.instant = NOW - YEAR // 2
            await app.services.publish(program.program_id, text, actor="test", effective_from=None)
            clock.instant = NOW
            made = await app.services.api_keys.create(
                program.program_id, "all", tuple(SCOPES), backdate_us=YEAR
            )
            keys.append(made.text)
            ids.append(program.program_id)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://regulars") as client:
            yield Server(app, clock, client, ids[0], *keys)
    finally:
        await app.stop()
