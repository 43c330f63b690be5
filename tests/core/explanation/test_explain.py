"""Explanations: what a person reads of each verdict, condition, effect and refusal."""

from typing import Any

import msgspec
import pytest
from tests.core.programs import (
    TUESDAY,
    buying,
    doing,
    fixed,
    line,
    meadow,
    order,
    per_euro,
    program,
)
from tests.core.zones import at

from regulars.core import effects as kinds
from regulars.core import trace
from regulars.core.accounts import Account
from regulars.core.compiled import Program
from regulars.core.conditions.subject import Subject
from regulars.core.decision import ENGINE_VERSION, Considered, Context, Entry, Refusal
from regulars.core.earning import earn
from regulars.core.effects import SLIDING, WAITING, Effect
from regulars.core.errors import InsufficientPoints, OverRefund, Refused
from regulars.core.events import Activity, Attributes, Event, Line, Purchase
from regulars.core.events import Refund as RefundBody
from regulars.core.explanation import explain, explain_condition

MEADOW = meadow()
NOW = at(TUESDAY)


def entry(subject: Subject, compiled: Program, effects: tuple[Effect, ...] = ()) -> Entry:
    found = earn(compiled, subject)
    return Entry(
        compiled.version, ENGINE_VERSION, "test",
        Event(subject.kind, "shop", "1", subject.at, subject.body),
        None, (), effects, found.awards, found.trace, found.context,
    )  # fmt: skip


def sentences(compiled: Program, subject: Subject, locale: str = "en") -> list[str]:
    rules = explain(compiled, entry(subject, compiled), locale).rules
    return [sentence for rule in rules for sentence in rule.sentences]


