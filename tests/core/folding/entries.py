"""Entries that hold given effects, and two lots to open."""

from regulars.core.accounts import Account
from regulars.core.decision import Entry
from regulars.core.effects import Effect, LotOpened
from regulars.core.events import Due, Event

OPEN = LotOpened(1, "p", 10, Account.ISSUED, Account.ACTIVE, 5, 0, 900, "base")
PENDING = LotOpened(2, "p", 4, Account.ISSUED, Account.PENDING, 5, 300, 0, "base")


def entry(*effects: Effect, at: int = 100, due: tuple[Effect, ...] = ()) -> Entry:
    event = Event("due", "s", "1", at, Due())
    return Entry(1, 1, "z", event, None, due, effects, seq=7)
