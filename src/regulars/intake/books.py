"""The open lots of a group's members: of each all of them, those that are due, or none yet.

What a group has changed always wins over what the database said. The books live as long as the
group's transaction, in which the members are locked, so nobody else changes their lots.
"""

from collections.abc import Collection, Mapping

from regulars.core.state import ALL_LOTS, Lot, LotBook
from regulars.ledger.facade import DueLots, read_due_lots, read_lots
from regulars.platform.database import Executor


class Books:
    """The books of one group, on its connection."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection
        self._all: dict[int, LotBook] = {}
        self._due: dict[int, DueLots] = {}
        self._changed: dict[int, dict[int, Lot | None]] = {}

    async def load(self, everything: Collection[int], untils: Mapping[int, int]) -> None:
        """Load all lots of some members, and what is due of others by their instants: before
        anything of the group was decided, and queued where the connection is in pipeline mode."""
        if everything:
            self._all.update(await read_lots(self._connection, sorted(everything)))
        if untils:
            self._due.update(await read_due_lots(self._connection, untils))

    async def all_lots(self, member_id: int) -> LotBook:
        """All open lots of a member."""
        book = self._all.get(member_id)
        if book is None:
            book = (await read_lots(self._connection, [member_id]))[member_id]
            _overlay(book, self._changed.get(member_id, {}))
            self._all[member_id] = book
        return book

    async def due_lots(self, member_id: int, until: int) -> tuple[LotBook, int]:
        """What time changes by `until` among a member's lots, and when it changes the first of the
        others (0: never); or all lots and ALL_LOTS, if they are there."""
        due = self._due.get(member_id)
        if member_id in self._all or (
            # Among lots that the group has changed the database no longer knows what is due.
            member_id in self._changed and (due is None or due.until < until)
        ):
            return await self.all_lots(member_id), ALL_LOTS
        if due is None or due.until < until:
            due = (await read_due_lots(self._connection, {member_id: until}))[member_id]
            self._due[member_id] = due
        return due.lots, due.rest_due_at

    def remember(
        self, member_id: int, lots: LotBook | None, changed: Mapping[int, Lot | None]
    ) -> None:
        """Take in what an event of the group has left (None: not all lots were loaded) and what
        it has changed."""
        if lots is not None:
            self._all[member_id] = lots
        elif member_id in self._all:
            # Loaded for another event of the group; this one did not need them, but opened some.
            _overlay(self._all[member_id], changed)
        if member_id in self._due:
            _overlay(self._due[member_id].lots, changed)
        self._changed.setdefault(member_id, {}).update(changed)

    def changed(self) -> dict[tuple[int, int], Lot | None]:
        """Every lot that the group has touched, by (member id, lot): None where none remains."""
        return {
            (member_id, number): lot
            for member_id, lots in self._changed.items()
            for number, lot in lots.items()
        }


def _overlay(book: LotBook, changed: Mapping[int, Lot | None]) -> None:
    """Bring a book up to date with what the group has changed."""
    for number, lot in changed.items():
        if lot is None:
            book.pop(number, None)
        else:
            book[number] = lot
