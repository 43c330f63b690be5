"""What makes two requests the same: never what a caller uses to follow a request, and never a
request that was answered with a mistake."""

import json

import pytest

from regulars.intake.facade import RequestClaims
from tests.web.api.server import purchase


def ending(**more):
    return {"reason": "asked for it", "actor": "anna", **more}


async def test_a_callers_request_id_is_no_identity(server):
    trace = {"X-Request-Id": "trace-1"}
    first, second = [await server.enrol() for _ in range(2)]
    for member, segments in ((first, ["press"]), (second, ["press"]), (first, [])):
        change = {"segments": segments}
        answer = await server.ask("PATCH", f"/v1/members/{member}", change, headers=trace)
        assert answer.status_code == 200, answer.text
        assert answer.json().get("segments", []) == segments
    merged = await server.ask("POST", f"/v1/members/{first}/merge", {"into": second}, headers=trace)
    assert merged.json()["status"] == "accepted", merged.text
    closed = await server.ask("POST", f"/v1/members/{second}/close", ending(), headers=trace)
    assert closed.json()["status"] == "accepted", closed.text
    history = (await server.ask("GET", f"/v1/members/{second}/history")).json()["entries"]
    assert "trace-1" not in [one["id"] for one in history]


@pytest.mark.parametrize("as_batch", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "EURO"},
        {"member": {"number": "NOBODY1"}},
        {"occurred_at": "2028-01-01T00:00:00Z"},
    ],
)
async def test_a_mistake_does_not_use_up_the_key(server, member, as_batch, wrong):
    name = f"mended-{as_batch}-{next(iter(wrong))}"
    right = purchase(member, name)
    bad, good = ({**right, **wrong}, right)
    if as_batch:
        bad, good = {"events": [bad]}, {"events": [good]}
    refused = await server.ask("POST", "/v1/events", bad, idempotency=name)
    assert '"accepted"' not in refused.text
    mended = await server.ask("POST", "/v1/events", good, idempotency=name)
    assert mended.status_code == 200, mended.text
    assert '"accepted"' in mended.text
    other = purchase(member, name + "-other")
    again = await server.ask("POST", "/v1/events", other, idempotency=name)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_conflict")


async def test_a_failure_later_leaves_the_key_of_the_first_answer(server, member):
    event = purchase(member, "kept-key")
    assert (await server.ask("POST", "/v1/events", event, idempotency="kept")).status_code == 200
    server.clock.advance(seconds=-30 * 86_400)
    try:
        # The stored answer, whatever time it is.
        again = await server.ask("POST", "/v1/events", event, idempotency="kept")
        assert again.status_code == 200
    finally:
        server.clock.advance(seconds=30 * 86_400)
    other = await server.ask("POST", "/v1/events", purchase(member, "x"), idempotency="kept")
    assert other.status_code == 409


async def test_the_key_of_a_request_that_died_can_be_had_by_another_a_little_later(
    server, member, monkeypatch
):
    async def die(*given, **more):
        raise RuntimeError("the process ends here")

    wrong = purchase(member, "died", occurred_at="2028-01-01T00:00:00Z")
    right = purchase(member, "died")
    with monkeypatch.context() as patch:
        patch.setattr(RequestClaims, "release", die)
        assert (await server.ask("POST", "/v1/events", wrong, idempotency="died")).status_code > 400
    at_once = await server.ask("POST", "/v1/events", right, idempotency="died")
    assert (at_once.status_code, at_once.json()["code"]) == (409, "idempotency_conflict")
    server.clock.advance(seconds=61)
    try:
        later = await server.ask("POST", "/v1/events", right, idempotency="died")
        assert later.status_code == 200, later.text
        server.clock.advance(seconds=61)
        other = await server.ask("POST", "/v1/events", wrong, idempotency="died")
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    finally:
        server.clock.advance(seconds=-122)


async def test_a_repeat_ties_the_key_that_a_request_left_behind(server, member, monkeypatch):
    async def die(*given, **more):
        raise RuntimeError("the process ends here")

    event = purchase(member, "left")
    with monkeypatch.context() as patch:
        patch.setattr(RequestClaims, "confirm", die)
        assert (await server.ask("POST", "/v1/events", event, idempotency="left")).status_code > 400
    again = await server.ask("POST", "/v1/events", event, idempotency="left")
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    server.clock.advance(seconds=61)
    try:
        other = await server.ask("POST", "/v1/events", purchase(member, "x"), idempotency="left")
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    finally:
        server.clock.advance(seconds=-61)


async def test_the_same_json_written_otherwise_is_the_same_request(server, member):
    event = purchase(member, "rewritten")
    turned = json.dumps(dict(reversed(event.items())), indent=2)
    kind = {"Content-Type": "application/json"}
    for path, body, text in (
        ("/v1/events", event, turned),
        ("/v1/members", {"given_name": "A", "locale": "de"}, '{"locale":"de", "given_name":"A"}'),
    ):
        first = await server.ask("POST", path, body, idempotency=f"rewritten{path}")
        again = await server.ask(
            "POST", path, idempotency=f"rewritten{path}", content=text, headers=kind
        )
        assert (again.status_code, again.json().get("code")) == (first.status_code, None)
        answer = again.json()
        assert answer.get("entry", answer["id"]) == first.json().get("entry", answer["id"])


async def test_a_used_key_leaves_profile_and_segments_as_they_are(server):
    member = await server.enrol(given_name="Ann")
    given = {"member": {"id": member}, "currency": "points", "points": "5", "reason": "goodwill",
             "actor": "anna"}  # fmt: skip
    done = await server.ask("POST", "/v1/adjustments", given, idempotency="used-by-points")
    assert done.json()["status"] == "accepted"
    change = {"given_name": "Bea", "segments": ["press"]}
    path = f"/v1/members/{member}"
    answer = await server.ask("PATCH", path, change, idempotency="used-by-points")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    shown = (await server.ask("GET", path)).json()
    assert shown["profile"]["given_name"] == "Ann"
    assert "segments" not in shown
    right = await server.ask("PATCH", path, change, idempotency="a-key-of-its-own")
    assert right.json()["profile"]["given_name"] == "Bea"
    assert right.json()["segments"] == ["press"]


async def test_a_profile_that_is_refused_leaves_segments_as_they_are(server):
    await server.enrol(external_id="holder-of-this")
    member = await server.enrol()
    change = {"external_id": "holder-of-this", "segments": ["press"]}
    for key in ("", "refused-profile"):
        answer = await server.ask("PATCH", f"/v1/members/{member}", change, idempotency=key)
        assert (answer.status_code, answer.json()["code"]) == (409, "identifier_taken")
        assert "segments" not in (await server.ask("GET", f"/v1/members/{member}")).json()


async def test_a_bad_card_is_pointed_at(server, member):
    for position, cards in enumerate((["x"], ["4711", "x"])):
        wrong = await server.ask("POST", "/v1/members", {"cards": cards})
        problem = wrong.json()
        assert (wrong.status_code, problem["pointer"]) == (422, f"/cards/{position}")
        wrong = await server.ask("PATCH", f"/v1/members/{member}", {"cards": cards})
        assert (wrong.status_code, wrong.json()["pointer"]) == (422, f"/cards/{position}")
