"""The claim on an Idempotency-Key: of writes that are no events (enrolments, publications, keys),
and of requests whose events have identities of their own.

The claim of a write, what it does and its answer share one transaction, so that a crash leaves all
or nothing, and a concurrent repeat waits for the first. What raises leaves no claim: validation
errors and conflicts are not remembered. An answer must hold no personal data and no secret.

The claim on a request of events stands before they are recorded and is confirmed after. One that
was not confirmed for a while is that of a process that died, and another request may have the key:
the events themselves are recorded once whatever becomes of it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from psycopg import errors as database_errors

from regulars.platform.clock import MICROSECONDS_PER_DAY, Instant
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.sql import Query, load_sql

KEPT_DAYS = 7
WAIT_SECONDS_MAX = 10
DEAD_AFTER_SECONDS = 60
"""From then on a claim without an answer is that of a request that died."""


Mark = Literal["new", "open", "kept"]
"""What a request of events found: its key free, marked for it before, or tied to it for good."""


class RequestConflict(Exception):
    """The key was used for another request."""

    code = "idempotency_conflict"
    next_step = "Use a new Idempotency-Key for a new request."


class RequestInProgress(Exception):
    """The first request under this key has not been answered yet."""

    code = "request_in_progress"
    next_step = "Send the same request again in a moment."


@dataclass(frozen=True)
class RequestSql:
    """One field per query of `sql/requests.sql`."""

    claim_request: Query
    claimed_request: Query
    answer_request: Query
    confirm_request: Query
    release_request: Query
    forget_requests: Query


SQL = load_sql(RequestSql, __package__)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """How a request was answered the first time."""

    status: int
    answer: bytes


class RequestClaim:
    """A key that this request holds. `stored` is the answer of an earlier one with the same body,
    and then there is nothing to do; else act on `connection` and `keep` the answer."""

    def __init__(
        self, connection: Connection, program_id: int, key: str, stored: StoredAnswer | None
    ) -> None:
        self.connection = connection
        self.stored = stored
        self._name = {"program_id": program_id, "key": key}

    async def keep(self, status: int, answer: bytes) -> None:
        """Remember the answer; it stands when the transaction commits."""
        parameters = {**self._name, "status": status, "answer": answer}
        await self.connection.execute(SQL.answer_request, parameters)


class RequestClaims:
    """The door to idempotency keys."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def claimed(
        self, program_id: int, key: str, digest: bytes, *, now: Instant
    ) -> AsyncIterator[RequestClaim]:
        """Hold `key` for the request of this digest while the block runs.

        Raises RequestConflict for another digest, RequestInProgress where the first request takes
        longer than ten seconds.
        """
        async with transaction(self._pool) as connection:
            stored = await self._claim(connection, program_id, key, digest, now)
            yield RequestClaim(connection, program_id, key, stored)

    async def mark(self, program_id: int, key: str, digest: bytes, *, now: Instant) -> Mark:
        """Claim `key` for a request of events with this digest, before they are recorded. Raises
        RequestConflict for another digest."""
        async with transaction(self._pool) as connection:
            if await self._take(connection, program_id, key, digest, now):
                return "new"
            known_digest, status, _ = await self._find(connection, program_id, key)
        if known_digest != digest:
            raise RequestConflict
        return "open" if status is None else "kept"

    async def confirm(self, program_id: int, key: str, digest: bytes) -> None:
        """Tie a marked key to its request for good: one of its events has a stored answer."""
        parameters = {"program_id": program_id, "key": key, "digest": digest}
        async with transaction(self._pool) as connection:
            await connection.execute(
                SQL.confirm_request, {**parameters, "status": 200, "answer": b""}
            )

    async def release(self, program_id: int, key: str, digest: bytes) -> None:
        """Give up a claim of this digest that has come to nothing."""
        parameters = {"program_id": program_id, "key": key, "digest": digest}
        async with transaction(self._pool) as connection:
            await connection.execute(SQL.release_request, parameters)

    async def forget(self, *, now: Instant, limit: int = 1000) -> int:
        """Remove claims older than seven days; answers how many."""
        parameters = {"over_before": now - KEPT_DAYS * MICROSECONDS_PER_DAY, "limit": limit}
        async with transaction(self._pool) as connection:
            return (await connection.execute(SQL.forget_requests, parameters)).rowcount

    async def _claim(
        self, connection: Connection, program_id: int, key: str, digest: bytes, now: Instant
    ) -> StoredAnswer | None:
        if await self._take(connection, program_id, key, digest, now):
            return None
        known_digest, status, answer = await self._find(connection, program_id, key)
        if known_digest != digest:
            raise RequestConflict
        if status is None:
            raise RequestInProgress
        return StoredAnswer(status, answer)

    async def _take(
        self, connection: Connection, program_id: int, key: str, digest: bytes, now: Instant
    ) -> bool:
        """Whether the key was free, or is since its claim is over or dead."""
        parameters = {
            "program_id": program_id,
            "key": key,
            "digest": digest,
            "now": now,
            "over_before": now - KEPT_DAYS * MICROSECONDS_PER_DAY,
            "dead_before": now - DEAD_AFTER_SECONDS * 1_000_000,
        }
        await connection.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS_MAX}s'".encode())
        try:
            cursor = await connection.execute(SQL.claim_request, parameters)
        except database_errors.LockNotAvailable:
            raise RequestInProgress from None
        return await cursor.fetchone() is not None

    async def _find(
        self, connection: Connection, program_id: int, key: str
    ) -> tuple[bytes, int | None, bytes]:
        """Digest, status and answer of a key that another request has."""
        parameters = {"program_id": program_id, "key": key}
        found = await (await connection.execute(SQL.claimed_request, parameters)).fetchone()
        if found is None:
            raise RequestInProgress
        return bytes(found[0]), found[1], bytes(found[2] or b"")
