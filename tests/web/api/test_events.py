"""Events over the wire: decided, recorded once, answered with what changed."""

import json

import pytest

from tests.web.api.server import purchase


async def test_a_purchase_is_answered_with_its_effects_and_receipt(server, member):
    answer = await server.buy(member, "effects-1", 5050)
    assert answer["status"] == "accepted"
    assert answer["replayed"] is False if "replayed" in answer else True
    base = next(one for one in answer["effects"] if one.get("rule") == "base")
    assert base["type"] == "points_earned"
    assert base["currency"] == "points"
    assert base["points"] == "50"
    assert base["active_at"].startswith("2027-06-29T")
    assert len(answer["receipt"]) == 64
    assert answer["entry"].startswith("ent_")


async def test_the_same_event_again_is_the_stored_answer_and_another_body_a_conflict(
    server, member
):
    event = purchase(member, "twice")
    first = await server.ask("POST", "/v1/events", event)
    again = await server.ask("POST", "/v1/events", event)
    assert again.json() == {**first.json(), "replayed": True}
    other = await server.ask("POST", "/v1/events", {**event, "channel": "store"})
    assert other.status_code == 409
    assert other.json()["code"] == "event_conflict"


async def test_a_batch_answers_each_event_and_a_bad_one_harms_no_neighbour(server, member):
    events = [
        purchase(member, "batch-1"),
        {"type": "purchase", "id": "batch-2"},
        purchase(member, "batch-3", 700),
        {"type": "review", "id": "batch-4", "member": {"id": member}, "fields": {"mood": "x"}},
        purchase("mem_0000000000000", "batch-5"),
        17,
    ]
    answer = await server.ask("POST", "/v1/events", {"events": events})
    assert answer.status_code == 200
    outcomes = answer.json()["outcomes"]
    assert [one["status"] for one in outcomes] == [
        "accepted", "problem", "accepted", "problem", "problem", "problem",
    ]  # fmt: skip
    problems = [one["problem"] for one in outcomes if one["status"] == "problem"]
    assert [(one["code"], one["pointer"]) for one in problems] == [
        ("missing_field", "/events/1/currency"),
        ("undeclared_field", "/events/3/fields/mood"),
        ("unknown_member", "/events/4/member"),
        ("wrong_type", "/events/5"),
    ]


async def test_a_refund_takes_back_in_proportion(server, member):
    await server.buy(member, "to-refund", 10_000)
    body = {"purchase": {"id": "to-refund"}, "reason": "too large"}
    first = await server.ask("POST", "/v1/refunds", body, idempotency="refund-1")
    assert first.status_code == 200, first.text
    assert {one["to"] for one in first.json()["effects"]} == {"reversed"}
    again = await server.ask("POST", "/v1/refunds", body, idempotency="refund-1")
    assert again.json()["entry"] == first.json()["entry"]
    other = {**body, "reason": "too small"}
    conflict = await server.ask("POST", "/v1/refunds", other, idempotency="refund-1")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")


async def test_a_refund_before_its_purchase_waits_for_it(server, member):
    refund = {"type": "refund", "id": "early", "purchase": {"id": "comes-later"}}
    parked = await server.ask("POST", "/v1/events", refund)
    assert parked.status_code == 202
    assert parked.json()["status"] == "parked"
    await server.buy(member, "comes-later")


async def test_an_order_in_another_currency_is_converted_with_its_rate(server, member):
    answer = await server.buy(member, "dollars", 10_000, currency="USD", rate="0.9")
    base = next(one for one in answer["effects"] if one.get("rule") == "base")
    assert base["points"] == "90"


async def test_words_are_added_when_asked_for_in_the_readers_language(server, member):
    event = purchase(member, "explained")
    german = {"Accept-Language": "de-DE, en;q=0.5"}
    answer = await server.ask("POST", "/v1/events?explain=true", event, headers=german)
    explanation = answer.json()["explanation"]
    assert explanation["language"] == "de"
    assert explanation["summary"]
    assert {rule["rule"] for rule in explanation["rules"]} >= {"base", "happy-hour"}


