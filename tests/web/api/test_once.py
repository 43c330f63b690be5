"""Claim, work and answer of a write stand or fall together: a crash doubles nothing."""

from types import SimpleNamespace

import pytest

from regulars.intake.requests.claims import RequestClaim
from regulars.web.api.once import request_digest
from regulars.web.api.operation import Call
from tests.web.api.server import MEADOW

LARGER = MEADOW.replace('points: "500"', 'points: "510"', 1)


async def stock(server):
    levels = (await server.ask("GET", "/v1/stock")).json()["stock"]
    return {level["reward"]: level["total"] for level in levels}


async def versions(server):
    path = "/v1/programs/meadow-club/versions"
    return len((await server.ask("GET", path)).json()["versions"])


async def keys(server):
    return len((await server.ask("GET", "/v1/keys")).json()["keys"])


async def codes(server):
    pools = (await server.ask("GET", "/v1/voucher-pools")).json()["pools"]
    return {pool["pool"]: pool["free"] for pool in pools}


async def profile(server):
    found = await server.ask("POST", "/v1/members/lookup", {"external_id": "first"})
    return found.json()["profile"].get("given_name")


WRITES = {
    "publish": ("POST", "/v1/programs/meadow-club/versions", {"document": LARGER}, versions),
    "key": ("POST", "/v1/keys", {"name": "till", "scopes": ["feed:read"]}, keys),
    "stock": ("PUT", "/v1/stock/five-euros", {"total": 77}, stock),
    "codes": ("POST", "/v1/voucher-pools/winter/codes", {"codes": ["ABCD-1", "ABCD-2"]}, codes),
    "profile": ("PATCH", "/v1/members/{member}", {"given_name": "Ida"}, profile),
}


@pytest.mark.parametrize("name", WRITES)
async def test_what_was_not_answered_was_not_done_and_is_done_once(
    server, member, monkeypatch, name
):
    method, path, body, state = WRITES[name]
    path = path.format(member=member)
    before = await state(server)
    with monkeypatch.context() as patch:
        patch.setattr(RequestClaim, "keep", _crash)
        answer = await server.ask(method, path, body, idempotency=f"once-{name}")
        assert answer.status_code == 500
    assert await state(server) == before
    done = await server.ask(method, path, body, idempotency=f"once-{name}")
    assert done.status_code < 300, done.text
    after = await state(server)
    assert after != before
    again = await server.ask(method, path, body, idempotency=f"once-{name}")
    assert again.status_code == done.status_code
    assert await state(server) == after


async def _crash(claim, status, answer):
    raise RuntimeError("the process ends here")


async def test_what_a_request_said_cannot_be_guessed_from_its_claim(server):
    """An e-mail address could be tried against an unkeyed digest, even after an erasure."""
    body = b'{"email":"ida@example.org"}'
    digests = set()
    for key in (b"one", b"other"):
        services = SimpleNamespace(members=SimpleNamespace(digest_key=key))
        call = Call(services, "req_1")
        call.body_bytes = body
        digests.add(request_digest(call, "enrol_member"))
    assert len(digests) == 2
