"""Every finding: one row each, with its place, what was found, and what was probably meant."""

import pytest
from tests.core.document.documents import EXAMPLES, SMALL, ZONES, edited, example

from regulars.core.document import DocumentInvalid, check_document, load_document

EXAMPLE_NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))

# what is edited in meadow_club.yaml: before, after -> code, path, suggestion
MEADOW: list[tuple[str, str, str, str, str | None]] = [
    # shape of the whole
    ("refund: prop", "refnd: prop", "unknown_field", "/refnd", "refund"),
    ("time_zone: Europe/Berlin\n", "", "missing_field", "", None),
    ("regulars: 1 ", "regulars: 2 ", "unknown_choice", "/regulars", None),
    ("program: meadow-club", "program: Meadow Club", "pattern", "/program", "meadow-club"),
    ("{en: Meadow Club,", "{english!: Meadow Club,", "text_locale", "/name/english!", None),
    ("[staff, press]", "staff", "type", "/segments", None),
    ("[staff, press]", "[staff, staff]", "duplicate_id", "/segments/1", None),
    ("name: Stars\n", "name: 7\n", "text", "/currencies/stars/name", None),
    # scalars
    ("refund_wait: 30 days", "refund_wait: thirty days", "duration", "/refund_wait", None),
    ("refund_wait: 30 days", "refund_wait: 0 days", "duration", "/refund_wait", None),
    ("refund_wait: 30 days", "refund_wait: 30 minutes", "duration_unit", "/refund_wait", None),
    ('value: "0.01"', 'value: "1e-2"', "decimal", "/currencies/points/value", None),
    ('value: "0.01"', 'value: "-1"', "decimal_range", "/currencies/points/value", None),
    ('value: "0.01"', "value: .inf", "decimal", "/currencies/points/value", None),
    ('breakage: "0.12"', 'breakage: "12"', "decimal_range", "/currencies/points/breakage", None),
    ("redeemable: true", "redeemable: yes", "type", "/currencies/points/redeemable", None),
    ("decimals: 1", 'decimals: "1"', "type", "/currencies/stars/decimals", None),
    ("decimals: 1", "decimals: 5", "range", "/currencies/stars/decimals", None),
    ("until: \"18:00\"", "until: \"25:00\"", "clock_time",
     "/earning/4/when/all/1/weekly/until", None),
    ("2027-04-01T00:00", "2027-04-31T00:00", "local_time",
     "/earning/7/when/all/1/between/until", None),
    ("period: month}]\n\n  - id: bath", "period: fortnight}]\n\n  - id: bath", "period",
     "/earning/1/limits/per_member/0/period", None),
    ("period: 30 days", "period: 2 months", "period",
     "/earning/6/limits/per_member/0/period", None),
    ("period: 12 months", "period: 12 hours", "period", "/tiers/by/period", None),
    ("percent: \"20\"", "percent: \"120\"", "decimal_range",
     "/rewards/2/gives/item_discount/percent", None),
    ("each: \"1.00\"", "each: \"0\"", "decimal_range", "/earning/0/earn/per_money/each", None),
    ("sku: SOAP-1", "sku: 4711", "type", "/rewards/4/gives/free_product/sku", None),
    ("sku: SOAP-1", 'sku: ""', "length", "/rewards/4/gives/free_product/sku", None),
    # choices and single-key objects
    ("kind: rounded", "kind: roundd", "unknown_choice", "/currencies/points/expiry/kind",
     "rounded"),
    ("clawback: negative", "clawback: neg", "unknown_choice", "/currencies/points/clawback", None),
    ("stack: best_of", "stack: best", "unknown_choice", "/groups/campaigns/stack", "best_of"),
    ("type: boolean", "type: bool", "unknown_choice", "/attributes/newsletter/type", "boolean"),
    ("{subtotal: {", "{subtotl: {", "unknown_condition", "/earning/3/when/subtotl", "subtotal"),
    ("{subtotal: {at", "{channel: [web], subtotal: {at", "one_key", "/earning/3/when", None),
    ("{nth_purchase: {every: 5}}", "{}", "one_key", "/earning/5/when", None),
    ("{nth_purchase: {every: 5}}", "[]", "type", "/earning/5/when", None),
    ("{every: 5}", "{every: 5, first: 2}", "nth_purchase",
     "/earning/5/when/nth_purchase", None),
    ("{every: 5}", "{at_least: 5, at_most: 2}", "bounds_order",
     "/earning/5/when/nth_purchase", None),
    ("is: true}", "is: true, at_least: 1}", "value_test",
     "/earning/7/when/all/0/any/1/attribute", None),
    ('{at_least: "50.00"}', "{}", "bounds_missing", "/earning/3/when/subtotal", None),
    ("items: {category: [kitchen]}\n", "items: {}\n", "items_empty", "/earning/6/items", None),
    ("{from: \"2027-03-01T00:00\"", "{from: \"2027-05-01T00:00\"", "window_order",
     "/earning/7/when/all/1/between", None),
    ("fixed: \"100\"", "fixd: \"100\"", "unknown_formula", "/earning/5/earn/fixd", "fixed"),
    ("{currency: points, fixed: \"100\"}", "{currency: points}", "one_key",
     "/earning/5/earn", None),
    ("{currency: points, fixed: \"100\"}", "{fixed: \"100\"}", "missing_field",
     "/earning/5/earn", None),
    ("gives: {order_discount: {amount", "gives: {order_discont: {amount", "unknown_gift",
     "/rewards/0/gives/order_discont", "order_discount"),
    ('{percent: "10", at_most: "20.00"}', '{at_most: "20.00"}', "discount",
     "/rewards/1/gives/order_discount", None),
    ("combine: initial", "combine: inital", "unknown_choice", "/rewards/2/combine", "initial"),
    # money and zone
    ("currency: EUR", "currency: EUX", "unknown_money", "/money/currency", "EUR"),
    ("currency: EUR", "currency: euro", "pattern", "/money/currency", None),
    ("currency: EUR", "currency: JPY", "money_decimals", "/money/decimals", None),
    ("Europe/Berlin", "europe/berlin", "unknown_time_zone", "/time_zone", "Europe/Berlin"),
    ("each: \"1.00\"", "each: \"1.005\"", "money_decimals",
     "/earning/0/earn/per_money/each", None),
    # names
    ("currency: stars, per", "currency: star, per", "unknown_currency",
     "/earning/1/earn/currency", "stars"),
    ("group: campaigns", "group: campaign", "unknown_group", "/earning/2/group", "campaigns"),
    ("tier: [gold]", "tier: [golden]", "unknown_tier",
     "/earning/7/earn/first_match/0/when/tier/0", "gold"),
    ("segment: [staff]", "segment: [stuff]", "unknown_segment",
     "/earning/4/when/all/2/not/segment/0", "staff"),
    ("name: newsletter,", "name: newsleter,", "unknown_attribute",
     "/earning/7/when/all/0/any/1/attribute/name", "newsletter"),
    ("name: rating,", "name: ratings,", "unknown_field_name",
     "/earning/9/when/field/name", "rating"),
    ("on: signup", "on: sign_up", "unknown_event_type", "/earning/8/on", "signup"),
    ("      gold: {kind", "      goold: {kind", "unknown_tier",
     "/currencies/points/expiry_by_tier/goold", "gold"),
    ("tiers: [silver, gold]}", "tiers: [silver, bronze]}", "unknown_tier",
     "/rewards/2/available/tiers/1", None),
    ("multipliers: {points: \"1.1\"}", "multipliers: {pionts: \"1.1\"}", "unknown_currency",
     "/tiers/ladder/1/multipliers/pionts", "points"),
    ("id: stars", "id: base", "duplicate_id", "/earning/1/id", None),
    ("id: tenth-off", "id: five-euros", "duplicate_id", "/rewards/1/id", None),
    ("{id: gold,", "{id: silver,", "duplicate_id", "/tiers/ladder/2/id", None),
    ("id: every-fifth", "id: adjustment", "reserved_id", "/earning/5/id", None),
    ("  workshop.attended:", "  review:", "built_in_event_type", "/event_types/review", None),
    # what does not go together
    ("rule: base,", "rule: bse,", "unknown_rule", "/earning/4/earn/multiply/rule", "base"),
    ("rule: base,", "rule: star,", "unknown_rule", "/earning/4/earn/multiply/rule", None),
    ("rule: base,", "rule: happy-hours,", "unknown_rule", "/earning/4/earn/multiply/rule", None),
    ("rule: base,", "rule: welcome,", "multiply_order", "/earning/4/earn/multiply/rule", None),
    ("rule: base,", "rule: happy-hour,", "multiply_order", "/earning/4/earn/multiply/rule", None),
    ("rule: base,", "rule: stars,", "multiply_currency", "/earning/4/earn/multiply/rule", None),
    ("on: purchase\n    when:\n      all:\n        - channel",
     "on: visit\n    when:\n      all:\n        - channel", "multiply_event",
     "/earning/4/earn/multiply/rule", None),
    ("by: \"2\"", "by: \"1\"", "decimal_range", "/earning/4/earn/multiply/by", None),
    ("on: signup", "on: order.delivered", "confirming_event", "/earning/8/on", None),
    ("on: signup", "on: signup\n    items: {tag: [x]}", "needs_purchase",
     "/earning/8/items", None),
    ("on: signup", "on: signup\n    when: {coupon: [X]}", "needs_purchase",
     "/earning/8/when/coupon", None),
    ("currency: points, fixed: \"50\"", "currency: points, per_quantity: {each: 1, points: 1}",
     "needs_purchase", "/earning/8/earn/per_quantity", None),
    ("- {when: {tier: [gold]}, earn", "- {earn", "unreachable_choice",
     "/earning/7/earn/first_match/0", None),
    ("fixed: \"100\"", "fixed: \"100.5\"", "points_decimals", "/earning/5/earn/fixed", None),
    ("{from: \"100.00\", points", "{from: \"40.00\", points", "bands_order",
     "/earning/3/earn/bands/steps/1/from", None),
    ("{points: \"50\", period: month}", "{points: \"50\", period: month}, "
     "{points: \"9\", period: month}", "duplicate_period",
     "/earning/1/limits/per_member/1/period", None),
    ("name: Meadow, at_least: \"0\"", "name: Meadow, at_least: \"1\"", "ladder_start",
     "/tiers/ladder/0/at_least", None),
    ("at_least: \"1000.00\"", "at_least: \"200.00\"", "ladder_order",
     "/tiers/ladder/2/at_least", None),
    ("metric: spend,", "metric: earned,", "tier_metric", "/tiers/by", None),
    ("metric: spend,", "metric: spend, currency: points,", "tier_metric", "/tiers/by", None),
    ("metric: spend,", "metric: balance, currency: points,", "tier_metric", "/tiers/by", None),
    ("pending: 14 days", "pending: {until: signup, at_most: 1 month}", "not_confirming",
     "/currencies/points/pending/until", None),
    ("pending: 14 days", "pending: {until: arrived, at_most: 1 month}", "unknown_event_type",
     "/currencies/points/pending/until", None),
    ("gold: {kind: none}", "gold: {kind: sliding, after: 1 year}", "sliding_by_tier",
     "/currencies/points/expiry_by_tier/gold", None),
    ("cost: {currency: points, points: \"500\"}", "cost: {currency: stars, points: \"500\"}",
     "not_redeemable", "/rewards/0/cost/currency", None),
    ("cost: {currency: points, points: \"500\"}", "cost: {currency: points}", "cost_points",
     "/rewards/0/cost", None),
    ("cost: {currency: points}\n", "cost: {currency: points, points: 5}\n", "cost_points",
     "/rewards/5/cost/points", None),
    # values that are compared
    ("name: newsletter, is: true", "name: newsletter, is: yes", "value_type",
     "/earning/7/when/all/0/any/1/attribute/is", None),
    ("name: newsletter, is: true", "name: newsletter, at_least: true", "value_order",
     "/earning/7/when/all/0/any/1/attribute/at_least", None),
    ("name: newsletter, is: true", "name: favourite, in: [bath, kitchn]", "value_unknown",
     "/earning/7/when/all/0/any/1/attribute/in/1", "kitchen"),
    ("name: newsletter, is: true", "name: birthday, at_least: 2000-01-01", "personal_value",
     "/earning/7/when/all/0/any/1/attribute/name", None),
    ("name: minutes, at_least: 30", "name: minutes, at_least: \"30\"", "value_type",
     "/earning/10/when/field/at_least", None),
    ("name: minutes, at_least: 30", "name: feedback, is: good", "personal_value",
     "/earning/10/when/field/name", None),
    ("when: {subtotal: {at_least: \"30.00\"}}", "when: {field: {name: rating, is: 1}}",
     "unknown_field_name", "/rewards/1/when/field", None),
]  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_examples_have_no_findings(name: str) -> None:
    assert check_document(example(name), zones=ZONES) == []