async def test_an_idempotency_key_covers_the_request(server, member):
    event = purchase(member, "keyed")
    first = await server.ask("POST", "/v1/events", event, idempotency="events-1")
    again = await server.ask("POST", "/v1/events", event, idempotency="events-1")
    assert again.json()["entry"] == first.json()["entry"]
    other = await server.ask(
        "POST", "/v1/events", purchase(member, "keyed-2"), idempotency="events-1"
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


LINE = {"id": "1", "sku": "A", "quantity": 1, "gross_minor": 100}
WRONG = [
    ("missing id", {"id": None}, "wrong_type", "/id"),
    ("unknown field", {"colour": "red"}, "unknown_field", "/colour"),
    ("negative amount", {"lines": [{**LINE, "gross_minor": -1}]}, "out_of_range",
     "/lines/0/gross_minor"),
    ("beyond 2^53", {"lines": [{**LINE, "gross_minor": 2**53}]}, "out_of_range",
     "/lines/0/gross_minor"),
    ("a huge number", {"lines": [{**LINE, "gross_minor": 10**300}]}, "out_of_range",
     "/lines/0/gross_minor"),
    ("a float", {"lines": [{**LINE, "gross_minor": 1.5}]}, "wrong_type", "/lines/0/gross_minor"),
    ("sums beyond 2^53", {"lines": [{**LINE, "id": str(i), "gross_minor": 2**52} for i in (1, 2)]},
     "out_of_range", "/lines"),
    ("no lines", {"lines": []}, "out_of_range", "/lines"),
    ("too many lines", {"lines": [{**LINE, "id": str(i)} for i in range(501)]}, "out_of_range",
     "/lines"),
    ("a line id twice", {"lines": [LINE, LINE]}, "duplicate", "/lines/1/id"),
    ("discount above gross", {"lines": [{**LINE, "discount_minor": 101}]}, "inconsistent",
     "/lines/0/discount_minor"),
    ("payments above total", {"payments": [{"method": "card", "amount_minor": 5001}]},
     "inconsistent", "/payments"),
    ("long text", {"channel": "x" * 121}, "out_of_range", "/channel"),
    ("too many tags", {"lines": [{**LINE, "tags": ["t"] * 51}]}, "out_of_range", "/lines/0/tags"),
    ("currency without rate", {"currency": "USD"}, "currency_needs_rate", "/currency"),
    ("rate of zero", {"currency": "USD", "rate": "0.0"}, "currency_needs_rate", "/rate"),
    ("no such currency", {"currency": "ZZZ", "rate": "2"}, "invalid_value", "/currency"),
    ("rate is no decimal", {"currency": "USD", "rate": "1e3"}, "out_of_range", "/rate"),
    ("no instant", {"occurred_at": "yesterday"}, "invalid_value", "/occurred_at"),
    ("the future", {"occurred_at": "2027-06-15T10:06:00Z"}, "occurred_in_future", "/occurred_at"),
    ("too long ago", {"occurred_at": "2020-01-01T00:00:00Z"}, "occurred_too_long_ago",
     "/occurred_at"),
    ("no member", {"member": {}}, "missing_field", "/member"),
    ("two identifiers", {"member": {"card": "1", "number": "2"}}, "inconsistent", "/member"),
    ("unknown card", {"member": {"card": "nobody"}}, "unknown_member", "/member/card"),
    ("not a member id", {"member": {"id": "mem_x"}}, "unknown_member", "/member/id"),
    ("another's redemption", {"redemptions": ["red_0000000000101_1"]}, "unknown_redemption",
     "/redemptions/0"),
    ("reserved source", {"source": "regulars"}, "out_of_range", "/source"),
    ("source of keyed requests", {"source": "api:abc"}, "out_of_range", "/source"),
    ("NUL", {"channel": "a\0b"}, "invalid_text", "/channel"),
    ("lone surrogate", {"channel": "\ud800"}, "invalid_text", "/channel"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "pointer"), [row[1:] for row in WRONG],
                         ids=[row[0] for row in WRONG])  # fmt: skip
async def test_what_is_wrong_with_an_order_is_said_with_its_place(
    server, member, change, code, pointer
):
    event = {**purchase(member, f"wrong-{code}"), **change}
    answer = await server.ask(
        "POST",
        "/v1/events",
        content=json.dumps(event),
        headers={"Content-Type": "application/json"},
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["pointer"]) == (422, code, pointer)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["x-request-id"]
    history = await server.ask("GET", f"/v1/members/{member}/history?limit=200")
    assert f"wrong-{code}" not in {entry["id"] for entry in history.json()["entries"]}


OTHER_TYPES = [
    ({"type": "nonsense"}, "unknown_event_type", "/type"),
    ({"type": "review", "fields": {"rating": 11}}, "invalid_value", "/fields/rating"),
    ({"type": "review", "fields": {"rating": "5"}}, "invalid_value", "/fields/rating"),
    ({"type": "review", "fields": {"a/b": 1}}, "undeclared_field", "/fields/a~1b"),
    ({"type": "workshop.attended", "fields": {"topic": "wood"}}, "invalid_value", "/fields/topic"),
    ({"type": "visit", "purchase": {"id": "x"}}, "unknown_field", "/purchase"),
    ({"type": "order.delivered"}, "missing_field", "/purchase"),
    (
        {"type": "order.delivered", "purchase": {"id": "x"}, "fields": {"a": 1}},
        "undeclared_field",
        "/fields",
    ),
    ({"type": "NotAType"}, "out_of_range", "/type"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), OTHER_TYPES)
async def test_payload_fields_are_checked_against_the_program(
    server, member, change, code, pointer
):
    event = {"id": "other", "member": {"id": member}, **change}
    answer = await server.ask("POST", "/v1/events", event)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["pointer"]) == (422, code, pointer)


async def test_a_personal_field_is_taken_and_never_repeated(server, member):
    event = {
        "type": "workshop.attended",
        "id": "workshop-1",
        "member": {"id": member},
        "fields": {"topic": "soap", "minutes": 45, "feedback": "call me on 0123"},
    }
    answer = await server.ask("POST", "/v1/events", event)
    assert answer.json()["status"] == "accepted", answer.text
    assert "0123" not in answer.text
