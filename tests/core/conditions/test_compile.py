"""Each condition: when it holds, and what it says where it does not."""

from typing import Any

import pytest
from tests.core.programs import buying, doing, fixed, line, order, program

from regulars.core import trace
from regulars.core.conditions.subject import Subject
from regulars.core.decision import Considered
from regulars.core.earning import earn
from regulars.core.events import Payment

BATH = line(2000, 1, category="bath", brand="Meadow", quantity=2, tags=("new",))
KITCHEN = line(1500, 2, category="kitchen", quantity=1)
BASKET = order(BATH, KITCHEN, channel="web", store="B1")
PARTS: dict[str, Any] = {
    "segments": ["staff", "press"],
    "attributes": {
        "newsletter": {"type": "boolean"},
        "size": {"type": "integer"},
        "weight": {"type": "decimal"},
        "since": {"type": "date"},
        "secret": {"type": "string", "personal": True},
    },
    "event_types": {
        "workshop": {
            "fields": {
                "minutes": {"type": "integer"},
                "price": {"type": "decimal"},
                "feedback": {"type": "string", "personal": True},
            }
        }
    },
    "tiers": {
        "by": {"metric": "spend"},
        "ladder": [
            {"id": "one", "name": "One", "at_least": "0"},
            {"id": "two", "name": "Two", "at_least": "10"},
        ],
    },
}


def considered(condition: dict[str, Any], subject: Subject, **rule: Any) -> Considered:
    compiled = program(fixed(when=condition, on=subject.kind, **rule), **PARTS)
    return earn(compiled, subject).trace[0]


def check(condition: dict[str, Any], subject: Subject, why: tuple[Any, ...] | None) -> None:
    expected = (trace.EARNED, (10,)) if why is None else (trace.CONDITION, why)
    found = considered(condition, subject)
    assert (found.verdict, found.numbers) == expected


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"subtotal": {"at_least": "35.00"}}, None),
        ({"subtotal": {"at_least": "35.01"}}, (0, 3500)),
        ({"subtotal": {"at_most": "35.00"}}, None),
        ({"subtotal": {"at_most": "34.99"}}, (0, 3500)),
        ({"subtotal": {"at_least": "10", "at_most": "20"}}, (0, 3500)),
        ({"quantity": {"at_least": 3}}, None),
        ({"quantity": {"at_least": 4}}, (0, 3)),
        ({"quantity": {"at_most": 2}}, (0, 3)),
        ({"items": {"category": ["bath"]}}, None),
        ({"items": {"category": ["garden"]}}, (0, 0)),
        ({"items": {"category": ["bath"], "quantity": {"at_least": 2}}}, None),
        ({"items": {"category": ["bath"], "quantity": {"at_least": 3}}}, (0, 2)),
        ({"items": {"category": ["bath"], "amount": {"at_least": "20.00"}}}, None),
        ({"items": {"category": ["bath"], "amount": {"at_least": "20.01"}}}, (0, 2000)),
        (
            {
                "items": {
                    "category": ["bath"],
                    "quantity": {"at_least": 3},
                    "amount": {"at_least": "20.00"},
                }
            },
            (0, 2),
        ),
        (
            {
                "items": {
                    "category": ["bath"],
                    "quantity": {"at_least": 2},
                    "amount": {"at_least": "20.01"},
                }
            },
            (0, "2000"),
        ),
        ({"items": {"sku": ["S-2"]}}, None),
        ({"items": {"brand": ["Meadow"], "category": ["kitchen"]}}, (0, 0)),
        ({"items": {"tag": ["new", "old"]}}, None),
        ({"items": {"tag": ["old"]}}, (0, 0)),
        ({"items": {"not": {"tag": ["new"]}}}, None),
        ({"items": {"category": ["bath"], "not": {"brand": ["Meadow"]}}}, (0, 0)),
        ({"channel": ["web", "app"]}, None),
        ({"channel": ["store"]}, (0, "web")),
        ({"store": ["B1"]}, None),
        ({"store": ["B2"]}, (0, "B1")),
    ],
)
def test_conditions_on_the_order(condition: dict[str, Any], why: tuple[Any, ...] | None) -> None:
    check(condition, buying(BASKET), why)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"payment": ["card"]}, None),
        ({"payment": ["cash"]}, (0, None)),
        ({"payment": ["points"]}, (0, None)),  # named with nothing paid
        ({"coupon": ["SPRING", "MAY"]}, None),
        ({"coupon": ["spring"]}, (0, 2)),  # how many others, never which
    ],
)
def test_conditions_on_payment_and_coupons(
    condition: dict[str, Any], why: tuple[Any, ...] | None
) -> None:
    paid = order(payments=(Payment("card", 1000), Payment("points", 0)), coupons=("MAY", "JUNE"))
    check(condition, buying(paid), why)


