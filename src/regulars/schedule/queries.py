"""The query of the schedule."""

from dataclasses import dataclass

from regulars.platform.sql import Query, load_sql


@dataclass(frozen=True)
class ScheduleSql:
    """See the header in `sql/`."""

    try_lock: Query


SQL = load_sql(ScheduleSql, __package__)
