"""Refuses an event whose numbers, or what they add up to, could not be stored.

Amounts of one event are bounded where it is read, but rates multiply them and counters add them up
for ever. Half of what 64 bits hold is the end, so that any two stored numbers can still be added.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from regulars.core.decision import Considered
from regulars.core.effects import Counted, Effect, LotOpened
from regulars.core.errors import AmountTooLarge
from regulars.core.events import Body, Exchange, Purchase
from regulars.core.packed import total_of
from regulars.core.state import MemberState

STORED_MAX: Final = 2**62
USUAL_MAX: Final = 2**31
"""What an event adds is looked at closely only beyond this, since every event would pay for it. So
many smaller ones that half of 64 bits would not do are more than a member can ever have, and no
rate that is meant makes too much of a smaller line."""


def refuse_too_large(
    body: Body, effects: Sequence[Effect], trace: Sequence[Considered], state: MemberState
) -> None:
    """Raise AmountTooLarge if an event adds more than USUAL_MAX to something that is then larger
    than STORED_MAX in `state`, or looked at such a number. Other effects than these two only move
    what was once issued."""
    for effect in effects:
        kind = type(effect)
        if (kind is Counted or kind is LotOpened) and effect.amount > USUAL_MAX:  # type: ignore[union-attr]
            _refuse_large_sums(effect, state)
    order = body.purchase if type(body) is Exchange else body
    if type(order) is Purchase:
        for line in order.lines:
            if line.gross_minor > USUAL_MAX:
                _refuse_large_numbers(trace)
                return


def _refuse_large_sums(effect: Effect, state: MemberState) -> None:
    if isinstance(effect, Counted):
        sums: Iterable[int] = (total_of(state.counters.get(effect.counter, ())),)
    else:
        assert isinstance(effect, LotOpened)
        wallet = state.wallets[effect.currency]
        sums = (wallet.earned, wallet.active, wallet.pending)
    if max(sums, default=0) > STORED_MAX:
        raise AmountTooLarge


def _refuse_large_numbers(trace: Sequence[Considered]) -> None:
    for considered in trace:
        for number in considered.numbers:
            if type(number) is int and number > STORED_MAX:
                raise AmountTooLarge
