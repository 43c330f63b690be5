"""About the server itself: is it alive, is it ready, and its metrics."""

import hmac
from contextlib import suppress
from ipaddress import ip_address

import psycopg
from msgspec import Struct
from psycopg_pool import PoolTimeout

from regulars.intake.facade import measure
from regulars.platform.metrics import CONTENT_TYPE, render_metrics
from regulars.web.api.authentication import unauthenticated
from regulars.web.api.errors import unavailable
from regulars.web.api.operation import Call, Operation, Reply

READY_SECONDS_MAX = 2.0


class HealthAnswer(Struct, frozen=True):
    """`alive` or `ready`."""

    status: str


async def live(call: Call) -> HealthAnswer:
    """The process answers."""
    return HealthAnswer("alive")


async def ready(call: Call) -> HealthAnswer:
    """The process can take events: its database answers."""
    try:
        async with call.services.pool.connection(timeout=READY_SECONDS_MAX) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, PoolTimeout):
        raise unavailable("the database does not answer") from None
    return HealthAnswer("ready")


async def metrics(call: Call) -> Reply:
    """This process's metrics, for this machine or for who has the token of metrics.

    A request that a proxy passed on does not count as from this machine.
    """
    token = call.services.metrics_token
    sent = call.authorization.removeprefix("Bearer ").encode()
    has_token = bool(token) and hmac.compare_digest(sent, token.encode())
    if not has_token and (call.is_forwarded or not _is_loopback(call.client_host)):
        raise unauthenticated("metrics are for this machine, or for who sends their token")
    services = call.services
    with suppress(psycopg.Error, PoolTimeout):  # what can be had without a database is answered
        await measure(services.pool, services.clock.now(), READY_SECONDS_MAX)
    return Reply(render_metrics(), media_type=CONTENT_TYPE)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


OPERATIONS = (
    Operation(
        id="get_live",
        method="GET",
        path="/health/live",
        tag="service",
        summary="Whether the process answers",
        handler=live,
        public=True,
        answer=HealthAnswer,
    ),
    Operation(
        id="get_ready",
        method="GET",
        path="/health/ready",
        tag="service",
        summary="Whether the process can take events",
        handler=ready,
        public=True,
        answer=HealthAnswer,
    ),
    Operation(
        id="get_metrics",
        method="GET",
        path="/metrics",
        tag="service",
        summary="Metrics of this process in Prometheus' text format",
        description=(
            "For callers on this machine, or with `Authorization: Bearer` and the content of the "
            "file `keys/metrics_token` below the home folder."
        ),
        handler=metrics,
        public=True,
        answer=bytes,
        answer_media_type="text/plain",
        problems=("unauthenticated",),
    ),
)
