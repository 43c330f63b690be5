"""Reserves what an event needs before the event is decided: all of it or nothing.

A reservation's id is made from the event's key, the name and a number, so that a repeated or a
parallel attempt of the same event meets its own row and never takes twice. The rows come first,
then counters in the order of their names, then codes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from regulars.core.decision import Grant
from regulars.platform.arrays import Int8Column, TextColumn, UuidColumn
from regulars.platform.clock import Instant
from regulars.platform.database import Connection
from regulars.platform.keys import Keyring
from regulars.rewards.codes import open_code
from regulars.rewards.contracts import KINDS, Request
from regulars.rewards.errors import OutOfStock, UnknownCounter
from regulars.rewards.queries import SQL

VOUCHER = "voucher"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One reservation of an event: so much of a counter, or one code."""

    reservation: UUID
    kind: str
    key: str
    amount: int

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.key}"


async def reserve(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    requests: Sequence[Request],
    event_key: UUID,
    now: Instant,
) -> tuple[Grant, ...]:
    """Reserve in the caller's transaction, which an error must roll back."""
    wanted = _reservations(requests, event_key)
    if not wanted:
        return ()
    parameters = {
        "program_id": program_id,
        "event_key": event_key,
        "made_at": now,
        "reservations": UuidColumn([item.reservation.bytes for item in wanted]),
        "names": TextColumn([item.name for item in wanted]),
        "amounts": Int8Column([item.amount for item in wanted]),
    }
    cursor = await connection.execute(SQL.take_reservations, parameters)
    fresh = {row[0] for row in await cursor.fetchall()}
    await _fill(connection, program_id, [item for item in wanted if item.reservation in fresh])
    claimed = [item.reservation for item in wanted if item.kind == VOUCHER]
    codes = await read_codes(connection, keyring, program_id, claimed) if claimed else {}
    return tuple(
        Grant(
            kind=item.kind,
            key=item.key,
            reservation=str(item.reservation),
            amount=item.amount,
            code=codes.get(item.reservation, ""),
        )
        for item in wanted
    )


async def read_codes(
    connection: Connection, keyring: Keyring, program_id: int, reservations: Iterable[UUID]
) -> dict[UUID, str]:
    """The voucher codes that reservations hold; those without one are left out."""
    parameters = {
        "program_id": program_id,
        "reservations": UuidColumn([item.bytes for item in reservations]),
    }
    cursor = await connection.execute(SQL.read_codes, parameters)
    return {
        row[0]: open_code(keyring, program_id, row[1], row[2], row[3])
        for row in await cursor.fetchall()
    }


def _reservations(requests: Sequence[Request], event_key: UUID) -> list[_Wanted]:
    """One per counter and one per code, in the order of the requests."""
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    for request in requests:
        assert request.kind in KINDS, "an unknown kind of request"
        assert request.amount > 0, "an amount is positive"
        amounts[request.kind, request.key] += request.amount
    wanted = []
    for (kind, key), amount in amounts.items():
        parts = [1] * amount if kind == VOUCHER else [amount]
        for number, part in enumerate(parts):
            seed = f"{kind}/{key}\0{number}".encode()
            wanted.append(_Wanted(_reservation_id(event_key, seed), kind, key, part))
    return wanted


def _reservation_id(event_key: UUID, seed: bytes) -> UUID:
    """The head of SHA-256 over the event's 16 bytes, the name, a NUL and the number."""
    return UUID(bytes=sha256(event_key.bytes + seed).digest()[:16])


async def _fill(connection: Connection, program_id: int, fresh: Sequence[_Wanted]) -> None:
    """Take what new reservations stand for. Raises OutOfStock, UnknownCounter."""
    counters = sorted((item for item in fresh if item.kind != VOUCHER), key=lambda item: item.name)
    for item in counters:
        parameters = {"program_id": program_id, "name": item.name, "amount": item.amount}
        cursor = await connection.execute(SQL.take_from_counter, parameters)
        if cursor.rowcount == 0:
            raise await _refusal(connection, program_id, item)
    pools: dict[str, list[bytes]] = defaultdict(list)
    for item in fresh:
        if item.kind == VOUCHER:
            pools[item.key].append(item.reservation.bytes)
    for pool, reservations in sorted(pools.items()):
        claim = {
            "program_id": program_id,
            "pool": pool,
            "reservations": UuidColumn(reservations),
            "wanted": len(reservations),
        }
        cursor = await connection.execute(SQL.claim_codes, claim)
        if cursor.rowcount < len(reservations):
            raise OutOfStock(VOUCHER, pool, len(reservations), cursor.rowcount)


async def _refusal(connection: Connection, program_id: int, item: _Wanted) -> Exception:
    parameters = {"program_id": program_id, "names": TextColumn([item.name])}
    row = await (await connection.execute(SQL.read_levels, parameters)).fetchone()
    if row is None:
        return UnknownCounter(item.name)
    return OutOfStock(item.kind, item.key, item.amount, row[1] - row[2])
