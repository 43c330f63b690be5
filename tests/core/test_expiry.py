"""When lots become spendable and when they end."""

from typing import Any

import pytest
from tests.core.programs import POINTS, fixed, program
from tests.core.zones import at

from regulars.core.compiled import Program
from regulars.core.effects import SLIDING, WAITING
from regulars.core.expiry import lot_terms, slides_until


def with_currency(**fields: Any) -> Program:
    return program(fixed(), currencies={"points": POINTS | fields})


@pytest.mark.parametrize(
    ("pending", "earned", "active"),
    [
        ("none", "2027-03-02T16:30", None),
        ("14 days", "2027-03-20T16:30", "2027-04-03T16:30"),  # over the change of clocks
        ("36 hours", "2027-03-27T16:30", "2027-03-29T05:30"),
        ("1 month", "2027-01-31T16:30", "2027-02-28T16:30"),
        (
            {"until": "order.delivered", "at_most": "30 days"},
            "2027-03-02T16:30",
            "2027-04-01T16:30",
        ),
    ],
)
def test_pending_points_become_spendable(pending: Any, earned: str, active: str | None) -> None:
    compiled = with_currency(pending=pending)
    expected = 0 if active is None else at(active)
    assert lot_terms(compiled, "points", "", at(earned)) == (expected, 0)
    waits = isinstance(pending, dict)
    assert compiled.currencies["points"].confirmed_by == ("order.delivered" if waits else "")
    assert WAITING < 0


@pytest.mark.parametrize(
    ("expiry", "earned", "expires"),
    [
        ({"kind": "none"}, "2027-03-02T16:30", 0),
        ({"kind": "fixed", "after": "12 months"}, "2028-02-29T16:30", "2029-02-28T16:30"),
        ({"kind": "fixed", "after": "10 days"}, "2027-03-20T16:30", "2027-03-30T16:30"),
        (
            {"kind": "rounded", "after": "12 months", "round_to": "month"},
            "2027-03-02T16:30",
            "2028-04-01T00:00",
        ),
        (
            {"kind": "rounded", "after": "12 months", "round_to": "month"},
            "2027-03-31T23:59:59",
            "2028-04-01T00:00",
        ),
        (
            {"kind": "rounded", "after": "12 months", "round_to": "month"},
            "2027-04-01T00:00",
            "2028-05-01T00:00",
        ),
        (
            {"kind": "rounded", "after": "1 month", "round_to": "quarter"},
            "2027-01-31T10:00",
            "2027-04-01T00:00",
        ),
        (
            {"kind": "rounded", "after": "1 year", "round_to": "year"},
            "2027-12-31T23:59",
            "2029-01-01T00:00",
        ),
        ({"kind": "date", "on": "2027-12-31"}, "2027-03-02T16:30", "2028-01-01T00:00"),
        ({"kind": "sliding", "after": "6 months"}, "2027-03-02T16:30", SLIDING),
    ],
)
def test_every_kind_of_expiry(expiry: dict[str, str], earned: str, expires: str | int) -> None:
    compiled = with_currency(expiry=expiry)
    expected = at(expires) if isinstance(expires, str) else expires
    for _ in range(2):  # the second answer is remembered
        assert lot_terms(compiled, "points", "", at(earned)) == (0, expected)


def test_a_tier_may_have_its_own_expiry_and_others_share_the_common_one() -> None:
    compiled = program(
        fixed(),
        currencies={
            "points": POINTS
            | {
                "expiry": {"kind": "sliding", "after": "1 month"},
                "expiry_by_tier": {
                    "gold": {"kind": "none"},
                    "silver": {"kind": "sliding", "after": "3 months"},
                },
            }
        },
    )
    moment = at("2027-03-02T16:30")
    found = [lot_terms(compiled, "points", tier, moment)[1] for tier in ("", "bronze", "silver")]
    assert found == [SLIDING, SLIDING, SLIDING]
    assert lot_terms(compiled, "points", "gold", moment)[1] == 0
    assert slides_until(compiled, "points", "bronze", moment) == at("2027-04-02T16:30")
    assert slides_until(compiled, "points", "silver", moment) == at("2027-06-02T16:30")
    assert slides_until(compiled, "points", "gold", moment) == 0


def test_a_currency_that_does_not_slide_ends_by_no_inactivity() -> None:
    assert slides_until(with_currency(), "points", "", at("2027-03-02T16:30")) == 0