@pytest.mark.parametrize(
    ("before", "after", "code", "path", "suggestion"),
    MEADOW,
    ids=[f"{row[2]}:{row[3]}" for row in MEADOW],
)
def test_one_mistake_is_one_finding_at_its_place(
    before: str, after: str, code: str, path: str, suggestion: str | None
) -> None:
    found = check_document(edited(example("meadow_club"), before, after), zones=ZONES)
    errors = [(one.code, one.path, one.suggestion) for one in found]
    # What names the mistaken part may follow, but the mistake itself is said exactly once.
    assert errors.count((code, path, suggestion)) == 1, [str(one) for one in found]
    follow_ups = [one for one in found if (one.code, one.path) != (code, path)]
    assert all(one.code in FOLLOW_UPS for one in follow_ups), [str(one) for one in follow_ups]
    for one in found:
        assert one.found and one.expected and one.line >= 1 and one.column >= 1


FOLLOW_UPS = (
    "unknown_tier",  # a tier that was renamed is missing where it was named
    "unknown_rule",
    "unknown_event_type",
    "unknown_field_name",
    "duplicate_id",
    "ladder_order",
    "money_decimals",  # JPY has none, and so no amount may have
)

# added to the smallest document: text -> code, path, line
SMALL_ROWS: list[tuple[str, str, str, int]] = [
    ("earning: []\nearning: []\n", "duplicate_key", "/earning", 9),
    ("basis: !!python/object:os.system {}\n", "tag", "/basis", 8),
    ("basis: &b {tax: included}\nx: {<<: *b}\n", "merge_key", "/x/<<", 9),
    ("basis: *none\n", "alias", "/basis", 8),
    ("basis: &b {exclude_items: *b}\n", "alias", "/basis/exclude_items", 8),
    ("basis: {tax: [}\n", "syntax", "", 8),
    ("---\nregulars: 1\n", "second_document", "", 8),
    ("basis: " + "[" * 50 + "]" * 50 + "\n", "too_deep", "/basis" + "/0" * 39, 8),
    ("? [a, b]\n: c\n", "key_shape", "", 8),
    (
        "earning:\n  - {id: a, name: A, on: visit, priority: 3,\n"
        "     earn: {currency: points, fixed: 1}}\n",
        "priority_unused",
        "/earning/0/priority",
        9,
    ),
    ("groups: {Big Ones: {stack: sum}}\n", "pattern", "/groups/Big Ones", 8),
    ("rewards: {}\n", "type", "/rewards", 8),
    ("tiers: {by: {metric: spend}, ladder: []}\n", "length", "/tiers/ladder", 8),
    ("segments: [" + ", ".join(f"s{n}" for n in range(201)) + "]\n", "length", "/segments", 8),
]


