"""What must be in the database, worked out from the answers alone, and compared with what is there.

Independent of the engine: points are whole pounds, a refund takes back what its purchase gave, a
captured reward costs what it costs. It reads the journal as rows and decodes the entries; no other
code of the product takes part.
"""

from collections import Counter

import msgspec
import psycopg

from bench.crash.clients import Record
from bench.world import Shop
from regulars.core.facade import decode_entry
from regulars.core.state import MemberState
from regulars.platform.ids import format_entry_id, format_member_id

OWN_SOURCE = "regulars"
_decode_state = msgspec.msgpack.Decoder(MemberState).decode


def compare(shop: Shop, record: Record) -> list[str]:
    """Everything that is wrong, in words; empty if nothing is."""
    wrong: list[str] = []
    with psycopg.connect(shop.database_url) as connection:
        entries: dict[str, str] = {}
        identities: Counter[tuple[str, str]] = Counter()
        for member_id, seq, digest, body in connection.execute(
            "SELECT member_id, seq, hash, body FROM entry"
        ):
            event = decode_entry(body).event
            if event.source != OWN_SOURCE:
                entries[format_entry_id(member_id, seq)] = digest.hex()
                identities[event.source, event.event_id] += 1
        balances = {
            format_member_id(member_id): _balance(_decode_state(state))
            for member_id, state in connection.execute("SELECT member_id, state FROM member_state")
        }
    wrong += _lost_or_doubled(record, entries, identities)
    expected: Counter[str] = Counter()
    for one in record.answered:
        expected[one.asked.member] += one.points
    for member, balance in balances.items():
        if balance != expected[member]:
            wrong.append(f"{member} has {balance} points, the answers say {expected[member]}")
    return wrong


def _lost_or_doubled(
    record: Record, entries: dict[str, str], identities: Counter[tuple[str, str]]
) -> list[str]:
    wrong = []
    for identity, count in identities.items():
        if count > 1:
            wrong.append(f"event {identity} has {count} entries")
    for one in record.answered:
        if entries.get(one.entry) != one.receipt:
            wrong.append(f"{one.asked.identity} was acknowledged as {one.entry}: it is not there")
        source, event_id = one.asked.identity
        if source and identities[source, event_id] != 1:
            wrong.append(f"{one.asked.identity} is recorded {identities[source, event_id]} times")
    acknowledged = {one.entry for one in record.answered}
    if len(acknowledged) != len(record.answered):
        wrong.append("two requests were acknowledged with the same entry")
    # Every request was repeated until it was answered, so nothing else may have been recorded.
    unknown = sorted(set(entries) - acknowledged)
    if unknown:
        wrong.append(f"{len(unknown)} entries that nobody was told of, such as {unknown[0]}")
    return wrong


def _balance(state: MemberState) -> int:
    return sum(
        wallet.active + wallet.pending + wallet.held + wallet.debt
        for wallet in state.wallets.values()
    )