def test_a_basket_in_the_meadow_club() -> None:
    bought = order(
        line(3597, 1, category="bath"),
        line(2396, 2, category="kitchen", quantity=4),
        channel="web",
    )
    subject = buying(
        bought,
        tier="silver",
        nth_purchase=4,
        counters={"points/three-kitchen/30d": (at(TUESDAY) // 86_400_000_000, 280)},
    )
    found = explain(MEADOW, entry(subject, MEADOW))
    assert found.inputs == (
        "Tier before: Silver.",
        "Purchase number 4.",
        "Three kitchen things: 280 Points before (in 30 days).",
    )
    assert [(rule.rule, rule.verdict, rule.units, rule.earned) for rule in found.rules] == [
        ("base", "earned", 59, 59),
        ("stars", "earned", 30, 30),
        ("bath-double", "earned", 35, 35),
        ("big-basket", "outstacked", 25, 0),
        ("happy-hour", "condition", 0, 0),
        ("every-fifth", "condition", 0, 0),
        ("three-kitchen", "clipped", 30, 20),
        ("spring-code", "condition", 0, 0),
        ("tier:silver", "multiplied", 11, 11),
    ]
    said = {rule.rule: rule.sentences for rule in found.rules}
    assert said["base"] == (
        "1 Point for every EUR 1.00: EUR 59.93 gives 59.93 Points.",
        "Rounded down to 59 Points.",
        "59 Points earned.",
    )
    assert said["stars"][0] == "0.5 Stars for every EUR 10.00: EUR 59.93 gives 2.9965 Stars."
    assert said["big-basket"][1] == (
        "25 Points not added: in the same group, Double points on bath things earns instead."
    )
    assert said["three-kitchen"][-1] == (
        "Cut from 30 Points to 20 Points: at most 300 Points in 30 days,"
        " 280 Points were used before."
    )
    assert said["spring-code"] == (
        "Nothing earned.",
        "None of these alternatives holds.",
        "Required: one of the rule's coupon codes; found: 0 other coupons.",
        "Required: attribute newsletter: yes; found: nothing.",
    )
    assert said["tier:silver"] == ("The tier adds 11 Points to 114 Points.",)
    assert found.rules[5].failures[0].missing == "1 more purchase"
    assert found.rules[3].instead == "bath-double"


def test_german_has_its_own_words_numbers_and_dates() -> None:
    subject = buying(order(line(123_456)), moment="2027-04-02T16:30")
    found = explain(MEADOW, entry(subject, MEADOW), "de-AT")
    assert found.rules[0].name == "Ein Punkt je Euro"
    assert found.rules[0].sentences == (
        "1 Punkt je 1,00 EUR: 1.234,56 EUR ergibt 1.234,56 Punkte.",
        "Abwärts gerundet auf 1.234 Punkte.",
        "1.234 Punkte gesammelt.",
    )
    assert found.rules[5].failures[0].required == "jeder 5. Einkauf"


def test_another_language_reads_english_words_and_the_programs_own_names() -> None:
    found = explain(MEADOW, entry(buying(), MEADOW), "fr")
    assert found.rules[0].sentences[-1] == "10 Points earned."


@pytest.mark.parametrize(
    ("rule", "subject", "says"),
    [
        (fixed("5"), buying(), ["A fixed 5 Points.", "5 Points earned."]),
        (
            per_euro("0.333"),
            buying(order(line(100))),
            [
                "0.333 Points for every EUR 1.00: EUR 1.00 gives 0.333 Points.",
                "Rounded down to 0 Points.",
                "Nothing earned.",
            ],
        ),
        (
            {"earn": {"currency": "points", "per_quantity": {"each": 3, "points": "30"}}},
            buying(order(line(100, quantity=7))),
            [
                "30 Points for every 3 units; 7 units: 60 Points.",
                "60 Points earned.",
            ],
        ),
        (
            {
                "earn": {
                    "currency": "points",
                    "bands": {"of": "money", "steps": [{"from": "20", "points": "9"}]},
                }
            },
            buying(order(line(1999))),
            ["EUR 19.99 is below the first step from EUR 20.00.", "Nothing earned."],
        ),
        (
            {
                "earn": {
                    "currency": "points",
                    "bands": {"of": "quantity", "steps": [{"from": "2", "points": "9"}]},
                }
            },
            buying(order(line(1999, quantity=2))),
            ["2 units reaches the step from 2 units: 9 Points.", "9 Points earned."],
        ),
        (
            {
                "earn": {
                    "currency": "points",
                    "first_match": [{"when": {"channel": ["web"]}, "earn": {"fixed": "3"}}],
                }
            },
            buying(),
            ["None of the choices applies.", "Nothing earned."],
        ),
        (
            fixed(items={"category": ["bath", "garden"], "not": {"brand": ["X"]}}),
            buying(),
            [
                "Nothing earned: no line of the order matches category bath or garden and not:"
                " brand X."
            ],
        ),
        (
            fixed("9", limits={"uses": [{"count": 2, "period": "lifetime"}]}),
            buying(counters={"uses/rule-0/lifetime": (0, 2)}),
            ["A fixed 9 Points.", "Nothing earned: 2 of 2 uses in all."],
        ),
        (
            fixed("9", limits={"per_transaction": {"points": "8", "over": "reject"}}),
            buying(),
            [
                "A fixed 9 Points.",
                "Nothing earned: 9 Points is more than the limit of 8 Points per purchase.",
            ],
        ),
        (
            fixed("9", limits={"per_transaction": {"points": "8"}}),
            buying(),
            [
                "A fixed 9 Points.",
                "Cut from 9 Points to 8 Points: at most 8 Points per purchase.",
            ],
        ),
    ],
)
def test_formulas_and_limits(rule: dict[str, Any], subject: Subject, says: list[str]) -> None:
    assert sentences(program(rule), subject) == says


def test_an_exclusive_rule_is_named() -> None:
    said = sentences(program(fixed("5"), fixed("3", exclusive=True)), buying())
    assert said[1] == "5 Points not added: Rule 1 earns alone."


@pytest.mark.parametrize(
    ("condition", "required", "actual", "missing"),
    [
        ({"subtotal": {"at_least": "50"}}, "an order of at least EUR 50.00", "EUR 10.00", "EUR 40.00"),  # noqa: E501
        ({"subtotal": {"at_most": "5"}}, "an order of at most EUR 5.00", "EUR 10.00", ""),
        ({"quantity": {"at_least": 2, "at_most": 4}}, "an order with a quantity of 2 to 4", "1 unit", "1 unit"),  # noqa: E501
        ({"items": {"tag": ["x"]}}, "items of tag x: a quantity of at least 1", "0 units", "1 unit"),  # noqa: E501
        (
            {"items": {"sku": ["S-1"], "amount": {"at_least": "12"}}},
            "items of article S-1: worth at least EUR 12.00", "EUR 10.00", "EUR 2.00",
        ),
        (
            {
                "items": {
                    "sku": ["S-1"], "quantity": {"at_least": 1}, "amount": {"at_least": "12"},
                }
            },
            "items of article S-1: a quantity of at least 1 and worth at least EUR 12.00",
            "EUR 10.00", "",
        ),
        ({"channel": ["web", "app"]}, "channel web or app", "nothing", ""),
        ({"store": ["B1"]}, "store B1", "nothing", ""),
        ({"payment": ["card"]}, "paid with card", "nothing", ""),
        ({"coupon": ["SECRET"]}, "one of the rule's coupon codes", "0 other coupons", ""),
        ({"nth_purchase": {"every": 5}}, "every purchase number 5", "purchase number 1", "4 more purchases"),  # noqa: E501
        ({"nth_purchase": {"in": [2, 3]}}, "purchase number 2 or 3", "purchase number 1", ""),
        ({"nth_purchase": {"at_least": 3}}, "purchase number at least 3", "purchase number 1", "2 more purchases"),  # noqa: E501
        ({"member_for": {"at_least": "900 days"}}, "a member for at least 900 days", "670 days", "230 days"),  # noqa: E501
        ({"member_for": {"at_most": "1 month"}}, "a member for at most 1 month", "670 days", ""),
        ({"between": {"until": "2027-03-01"}}, "before 2027-03-01 00:00", "Tuesday, 2027-03-02 16:30 (Europe/Berlin)", ""),  # noqa: E501
        ({"between": {"from": "2027-04-01T08:00"}}, "from 2027-04-01 08:00 on", "Tuesday, 2027-03-02 16:30 (Europe/Berlin)", ""),  # noqa: E501
        ({"dates": {"on": ["12-24", "2027-05-01"]}}, "on 12-24 or 2027-05-01", "Tuesday, 2027-03-02 16:30 (Europe/Berlin)", ""),  # noqa: E501
        ({"weekly": {"days": ["sat"], "from": "09:00"}}, "on Saturday from 09:00 until 24:00", "Tuesday, 2027-03-02 16:30 (Europe/Berlin)", ""),  # noqa: E501
    ],
)  # fmt: skip
def test_conditions_say_what_was_required_found_and_missing(
    condition: dict[str, Any], required: str, actual: str, missing: str
) -> None:
    compiled = program(fixed(when=condition))
    failure = explain(compiled, entry(buying(), compiled)).rules[0].failures[0]
    assert (failure.required, failure.actual, failure.missing) == (required, actual, missing)
    assert failure.kind == next(iter(condition))


def test_a_negated_condition_and_one_on_values() -> None:
    parts: dict[str, Any] = {
        "segments": ["staff"],
        "attributes": {"secret": {"type": "string", "personal": True}},
    }
    compiled = program(
        fixed(when={"not": {"segment": ["staff"]}}),
        fixed(when={"attribute": {"name": "secret", "is": "a"}}),
        fixed(when={"field": {"name": "rating", "at_least": 4}}, on="review"),
        **parts,
    )
    member = buying(segments=("staff",), attributes={"secret": "b"})
    first, second = explain(compiled, entry(member, compiled)).rules
    assert first.failures[0].required == "not: segment staff"
    assert first.failures[0].actual == "staff"
    assert second.failures[0].required == "attribute secret: a"
    assert second.failures[0].actual == "absent or not shown"
    (third,) = explain(compiled, entry(doing("review", rating=2), compiled)).rules
    assert third.failures[0].required == "field rating: at least 4"
    assert third.failures[0].actual == "2"


def test_a_reward_condition_is_explained_without_an_entry() -> None:
    reward = next(each for each in MEADOW.document.rewards if each.id == "tenth-off")
    assert reward.when is not None
    (failure,) = explain_condition(MEADOW, reward.when, (0, 2_500), NOW, "de")
    assert failure.required == "ein Einkauf von mindestens 30,00 EUR"
    assert failure.missing == "5,00 EUR"


PART = kinds.HeldPart(3, 50, 1, 0, 0, "base")
LATER = at("2027-04-01T00:00")


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        (
            kinds.LotOpened(7, "points", 59, 10, 1, NOW, LATER, SLIDING, "base"),
            "59 Points for One point for every euro, in lot 7: can be spent from"
            " 2027-04-01 00:00 (Europe/Berlin); expire without activity.",
        ),
        (
            kinds.LotOpened(8, "stars", 15, 10, 2, NOW, 0, 0, "tier:gold"),
            "1.5 Stars for Tier Gold, in lot 8: can be spent at once; never expire.",
        ),
        (
            kinds.LotOpened(9, "points", 5, 15, 2, NOW, WAITING, LATER, "adjustment", 4),
            "5 Points for an adjustment, which entry 4 should have earned, in lot 9: can be spent"
            " once confirmed; expire 2027-04-01 00:00 (Europe/Berlin).",
        ),
        (kinds.LotDrawn(7, "points", 9, 2, 3), "9 Points of lot 7 reserved."),
        (kinds.LotDrawn(7, "points", 9, 2, 12), "9 Points of lot 7 expired."),
        (kinds.LotDrawn(7, "points", 9, 2, 13), "9 Points of lot 7 taken back."),
        (kinds.LotDrawn(7, "points", 9, 2, 4), "9 Points of lot 7 pay what was owed."),
        (
            kinds.LotRestored(7, "points", 9, 11, 2, NOW, 0, 0, "base"),
            "9 Points return to lot 7; never expire.",
        ),
        (
            kinds.LotActivated(7, "points", 9, 1, 2, NOW),
            "9 Points of lot 7 can be spent from now on.",
        ),
        (kinds.Moved("points", 9, 3, 11), "9 Points spent."),
        (kinds.Moved("points", 9, 3, 12), "9 Points expired."),
        (kinds.Moved("points", 9, 4, 13), "9 Points are owed from now on."),
        (kinds.Moved("points", 9, 16, 4), "9 Points are no longer owed."),
        (kinds.Moved("points", 9, 10, 15), "9 Points move from issued to transit."),
        (
            kinds.Counted("uses/base/day", 5, -1),
            "Uses of One point for every euro that are counted per day: -1.",
        ),
        (
            kinds.Counted("points/base/30d", 5, 12),
            "What One point for every euro has given, counted in 30 days: +12 Points.",
        ),
        (
            kinds.Counted("reward/five-euros/month", 5, 1),
            "Uses of Five euros off that are counted per month: +1.",
        ),
        (
            kinds.Counted("spend/year", 5, 1_250),
            "Spending that counts for the tier, per year: +EUR 12.50.",
        ),
        (
            kinds.Counted("earned/points/year", 5, 1),
            "Earning that counts for the tier, per year: +1 Point.",
        ),
        (kinds.Counted("purchases/lifetime", 0, 1), "Purchases that are counted: +1."),
        (
            kinds.TierMoved("meadow", "silver", 25_000),
            "Tier Meadow becomes Silver at EUR 250.00.",
        ),
        (
            kinds.HoldOpened(5, "five-euros", "points", 500, 500, LATER, (PART,)),
            "Five euros off reserved for 500 Points until 2027-04-01 00:00 (Europe/Berlin),"
            " worth EUR 5.00.",
        ),
        (
            kinds.HoldClosed(5, "captured", "five-euros", "points", 500, 500),
            "Five euros off used for 500 Points.",
        ),
        (
            kinds.HoldClosed(5, "voided", "five-euros", "points", 500, 500),
            "Five euros off given back, 500 Points free again.",
        ),
        (
            kinds.HoldClosed(5, "lapsed", "gone", "points", 500, 500),
            "The reservation of gone lapsed, 500 Points free again.",
        ),
        (
            kinds.RedemptionLinked(5, "five-euros", "points", 500, 500, (PART,)),
            "Five euros off, redemption 5 for 500 Points, took EUR 5.00 off this purchase.",
        ),
        (
            kinds.RedemptionLinked(5, "cinema", "points", 500, 0, (PART,), code=True),
            "Cinema voucher, redemption 5 for 500 Points, was named by this purchase; the code"
            " stays the member's, and the points do not return with a refund.",
        ),
        (
            kinds.ClawbackLeft("points", 6, 500),
            "500 Points are held or spent; what of that returns is taken back.",
        ),
        (
            kinds.ClawbackLeft("points", 6, -500),
            "500 Points return and are taken back, since the refund in entry 6 did not find them.",
        ),
        (
            kinds.RefundProgress(4, (kinds.RefundedLine("1", 1, 1_250),)),
            "Come back so far of the purchase in entry 4: 1 line, EUR 12.50.",
        ),
        (kinds.StatusSet("closed"), "The membership has ended."),
        (
            kinds.AttributesSet({"newsletter": True, "favourite": "bath"}, ()),
            "Attributes set: favourite and newsletter; segments: nothing.",
        ),
        (
            kinds.Touched("points", NOW, LATER),
            "Activity in Points: without more of it, points expire 2027-04-01 00:00"
            " (Europe/Berlin).",
        ),
        (kinds.Revised(4, "points", -3), "What entry 4 earns changes by -3 Points."),
    ],
)
def test_effects_in_words(effect: Effect, says: str) -> None:
    body = Attributes()
    recorded = Entry(
        1, ENGINE_VERSION, "test", Event("any", "shop", "1", NOW, body), None, (effect,), (effect,)
    )
    found = explain(MEADOW, recorded)
    assert found.effects == found.due
    assert (found.effects[0].type, found.effects[0].sentence) == (type(effect).__name__, says)
    for locale in ("en", "de"):
        assert "{" not in explain(MEADOW, recorded, locale).effects[0].sentence


