"""Quotes, holds, captures and voids over the wire; programs, stock and voucher pools."""

import pytest

from regulars.web.api.operations import redemptions
from tests.web.api.server import MEADOW, purchase

CART = {
    "currency": "EUR",
    "lines": [{"id": "1", "sku": "SOAP-1", "quantity": 2, "gross_minor": 4000, "category": "bath"}],
}


@pytest.fixture
async def rich(server, request) -> str:
    """A member with 5,000 active points."""
    return await _enrol_rich(server, external_id=request.node.name)


async def _enrol_rich(server, **profile) -> str:
    member = await server.enrol(**profile)
    body = {"member": {"id": member}, "currency": "points", "points": "5000", "reason": "r",
            "actor": "a"}  # fmt: skip
    answer = await server.ask("POST", "/v1/adjustments", body, idempotency=f"rich-{member}")
    assert answer.json()["status"] == "accepted"
    return member


async def test_a_quote_says_what_is_earned_and_what_is_missing(server, rich):
    body = {"member": {"id": rich}, "order": CART, "rewards": [{"reward": "five-euros"}]}
    quote = await server.ask("POST", "/v1/quotes", body)
    assert quote.status_code == 200, quote.text
    answer = quote.json()
    assert answer["chosen"][0]["usable"] is True
    assert answer["discount_minor"] == 500
    offers = {one["reward"]: one for one in answer["rewards"]}
    assert offers["five-euros"]["points"] == "500"
    assert offers["bath-off"]["usable"] is False
    assert offers["bath-off"]["reasons"][0]["code"]
    assert {award["rule"] for award in answer["earns"]} >= {"base"}
    unknown = await server.ask("POST", "/v1/quotes", {**body, "member": {"card": "nobody"}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_member")


async def test_a_redemption_is_held_captured_and_used_by_the_order(server, rich):
    hold = {"member": {"id": rich}, "reward": "five-euros", "cart": CART}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"h-{rich}")
    assert held.status_code == 200, held.text
    assert held.json()["status"] == "accepted"
    redemption = held.json()["redemption"]
    again = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"h-{rich}")
    assert again.json()["redemption"] == redemption
    shown = (await server.ask("GET", f"/v1/redemptions/{redemption}")).json()
    assert (shown["status"], shown["points"], shown["discount_minor"]) == ("held", "500", 500)
    captured = await server.ask(
        "POST", f"/v1/redemptions/{redemption}/capture", idempotency=f"c-{rich}"
    )
    assert captured.json()["status"] == "accepted", captured.text
    shown = (await server.ask("GET", f"/v1/redemptions/{redemption}")).json()
    assert shown["status"] == "captured"
    order = await server.buy(rich, f"order-{rich}", 4000, redemptions=[redemption])
    assert order["status"] == "accepted"
    late = await server.ask("POST", f"/v1/redemptions/{redemption}/void", idempotency=f"v-{rich}")
    assert late.json()["status"] == "refused"
    assert late.json()["refusal"]["code"] == "hold_not_open"


async def test_a_voided_hold_gives_everything_back(server, rich):
    hold = {"member": {"id": rich}, "reward": "soap", "cart": CART}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"h-{rich}")
    assert held.json()["status"] == "accepted", held.text
    redemption = held.json()["redemption"]
    body = {"reason": "changed their mind"}
    path = f"/v1/redemptions/{redemption}/void"
    voided = await server.ask("POST", path, body, idempotency=f"v-{rich}")
    assert voided.json()["status"] == "accepted", voided.text
    shown = (await server.ask("GET", f"/v1/redemptions/{redemption}")).json()
    assert shown["status"] == "voided"
    balance = (await server.ask("GET", f"/v1/members/{rich}/balance")).json()
    assert balance["wallets"][0]["active"] == "5000"


async def test_a_voucher_code_is_shown_at_the_capture(server, rich):
    added = await server.ask(
        "POST", "/v1/voucher-pools/cinema-2027/codes", {"codes": ["POPCORN-1", "POPCORN-2"]}
    )
    assert added.status_code == 200, added.text
    hold = {"member": {"id": rich}, "reward": "cinema"}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"h-{rich}")
    assert held.json()["status"] == "accepted", held.text
    assert "POPCORN" not in held.text
    path = f"/v1/redemptions/{held.json()['redemption']}"
    captured = await server.ask("POST", f"{path}/capture", {}, idempotency=f"c-{rich}")
    (code,) = captured.json()["voucher_codes"]
    assert code.startswith("POPCORN-")
    assert (await server.ask("GET", path)).json()["voucher_codes"] == [code]
    pools = (await server.ask("GET", "/v1/voucher-pools")).json()["pools"]
    assert {"pool": "cinema-2027", "free": 1, "claimed": 1, "withdrawn": 0} in pools


async def test_a_refused_hold_is_an_answer_with_its_data(server, member):
    hold = {"member": {"id": member}, "reward": "cinema"}
    answer = await server.ask("POST", "/v1/redemptions", hold, idempotency="poor")
    assert answer.status_code == 200
    assert answer.json()["status"] == "refused"
    assert answer.json()["refusal"]["code"]
    unknown = await server.ask(
        "POST", "/v1/redemptions", {**hold, "reward": "yacht"}, idempotency="yacht"
    )
    assert unknown.json()["refusal"]["code"] == "unknown_reward"


