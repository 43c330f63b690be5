"""What crosses the door of programs: programs, versions, publications, API keys."""

from dataclasses import dataclass, field

from regulars.core.document import Finding
from regulars.platform.clock import Instant

EPOCH_LOCK_CLASS = 0x5250
"""First key of the advisory locks (class, program_id) that a publication takes exclusively and
every write takes shared. Take the lock in one statement and read the epoch in the next: a
statement that does both may answer the epoch from before it waited."""

SCOPES: dict[str, str] = {
    "events:write": "send events: purchases, activities, refunds, exchanges, confirmations",
    "quotes:read": "ask what a cart would earn and which rewards it could use",
    "redemptions:write": "hold, capture and void rewards",
    "members:read": "find and read members with their personal data",
    "members:write": "enrol, change, merge and close members",
    "members:erase": "export and erase a member's personal data",
    "adjustments:write": "give and take points by hand",
    "ledger:read": "read entries, balances, explanations and totals",
    "feed:read": "read the feed of decisions",
    "rewards:write": "load voucher codes and set stock",
    "programs:read": "read documents and versions",
    "programs:write": "publish and roll back versions",
    "keys:write": "make, list and revoke API keys",
}
"""What a key can be allowed, in words."""


@dataclass(frozen=True, slots=True)
class ProgramInfo:
    """A program. `version` is its latest, 0 before the first publication."""

    program_id: int
    slug: str
    epoch: int
    version: int
    created_at: Instant


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A published version. `digest` is the SHA-256 of the document's canonical form.

    `superseded` is true where a later version took over before, or at the instant when, this one
    would have begun: it is never in force.
    """

    version: int
    effective_from: Instant
    published_at: Instant
    published_by: str
    digest: bytes
    superseded: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """The answer to a publication; `created` is false where the same document stood already."""

    version: int
    effective_from: Instant
    epoch: int
    created: bool
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key without its secret. `backdate_us`: how far back its events may date."""

    key_id: str
    program_id: int
    name: str
    scopes: tuple[str, ...]
    backdate_us: int
    created_at: Instant
    revoked_at: Instant | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `text` is shown to its owner once and kept nowhere."""

    info: KeyInfo
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever authenticated with a key: which program, what for, how far back it may date."""

    key_id: str
    program_id: int
    scopes: frozenset[str]
    backdate_us: int
