"""Gives members a past: one member's real journal, cloned for many.

One model member lives through the events by the real intake, in their order of time. Its rows are
then written for other members with what is theirs: event ids, identities, digests and the chain of
hashes are computed anew, as the ledger would have; states, lots, postings and checkpoints are the
same. `ledger verify` finds nothing, since nothing is different from what it says it is.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec
import psycopg
import uvloop

from bench.baskets import baskets
from bench.world import FIRST_TIER, Shop
from regulars.app import open_services
from regulars.core.events import Event
from regulars.core.facade import decode_entry
from regulars.intake.contracts import Submission
from regulars.ledger.facade import (
    FIRST,
    SHARD_MASK,
    body_digest,
    entry_hash,
    event_key,
)
from regulars.members.contracts import Enrolled, Enrolment
from regulars.platform.clock import MICROSECONDS_PER_DAY, SystemClock
from regulars.platform.ids import format_member_id

SOURCE = "past"
_YEARS_US = 3 * 365 * MICROSECONDS_PER_DAY  # the time over which the longest history is spread
_LONGEST = 1_000
_FOR_EVER_US = 2**62
_ENROLMENTS_AT_ONCE = 5000
_SINCE_US = MICROSECONDS_PER_DAY

_CLONES = """
CREATE TEMPORARY TABLE clone (member_id bigint PRIMARY KEY, shard smallint, head bytea)
"""
_COPY_CLONES = "COPY clone (member_id, shard, head) FROM STDIN (FORMAT binary)"
_COPY_ENTRIES = """
COPY entry (member_id, occurred_at, recorded_at, seq, shard, hash, body) FROM STDIN (FORMAT binary)
"""
_COPY_CLAIMS = """
COPY event_claim (key, digest, member_id, program_id, seq) FROM STDIN (FORMAT binary)
"""
_FROM_MODEL = (
    """
    UPDATE member_state AS s
    SET seq = m.seq, due_day = m.due_day, state = m.state, head = c.head
    FROM clone AS c, member_state AS m
    WHERE s.shard = c.shard AND s.member_id = c.member_id AND m.member_id = %(model)s
    """,
    """
    INSERT INTO posting (member_id, amount, lot, seq, shard, debit, credit, currency)
    SELECT c.member_id, p.amount, p.lot, p.seq, c.shard, p.debit, p.credit, p.currency
    FROM clone AS c, posting AS p
    WHERE p.member_id = %(model)s
    """,
    """
    INSERT INTO lot (member_id, remaining, earned_at, active_at, expires_at, lot, seq, for_seq,
                     shard, pending, currency, rule)
    SELECT c.member_id, l.remaining, l.earned_at, l.active_at, l.expires_at, l.lot, l.seq,
           l.for_seq, c.shard, l.pending, l.currency, l.rule
    FROM clone AS c, lot AS l
    WHERE l.member_id = %(model)s
    """,
    """
    INSERT INTO checkpoint (member_id, latest_occurred_at, seq, shard, state)
    SELECT c.member_id, k.latest_occurred_at, k.seq, c.shard, k.state
    FROM clone AS c, checkpoint AS k
    WHERE k.member_id = %(model)s
    """,
    """
    INSERT INTO outbox (recorded_at, generation, program_id, members, seqs, totals)
    SELECT m.recorded_at, g.generation, %(program_id)s,
           array_fill(c.member_id, ARRAY[m.count]), m.seqs, %(totals)s
    FROM clone AS c, feed_generation AS g,
         (SELECT max(e.recorded_at) AS recorded_at, count(*)::integer AS count,
                 array_agg(e.seq ORDER BY e.seq) AS seqs
          FROM entry AS e WHERE e.member_id = %(model)s) AS m
    """,
)
"""What is the same for every clone, written by the server from the model's rows."""

_Totals = list[tuple[str, int, int]]
_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode_totals = msgspec.msgpack.Decoder(_Totals).decode


def give_histories(shop: Shop, count: int, events: int) -> Shop:
    """Enrol `count` members with `events` past events each; answers the shop with only them to
    choose from. The shop must not have recorded anything yet."""
    model, clones = uvloop.run(_live(shop, count, events))
    with psycopg.connect(shop.database_url) as connection:
        _write_clones(connection, shop, model, clones)
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        connection.execute(b"VACUUM ANALYZE")
        connection.execute(b"CHECKPOINT")
    members = Path(f"{shop.members}.{events}")
    members.write_text("\n".join(format_member_id(one) for one in clones) + "\n")
    return dataclasses.replace(shop, members=members)


