"""API keys over the wire: what a key may make, and which addresses name one."""

import pytest

from tests.web.api.server import YEAR

DAY = 86_400_000_000


@pytest.mark.parametrize("key", ["%00", "00000000", "a%00b", "%F0%9F%8D%80", "0000000o", "0" * 300])
async def test_what_is_no_key_is_not_found(server, key):
    answer = await server.ask("DELETE", f"/v1/keys/{key}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%ED%A0%80", "%F0%9F%8D%80", "9" * 19, "red_x"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/members/{}", None),
        ("GET", "/v1/members/{}/balance", None),
        ("GET", "/v1/entries/{}", None),
        ("GET", "/v1/entries/ent_0000000000101_{}", None),
        ("GET", "/v1/redemptions/{}", None),
        ("GET", "/v1/redemptions/red_0000000000101_{}", None),
        ("GET", "/v1/programs/{}", None),
        ("GET", "/v1/programs/meadow-club/versions/{}", None),
        ("PUT", "/v1/stock/{}", {"total": 1}),
    ],
)
async def test_odd_texts_in_an_address_are_not_found(server, method, path, body, odd):
    answer = await server.ask(method, path.format(odd), body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%F0%9F%8D%80"])
async def test_no_pool_has_an_odd_name(server, odd):
    answer = await server.ask("POST", f"/v1/voucher-pools/{odd}/codes", {"codes": ["ABCD-9"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["feed?after=%00", "feed?after=9999999999999999999_1", "feed?after=1_99999999999999999999",
     "members/{}/history?before=%00", "members/{}/history?before=99999999999999999999"],
)  # fmt: skip
async def test_odd_cursors_are_refused(server, member, query):
    answer = await server.ask("GET", f"/v1/{query.format(member)}")
    assert answer.status_code in (400, 422), answer.text


async def test_a_key_dates_back_at_most_as_far_as_its_maker(server):
    services = server.app.services
    maker = await services.api_keys.create(
        server.program_id, "maker", ("keys:write",), backdate_us=7 * DAY
    )
    body = {"name": "made", "scopes": ["keys:write"]}
    before = len((await server.ask("GET", "/v1/keys")).json()["keys"])
    far = await server.ask("POST", "/v1/keys", {**body, "backdate_days": 8}, key=maker.text)
    problem = far.json()
    assert (far.status_code, problem["code"]) == (403, "scope_missing")
    assert (problem["pointer"], problem["found"]) == ("/backdate_days", "8")
    assert problem["expected"] == "at most 7, as far back as the key that makes it"
    assert len((await server.ask("GET", "/v1/keys")).json()["keys"]) == before
    near = await server.ask("POST", "/v1/keys", {**body, "backdate_days": 7}, key=maker.text)
    assert (near.status_code, near.json()["backdate_days"]) == (201, 7)
    unsaid = await server.ask("POST", "/v1/keys", body, key=maker.text)
    assert (unsaid.status_code, unsaid.json()["backdate_days"]) == (201, 7)
    usual = await server.ask("POST", "/v1/keys", body)
    assert usual.json()["backdate_days"] == 30 < YEAR // DAY
