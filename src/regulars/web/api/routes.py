"""The routes of the API: one per operation, and nothing that is not an operation or its reference.

A request for an address that is not here, or with a method that it does not know, is answered with
a problem. Reference pages come from the package; nothing is loaded from elsewhere.
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from regulars.web.api.endpoint import Endpoint, respond
from regulars.web.api.openapi import openapi_document
from regulars.web.api.operation import Operation
from regulars.web.api.operations import (
    events,
    ledger,
    members,
    programs,
    quotes,
    redemptions,
    rewards,
    service,
)
from regulars.web.api.problems import MEDIA_TYPE, ApiProblem
from regulars.web.api.services import Services

OPERATIONS: tuple[Operation, ...] = (
    *events.OPERATIONS,
    *quotes.OPERATIONS,
    *redemptions.OPERATIONS,
    *members.OPERATIONS,
    *ledger.OPERATIONS,
    *programs.OPERATIONS,
    *rewards.OPERATIONS,
    *service.OPERATIONS,
)
"""Everything that the API can be asked for."""

_PAGES = {
    "/docs": ("reference.html", "text/html; charset=utf-8"),
    "/docs/reference.js": ("reference.js", "text/javascript; charset=utf-8"),
    "/docs/reference.css": ("reference.css", "text/css; charset=utf-8"),
}
_PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)


class Routes(Router):
    """All routes. Those whose address is fixed are found by it; the others are tried in order."""

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp | None = None) -> None:
        """`default` answers what no route has: without it, with a problem."""
        super().__init__(routes, redirect_slashes=False, default=default or nothing_here)
        self._by_path = {
            route.path: route
            for route in routes
            if isinstance(route, OperationRoute | Page) and "{" not in route.path
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the route of the request's address."""
        route = self._by_path.get(scope["path"])
        if route is not None:
            await route.handle(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class OperationRoute(BaseRoute):
    """All operations of one address; a method that none of them has is a 405."""

    def __init__(self, path: str, endpoints: dict[str, Endpoint]) -> None:
        self.path = path
        self.methods = sorted(endpoints)
        self._endpoints = endpoints
        self._route = Route(path, _unused)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the path is this address, and with which parameters."""
        found = self._route.path_regex.match(scope["path"])
        return (Match.FULL, {"path_params": found.groupdict()}) if found else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the operation of the method."""
        scope["state"]["route"] = self.path
        endpoint = self._endpoints.get(scope["method"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
            return
        allowed = ", ".join(self.methods)
        problem = ApiProblem("method_not_allowed", expected=allowed, headers={"Allow": allowed})
        await refuse(scope, send, problem)


class Page(BaseRoute):
    """A fixed answer to GET: the OpenAPI document, or a page of the reference."""

    def __init__(self, path: str, content: bytes, media_type: str) -> None:
        self.path = path
        self.methods = ["GET", "HEAD"]
        self._content = content
        self._media_type = media_type

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Only its own path."""
        return (Match.FULL if scope.get("path") == self.path else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; HEAD sends no body, which the server takes care of."""
        scope["state"]["route"] = self.path
        if scope["method"] not in self.methods:
            problem = ApiProblem("method_not_allowed", expected="GET", headers={"Allow": "GET"})
            await refuse(scope, send, problem)
            return
        await respond(send, 200, self._media_type, self._content, [_PAGE_POLICY])


def api_routes(services: Services) -> list[BaseRoute]:
    """Every route of the API, bound to the rooms that it calls."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = Endpoint(operation, services)
    routes: list[BaseRoute] = [OperationRoute(path, found) for path, found in by_path.items()]
    return [*routes, *reference_pages()]


def reference_pages() -> list[BaseRoute]:
    """The OpenAPI document and the pages that show it; they need no database."""
    document = json.dumps(openapi_document(OPERATIONS, version("regulars"))).encode()
    pages: list[BaseRoute] = [Page("/openapi.json", document, "application/json")]
    folder = files("regulars.web.api") / "pages"
    for path, (name, media_type) in _PAGES.items():
        pages.append(Page(path, (folder / name).read_bytes(), media_type))
    return pages


def waiting_pages() -> list[BaseRoute]:
    """What is answered while the database is not ready: the reference, and that it lives."""
    return [Page("/health/live", b'{"status":"alive"}', "application/json"), *reference_pages()]


async def refuse(scope: Scope, send: Send, problem: ApiProblem) -> None:
    """Answer with a problem outside of an operation."""
    request_id = scope["state"]["request_id"]
    scope["state"]["code"] = problem.code
    headers = [(k.lower().encode(), v.encode()) for k, v in problem.headers.items()]
    await respond(send, problem.status, MEDIA_TYPE, problem.encoded(request_id), headers)


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer for an address that no route has."""
    await refuse(scope, send, ApiProblem("not_found", "there is nothing at this address"))


async def _unused(scope: Scope) -> None:
    raise AssertionError("only the path of this route is used")
