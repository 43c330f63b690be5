"""Who calls: an API key in `Authorization: Bearer`, looked up and remembered for a few seconds.

A key that is known costs one dictionary look-up. A revocation, a new scope or a new limit is
therefore effective within five seconds in every process; the answer to a revocation says so.
Unknown keys are remembered as well, so that guessing costs the database little.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from msgspec import Struct

from regulars.web.api.problems import ApiProblem

REMEMBERED_SECONDS = 5.0
REMEMBERED_KEYS_MAX = 4096
_KEY_CHARACTERS_MAX = 128


class Principal(Struct, frozen=True):
    """The key that calls, by its public id, and what it may do."""

    key_id: str
    program_id: int
    scopes: frozenset[str]
    backdate_us: int


Authenticate = Callable[[str], Awaitable[Principal | None]]


class KeyMemory:
    """Asks `authenticate` about a key at most every five seconds."""

    def __init__(
        self, authenticate: Authenticate, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._authenticate = authenticate
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[float, Principal | None]] = OrderedDict()

    async def principal(self, authorization: str) -> Principal:
        """The caller of an `Authorization` header. Raises ApiProblem (unauthenticated)."""
        remembered = self._known.get(authorization)
        if remembered is not None and remembered[0] > self._monotonic():
            found = remembered[1]
        else:
            found = await self._ask(authorization)
        if found is None:
            raise unauthenticated("this key is not known, or was revoked")
        return found

    async def _ask(self, authorization: str) -> Principal | None:
        scheme, _, text = authorization.partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not 0 < len(text) <= _KEY_CHARACTERS_MAX:
            raise unauthenticated("the request needs the header Authorization: Bearer rk_...")
        found = await self._authenticate(text)
        self._known[authorization] = (self._monotonic() + REMEMBERED_SECONDS, found)
        self._known.move_to_end(authorization)
        while len(self._known) > REMEMBERED_KEYS_MAX:
            self._known.popitem(last=False)
        return found


def require_scope(principal: Principal, scope: str) -> None:
    """Raise ApiProblem (scope_missing) unless the key has the scope."""
    if scope not in principal.scopes:
        raise ApiProblem(
            "scope_missing",
            f"the key {principal.key_id} has no scope {scope}",
            expected=scope,
            next_step=f"Use a key with the scope {scope}.",
        )


def unauthenticated(detail: str) -> ApiProblem:
    """The problem of a missing or unknown key; says nothing about which."""
    return ApiProblem(
        "unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="regulars"'}
    )