def refused(error: Refused | Refusal, locale: str = "en") -> Entry:
    refusal = error if isinstance(error, Refusal) else error.refusal()
    event = Event("hold", "shop", "1", NOW, Activity())
    return Entry(1, ENGINE_VERSION, "test", event, refusal, (), ())


def test_refusals_say_why_and_what_to_do() -> None:
    found = explain(MEADOW, refused(InsufficientPoints("points", 500, 120))).refusal
    assert found is not None
    assert found.sentence == "500 Points are needed, 120 Points can be spent now."
    assert found.next_step.startswith("Choose a reward that costs less")
    german = explain(MEADOW, refused(OverRefund(4, "1", "amount_minor", 1_000, 250)), "de")
    assert german.summary == (
        "Abgelehnt: Von Zeile 1 kommt mehr zurück, als übrig ist: 10,00 EUR von 2,50 EUR"
        " (amount_minor)."
    )


@pytest.mark.parametrize(
    "refusal", [Refusal("from_the_future"), Refusal("insufficient_points", {"gone": 1})]
)
def test_a_refusal_that_the_catalogue_cannot_say_keeps_its_code(refusal: Refusal) -> None:
    found = explain(MEADOW, refused(refusal)).refusal
    assert found is not None
    assert found.sentence == f"The event was refused ({refusal.code})."


