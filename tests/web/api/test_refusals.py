"""What a refusal says: nothing that only the journal knows by, points as the caller writes them."""

import pytest

from regulars.core.decision import Refusal
from regulars.web.api.wire.answers import refusal_answer


async def _refused_refund(server, name):
    member = await server.enrol(external_id=name)
    await server.buy(member, f"{name}-1", source="till")
    refund = {
        "type": "refund",
        "id": f"{name}-2",
        "source": "till",
        "purchase": {"source": "till", "id": f"{name}-1"},
        "lines": [{"id": "1", "quantity": 2, "amount_minor": 10_000}],
    }
    answer = await server.ask("POST", "/v1/events", refund)
    return member, refund, answer.json()


async def test_a_purchase_is_named_by_the_identity_that_the_shop_gave_it(server):
    member, refund, answer = await _refused_refund(server, "over")
    assert answer["refusal"]["code"] == "over_refund", answer
    data = answer["refusal"]["data"]
    assert (data["purchase_source"], data["purchase_id"]) == ("till", "over-1")
    assert "purchase_seq" not in data
    # Wherever the same decision is read it says the same.
    again = (await server.ask("POST", "/v1/events", {"events": [refund]})).json()
    assert again["outcomes"][0]["refusal"]["data"] == data
    entry = (await server.ask("GET", f"/v1/entries/{answer['entry']}")).json()
    history = (await server.ask("GET", f"/v1/members/{member}/history")).json()
    exported = (await server.ask("GET", f"/v1/members/{member}/export")).json()
    assert entry["refusal"]["data"] == history["entries"][0]["refusal"]["data"] == data
    found = [one for one in exported["history"] if one["entry"] == answer["entry"]]
    assert found[0]["refusal"]["data"] == data


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (
            {"currency": "stars", "needed": 15, "available": 0},
            {"currency": "stars", "needed": "1.5", "available": "0"},
        ),
        ({"hold": 12, "known_as": ""}, {"redemption": "red_0000000000101_12", "known_as": ""}),
        (
            {"hold": 12, "expired_at": 0},
            {"redemption": "red_0000000000101_12", "expired_at": "1970-01-01T00:00:00.000000Z"},
        ),
        ({"status": "merged", "into": 1025}, {"status": "merged", "into": "mem_0000000000101"}),
        ({"status": "closed", "into": 0}, {"status": "closed"}),
        ({"reward": "x", "limit": 2, "used": 2}, {"reward": "x", "limit": 2, "used": 2}),
    ],
)
def test_data_are_what_a_caller_knows(data, shown):
    assert refusal_answer(Refusal("any", data), 1025, {"stars": 1}).data == shown
