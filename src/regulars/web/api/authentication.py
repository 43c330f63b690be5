"""Who calls: an API key in `Authorization: Bearer`, recognised by the programs room.

That room remembers a key for five seconds, so a busy caller costs no query per request and a
revocation is effective everywhere within five seconds. In the same rhythm the caller's program is
read anew, so that what another process has published is known here too.
"""

import time
from collections.abc import Callable

from regulars.programs.contracts import Caller
from regulars.programs.errors import InvalidApiKey
from regulars.programs.facade import UNKNOWN_EPOCH, ApiKeys, ProgramCache
from regulars.web.api.problems import ApiProblem

PROGRAM_SECONDS = 5.0
_SCHEME = b"bearer "


class Callers:
    """Recognises callers, and keeps their programs fresh."""

    def __init__(
        self,
        api_keys: ApiKeys,
        cache: ProgramCache,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_keys = api_keys
        self._cache = cache
        self._monotonic = monotonic
        self._fresh_until: dict[int, float] = {}

    async def recognise(self, authorization: bytes) -> Caller:
        """The caller of an `Authorization` header. Raises ApiProblem (unauthenticated)."""
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise unauthenticated("the request needs the header Authorization: Bearer rk_...")
        key = authorization[len(_SCHEME) :].decode("latin-1").strip()
        try:
            caller = await self._api_keys.authenticate(key)
        except InvalidApiKey:
            raise unauthenticated("this key is not known, or was revoked") from None
        now = self._monotonic()
        program_id = caller.program_id
        if self._fresh_until.get(program_id, 0.0) <= now:
            # Set before the wait, so that a crowd of requests asks once.
            self._fresh_until[program_id] = now + PROGRAM_SECONDS
            await self._cache.refresh(program_id)
        elif self._cache.epoch(program_id) == UNKNOWN_EPOCH:
            await self._cache.ensure(program_id)
        return caller


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
