"""What could not be stored is refused, and a refusal can always be stored."""

import msgspec
import pytest
from tests.core.engine import PLAIN, START, Journal, compiled, line, meadow, order

from regulars.core.decide import decide
from regulars.core.events import Adjustment, Event
from regulars.core.magnitude import STORED_MAX
from regulars.core.state import Member, MemberState, Wallet

PER_EVENT_MAX = 2**53 - 1
GREEDY = PLAIN.replace('points: "1"}', 'points: "999999"}')


def stored(decision) -> None:
    """What the journal and the tables take: signed numbers of 64 bits."""
    parts = decision.effects, decision.awards, decision.trace, decision.context, decision.state
    assert msgspec.msgpack.encode(parts)
    for wallet in decision.state.wallets.values():
        assert abs(wallet.earned) < 2**63


def refusal_of(program, state, body, kind) -> str | None:
    member = Member(1, 1, state, lots={})
    decision = decide(program, member, Event(kind, "s", "1", START, body))
    stored(decision)
    if decision.refusal is None:
        return None
    assert (decision.effects, decision.awards, decision.trace) == ((), (), ())
    assert decision.state.wallets == state.wallets
    assert decision.state.counters == state.counters
    return decision.refusal.code


def test_the_largest_order_of_a_usual_program_is_recorded() -> None:
    journal = Journal(compiled(PLAIN))
    decision = journal.buy(PER_EVENT_MAX, START)
    assert decision.refusal is None
    stored(decision)


def test_a_rate_that_makes_too_much_of_an_order_is_refused() -> None:
    body = order(line("1", PER_EVENT_MAX))
    assert refusal_of(compiled(GREEDY), MemberState(), body, "purchase") == "amount_too_large"


LARGE = 2**40
GIVEN = Adjustment("points", LARGE, "goodwill", "anna", 0)
BOUGHT = order(line("1", 100 * LARGE))


@pytest.mark.parametrize(
    ("kind", "body", "balance"),
    [
        ("adjustment", GIVEN, "active"),
        ("purchase", BOUGHT, "active"),
        ("purchase", BOUGHT, "earned"),
    ],
)
@pytest.mark.parametrize(("room", "code"), [(LARGE, None), (LARGE - 1, "amount_too_large")])
def test_points_add_up_to_what_can_be_stored(kind, body, balance, room, code) -> None:
    state = MemberState(wallets={"points": Wallet(**{balance: STORED_MAX - room})})
    assert refusal_of(compiled(PLAIN), state, body, kind) == code


@pytest.mark.parametrize(("room", "code"), [(LARGE, None), (LARGE - 1, "amount_too_large")])
def test_spend_adds_up_to_what_can_be_stored(room: int, code: str | None) -> None:
    journal = Journal(meadow())
    journal.buy(100, START)
    (name,) = [each for each in journal.state.counters if each.startswith("spend/")]
    (bucket, _) = journal.state.counters[name]
    state = MemberState(tier=journal.state.tier, counters={name: (bucket, STORED_MAX - room)})
    assert refusal_of(meadow(), state, order(line("1", LARGE)), "purchase") == code
