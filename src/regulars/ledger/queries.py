"""The queries of the ledger, loaded once from `sql/`."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class LedgerSql:
    """One field per named query; see the headers in `sql/` for purpose, locks and rows."""

    lock_members: Query
    read_member: Query
    find_claims: Query
    read_lots: Query
    read_due_lots: Query
    read_entries: Query
    read_progress: Query
    nearest_checkpoint: Query
    entries_after: Query
    history: Query
    all_progress: Query
    feed: Query
    oldest_unseen: Query
    first_watermark: Query
    lock_watermark: Query
    totals_after: Query
    add_totals: Query
    move_watermark: Query
    read_totals: Query
    append_entries: Query
    put_lots: Query
    delete_lots: Query
    write_states: Query
    put_progress: Query
    insert_checkpoints: Query
    insert_outbox: Query
    all_members: Query
    all_entries: Query
    all_lots: Query
    all_refund_progress: Query
    members_after: Query
    members_of: Query
    entries_of: Query
    progress_of: Query
    posting_sums: Query
    counts: Query
    claims_astray: Query
    feed_totals: Query


SQL = load_sql(LedgerSql, __package__)
