"""The queries of the intake, loaded once from `sql/`."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class IntakeSql:
    """One field per named query; see the headers in `sql/` for purpose, locks and rows."""

    lock_programs: Query
    read_epochs: Query
    park: Query
    find_parked: Query
    waiting_for: Query
    unpark: Query
    open_moves: Query
    close_moves: Query
    moves_towards: Query
    parked_whose_purchase_came: Query
    expire_parked: Query
    due_members: Query
    backlog: Query


SQL = load_sql(IntakeSql, __package__)
