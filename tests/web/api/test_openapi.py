"""The described interface is the real one: every operation fuzzed against its own description."""

import asyncio
import json
from contextlib import suppress

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from regulars.web.api.openapi import openapi_document
from regulars.web.api.routes import OPERATIONS
from tests.web.api.server import purchase

DOCUMENT = openapi_document(OPERATIONS, "0")
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 15
OPERATION_IDS = [operation.id for operation in OPERATIONS]

schema = schemathesis.openapi.from_dict(json.loads(json.dumps(DOCUMENT)))


def test_every_reference_in_the_document_leads_somewhere():
    text = json.dumps(DOCUMENT)
    for part in text.split('"$ref": "')[1:]:
        *path, name = part.split('"')[0].removeprefix("#/").split("/")
        place = DOCUMENT
        for step in path:
            place = place[step]
        assert name in place, name


def test_operation_ids_and_addresses_are_unique():
    assert len(set(OPERATION_IDS)) == len(OPERATIONS)
    assert len({(one.path, one.method) for one in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
async def test_no_input_breaks_an_operation_or_its_description(server, operation_id):
    """Requests are generated in a thread and sent through this loop, where the database lives."""
    loop = asyncio.get_running_loop()
    operation = schema.find_operation_by_id(operation_id)
    sent_statuses: list[int] = []
    there = await _things(server, operation_id)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case):
        if mode is schemathesis.GenerationMode.POSITIVE:
            _point_at(case, there)
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {server.key}"}
        sent = case.as_transport_kwargs(base_url="http://regulars")
        future = asyncio.run_coroutine_threadsafe(_send(server.client, sent), loop)
        response = future.result(30)
        sent_statuses.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        strategy = operation.as_strategy(generation_mode=mode)
        # What takes no input cannot be given a wrong one.
        with suppress(Unsatisfiable):
            await asyncio.to_thread(given(case=strategy)(attempt))
    assert sent_statuses, "nothing was sent"


async def _things(server, operation_id: str) -> dict[str, str]:
    """What is there to be found, so that generated requests get further than to a 404."""
    member = await server.enrol(external_id=f"generated-{operation_id}")
    decision = await server.buy(member, f"generated-{operation_id}", 20_000)
    given = {"member": {"id": member}, "currency": "points", "points": "900", "reason": "r",
             "actor": "a"}  # fmt: skip
    await server.ask("POST", "/v1/adjustments", given, idempotency=f"given-{operation_id}")
    order = purchase(member, "x")
    cart = {name: order[name] for name in ("currency", "lines")}
    hold = {"member": {"id": member}, "reward": "five-euros", "cart": cart}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"held-{operation_id}")
    return {
        "member": member,
        "entry": decision["entry"],
        "redemption": held.json()["redemption"],
        "program": "meadow-club",
        "version": "current",
        "reward": "cinema",
        "pool": "cinema-2027",
    }


def _point_at(case, there: dict[str, str]) -> None:
    """Let a generated request be about things that are there."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = there.get(name, case.path_parameters[name])
    if isinstance(case.body, dict):
        if "member" in case.body:
            case.body["member"] = {"id": there["member"]}
        if "reward" in case.body:
            case.body["reward"] = "five-euros"
        for order in (case.body, case.body.get("order"), case.body.get("cart")):
            if isinstance(order, dict) and "currency" in order and "lines" in order:
                order["currency"] = "EUR"
                order["redemptions"] = []


async def _send(client: httpx.AsyncClient, sent: dict) -> httpx.Response:
    return await client.request(**sent)