@pytest.mark.parametrize(
    ("condition", "member", "why"),
    [
        ({"tier": ["two"]}, {"tier": "two"}, None),
        ({"tier": ["two"]}, {"tier": "one"}, (0, "one")),
        ({"segment": ["staff"]}, {"segments": ("press", "staff")}, None),
        ({"segment": ["staff"]}, {"segments": ("press",)}, (0, None)),
        ({"not": {"segment": ["staff"]}}, {"segments": ("staff",)}, (0, "staff")),
        ({"attribute": {"name": "newsletter", "is": True}}, {"newsletter": True}, None),
        ({"attribute": {"name": "newsletter", "is": True}}, {"newsletter": False}, (0, False)),
        ({"attribute": {"name": "newsletter", "is": True}}, {}, (0, None)),
        ({"attribute": {"name": "newsletter", "is": True}}, {"newsletter": 1}, (0, 1)),
        ({"attribute": {"name": "size", "in": [4, 5]}}, {"size": 5}, None),
        ({"attribute": {"name": "size", "in": [4, 5]}}, {"size": 6}, (0, 6)),
        ({"attribute": {"name": "size", "at_least": 4, "at_most": 6}}, {"size": 6}, None),
        ({"attribute": {"name": "size", "at_least": 4}}, {"size": 3}, (0, 3)),
        ({"attribute": {"name": "size", "at_most": 4}}, {"size": "wide"}, (0, "wide")),
        ({"attribute": {"name": "weight", "is": "1.50"}}, {"weight": "1.5"}, None),
        ({"attribute": {"name": "weight", "at_least": "10"}}, {"weight": "9.5"}, (0, "9.5")),
        ({"attribute": {"name": "weight", "at_least": "10"}}, {"weight": "x"}, (0, "x")),
        ({"attribute": {"name": "weight", "is": "10"}}, {"weight": "sNaN"}, (0, "sNaN")),
        ({"attribute": {"name": "since", "at_most": "2027-01-01"}}, {"since": "2026-12-31"}, None),
        ({"attribute": {"name": "secret", "is": "abc"}}, {"secret": "xyz"}, (0, None)),
    ],
)
def test_conditions_on_the_member(
    condition: dict[str, Any], member: dict[str, Any], why: tuple[Any, ...] | None
) -> None:
    known = {"tier", "segments"}
    given = {name: value for name, value in member.items() if name in known}
    attributes = {name: value for name, value in member.items() if name not in known}
    check(condition, buying(attributes=attributes, **given), why)


