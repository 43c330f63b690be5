"""What is refused before an operation is called: bodies, headers, limits."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from regulars.app import create_app
from regulars.platform.clock import SystemClock
from regulars.platform.settings import Settings
from regulars.web.api.decoding import read_json
from regulars.web.api.problems import ApiProblem
from tests.web.api.server import purchase

JSON = {"Content-Type": "application/json"}
MALFORMED = [
    ("empty", b"", "line 1, column 1"),
    ("half", b'{"type": "purchase", ', "line 1, column"),
    ("position", b'{"a": 1,\n "b": }', "line 2, column 7"),
    ("trailing", b"{} {}", "Extra data"),
    ("NaN", b'{"a": NaN}', "NaN"),
    ("Infinity", b'{"a": -Infinity}', "-Infinity"),
    ("invalid UTF-8", b'{"a": "\xff"}', "byte 7"),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), "byte 0"),
    ("duplicate key", b'{"id": "1", "id": "2"}', "twice"),
    ("duplicate key inside", b'{"a": [{"b": 1, "b": 2}]}', "twice"),
    ("deep", b"[" * 40 + b"]" * 40, "nested"),
    ("very deep", b"[" * 100_000, "nested"),
    ("many digits", b'{"a": ' + b"9" * 5000 + b"}", "digits"),
    ("control character", b'{"a": "\x01"}', "control character"),
]


@pytest.mark.parametrize(("body", "said"), [row[1:] for row in MALFORMED],
                         ids=[row[0] for row in MALFORMED])  # fmt: skip
async def test_a_body_that_is_not_strict_json_is_400(server, body, said):
    answer = await server.ask("POST", "/v1/events", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert said in answer.text


@pytest.mark.parametrize("text", ['{"a": "x\\u0000"}', '{"a\\u0000": 1}', '{"a": ["\\udc00"]}'])
def test_escapes_cannot_bring_in_what_the_database_cannot_store(text):
    with pytest.raises(ApiProblem) as caught:
        read_json(text.encode())
    assert caught.value.code == "invalid_text"


def test_a_pair_of_surrogates_is_a_character():
    assert read_json(b'{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


async def test_a_media_type_that_is_not_json_is_415(server):
    for kind in ("text/plain", "application/json; charset=latin-1", ""):
        answer = await server.ask(
            "POST", "/v1/events", content=b"{}", headers={"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    packed = {**JSON, "Content-Encoding": "gzip"}
    answer = await server.ask("POST", "/v1/events", content=b"{}", headers=packed)
    assert answer.status_code == 415


async def test_bodies_have_a_size_for_one_event_and_for_a_batch(server, member):
    one = purchase(member, "large", channel="x" * 100)
    padding = b" " * (256 * 1024)
    answer = await server.ask(
        "POST", "/v1/events", content=httpx.Request("POST", "http://x", json=one).read() + padding,
        headers=JSON,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    huge = await server.ask(
        "POST", "/v1/events", content=b" " * (8 * 1024 * 1024 + 1), headers=JSON
    )
    assert huge.status_code == 413
    quote = await server.ask("POST", "/v1/quotes", content=b" " * (256 * 1024 + 1), headers=JSON)
    assert quote.status_code == 413


async def test_a_chunked_body_is_stopped_when_it_becomes_too_large(server):
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 65_536

    answer = await server.ask("POST", "/v1/quotes", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert taken < 10


async def test_a_batch_has_one_to_a_thousand_events(server):
    for count, code in ((0, "out_of_range"), (1001, "too_many")):
        answer = await server.ask("POST", "/v1/events", {"events": [{}] * count})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["pointer"] == "/events"
    more = await server.ask("POST", "/v1/events", {"events": [{}], "explain": True})
    assert (more.status_code, more.json()["pointer"]) == (422, "/explain")


async def test_idempotency_keys_are_required_and_plain(server, member):
    body = {"member": {"id": member}, "currency": "points", "points": "1", "reason": "r",
            "actor": "a"}  # fmt: skip
    missing = await server.ask("POST", "/v1/adjustments", body)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    long = await server.ask("POST", "/v1/adjustments", body, idempotency="x" * 201)
    assert (long.status_code, long.json()["code"]) == (400, "malformed_request")


QUERIES = [
    "?limit=0", "?limit=x", "?limit=1&limit=2", "?colour=red",
    "?after=1.2", "?after=%00", "?limit=%ff", "?after=a.b.c.d",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
async def test_query_parameters_are_checked(server, query):
    answer = await server.ask("GET", f"/v1/feed{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.status_code == 400 or answer.json()["pointer"].startswith("?")


async def test_a_request_id_is_taken_over_if_it_is_a_plain_one(server):
    mine = await server.ask("GET", "/v1/nothing", headers={"X-Request-Id": "my-request-1"})
    assert mine.headers["x-request-id"] == mine.json()["request_id"] == "my-request-1"
    other = await server.ask("GET", "/v1/nothing", headers={"X-Request-Id": "<script>"})
    assert other.headers["x-request-id"].startswith("req_")


async def test_too_many_requests_are_429_with_the_time_to_wait(database_url, tmp_path):
    settings = Settings(
        home=tmp_path, database_url=database_url, rate_limit_per_minute=3,
        log_level="warning",
    )  # fmt: skip
    app = create_app(settings, SystemClock())
    async with _plain_client(app) as (application, client):
        services = application.services
        program = await services.programs.create("limited")
        key = (await services.api_keys.create(program.program_id, "k", ("feed:read",))).text
        headers = {"Authorization": f"Bearer {key}"}
        codes = []
        for _ in range(5):
            answer = await client.get("/v1/members/x", headers=headers)
            codes.append(answer.status_code)
        assert codes[-1] == 429
        assert codes[0] == 403
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["ratelimit-policy"] == '"key";q=3;w=60'
        assert answer.headers["ratelimit"].startswith('"key";r=0;t=')
        assert answer.json()["code"] == "rate_limited"


async def test_a_server_without_its_database_says_so_and_tries_again(tmp_path):
    settings = Settings(
        home=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nothing", log_level="error"
    )
    app = create_app(settings, SystemClock())
    await app.start()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://regulars") as client:
        answer = await client.post("/v1/events", json={})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/openapi.json")).status_code == 200
    await asyncio.wait_for(app.stop(), 5)


def _plain_client(app):
    @asynccontextmanager
    async def opened():
        await app.start()
        await asyncio.wait_for(app.ready.wait(), 10)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://regulars") as client:
            yield app, client
        await app.stop()

    return opened()
