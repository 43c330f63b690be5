"""Whole tables read member by member, in journal order, side by side in one snapshot.

A server-side cursor each; what is in memory is some rows, however large the tables are. Members are
asked for in ascending (shard, member id); rows of members who are not asked for are passed over and
counted.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from regulars.platform.database import Connection
from regulars.platform.sql import Query

Key = tuple[int, int]
Row = tuple[Any, ...]
END: Key = (2**15, 0)
"""Behind every member: a shard that there is not."""

ROWS_AT_ONCE = 1000


class InOrder:
    """The rows of a query whose first two columns are shard and member id, which it is ordered by.

    `next` is the member whose rows come next. `passed` counts the rows that nobody asked for, or
    sums their column `weight`. Make it with `in_order`.
    """

    def __init__(self, cursor: Any, weight: int | None) -> None:
        self.next: Key = (-1, 0)
        self.passed = 0
        self._cursor = cursor
        self._weight = weight
        self._rows: Sequence[Row] = ()
        self._at = 0

    async def batches_of(self, key: Key) -> AsyncIterator[Sequence[Row]]:
        """The rows of a member, some at a time."""
        while self.next <= key:
            rows, start, key_here = self._rows, self._at, self.next
            end = start
            while end < len(rows) and (rows[end][0], rows[end][1]) == key_here:
                end += 1
            await self._go_on(end)
            if key_here == key:
                yield rows[start:end]
            elif self._weight is None:
                self.passed += end - start
            else:
                self.passed += sum(row[self._weight] for row in rows[start:end])

    async def rows_of(self, key: Key) -> Sequence[Row]:
        """All rows of a member."""
        found: list[Row] = []
        if self.next <= key:
            async for rows in self.batches_of(key):
                found += rows
        return found

    async def pages(self) -> AsyncIterator[Sequence[Row]]:
        """All rows, some at a time."""
        while self.next != END:
            rows = self._rows
            await self._go_on(len(rows))
            yield rows

    async def drain(self) -> None:
        """Pass over what is left."""
        async for _rows in self.batches_of((END[0] - 1, 0)):
            raise AssertionError("nobody has this key")

    async def _go_on(self, at: int) -> None:
        if at >= len(self._rows):
            self._rows = await self._cursor.fetchmany(ROWS_AT_ONCE)
            at = 0
        self._at = at
        self.next = (self._rows[at][0], self._rows[at][1]) if self._rows else END


@asynccontextmanager
async def in_order(
    connection: Connection,
    query: Query,
    parameters: Mapping[str, object] | None = None,
    *,
    weight: int | None = None,
) -> AsyncIterator[InOrder]:
    """Read a query in journal order, inside the connection's transaction."""
    async with connection.cursor(name=query.name, binary=True) as cursor:
        await cursor.execute(query, parameters)
        rows = InOrder(cursor, weight)
        await rows._go_on(0)
        yield rows
