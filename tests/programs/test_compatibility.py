"""What may follow on a version, by what members hold: one row per refusal and warning."""

import pytest
from tests.core.document.documents import example

from regulars.core.document import load_document
from regulars.programs.compatibility import compare_with_previous

STARS_RULE = """  - id: stars
    name: Stars for every ten euros
    on: purchase
    earn: {currency: stars, per_money: {each: "10.00", points: "0.5"}}
    limits:
      per_member: [{points: "50", period: month}]
"""
STARS = example("meadow_club")[
    example("meadow_club").index("  stars:\n") : example("meadow_club").index("\nevent_types:")
]
LADDER = example("meadow_club")[
    example("meadow_club").index("tiers:\n  by:") : example("meadow_club").index("\nrewards:")
]
NO_TIERS = [
    (LADDER, ""),
    ("    expiry_by_tier:\n      gold: {kind: none}\n", ""),
    ("{when: {tier: [gold]}, earn", "{when: {channel: [app]}, earn"),
    (", tiers: [silver, gold]}", "}"),
]

Edits = list[tuple[str, str]]
ROWS: list[tuple[str, str, str, Edits]] = [
    ("error", "money_changed", "/money", [("currency: EUR", "currency: USD")]),
    ("error", "currency_removed", "/currencies/stars", [(STARS, ""), (STARS_RULE, "")]),
    ("error", "currency_decimals", "/currencies/stars/decimals", [("decimals: 1", "decimals: 2")]),
    ("error", "tier_removed", "/tiers/ladder", [("{id: silver,", "{id: bronze,"),
     ("[silver, gold]", "[gold]")]),
    ("error", "tier_removed", "/tiers/ladder", NO_TIERS),
    ("error", "personal_changed", "/attributes/birthday/personal",
     [("{type: date, personal: true}", "{type: date}")]),
    ("error", "personal_changed", "/event_types/workshop.attended/fields/feedback/personal",
     [("{type: string, personal: true}", "{type: string}")]),
    ("warning", "time_zone_changed", "/time_zone", [("Europe/Berlin", "Europe/Vienna")]),
    ("warning", "tier_metric_changed", "/tiers/by",
     [("period: 12 months}\n  #", "period: lifetime}\n  #")]),
    ("warning", "attribute_removed", "/attributes/favourite",
     [("  favourite: {type: string, one_of: [bath, kitchen, garden]}\n", "")]),
    ("warning", "attribute_type", "/attributes/favourite/type",
     [("favourite: {type: string, one_of: [bath, kitchen, garden]}", "favourite: {type: date}")]),
    ("warning", "rule_currency_changed", "/earning/8/earn/currency",
     [('earn: {currency: points, fixed: "50"}', 'earn: {currency: stars, fixed: "50"}')]),
]  # fmt: skip

HARMLESS: list[Edits] = [
    [],
    [(STARS_RULE, "")],
    [("  - id: base\n", "  - id: basis\n"), ("rule: base,", "rule: basis,")],
    [("at_least: \"1000.00\"", "at_least: \"500.00\"")],
    [("segments: [staff, press]", "segments: [staff]")],
    [("pending: 14 days", "pending: none"), ("clawback: negative", "clawback: clamp")],
    [("refund: proportional", "refund: redecide")],
]  # fmt: skip


def after(edits: Edits) -> str:
    text = example("meadow_club")
    for before, now in edits:
        assert before in text, before
        text = text.replace(before, now)
    return text


@pytest.mark.parametrize(
    ("severity", "code", "path", "edits"), ROWS, ids=[f"{row[1]}:{row[2]}" for row in ROWS]
)
def test_what_a_change_does_to_members(severity: str, code: str, path: str, edits: Edits) -> None:
    before, text = load_document(example("meadow_club")), after(edits)
    found = compare_with_previous(before, load_document(text), text)
    assert {(one.severity, one.code, one.path) for one in found} == {(severity, code, path)}


@pytest.mark.parametrize("edits", HARMLESS)
def test_harmless_changes_have_no_finding(edits: Edits) -> None:
    before, text = load_document(example("meadow_club")), after(edits)
    assert compare_with_previous(before, load_document(text), text) == []
