"""The lanes' own connections: autocommitting, with plans that do not depend on statistics.

Every statement of the write path reaches its rows by primary key from a short array, in the
order of the array; on young tables the planner would otherwise guess hash joins over whole tables,
and keep the guess while the tables grow.
"""

from regulars.intake.lane import Connect
from regulars.platform.database import application_conninfo
from regulars.platform.pipelines import PipelineConnection
from regulars.platform.settings import Settings

PLANS = (
    "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off"
    " -c plan_cache_mode=force_generic_plan"
)


def conninfo_of(settings: Settings, url: str) -> str:
    """How a lane connects."""
    return application_conninfo(url, settings, "regulars intake", more_options=PLANS)


def connector(settings: Settings, url: str) -> Connect:
    """A function that opens a connection for a lane."""
    conninfo = conninfo_of(settings, url)

    async def connect() -> PipelineConnection:
        return await PipelineConnection.connect(conninfo)

    return connect
