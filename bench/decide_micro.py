"""How long a decision takes: `python -m bench.decide_micro`, one core, best of several.

The basket and the program are those of `earn_micro`; the member has a year of counters. `decide` is
everything: earning, lots, counters, tier and the state after.
"""

import timeit
from collections.abc import Callable

from bench.earn_micro import LINES, meadow
from regulars.core.decide import decide
from regulars.core.decision import ENGINE_VERSION, Entry
from regulars.core.earning import earn
from regulars.core.events import Event, Hold, Payment, Purchase, Refund, ReturnedLine
from regulars.core.state import Lot, Member, MemberState, Wallet
from regulars.core.turn import subject_on
from regulars.platform.clock import parse_rfc3339

CALLS = 3_000
REPEATS = 15
NOW = parse_rfc3339("2027-05-06T10:30:00+02:00")


def state() -> MemberState:
    return MemberState(
        enrolled_at=parse_rfc3339("2025-05-01T10:00:00+02:00"),
        tier="silver",
        wallets={
            "points": Wallet(active=900, pending=40, earned=2_000),
            "stars": Wallet(active=90),
        },
        counters={
            "purchases/lifetime": (0, 6),
            "spend/365d": tuple(n for week in range(40) for n in (20_500 + 8 * week, 3_000)),
            "points/stars/month": (20_909, 12),
        },
        next_lot=60,
        next_due_at=NOW + 1_000_000,
        latest_occurred_at=NOW - 1_000_000,
    )


def lots() -> dict[int, Lot]:
    return {
        number: Lot(number, "points", 20, NOW - number, 0, NOW + number * 10**12, "base")
        for number in range(1, 46)
    }


def main() -> None:
    program = meadow()
    member = Member(1024, 80, state())
    full = Member(1024, 80, state(), lots())
    small = Purchase(LINES[2:3], "web", payments=(Payment("card", 1_497),))
    five = Purchase(LINES, "web", payments=(Payment("card", 9_583),))
    cases: dict[str, Callable[[], object]] = {}
    for name, order in (("one line", small), ("five lines", five)):
        event = Event("purchase", "till-7", "o-1", NOW, order)
        found = decide(program, member, event)
        label = f"{name}, {len(found.awards)} lots"
        cases[f"earn: {label}"] = lambda order=order: earn(  # type: ignore[misc]
            program, subject_on(program, member.state, "purchase", NOW, order)
        )
        cases[f"decide: {label}"] = lambda event=event: decide(  # type: ignore[misc]
            program, member, event
        )
    event = Event("purchase", "till-7", "o-1", NOW, five)
    bought = decide(program, full, event)
    entry = Entry(1, ENGINE_VERSION, "z", event, None, (), bought.effects, bought.awards, seq=80)
    assert bought.state is not None
    after = Member(1024, 81, bought.state, bought.lots, {80: entry})
    some = Event("refund", "till-7", "r-1", NOW, Refund(80, (ReturnedLine("2", 1),)))
    cases["decide: refund of one unit"] = lambda: decide(program, after, some)
    hold = Event("hold", "till-7", "h-1", NOW, Hold("five-euros", five))
    cases["decide: hold over 25 of 45 lots"] = lambda: decide(program, full, hold)
    for label, call in cases.items():
        seconds = min(timeit.repeat(call, number=CALLS, repeat=REPEATS)) / CALLS
        print(f"{label:<34} {seconds * 1e6:7.1f} us {1 / seconds:10,.0f} /s")


if __name__ == "__main__":
    main()
