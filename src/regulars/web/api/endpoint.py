"""Carries out one operation as an ASGI application: authenticate, check, decode, call, encode.

The order is the same for every operation and cannot be skipped by one: known key, rate, scope,
media type, size, JSON, types; only then is the operation's own coroutine called. Problems become
documents here; an error that nobody expected is logged and answered with 500 and the request id.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.types import Message, Receive, Scope, Send

from regulars.platform.logging import get_logger
from regulars.web.api.authentication import require_scope, unauthenticated
from regulars.web.api.decoding import query_struct, read_json, to_struct
from regulars.web.api.errors import problem_of
from regulars.web.api.operation import Call, Operation, Reply
from regulars.web.api.problems import MEDIA_TYPE, ApiProblem
from regulars.web.api.query_text import query_pairs
from regulars.web.api.services import Services

IDEMPOTENCY_KEY_CHARACTERS_MAX = 200
JSON = "application/json"

_log = get_logger("web.api")
_encode = msgspec.json.Encoder().encode
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip"})
_JSON_TYPE = (b"content-type", JSON.encode())
_NO_STORE = (b"cache-control", b"no-store")
_Headers = list[tuple[bytes, bytes]]


class Endpoint:
    """The ASGI application of one operation. What is the same for every request is found out here,
    once."""

    def __init__(self, operation: Operation, services: Services) -> None:
        self._operation = operation
        self._services = services
        most = services.settings.request_body_bytes_max
        self._body_bytes_max = min(operation.body_bytes_max, most)
        self._is_keyed = operation.idempotency != "none"
        self._must_be_keyed = operation.idempotency == "required"
        self._query = operation.query or (None if operation.public else _NoQuery)
        self._query_of_none = _query_of_none(operation.query)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `scope["state"]` holds its id (see `access.py`)."""
        state = scope["state"]
        request_id: str = state["request_id"]
        headers: _Headers = []
        try:
            call = Call(self._services, request_id)
            await self._prepare(call, scope, receive, headers)
            answer = await self._operation.handler(call)
            if isinstance(answer, Reply):
                if answer.headers:
                    headers += _named(answer.headers.items())
                status, kind, content = answer.status, answer.media_type, answer.content
            else:
                status, kind, content = self._operation.status, JSON, answer
            body = content if isinstance(content, bytes) else _encode(content)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of the process
            kind = MEDIA_TYPE
            problem = problem_of(error)
            if problem is None:
                _log.exception("request_failed", request_id=request_id, route=self._operation.path)
                problem = ApiProblem("internal_error")
            status, body = problem.status, problem.encoded(request_id)
            headers = [*headers, *_named(problem.headers.items())]
            state["code"] = problem.code
        await respond(send, status, kind, body, headers)

    async def _prepare(self, call: Call, scope: Scope, receive: Receive, headers: _Headers) -> None:
        """Everything before the operation's own coroutine, in its fixed order."""
        operation = self._operation
        given: dict[bytes, bytes] = dict(scope["headers"])
        if not operation.public:
            await self._authenticate(call, scope, given, headers)
        else:
            call.authorization = given.get(b"authorization", b"").decode("latin-1")
            call.client_host = (scope.get("client") or ("", 0))[0]
            call.is_forwarded = not _FORWARDED.isdisjoint(given)
        if parameters := scope.get("path_params"):
            call.path = parameters
        if b"accept-language" in given:
            call.language = given[b"accept-language"].decode("latin-1")[:200]
        if self._is_keyed and (b"idempotency-key" in given or self._must_be_keyed):
            call.idempotency_key = _idempotency_key(given, operation)
        query_string = scope["query_string"]
        if not query_string and self._query_of_none is not None:
            call.query = self._query_of_none
        elif self._query is not None and (query_string or operation.query is not None):
            call.query = query_struct(query_pairs(query_string), self._query)
        if operation.body is not None:
            call.body_bytes = await _read_body(
                given, receive, self._body_bytes_max, operation.body_optional
            )
            call.body = self._decode(call.body_bytes)

    async def _authenticate(
        self, call: Call, scope: Scope, given: dict[bytes, bytes], headers: _Headers
    ) -> None:
        authorization = given.get(b"authorization")
        if authorization is None:
            raise unauthenticated("the request carries no Authorization header")
        call.known = caller = await self._services.callers.recognise(authorization)
        scope["state"]["key_id"] = caller.key_id
        headers += self._services.limits.take(caller.key_id)
        require_scope(caller, self._operation.scope)

    def _decode(self, body: bytes) -> Any:
        if not body and self._operation.body_optional:
            return to_struct({}, self._operation.body)
        value = read_json(body)
        return value if self._operation.body is Any else to_struct(value, self._operation.body)


def _query_of_none(wanted: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    """The query of a request without parameters, None where it has to be read all the same."""
    if wanted is None:
        return None
    try:
        return query_struct([], wanted)
    except ApiProblem:
        return None


class _NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation that knows no query parameter refuses every one."""


async def respond(send: Send, status: int, media_type: str, body: bytes, headers: _Headers) -> None:
    """Send one whole answer."""
    head = [
        _JSON_TYPE if media_type == JSON else (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        _NO_STORE,
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _named(items: Iterable[tuple[str, str]]) -> _Headers:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in items]


def _idempotency_key(given: dict[bytes, bytes], operation: Operation) -> str:
    raw = given.get(b"idempotency-key", b"").strip()
    if not raw:
        if operation.idempotency == "required":
            raise ApiProblem(
                "idempotency_key_missing",
                next_step="Send a new random value for each new request, the same one to retry.",
            )
        return ""
    text = raw.decode("latin-1")
    if len(text) > IDEMPOTENCY_KEY_CHARACTERS_MAX or not all(" " < c <= "~" for c in text):
        raise ApiProblem(
            "malformed_request",
            "the Idempotency-Key cannot be used",
            found=text,
            expected=f"1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} visible ASCII characters",
        )
    return text


async def _read_body(
    given: dict[bytes, bytes], receive: Receive, most: int, is_optional: bool
) -> bytes:
    """The whole body, refused as soon as it is known to be too large or of another kind."""
    length = given.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiProblem("malformed_request", "the connection ended before the body did")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
        more = message.get("more_body", False)
    if size or not is_optional:
        _check_media_type(given)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _check_media_type(given: dict[bytes, bytes]) -> None:
    sent = given.get(b"content-type", b"")
    if sent == b"application/json" and b"content-encoding" not in given:
        return
    kind = sent.decode("latin-1").lower()
    name, _, parameters = kind.partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    encoding = given.get(b"content-encoding", b"identity").lower()
    fits = name.strip() == "application/json" and charset in ("", "charset=utf-8")
    if not fits or encoding != b"identity":
        found = kind if encoding == b"identity" else encoding.decode("latin-1")
        raise ApiProblem(
            "unsupported_media_type", found=found, expected="application/json in UTF-8"
        )


def _too_large(most: int) -> ApiProblem:
    # What is left of the body is not read, so the connection cannot be used again.
    return ApiProblem(
        "body_too_large", expected=f"at most {most} bytes", headers={"Connection": "close"}
    )