def test_summaries() -> None:
    opened = kinds.LotOpened(7, "points", 59, int(Account.ISSUED), 2, NOW, 0, 0, "base")
    starred = kinds.LotOpened(8, "stars", 15, int(Account.ISSUED), 2, NOW, 0, 0, "stars")
    moved = kinds.TierMoved("meadow", "silver", 25_000)
    found = explain(MEADOW, entry(buying(), MEADOW, (opened, starred, moved)))
    assert found.summary == "59 Points and 1.5 Stars earned. Now in tier Silver."
    nothing = explain(MEADOW, entry(buying(Purchase((Line("1", "x", 1, 0),))), MEADOW))
    assert nothing.summary == "Nothing was earned."
    back = (
        kinds.LotDrawn(7, "points", 9, 2, int(Account.REVERSED)),
        kinds.LotRestored(3, "points", 50, int(Account.REDEEMED), 2, NOW, 0, 0, "base"),
    )
    event = Event("refund", "shop", "1", NOW, RefundBody(4))
    refund = Entry(1, ENGINE_VERSION, "test", event, None, (), back)
    assert explain(MEADOW, refund).summary == ("Refund: 9 Points taken back, 50 Points returned.")


def test_a_late_event_beyond_the_window_says_so() -> None:
    late = Entry(
        1, ENGINE_VERSION, "test", Event("signup", "shop", "1", NOW, Activity()), None, (), (),
        trace=(trace.late(NOW, LATER),),
    )  # fmt: skip
    (rule,) = explain(MEADOW, late).rules
    assert rule.verdict == "late"
    assert rule.sentences[0].startswith(
        "The event of 2027-03-02 16:30 (Europe/Berlin) came after 2027-04-01 00:00 (Europe/Berlin)"
    )