@pytest.mark.parametrize(
    ("added", "code", "path", "line"), SMALL_ROWS, ids=[row[1] for row in SMALL_ROWS]
)
def test_finding_points_at_its_line(added: str, code: str, path: str, line: int) -> None:
    found = check_document(SMALL + added)
    assert (code, path, line) in [(one.code, one.path, one.line) for one in found], found


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "hello", "[1, 2]", "null", "{", "\x00", "\ud800"]
)
def test_text_that_is_no_document(text: str) -> None:
    found = check_document(text)
    assert [one.severity for one in found] == ["error"]
    with pytest.raises(DocumentInvalid):
        load_document(text)


def test_too_large_texts_are_refused_before_they_are_read() -> None:
    assert [one.code for one in check_document("#" * 300_000)] == ["too_large"]
    lists = ["a0: &a0 [" + "1, " * 100 + "1]"]
    lists += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 100)}]" for n in range(1, 9)]
    assert [one.code for one in check_document("\n".join(lists))] == ["too_large"]


def test_all_mistakes_are_found_at_once() -> None:
    text = example("meadow_club")
    for before, after in (
        ("{subtotal: {", "{subtotl: {"),
        ("kind: rounded", "kind: roundd"),
        ("tier: [gold]", "tier: [golden]"),
        ("on: signup", "on: sign_up"),
        ("combine: initial", "combine: inital"),
        ('at_least: "1000.00"', 'at_least: "200.00"'),
    ):
        text = edited(text, before, after)
    found = check_document(text, zones=ZONES)
    assert [one.code for one in found] == [
        "unknown_choice",
        "unknown_condition",
        "unknown_tier",
        "unknown_event_type",
        "ladder_order",
        "unknown_choice",
    ]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_unknown_condition_lists_what_is_allowed() -> None:
    text = edited(example("meadow_club"), "{subtotal: {", "{subtotl: {")
    (found,) = check_document(text, zones=ZONES)
    assert "all, any, not, subtotal, quantity, items, channel" in found.expected
    assert (found.line, found.column) == (88, 12)
    assert str(found).startswith("88:12: error at /earning/3/when/subtotl: found")


