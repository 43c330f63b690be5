"""What holds of every event under the meadow club: limits, traces, repetition, words."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.programs import meadow
from tests.core.zones import at

from regulars.core import trace
from regulars.core.codec import decode_entry, encode_entry
from regulars.core.conditions.subject import Subject, recorded_subject
from regulars.core.decision import ENGINE_VERSION, Entry
from regulars.core.earning import Earned, award_mask, earn
from regulars.core.events import Activity, Event, Line, Payment, Purchase
from regulars.core.explanation import explain
from regulars.core.periods import DAY, HOUR

MEADOW = meadow()
JOINED = at("2025-05-01T10:00")
START = at("2027-01-01T00:00")

categories = st.sampled_from(["", "bath", "kitchen", "garden"])
tags = st.sampled_from([(), ("new",), ("no-points",)])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    gross = draw(st.integers(0, 50_000))
    discount = draw(st.integers(0, gross))
    tax = draw(st.integers(0, (gross - discount) // 5))
    quantity = draw(st.integers(1, 9))
    return Line("1", "S", quantity, gross, discount, tax, draw(categories), "", draw(tags))


orders = st.builds(
    Purchase,
    st.lists(lines(), max_size=70).map(tuple),
    st.sampled_from(["web", "store"]),
    st.just(""),
    st.just(""),
    st.booleans(),
    st.integers(0, 1_000),
    st.just(0),
    st.lists(
        st.builds(Payment, st.sampled_from(["card", "gift_card"]), st.integers(0, 60_000)),
        max_size=2,
    ).map(tuple),
    st.sampled_from([(), ("SPRING",), ("OTHER",)]),
)
moments = st.integers(0, 400 * 24).map(lambda hours: START + hours * HOUR)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    moment = draw(moments)
    day = moment // DAY
    counters = {
        "points/three-kitchen/30d": (day - 3, draw(st.integers(1, 400))),
        "points/stars/month": (day - day % 30, draw(st.integers(1, 600))),
        "uses/happy-hour/day": (day, 1),
    }
    attributes: dict[str, Any] = draw(st.sampled_from([{}, {"newsletter": True}]))
    segments = draw(st.sampled_from([(), ("staff",)]))
    tier = draw(st.sampled_from(["meadow", "silver", "gold"]))
    number = draw(st.integers(1, 12))
    return Subject(
        "purchase", moment, draw(orders), tier, number, JOINED, attributes, segments, counters
    )


def entry_of(subject: Subject, found: Earned) -> Entry:
    event = Event("purchase", "shop", "1", subject.at, subject.body)
    return Entry(
        1, ENGINE_VERSION, "test", event, None, (), found.counted, found.awards, found.trace,
        found.context,
    )  # fmt: skip


@settings(deadline=None)
@given(subjects())
def test_every_purchase_has_a_whole_trace_and_keeps_every_limit(subject: Subject) -> None:
    found = earn(MEADOW, subject)
    rules = [index for index, rule in enumerate(MEADOW.rules) if rule.on == "purchase"]
    assert [each.rule for each in found.trace if each.rule >= 0] == rules
    earned = {award.rule: award.points for award in found.awards if award.rule >= 0}
    assert all(award.points > 0 for award in found.awards)
    for each in found.trace:
        if each.rule >= 0:
            kept = each.verdict in (trace.EARNED, trace.CLIPPED)
            assert kept or each.rule not in earned
            for limit in MEADOW.rules[each.rule].limits:
                used = found.context.counters.get(limit.counter, 0)
                if limit.kind == "uses":
                    assert used < limit.most or each.rule not in earned
                else:
                    assert earned.get(each.rule, 0) <= max(limit.most - used, 0)


@settings(deadline=None)
@given(subjects())
def test_what_was_recorded_earns_the_same_again_and_can_be_read(subject: Subject) -> None:
    found = earn(MEADOW, subject)
    entry = decode_entry(encode_entry(entry_of(subject, found)))
    body = entry.event.body
    assert isinstance(body, Purchase)
    again = earn(MEADOW, recorded_subject(entry.event, body, entry.context, JOINED))
    assert again == found
    for award in entry.awards:
        assert award_mask(MEADOW, award, body) < 1 << len(body.lines)
    for locale in ("en", "de"):
        words = explain(MEADOW, entry, locale)
        assert len(words.rules) == len(entry.trace)
        assert not any("{" in sentence for rule in words.rules for sentence in rule.sentences)


@given(st.integers(-5, 15), st.integers(0, 700))
def test_other_events_earn_what_their_rules_say(rating: int, minutes: int) -> None:
    review = Subject("review", START, Activity({"rating": rating}))
    assert len(earn(MEADOW, review).awards) == (rating >= 1)
    workshop = Subject("workshop.attended", START, Activity({"minutes": minutes}))
    assert len(earn(MEADOW, workshop).awards) == (minutes >= 30)