def test_an_entry_is_only_read_with_its_own_version() -> None:
    with pytest.raises(ValueError, match="version 2 read with version 1"):
        explain(MEADOW, Entry(2, 1, "test", Event("x", "s", "1", NOW, Activity()), None, (), ()))


def test_what_a_later_engine_wrote_is_called_by_its_own_name() -> None:
    later: tuple[Effect, ...] = (
        kinds.LotDrawn(1, "miles", 5, 2, 99),
        kinds.Moved("points", 5, 98, 99),
        kinds.HoldClosed(3, "donated", "kite", "miles", 5, 0),
        kinds.StatusSet("frozen"),
        kinds.TierMoved("tin", "mithril", 1),
        kinds.LotOpened(1, "miles", 5, 10, 2, 1, 0, 0, "base+tier:mithril+"),
        kinds.GrantsReturned(3, ("a",)),
    )
    refusals = (
        Refusal("limit_reached", {"reward": "kite", "period": "fortnight", "limit": 1, "used": 1}),
        Refusal("out_of_luck", {"period": "3x"}),
        Refusal("insufficient_points", {"currency": "miles", "needed": 3, "available": 1}),
    )
    recorded = Entry(
        1, ENGINE_VERSION, "test", Event("visit", "shop", "1", NOW, Activity()), None, later, later,
        trace=(Considered(0, 77, (1, 2)), Considered(900, 3), Considered(-1, 55)),
        context=Context("mithril", 1, {"uses/base/fortnight": 1, "odd": 2}),
    )  # fmt: skip
    for locale in ("en", "de"):
        found = explain(MEADOW, recorded, locale)
        assert len(found.effects) == len(found.due) == len(later)
        for refusal in refusals:
            assert explain(MEADOW, msgspec.structs.replace(recorded, refusal=refusal), locale)
    assert "fortnight" in explain(MEADOW, recorded).inputs[-1]
