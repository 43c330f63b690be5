"""Problem documents (RFC 9457): every code that the API answers with, and how errors become one.

`CODES` is the one list of stable codes; the reference in `docs/api.md` is made from it. Rooms raise
their own errors; `errors.py` beside this module maps them. Nothing else in the product knows HTTP.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

MEDIA_TYPE = "application/problem+json"
FOUND_CHARACTERS_MAX = 120


class ProblemKind(Struct, frozen=True):
    """What a code means: its HTTP status and its one-line title."""

    status: int
    title: str


CODES: dict[str, ProblemKind] = {
    # 400: the request cannot be read
    "malformed_json": ProblemKind(400, "The body is not JSON as RFC 8259 describes it"),
    "malformed_request": ProblemKind(400, "A part of the request cannot be read"),
    "idempotency_key_missing": ProblemKind(400, "This request needs an Idempotency-Key"),
    # 401, 403: who asks
    "unauthenticated": ProblemKind(401, "The request carries no key that is known"),
    "scope_missing": ProblemKind(403, "The key lacks a scope"),
    # 404, 405: what is asked for
    "not_found": ProblemKind(404, "There is nothing here for this key"),
    "method_not_allowed": ProblemKind(405, "The address does not know this method"),
    # 409: the request meets something that stands against it
    "event_conflict": ProblemKind(409, "The event's identity was recorded with another body"),
    "idempotency_conflict": ProblemKind(409, "The Idempotency-Key was used for another request"),
    "request_in_progress": ProblemKind(409, "The same request is being answered at this moment"),
    "identifier_taken": ProblemKind(409, "Another member holds this identifier"),
    "member_erased": ProblemKind(409, "The member's personal data was erased"),
    "total_below_used": ProblemKind(409, "The total is smaller than what is used"),
    # 413, 415: what cannot be taken
    "body_too_large": ProblemKind(413, "The body is larger than this address takes"),
    "unsupported_media_type": ProblemKind(415, "The body must be application/json"),
    # 422: the request can be read but not be accepted
    "wrong_type": ProblemKind(422, "A value has another type than expected"),
    "missing_field": ProblemKind(422, "A field is missing"),
    "unknown_field": ProblemKind(422, "A field is not known here"),
    "out_of_range": ProblemKind(422, "A value lies outside of what is accepted"),
    "invalid_text": ProblemKind(422, "A text holds a character that cannot be stored"),
    "invalid_value": ProblemKind(422, "A value cannot be what its field says"),
    "unknown_event_type": ProblemKind(422, "The program does not declare this type of event"),
    "undeclared_field": ProblemKind(422, "The program does not declare this field"),
    "duplicate": ProblemKind(422, "A value that must be unique stands twice"),
    "inconsistent": ProblemKind(422, "Two values contradict each other"),
    "too_many": ProblemKind(422, "There are more items than this address takes"),
    "currency_needs_rate": ProblemKind(422, "An amount in another currency needs a rate"),
    "unknown_currency": ProblemKind(422, "The program has no such points currency"),
    "unknown_member": ProblemKind(422, "The program has no such member"),
    "purchase_of_another_member": ProblemKind(422, "The purchase is another member's"),
    "no_program_version": ProblemKind(422, "No version of the program is in force then"),
    "expired": ProblemKind(422, "The purchase that the refund waited for never came"),
    "invalid_cursor": ProblemKind(422, "The cursor was never given out"),
    "unknown_redemption": ProblemKind(422, "The member has no such redemption"),
    "occurred_in_future": ProblemKind(422, "The event lies in the future"),
    "occurred_too_long_ago": ProblemKind(422, "The key may not date an event so far back"),
    "invalid_event": ProblemKind(422, "The event cannot be recorded"),
    "invalid_member_field": ProblemKind(422, "A field of the member cannot be what it says"),
    "invalid_program": ProblemKind(422, "The program document has findings"),
    "incompatible_document": ProblemKind(422, "The document does not follow on the one before"),
    "wrong_program": ProblemKind(422, "The document is that of another program"),
    "effective_before_publication": ProblemKind(422, "A version may not begin in the past"),
    "invalid_key_request": ProblemKind(422, "A key cannot be made so"),
    "hold_not_open": ProblemKind(422, "The order names a redemption that is not open"),
    "unknown_counter": ProblemKind(422, "No total was ever set for this counter"),
    "invalid_code": ProblemKind(422, "A voucher code cannot be imported"),
    # 429, 500, 503: not now
    "rate_limited": ProblemKind(429, "The key has made more requests than it may"),
    "internal_error": ProblemKind(500, "The server failed; the request id leads to the log"),
    "unavailable": ProblemKind(503, "The server cannot answer at this moment"),
}
"""Every code with its status and title. A code is never given another meaning."""


class ProblemDocument(Struct, frozen=True, omit_defaults=True):
    """What a caller reads when a request was not carried out (RFC 9457). `code` is stable;
    `pointer` is a JSON pointer (RFC 6901) into the body as sent, or `?name` for a query
    parameter; `found` is shortened."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str | UnsetType = UNSET
    pointer: str | UnsetType = UNSET
    found: str | UnsetType = UNSET
    expected: str | UnsetType = UNSET
    next_step: str | UnsetType = UNSET
    findings: list[dict[str, str]] | UnsetType = UNSET


class ApiProblem(Exception):
    """A request, or one item of a batch, that is answered with a problem.

    `found` is what the caller sent, shortened here; leave it empty where it may be personal.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        pointer: str | None = None,
        found: object = UNSET,
        expected: str = "",
        next_step: str = "",
        findings: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or code)
        assert code in CODES, f"{code} is not in the list of codes"
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.found = found if isinstance(found, UnsetType) else shorten(found)
        self.expected = expected
        self.next_step = next_step
        self.findings = findings
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return CODES[self.code].status

    def under(self, prefix: str) -> "ApiProblem":
        """The same problem, with its pointer seen from further out."""
        if self.pointer is not None:
            self.pointer = prefix + self.pointer
        return self

    def document(self, request_id: str) -> ProblemDocument:
        """The body to answer with."""
        kind = CODES[self.code]
        return ProblemDocument(
            type=f"/docs#problem-{self.code}",
            title=kind.title,
            status=kind.status,
            code=self.code,
            request_id=request_id,
            detail=self.detail or UNSET,
            pointer=UNSET if self.pointer is None else self.pointer,
            found=self.found,
            expected=self.expected or UNSET,
            next_step=self.next_step or UNSET,
            findings=UNSET if self.findings is None else self.findings,
        )

    def encoded(self, request_id: str) -> bytes:
        """The body's bytes."""
        return msgspec.json.encode(self.document(request_id))


def shorten(value: Any) -> str:
    """A value as short JSON text for `found`, safe to encode whatever it holds."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, dict):
        text = f"an object of {len(value)} fields"
    elif isinstance(value, list):
        text = f"a list of {len(value)} items"
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int) and value.bit_length() > 200:
        text = f"a number of {value.bit_length()} bits"
    else:
        text = str(value)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\u0000")
    return text if len(text) <= FOUND_CHARACTERS_MAX else text[: FOUND_CHARACTERS_MAX - 1] + "…"


def escape_pointer(part: str) -> str:
    """One reference token of a JSON pointer.

    >>> escape_pointer("a/b~c")
    'a~1b~0c'
    """
    return part.replace("~", "~0").replace("/", "~1")