async def _live(shop: Shop, count: int, events: int) -> tuple[int, list[int]]:
    """The model, who has lived through the events, and the members who will be its clones."""
    now = SystemClock().now()
    step = _YEARS_US // _LONGEST
    begin = now - _SINCE_US - events * step
    async with open_services(shop.settings(), SystemClock()) as services:
        enrolled: list[int] = []
        for start in range(0, count + 1, _ENROLMENTS_AT_ONCE):
            wanted = range(start, min(count + 1, start + _ENROLMENTS_AT_ONCE))
            answers = await services.members.enrol_many(
                shop.program_id,
                [
                    Enrolment(external_id=f"past-{n}", enrolled_at=begin, hashes_only=True)
                    for n in wanted
                ],
                first_tier=FIRST_TIER,
                now=now,
            )
            enrolled += [one.member_id for one in answers if isinstance(one, Enrolled)]
        model, clones = enrolled[0], enrolled[1:]
        for number, basket in enumerate(baskets(events, events), start=1):
            at = begin + number * step
            event = Event("purchase", SOURCE, _event_id(0, number), at, basket.purchase())
            submission = Submission(shop.program_id, model, event, _FOR_EVER_US)
            (outcome,) = await services.intake.submit([submission])
            assert outcome.status == "accepted", outcome
    Random(1).shuffle(clones)
    return model, clones


def _write_clones(
    connection: psycopg.Connection, shop: Shop, model: int, clones: list[int]
) -> None:
    """Everything that a history consists of, in one transaction."""
    journal = connection.execute(
        "SELECT seq, occurred_at, recorded_at, body FROM entry WHERE member_id = %s ORDER BY seq",
        [model],
    ).fetchall()
    events = [decode_entry(body).event for _, _, _, body in journal]
    parameters = {
        "model": model,
        "program_id": shop.program_id,
        "totals": _totals(connection),
    }
    connection.execute(_CLONES)
    heads = []
    with connection.cursor().copy(_COPY_ENTRIES) as copy:
        copy.set_types(["int8", "int8", "int8", "int4", "int2", "bytea", "bytea"])
        for number, member in enumerate(clones, start=1):
            head = FIRST
            for (seq, occurred_at, recorded_at, body), event in zip(journal, events, strict=True):
                mine = body.replace(event.event_id.encode(), _event_id(number, seq).encode())
                head = entry_hash(member, seq, occurred_at, recorded_at, head, mine)
                shard = member & SHARD_MASK
                copy.write_row((member, occurred_at, recorded_at, seq, shard, head, mine))
            heads.append(head)
    with connection.cursor().copy(_COPY_CLAIMS) as copy:
        copy.set_types(["uuid", "int8", "int8", "int4", "int4"])
        for key, digest, member, seq in sorted(_claims(clones, events)):
            copy.write_row((UUID(bytes=key), digest, member, shop.program_id, seq))
    with connection.cursor().copy(_COPY_CLONES) as copy:
        copy.set_types(["int8", "int2", "bytea"])
        for member, head in zip(clones, heads, strict=True):
            copy.write_row((member, member & SHARD_MASK, head))
    connection.execute("ANALYZE clone")
    for statement in _FROM_MODEL:
        connection.execute(statement, parameters)


def _claims(clones: list[int], events: list[Event]) -> Iterator[tuple[bytes, int, int, int]]:
    """Key, digest, member and sequence number of every event's identity."""
    for number, member in enumerate(clones, start=1):
        for seq, event in enumerate(events, start=1):
            mine = msgspec.structs.replace(event, event_id=_event_id(number, seq))
            key = event_key(SOURCE, mine.event_id)
            yield key, body_digest(b"", member, None, mine), member, seq


def _totals(connection: psycopg.Connection) -> bytes:
    """The program-side sums of the model's whole journal, as one group would have them."""
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for (totals,) in connection.execute("SELECT totals FROM outbox").fetchall():
        for currency, account, amount in _decode_totals(totals):
            sums[currency, account] += amount
    return _encode([(*key, amount) for key, amount in sorted(sums.items()) if amount])


def _event_id(member_number: int, seq: int) -> str:
    """Of one length for all, so that one stands in the place of another."""
    return f"past-{member_number:07d}-{seq:05d}"
