"""The outermost layer: gives each request its id, logs and counts it, catches what fell through.

A log line holds method, route template, status, duration, key id and request id: no address, no
query, no body, and never the path as sent, since it may hold an id that someone mistyped from an
e-mail address. A request id is the caller's own `X-Request-Id` where it is a plain one.
"""

import logging
import re
import time
from functools import lru_cache

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.platform.ids import new_request_id
from regulars.platform.logging import get_logger
from regulars.platform.metrics import counter, histogram
from regulars.web.api.endpoint import respond
from regulars.web.api.problems import MEDIA_TYPE, ApiProblem

_PLAIN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_QUIET_ROUTES = frozenset({"/health/live", "/health/ready", "/metrics"})

_log = get_logger("web.access")
_seconds = histogram("http_request_seconds", "Time to answer a request.", ["method", "route"])
_answers = counter("http_requests", "Requests answered.", ["method", "route", "status"])


class Access:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything but HTTP through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # A server may hand the same state to every request: what is noted here is this one's.
        state = {**scope.get("state", {}), "request_id": request_id}
        scope["state"] = state
        start = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                headers.append((b"x-request-id", request_id.encode()))
                headers.append(_NO_SNIFFING)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:  # noqa: BLE001 - the boundary of the process
            _log.exception("request_failed", request_id=request_id)
            if status == 0:
                problem = ApiProblem("internal_error")
                body = problem.encoded(request_id)
                await respond(sending, problem.status, MEDIA_TYPE, body, [])
        finally:
            _note(scope["method"], state, status, time.perf_counter() - start)


def _note(method: str, state: dict[str, str], status: int, seconds: float) -> None:
    """One log line and two metrics; the route is the template, never the path."""
    route = state.get("route", "unknown")
    if method not in _METHODS:
        method = "other"
    duration, answers = _measures(method, route, status)
    duration.observe(seconds)
    answers.inc()
    if not _log.is_enabled_for(logging.INFO) or (route in _QUIET_ROUTES and status < 400):
        return
    _log.info(
        "request",
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 2),
        key_id=state.get("key_id", ""),
        request_id=state["request_id"],
        code=state.get("code", ""),
    )


@lru_cache(maxsize=4096)
def _measures(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    """The two series; to look them up by their labels costs more than to count."""
    return _seconds.labels(method, route), _answers.labels(method, route, str(status))


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _PLAIN_ID.fullmatch(value):
            text: str = value.decode("ascii")
            return text
    return new_request_id()
