"""Where members stand on the ladder."""

from typing import Any

import pytest
from tests.core.programs import fixed, program
from tests.core.zones import at, zone_table

from regulars.core.effects import TierMoved
from regulars.core.periods import local_day
from regulars.core.state import MemberState, Wallet
from regulars.core.tiers import Progress, progress, tier_move

NOW = at("2027-03-02T16:30")
DAY = local_day(zone_table("Europe/Berlin"), NOW)
STEPS = [
    {"id": "one", "name": "One", "at_least": "0"},
    {"id": "two", "name": "Two", "at_least": "100"},
    {"id": "three", "name": "Three", "at_least": "250"},
]


def with_tiers(**by: str) -> Any:
    return program(fixed(), tiers={"by": by, "ladder": STEPS})


SPEND = {"metric": "spend", "period": "12 months"}
YEAR = {"metric": "earned", "currency": "points", "period": "calendar_year"}
ALL = {"metric": "earned", "currency": "points"}
BALANCE = {"metric": "balance", "currency": "points"}
JANUARY = local_day(zone_table("Europe/Berlin"), at("2027-01-01T00:00"))


@pytest.mark.parametrize(
    ("by", "state", "move"),
    [
        (SPEND, MemberState(), None),
        (SPEND, MemberState(counters={"spend/365d": (DAY, 9_999)}), None),
        (
            SPEND,
            MemberState(counters={"spend/365d": (DAY, 10_000)}),
            TierMoved("one", "two", 10_000),
        ),
        (
            SPEND,
            MemberState(tier="two", counters={"spend/365d": (DAY - 364, 20_000, DAY, 5_000)}),
            TierMoved("two", "three", 25_000),
        ),
        (SPEND, MemberState(counters={"spend/365d": (DAY - 365, 20_000, DAY, 5_000)}), None),
        (SPEND, MemberState(tier="three", counters={"spend/365d": (DAY, 1)}), None),  # never down
        (
            SPEND,
            MemberState(tier="gone", counters={"spend/365d": (DAY, 30_000)}),
            TierMoved("one", "three", 30_000),
        ),
        (
            YEAR,
            MemberState(counters={"earned/points/year": (JANUARY, 120)}),
            TierMoved("one", "two", 120),
        ),
        (YEAR, MemberState(counters={"earned/points/year": (JANUARY - 365, 120)}), None),
        (
            ALL,
            MemberState(counters={"earned/points/lifetime": (0, 100)}),
            TierMoved("one", "two", 100),
        ),
        (
            BALANCE,
            MemberState(wallets={"points": Wallet(active=60, pending=40)}),
            TierMoved("one", "two", 100),
        ),
        (BALANCE, MemberState(), None),
    ],
)
def test_a_tier_is_reached_at_once_and_never_lost(
    by: dict[str, str], state: MemberState, move: TierMoved | None
) -> None:
    assert tier_move(with_tiers(**by), state, NOW) == move


@pytest.mark.parametrize(
    ("tier", "spent", "expected"),
    [
        ("", 0, Progress("one", 0, "two", 10_000, 10_000)),
        ("one", 2_500, Progress("one", 2_500, "two", 10_000, 7_500)),
        ("two", 2_500, Progress("two", 2_500, "three", 25_000, 22_500)),
        ("three", 2_500, Progress("three", 2_500)),
    ],
)
def test_progress_says_what_is_missing(tier: str, spent: int, expected: Progress) -> None:
    counters = {"spend/365d": (DAY, spent)} if spent else {}
    state = MemberState(tier=tier, counters=counters)
    assert progress(with_tiers(**SPEND), state, NOW) == expected


def test_without_tiers_nobody_stands_anywhere() -> None:
    assert tier_move(program(fixed()), MemberState(), NOW) is None
    assert progress(program(fixed()), MemberState(), NOW) == Progress("", 0)
