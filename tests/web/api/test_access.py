"""Denied by default: no key, a wrong key, a missing scope, another program's ids."""

import re

import pytest

from regulars.programs.contracts import SCOPES
from regulars.web.api.problems import CODES
from regulars.web.api.routes import OPERATIONS, OperationRoute, Page
from tests.web.api.server import OTHER, purchase

PROTECTED = [operation for operation in OPERATIONS if not operation.public]
PUBLIC = {"/health/live", "/health/ready", "/metrics"}
PAGES = {"/openapi.json", "/docs", "/docs/reference.js", "/docs/reference.css"}
ids = [operation.id for operation in PROTECTED]


def address(operation, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "x"), operation.path)


async def test_every_mounted_route_is_an_operation_or_a_page(server):
    routes = server.app._state.router.routes
    mounted = {(route.path, method) for route in routes for method in route.methods
               if isinstance(route, OperationRoute)}  # fmt: skip
    assert mounted == {(operation.path, operation.method) for operation in OPERATIONS}
    assert {route.path for route in routes if isinstance(route, Page)} == PAGES
    assert {operation.path for operation in OPERATIONS if operation.public} == PUBLIC


@pytest.mark.parametrize("operation", PROTECTED, ids=ids)
async def test_without_a_key_or_with_an_unknown_one_the_answer_is_401(server, operation):
    unknown = f"rk_{'0' * 8}_{'0' * 52}"
    for key in ("", unknown, "not a key", server.key[:-1]):
        answer = await server.ask(operation.method, address(operation), {}, key=key)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", PROTECTED, ids=ids)
async def test_with_every_scope_but_the_right_one_the_answer_is_403(server, operation):
    others = tuple(scope for scope in SCOPES if scope != operation.scope)
    key = await server.key_with(*others)
    answer = await server.ask(operation.method, address(operation), {}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["expected"] == operation.scope


@pytest.mark.parametrize(
    "operation", [one for one in PROTECTED if "{" in one.path], ids=lambda one: one.id
)
async def test_another_programs_ids_are_not_there(server, operation, member):
    decision = await server.buy(member, "own-entry")
    bodies = {
        "change_member": {"given_name": "Eve"},
        "merge_member": {"into": member},
        "close_member": {"reason": "r", "actor": "a"},
        "check_program": {"document": OTHER},
        "publish_program": {"document": OTHER},
        "set_stock": {"total": 5},
        "add_voucher_codes": {"codes": ["ABCD"]},
    }
    if operation.id in ("set_stock", "add_voucher_codes"):
        return  # a reward or pool has no id of its own: it is always the caller's
    own_key = (await server.ask("GET", "/v1/keys")).json()["keys"][0]["id"]
    path = address(
        operation,
        member=member,
        entry=decision["entry"],
        redemption=decision["entry"].replace("ent_", "red_"),
        program="meadow-club",
        version="1",
        key=own_key,
    )
    before = await server.ask("GET", f"/v1/members/{member}")
    answer = await server.ask(
        operation.method,
        path,
        bodies.get(operation.id),
        key=server.other_key,
        idempotency="foreign" if operation.idempotency == "required" else "",
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    assert (await server.ask("GET", f"/v1/members/{member}")).json() == before.json()


async def test_another_programs_member_in_a_body_is_unknown(server, member):
    answer = await server.ask(
        "POST", "/v1/events", purchase(member, "foreign-1"), key=server.other_key
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_member")
    found = await server.ask("POST", "/v1/members/lookup", {"id": member}, key=server.other_key)
    assert found.status_code == 404


async def test_a_revoked_key_is_refused_here_at_once_and_the_answer_says_within_what_time(server):
    made = await server.ask("POST", "/v1/keys", {"name": "brief", "scopes": ["members:read"]})
    assert made.status_code == 201
    key = made.json()["key"]
    lookup = {"number": "1"}
    assert (await server.ask("POST", "/v1/members/lookup", lookup, key=key)).status_code == 404
    revoked = await server.ask("DELETE", f"/v1/keys/{made.json()['id']}")
    assert revoked.json()["effective_within_seconds"] == 5
    assert (await server.ask("POST", "/v1/members/lookup", lookup, key=key)).status_code == 401


async def test_a_key_cannot_make_one_that_may_do_more(server):
    key = await server.key_with("keys:write")
    body = {"name": "more", "scopes": ["members:erase"]}
    answer = await server.ask("POST", "/v1/keys", body, key=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    unknown = await server.ask("POST", "/v1/keys", {"name": "x", "scopes": ["everything"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid_key_request")


async def test_a_repeated_key_request_is_answered_without_the_secret(server):
    body = {"name": "once", "scopes": ["feed:read"]}
    first = await server.ask("POST", "/v1/keys", body, idempotency="key-1")
    again = await server.ask("POST", "/v1/keys", body, idempotency="key-1")
    assert first.json()["key"].startswith("rk_")
    assert "key" not in again.json()
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"


async def test_metrics_are_for_this_machine_or_for_the_token(server):
    assert (await server.ask("GET", "/metrics", key="")).status_code == 200
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    refused = await server.ask("GET", "/metrics", key="", headers=forwarded)
    assert refused.status_code == 401
    server.app.services.metrics_token = "secret"
    with_token = await server.ask("GET", "/metrics", key="secret", headers=forwarded)
    assert with_token.status_code == 200
    assert "regulars_http_requests_total" in with_token.text
    server.app.services.metrics_token = ""


async def test_unknown_addresses_and_methods_are_problems(server):
    nothing = await server.ask("GET", "/v1/nothing")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    method = await server.ask("PUT", "/v1/events")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    assert method.headers["allow"] == "POST"


def test_every_code_is_told_apart_by_its_title():
    titles = [kind.title for kind in CODES.values()]
    assert len(set(titles)) == len(titles)