@pytest.mark.parametrize(
    ("condition", "moment", "why"),
    [
        # The member joined on 2025-05-01 at 10:00.
        ({"member_for": {"at_least": "365 days"}}, "2026-05-01T10:00", None),
        ({"member_for": {"at_least": "365 days"}}, "2026-05-01T09:59", (0, 365)),
        ({"member_for": {"at_least": "2 years"}}, "2027-05-01T09:59", (0, 730)),
        ({"member_for": {"at_most": "1 month"}}, "2025-06-01T10:00", None),
        ({"member_for": {"at_most": "1 month"}}, "2025-06-01T10:01", (0, 31)),
        ({"between": {"from": "2027-03-01T08:00"}}, "2027-03-01T08:00", None),
        ({"between": {"from": "2027-03-01T08:00"}}, "2027-03-01T07:59", (0, None)),
        ({"between": {"until": "2027-03-01"}}, "2027-02-28T23:59", None),
        ({"between": {"until": "2027-03-01"}}, "2027-03-01T00:00", (0, None)),
        ({"dates": {"on": ["12-24"]}}, "2027-12-24T23:59", None),
        ({"dates": {"on": ["12-24"]}}, "2027-12-25T00:00", (0, None)),
        ({"dates": {"on": ["2027-12-24"]}}, "2028-12-24T12:00", (0, None)),
        ({"dates": {"on": ["02-29"]}}, "2028-02-29T12:00", None),
        (
            {"weekly": {"days": ["tue"], "from": "16:00", "until": "18:00"}},
            TUE := "2027-03-02T16:00",
            None,
        ),
        ({"weekly": {"days": ["wed"], "from": "16:00", "until": "18:00"}}, TUE, (0, None)),
        ({"weekly": {"from": "16:30"}}, TUE, (0, None)),
        ({"weekly": {"days": ["tue"]}}, TUE, None),
    ],
)
def test_conditions_on_the_moment(
    condition: dict[str, Any], moment: str, why: tuple[Any, ...] | None
) -> None:
    check(condition, buying(moment=moment), why)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"every": 5}, {5, 10}),
        ({"first": 3}, {1, 2, 3}),
        ({"in": [2, 7]}, {2, 7}),
        ({"at_least": 4, "at_most": 6}, {4, 5, 6}),
    ],
)
def test_the_number_of_the_purchase(condition: dict[str, Any], holds: set[int]) -> None:
    for number in range(1, 11):
        why = None if number in holds else (0, number)
        check({"nth_purchase": condition}, buying(nth_purchase=number), why)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"field": {"name": "minutes", "at_least": 30}}, None),
        ({"field": {"name": "minutes", "at_least": 46}}, (0, 45)),
        ({"field": {"name": "price", "at_most": "9.99"}}, (0, "10")),
        ({"field": {"name": "feedback", "is": "good"}}, (0, None)),  # personal
        ({"channel": ["app"]}, None),
        ({"subtotal": {"at_least": "0"}}, (0, None)),  # no order, so no subtotal
        ({"coupon": ["X"]}, (0, None)),
        ({"nth_purchase": {"first": 1}}, (0, None)),
    ],
)
def test_conditions_on_another_event(
    condition: dict[str, Any], why: tuple[Any, ...] | None
) -> None:
    check(condition, doing("workshop", channel="app", minutes=45, price="10", feedback="x"), why)


def test_a_field_that_is_still_encrypted_does_not_hold_and_is_not_shown() -> None:
    condition = {"field": {"name": "minutes", "at_least": 1}}
    check(condition, doing("workshop", minutes=b"sealed"), (0, None))


STORE, WEB = {"channel": ["store"]}, {"channel": ["web"]}
BIG, SMALL = {"subtotal": {"at_least": "99"}}, {"subtotal": {"at_most": "99"}}


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"all": [WEB, SMALL]}, None),
        ({"all": [WEB, BIG]}, (2, 3500)),
        ({"all": [STORE, BIG]}, (1, "web")),  # the first that fails
        ({"all": [WEB, SMALL, STORE]}, (3, "web")),
        ({"all": [STORE]}, (1, "web")),
        ({"any": [STORE, SMALL]}, None),
        ({"any": [STORE, BIG]}, (1, "web", 2, 3500)),  # every alternative
        ({"not": STORE}, None),
        ({"not": WEB}, (0, "web")),
        ({"not": {"any": [STORE, WEB]}}, (0, None)),
        ({"all": [WEB, {"any": [STORE, {"all": [SMALL, BIG]}]}]}, (3, "web", 6, 3500)),
        ({"all": [{"not": {"all": [STORE, BIG]}}, BIG]}, (5, 3500)),
    ],
)
def test_combined_conditions_name_the_leaf_that_failed(
    condition: dict[str, Any], why: tuple[Any, ...] | None
) -> None:
    check(condition, buying(BASKET), why)


def test_excluded_items_do_not_count_in_conditions() -> None:
    found = considered(
        {"items": {"category": ["bath"]}},
        buying(BASKET),
        basis={"exclude_items": {"tag": ["new"]}},
    )
    assert (found.verdict, found.numbers) == (trace.CONDITION, (0, 0))
