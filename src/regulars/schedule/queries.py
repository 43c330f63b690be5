"""The queries of the schedule."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class ScheduleSql:
    """See the headers in `sql/`."""

    try_lock: Query
    wait_for_task: Query


SQL = load_sql(ScheduleSql, __package__)
