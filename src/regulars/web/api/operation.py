"""What an operation of the API is: address, scope, types, and the coroutine that carries it out.

The list of operations is the one source of routes, of the OpenAPI document and of the reference.
An operation without a scope does not exist unless it says `public`: access is denied by default.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from regulars.programs.contracts import SCOPES, Caller

if TYPE_CHECKING:
    from regulars.web.api.services import Services

BODY_BYTES_MAX = 256 * 1024
BATCH_BYTES_MAX = 8 * 1024 * 1024

Idempotency = Literal["none", "optional", "required"]


@dataclass(slots=True)
class Call:
    """One request on its way through its operation: authenticated, checked and typed."""

    services: "Services"
    request_id: str
    known: Caller | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    body_bytes: bytes = b""
    idempotency_key: str = ""
    language: str = "en"
    client_host: str = ""
    is_forwarded: bool = False
    authorization: str = ""

    @property
    def caller(self) -> Caller:
        """Who calls; only public operations have none."""
        assert self.known is not None, "a public operation has no caller"
        return self.known

    @property
    def program_id(self) -> int:
        """The one program that the caller's key belongs to."""
        return self.caller.program_id


@dataclass(slots=True)
class Reply:
    """An answer with a status of its own, or in another form than JSON."""

    content: Any
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True)
class Operation:
    """One method of one address.

    `body` and `query` are msgspec Structs, or `Any` for a body that the operation reads itself;
    `answer` is the type of the body of `status` (a tuple for one of several), `also` of others.
    `problems` are codes that it may answer beyond those that every operation may.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    handler: Handler
    scope: str = ""
    public: bool = False
    description: str = ""
    body: Any = None
    body_schema: Any = None
    body_optional: bool = False
    body_bytes_max: int = BODY_BYTES_MAX
    query: type[Struct] | None = None
    answer: Any = None
    answer_media_type: str = "application/json"
    status: int = 200
    also: Mapping[int, Any] = field(default_factory=dict)
    idempotency: Idempotency = "none"
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.public != bool(self.scope), f"{self.id}: a scope, or public"
        assert self.public or self.scope in SCOPES, f"{self.id}: unknown scope {self.scope}"
