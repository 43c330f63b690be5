"""Every column of the database, declared personal (why and how long) or free of personal data.

A test compares this with the catalogue of a migrated database, so that nobody adds a column without
having thought about it; docs/personal-data.md is written from it. Member ids and event identities
are pseudonyms: they lead to a person only through `identifier` and `member_profile`, which an
erasure deletes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """Why a column holds personal data, how it is protected, and when it goes."""

    purpose: str
    protection: str
    retention: str


_UNTIL_ERASURE = "until the member is erased or the value is changed"
_SEALED = "sealed under the member's data key where the program declares the field personal"
_KEY_DESTROYED = "for ever in the books; unreadable once the member's key is destroyed"

PERSONAL: dict[str, dict[str, Personal]] = {
    "identifier": {
        "hash": Personal("finding a member by an identifier", "keyed hash", _UNTIL_ERASURE),
    },
    "name_word": {
        "hash": Personal("finding a member by name", "keyed hash", _UNTIL_ERASURE),
    },
    "member_profile": {
        "profile": Personal(
            "serving the member: names, identifiers, birthday, language",
            "encrypted under the member's data key",
            _UNTIL_ERASURE,
        ),
        "wrapped_key": Personal(
            "the member's data key",
            "wrapped by a master key that is outside the database",
            "until the member is erased: that is the erasure",
        ),
    },
    "entry": {
        "body": Personal("the decision and its reasons", _SEALED, _KEY_DESTROYED),
    },
    "parked": {
        "body": Personal(
            "a refund that waits for its purchase", _SEALED, "until the purchase or the time limit"
        ),
    },
    "request_claim": {
        "answer": Personal(
            "answering a repeated request alike",
            "answers hold ids; whoever stores one with a profile breaks this declaration",
            "7 days",
        ),
    },
    "program_version": {
        "published_by": Personal("who published", "name of a key or operator", "for ever"),
    },
    "api_key": {
        "name": Personal("telling keys apart", "chosen by the operator", "while the key is kept"),
    },
}
"""Columns with personal data. Everything else must stand in FREE."""

FREE: dict[str, frozenset[str]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "account_total": "program_id currency account amount",
        "account_watermark": "program_id generation xid outbox_id",
        "api_key": "key_id program_id secret_hash scopes backdate_us created_at revoked_at",
        "checkpoint": "member_id latest_occurred_at seq shard state",
        "counter": "program_id name total used",
        "entry": "member_id occurred_at recorded_at seq shard hash",
        "erasure": "program_id member_id erased_at",
        "event_claim": "key digest member_id program_id seq",
        "feed_generation": "only_row generation",
        "identifier": "program_id kind member_id",
        "lot": (
            "member_id remaining earned_at active_at expires_at lot seq for_seq shard pending"
            " currency rule"
        ),
        "member": "member_id enrolled_at program_id shard erased_at",
        "member_profile": "member_id shard master_key_id",
        "member_state": "member_id due_day seq program_id shard head state",
        "name_word": "program_id member_id",
        "open_move": "program_id from_member from_seq to_member made_at event",
        "outbox": "outbox_id generation xid recorded_at program_id members seqs totals",
        "parked": "program_id awaits key digest occurred_at parked_at expires_at outcome",
        "posting": "member_id amount lot seq shard debit credit currency",
        "program": "program_id slug epoch created_at",
        "program_version": "program_id version document digest effective_from published_at",
        "refund_progress": "member_id purchase_seq shard body",
        "request_claim": "program_id key digest status created_at",
        "reservation": "program_id reservation name amount state made_at event_key",
        "schema_migration": "version name sha256 applied_at",
        "voucher": "program_id pool code_hash code reservation withdrawn",
        "voucher_pool": "program_id pool wrapped_key",
    }.items()
}
"""Columns that hold no personal data."""


def personal_data_table() -> str:
    """The declaration as the Markdown table of docs/personal-data.md, one row per column."""
    rows = ["| table | column | purpose | protection | kept |", "|---|---|---|---|---|"]
    for table, columns in sorted(PERSONAL.items()):
        for column, said in sorted(columns.items()):
            rows.append(
                f"| `{table}` | `{column}` | {said.purpose} | {said.protection}"
                f" | {said.retention} |"
            )
    return "\n".join(rows) + "\n"
