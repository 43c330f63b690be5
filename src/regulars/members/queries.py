"""The queries of members, loaded once from `sql/`, and the columns that address member rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regulars.platform.arrays import Int2Column, Int8Column
from regulars.platform.ids import MemberId, shard_of
from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class MembersSql:
    """One field per named query; see the headers in `sql/` for purpose, locks and rows."""

    claim_identifiers: Query
    find_identifiers: Query
    identifiers_of: Query
    release_claims: Query
    release_kinds: Query
    insert_name_words: Query
    delete_name_words: Query
    find_by_name: Query
    insert_members: Query
    insert_states: Query
    insert_profiles: Query
    insert_missing_keys: Query
    read_members: Query
    lock_member: Query
    read_profiles: Query
    put_profile: Query
    stale_wrappings: Query
    update_wrappings: Query
    delete_profile: Query
    delete_identifiers: Query
    mark_erased: Query
    insert_erasure: Query
    list_erasures: Query


SQL = load_sql(MembersSql, __package__)


def in_lock_order(member_ids: Iterable[MemberId]) -> list[MemberId]:
    """The one order in which members are locked: by (shard, member id)."""
    return sorted(set(member_ids), key=lambda member: (shard_of(member), member))


def keys_of(member_ids: Sequence[MemberId]) -> dict[str, object]:
    """The parameters `shards` and `members` of a set of member rows."""
    return {
        "shards": Int2Column([shard_of(member) for member in member_ids]),
        "members": Int8Column(member_ids),
    }


def key_of(member_id: MemberId) -> dict[str, object]:
    """The parameters `shard` and `member_id` of one member row."""
    return {"shard": shard_of(member_id), "member_id": member_id}
