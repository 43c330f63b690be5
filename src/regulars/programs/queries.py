"""The queries of programs, loaded once from `sql/`."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class ProgramsSql:
    """One field per named query; see the headers in `sql/` for purpose, locks and rows."""

    lock_programs: Query
    insert_program: Query
    list_programs: Query
    lock_publication: Query
    insert_version: Query
    advance_epoch: Query
    list_versions: Query
    read_versions: Query
    read_document: Query
    insert_key: Query
    find_key: Query
    list_keys: Query
    revoke_key: Query


SQL = load_sql(ProgramsSql, __package__)