def test_condition_depth_and_size_are_bounded() -> None:
    def rule(condition: str) -> str:
        return (
            f"{SMALL}earning:\n  - {{id: a, name: A, on: visit, when: {condition},"
            " earn: {currency: points, fixed: 1}}\n"
        )

    leaf = "{channel: [web]}"
    assert check_document(rule("{not: " * 5 + leaf + "}" * 5)) == []
    too_deep = check_document(rule("{not: " * 6 + leaf + "}" * 6))
    assert [one.code for one in too_deep] == ["condition_depth"]
    assert check_document(rule("{any: [" + ", ".join([leaf] * 199) + "]}")) == []
    too_many = check_document(rule("{any: [" + ", ".join([leaf] * 200) + "]}"))
    assert [one.code for one in too_many] == ["condition_size"]


def test_numbers_are_read_exactly_as_written() -> None:
    text = SMALL.replace('"0.01"', "0.010000000").replace('"0.1"', "0.1")
    document = load_document(text)
    assert str(document.currencies["points"].value) == "0.010000000"
    assert document == load_document(SMALL)
    assert document.canonical() == load_document(SMALL).canonical()


def test_json_is_read_too_with_places() -> None:
    document = load_document(example("meadow_club"))
    assert load_document(document.canonical()) == document
    text = '{\n\t"regulars": 1,\n\t"program": "small", "nmae": "\\ud83c\\udf3c"\n}'
    found = check_document(text)
    assert [(one.code, one.line, one.column) for one in found][-1] == ("unknown_field", 3, 22)
    assert found[-1].suggestion == "name"


def test_warnings_do_not_keep_a_document_from_being_used() -> None:
    text = SMALL.replace("breakage", "clawback: pending_only, breakage")
    assert [one.severity for one in check_document(text)] == ["warning"]
    assert load_document(text).currencies["points"].clawback == "pending_only"