ADJUSTMENTS = [
    ({"points": "0"}, "invalid_value", "/points"),
    ({"points": "1.5"}, "invalid_value", "/points"),
    ({"points": "999999999999999", "currency": "dollars"}, "unknown_currency", "/currency"),
    ({"points": "1e3"}, "out_of_range", "/points"),
    ({"points": 5}, "wrong_type", "/points"),
    ({"reason": ""}, "out_of_range", "/reason"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), ADJUSTMENTS)
async def test_an_adjustment_is_checked(server, member, change, code, pointer):
    body = {"member": {"id": member}, "currency": "points", "points": "1", "reason": "r",
            "actor": "a", **change}  # fmt: skip
    answer = await server.ask("POST", "/v1/adjustments", body, idempotency="wrong")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["pointer"]) == (422, code, pointer)


async def test_a_program_is_checked_published_and_shown(server):
    path = "/v1/programs/meadow-club"
    shown = (await server.ask("GET", path)).json()
    latest = shown["latest_version"]
    broken = MEADOW.replace('points: "50"', 'points: "fifty"', 1)
    checked = (await server.ask("POST", f"{path}/check", {"document": broken})).json()
    assert checked["valid"] is False
    assert checked["findings"][0]["line"]
    refused = await server.ask("POST", f"{path}/versions", {"document": broken})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_program")
    assert refused.json()["findings"]
    wrong = await server.ask(
        "POST", f"{path}/versions", {"document": MEADOW.replace("meadow-club", "river-club")}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_program")
    changed = {"document": MEADOW.replace("name: Welcome", "name: Hello")}
    published = await server.ask("POST", f"{path}/versions", changed, idempotency="publish-1")
    assert published.status_code == 201, published.text
    assert published.json()["version"] == latest + 1
    again = await server.ask("POST", f"{path}/versions", changed, idempotency="publish-1")
    assert again.json() == published.json()
    versions = (await server.ask("GET", f"{path}/versions")).json()["versions"]
    assert len(versions) == latest + 1
    current = (await server.ask("GET", f"{path}/versions/current")).json()
    assert current["version"] == latest + 1
    assert "name: Hello" in current["document"]
    assert (await server.ask("GET", f"{path}/versions/99")).status_code == 404
    assert (await server.ask("GET", "/v1/programs/river-club")).status_code == 404


async def test_stock_is_shown_and_set(server):
    stock = (await server.ask("GET", "/v1/stock")).json()["stock"]
    assert {
        key: value
        for key, value in next(one for one in stock if one["reward"] == "cinema").items()
        if key in ("reward", "total")
    } == {"reward": "cinema", "total": 1000}
    answer = await server.ask("PUT", "/v1/stock/cinema", {"total": 1200})
    assert answer.json()["total"] == 1200
    low = await server.ask("PUT", "/v1/stock/yacht", {"total": 1})
    assert low.status_code == 404


async def test_how_a_redemption_ended_is_found_however_much_came_in_between(
    server, rich, monkeypatch
):
    monkeypatch.setattr(redemptions, "ENTRIES_AT_ONCE", 2)
    hold = {"member": {"id": rich}, "reward": "five-euros", "cart": CART}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"far-{rich}")
    redemption = held.json()["redemption"]
    for number in range(5):
        await server.buy(rich, f"far-{rich}-{number}")
    await server.ask("POST", f"/v1/redemptions/{redemption}/void", idempotency=f"farv-{rich}")
    for number in range(5, 8):
        await server.buy(rich, f"far-{rich}-{number}")
    shown = (await server.ask("GET", f"/v1/redemptions/{redemption}")).json()
    assert shown["status"] == "voided"


async def test_an_order_names_redemptions_of_its_own_member_however_it_names_them(server, rich):
    hold = {"member": {"id": rich}, "reward": "five-euros", "cart": CART}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"own-{rich}")
    redemption = held.json()["redemption"]
    await server.enrol(cards=["20270001"])
    wrong = {**purchase("", "own-1", redemptions=[redemption]), "member": {"card": "20270001"}}
    answer = await server.ask("POST", "/v1/events", wrong)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_redemption")
    assert problem["pointer"] == "/redemptions/0"
    right = purchase(rich, "own-2", redemptions=[redemption])
    answer = await server.ask("POST", "/v1/events", {"events": [wrong, right]})
    first, second = answer.json()["outcomes"]
    assert first["problem"]["code"] == "unknown_redemption"
    assert first["problem"]["pointer"] == "/events/0/redemptions/0"
    assert second["status"] == "accepted"
    swap = {"member": {"card": "20270001"}, "reward": "soap",
            "cart": {**CART, "redemptions": [redemption]}}  # fmt: skip
    answer = await server.ask("POST", "/v1/redemptions", swap, idempotency=f"own-3-{rich}")
    assert answer.json()["pointer"] == "/cart/redemptions/0"


async def test_an_order_with_a_redemption_is_answered_again_after_a_merge(server, rich):
    old = await _enrol_rich(server, cards=["20270002"])
    hold = {"member": {"id": old}, "reward": "five-euros", "cart": CART}
    held = await server.ask("POST", "/v1/redemptions", hold, idempotency=f"merged-{rich}")
    redemption = held.json()["redemption"]
    order = {**purchase("", "merged-1", redemptions=[redemption]), "member": {"card": "20270002"}}
    first = await server.ask("POST", "/v1/events", order)
    assert first.json()["status"] == "accepted", first.text
    merged = await server.ask(
        "POST", f"/v1/members/{old}/merge", {"into": rich}, idempotency=f"merge-{rich}"
    )
    assert merged.status_code == 200, merged.text
    again = await server.ask("POST", "/v1/events", order)
    assert again.status_code == 200, again.text
    assert again.json()["entry"] == first.json()["entry"]
