"""An instant that cannot be kept or meant is refused where it stands; nothing that is kept fails
to be shown."""

import pytest

from tests.web.api.server import MEADOW, purchase

UNKEPT = (
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:59-10:00",
    "1970-01-01T00:00:00Z",
)
BOUNDS = "1970-01-01T00:00:01Z to 9999-12-31T00:00:00Z"


def adjustment(member, **more):
    return {"member": {"id": member}, "currency": "points", "points": "5", "reason": "goodwill",
            "actor": "anna", **more}  # fmt: skip


def writes(member, text):
    """Every write that takes an instant, with the pointer of that instant."""
    return {
        "/occurred_at": ("/v1/events", purchase(member, "when", occurred_at=text)),
        "/expires_at": ("/v1/adjustments", adjustment(member, expires_at=text)),
        "/enrolled_at": ("/v1/members", {"enrolled_at": text}),
        "/effective_from": (
            "/v1/programs/meadow-club/versions",
            {"document": MEADOW, "effective_from": text},
        ),
    }


@pytest.mark.parametrize("text", UNKEPT)
@pytest.mark.parametrize(
    "pointer", ["/occurred_at", "/expires_at", "/enrolled_at", "/effective_from"]
)
async def test_an_instant_that_cannot_be_kept_is_refused(server, member, text, pointer):
    path, body = writes(member, text)[pointer]
    answer = await server.ask("POST", path, body, idempotency=f"{pointer}{text}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_value"), answer.text
    assert (problem["pointer"], problem["found"]) == (pointer, text)
    assert BOUNDS in problem["expected"]


@pytest.mark.parametrize("text", ["2027-06-15T10:00:00Z", "2020-01-01T00:00:00Z"])
async def test_points_cannot_be_given_that_have_expired(server, member, text):
    body = adjustment(member, expires_at=text)
    answer = await server.ask("POST", "/v1/adjustments", body, idempotency=f"expired-{text}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "out_of_range"), answer.text
    found = text.replace("Z", ".000000Z")
    assert (problem["pointer"], problem["found"]) == ("/expires_at", found)
    assert problem["expected"] == (
        "later than 2027-06-15T10:00:00.000000Z, when the points are given"
    )


async def test_points_can_be_given_until_any_instant_to_come(server, member):
    for text in ("2027-06-15T10:00:00.000001Z", "9999-12-31T00:00:00Z"):
        body = adjustment(member, expires_at=text)
        answer = await server.ask("POST", "/v1/adjustments", body, idempotency=f"until-{text}")
        assert answer.json()["status"] == "accepted", answer.text
    for path in ("balance", "history", "export"):
        assert (await server.ask("GET", f"/v1/members/{member}/{path}")).status_code == 200


async def test_an_adjustment_is_answered_again_after_its_points_have_expired(server, member):
    body = adjustment(member, expires_at="2027-06-15T10:30:00Z")
    first = await server.ask("POST", "/v1/adjustments", body, idempotency="until-soon")
    assert first.json()["status"] == "accepted", first.text
    server.clock.advance(seconds=3_600)
    try:
        again = await server.ask("POST", "/v1/adjustments", body, idempotency="until-soon")
        assert (again.status_code, again.json()["entry"]) == (200, first.json()["entry"])
        other = await server.ask("POST", "/v1/adjustments", body, idempotency="until-then")
        assert other.json()["code"] == "out_of_range"
    finally:
        server.clock.advance(seconds=-3_600)


async def test_nobody_is_enrolled_in_the_future(server):
    late = await server.ask("POST", "/v1/members", {"enrolled_at": "2027-06-15T10:05:00.000001Z"})
    problem = late.json()
    assert (late.status_code, problem["code"]) == (422, "out_of_range")
    assert problem["pointer"] == "/enrolled_at"
    assert problem["expected"] == "at most 5 minutes after 2027-06-15T10:00:00.000000Z"
    right = await server.ask("POST", "/v1/members", {"enrolled_at": "2027-06-15T10:05:00Z"})
    assert right.status_code == 201
