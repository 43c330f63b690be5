"""Who calls: an API key in `Authorization: Bearer`, looked up and remembered for a few seconds.

A key that is known costs one dictionary look-up. A revocation, a new scope or a new limit is
therefore effective within five seconds in every process; the answer to a revocation says so.
Unknown keys are remembered as well, so that guessing costs the database little.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from regulars.programs.contracts import Caller
from regulars.web.api.problems import ApiProblem

REMEMBERED_SECONDS = 5.0
REMEMBERED_KEYS_MAX = 4096
_KEY_CHARACTERS_MAX = 128


Authenticate = Callable[[str], Awaitable[Caller | None]]


class KeyMemory:
    """Asks `authenticate` about a key at most every five seconds."""

    def __init__(
        self, authenticate: Authenticate, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._authenticate = authenticate
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()

    async def caller(self, authorization: str) -> Caller:
        """The caller of an `Authorization` header. Raises ApiProblem (unauthenticated)."""
        remembered = self._known.get(authorization)
        if remembered is not None and remembered[0] > self._monotonic():
            found = remembered[1]
        else:
            found = await self._ask(authorization)
        if found is None:
            raise unauthenticated("this key is not known, or was revoked")
        return found

    async def _ask(self, authorization: str) -> Caller | None:
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


def require_scope(caller: Caller, scope: str) -> None:
    """Raise ApiProblem (scope_missing) unless the key has the scope."""
    if scope not in caller.scopes:
        raise ApiProblem(
            "scope_missing",
            f"the key {caller.key_id} has no scope {scope}",
            expected=scope,
            next_step=f"Use a key with the scope {scope}.",
        )


def unauthenticated(detail: str) -> ApiProblem:
    """The problem of a missing or unknown key; says nothing about which."""
    return ApiProblem(
        "unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="regulars"'}
    )
