"""The OpenAPI 3.1 document, made from the list of operations and the types that they name.

Schemas come from the msgspec types themselves, so that what is documented is what is checked.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from regulars.programs.contracts import SCOPES
from regulars.web.api.operation import Operation
from regulars.web.api.problems import CODES, MEDIA_TYPE, ProblemDocument
from regulars.web.api.wire.orders import (
    EVENTS_MAX,
    ExchangeEvent,
    OtherEvent,
    PurchaseEvent,
    RefundEvent,
)

_EVENT_TYPES = (PurchaseEvent, RefundEvent, ExchangeEvent, OtherEvent)
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_EVERY = ("internal_error", "unavailable")
_WITH_KEY = ("unauthenticated", "scope_missing", "rate_limited", "malformed_request")
_WITH_BODY = (
    "malformed_json",
    "body_too_large",
    "unsupported_media_type",
    "wrong_type",
    "missing_field",
    "unknown_field",
    "out_of_range",
    "invalid_text",
    "invalid_value",
)


def openapi_document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The whole document as JSON data; the operations are in the order of the reference."""
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(map(_type_key, types), map(_plain_patterns, schemas), strict=True))
    components = {name: _plain_patterns(schema) for name, schema in components.items()}
    components["Event"] = _event_schema()
    components["EventOrBatch"] = _batch_schema()
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        entry = paths.setdefault(operation.path, {})
        entry[operation.method.lower()] = _operation(operation, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Regulars",
            "version": version,
            "description": "Events in, decisions out: the HTTP interface of a loyalty program.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(item.tag for item in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: rk_<8 characters>_<52 characters>. Scopes: "
                    + "; ".join(f"`{scope}`: {text}" for scope, text in SCOPES.items()),
                }
            },
            "headers": _headers(),
        },
        "security": [{"key": []}],
    }


def operation_problems(operation: Operation) -> list[str]:
    """Every code that an operation may answer, in the order of the list of codes."""
    possible = {*_EVERY, *operation.problems}
    if not operation.public:
        possible |= {*_WITH_KEY}
    if "{" in operation.path:
        possible |= {"not_found"}
    if operation.query is not None:
        possible |= {"malformed_request", "unknown_field", "wrong_type", "out_of_range"}
        possible |= {"invalid_text"}
    elif not operation.public:
        possible |= {"unknown_field", "invalid_text"}
    if operation.body is not None:
        possible |= {*_WITH_BODY}
    if operation.idempotency != "none":
        possible |= {"malformed_request", "idempotency_conflict", "request_in_progress"}
    if operation.idempotency == "required":
        possible |= {"idempotency_key_missing"}
    return [code for code in CODES if code in possible]


def _types(operations: Sequence[Operation]) -> list[Any]:
    found: dict[str, Any] = {}
    named: list[Any] = [ProblemDocument, *_EVENT_TYPES]
    for item in operations:
        named += [item.body, item.answer, item.query, *item.also.values()]
    flat = [one for kind in named for one in (kind if isinstance(kind, tuple) else (kind,))]
    for kind in flat:
        if kind is not None and kind is not Any and kind is not bytes:
            found[_type_key(kind)] = kind
    return list(found.values())


def _type_key(kind: Any) -> str:
    return repr(kind)


def _operation(operation: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation, by_type),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.public:
        described["security"] = []
    else:
        described["security"] = [{"key": [operation.scope]}]
        described["x-scope"] = operation.scope
    parameters = [*_path_parameters(operation), *_query_parameters(operation, by_type)]
    if operation.idempotency != "none":
        parameters.append(_idempotency_parameter(operation))
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = operation.body_schema or by_type[_type_key(operation.body)]
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _responses(operation: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    answers = {operation.status: operation.answer, **operation.also}
    for status, kind in answers.items():
        schema = {} if kind is None or kind is bytes else {"schema": _schema_of(kind, by_type)}
        responses[str(status)] = {
            "description": {200: "Done", 201: "Made", 202: "Taken, not decided yet"}[status],
            "content": {operation.answer_media_type: schema},
        }
        if not operation.public:
            responses[str(status)]["headers"] = {
                name: {"$ref": f"#/components/headers/{name}"}
                for name in ("RateLimit", "RateLimit-Policy")
            }
    by_status: dict[int, list[str]] = {}
    for code in operation_problems(operation):
        by_status.setdefault(CODES[code].status, []).append(code)
    reference = {"$ref": "#/components/schemas/ProblemDocument"}
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
    return responses


def _schema_of(kind: Any, by_type: dict[str, Any]) -> Any:
    """The schema of a type, or of one of several."""
    if isinstance(kind, tuple):
        return {"oneOf": [by_type[_type_key(one)] for one in kind]}
    return by_type[_type_key(kind)]


def _path_parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in _PATH_PARAMETER.findall(operation.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }


def _query_parameters(operation: Operation, by_type: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if operation.query is None:
        return
    schema = msgspec.json.schema(operation.query)
    described = schema["$defs"][operation.query.__name__]
    for name, inside in described["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in described.get("required", ()),
            "schema": _plain_patterns(inside),
        }


def _idempotency_parameter(operation: Operation) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": operation.idempotency == "required",
        "description": "Names the request: sent again, it is answered as the first time.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    }


def _event_schema() -> dict[str, Any]:
    return {
        "description": "Something that a member did.",
        "oneOf": [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in _EVENT_TYPES],
    }


def _batch_schema() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    return {
        "description": f"One event, or up to {EVENTS_MAX} of them.",
        "oneOf": [
            event,
            {
                "type": "object",
                "required": ["events"],
                "additionalProperties": False,
                "properties": {
                    "events": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": EVENTS_MAX,
                        "items": event,
                    }
                },
            },
        ],
    }


def _headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "RateLimit": {"description": "Requests left (r) and seconds (t)", "schema": text},
        "RateLimit-Policy": {"description": "Requests (q) a window (w, seconds)", "schema": text},
    }


def _plain_patterns(schema: Any) -> Any:
    """JSON Schema patterns are ECMA-262, which knows neither `\\A` nor `\\Z`."""
    if isinstance(schema, dict):
        plain = {key: _plain_patterns(value) for key, value in schema.items()}
        if isinstance(plain.get("pattern"), str):
            plain["pattern"] = plain["pattern"].replace("\\A", "^").replace("\\Z", "$")
        return plain
    if isinstance(schema, list):
        return [_plain_patterns(item) for item in schema]
    return schema
