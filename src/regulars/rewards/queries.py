"""The queries of rewards, loaded once from `sql/`."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class RewardsSql:
    """One field per named query; see the headers in `sql/` for purpose, locks and rows."""

    take_reservations: Query
    read_codes: Query
    take_from_counter: Query
    claim_codes: Query
    mark_used: Query
    mark_released: Query
    return_to_counter: Query
    return_codes: Query
    stale_reservations: Query
    declare_totals: Query
    set_total: Query
    change_total: Query
    read_levels: Query
    insert_pool: Query
    read_pool: Query
    insert_codes: Query
    find_codes: Query
    pool_levels: Query
    pools_with_codes: Query
    lock_pools: Query
    update_pool_key: Query


SQL = load_sql(RewardsSql, __package__)
