"""API keys: made, listed, revoked, and recognised.

A key's secret is shown once and kept only as a keyed hash. Recognised keys are remembered for a few
seconds, so that a busy shop does not cost a query per request; a revocation reaches every process
within that time, and this one at once.
"""

from collections.abc import Sequence
from hmac import compare_digest

from regulars.platform.clock import MICROSECONDS_PER_SECOND, Clock, Instant
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.ids import InvalidId, is_key_id, new_api_key, parse_api_key
from regulars.platform.keys import Keyring
from regulars.programs.contracts import SCOPES, Caller, KeyInfo, NewKey
from regulars.programs.errors import InvalidApiKey, InvalidKeyRequest, UnknownKey
from regulars.programs.publish import read_program
from regulars.programs.queries import SQL

BACKDATE_DEFAULT_US = 30 * 86_400 * MICROSECONDS_PER_SECOND
BACKDATE_MAX_US = 100 * 366 * 86_400 * MICROSECONDS_PER_SECOND
REMEMBERED_SECONDS = 5

_PURPOSE = "api_key"
_REMEMBERED_MAX = 10_000
_NAME_LENGTH_MAX = 100


class ApiKeys:
    """The keys of all programs. Remembers recognised ones for REMEMBERED_SECONDS."""

    def __init__(self, pool: Pool, keyring: Keyring, clock: Clock) -> None:
        self._pool = pool
        self._keyring = keyring
        self._clock = clock
        self._remembered: dict[str, tuple[Instant, KeyInfo, bytes]] = {}
        self._recognised: dict[str, tuple[Instant, bytes, Caller]] = {}

    async def create(
        self,
        program_id: int,
        name: str,
        scopes: Sequence[str],
        *,
        backdate_us: int = BACKDATE_DEFAULT_US,
        connection: Connection | None = None,
    ) -> NewKey:
        """Make a key, in the caller's transaction if there is one; its text is in the answer and
        nowhere else.

        `backdate_us`: how far before now its events may have occurred, in microseconds. Raises
        InvalidKeyRequest, UnknownProgram.
        """
        if not 0 < len(name) <= _NAME_LENGTH_MAX:
            raise InvalidKeyRequest("name", f"1 to {_NAME_LENGTH_MAX} characters")
        if not scopes or not set(scopes) <= SCOPES.keys():
            raise InvalidKeyRequest("scopes", SCOPES)
        if not 0 <= backdate_us <= BACKDATE_MAX_US:
            raise InvalidKeyRequest("backdate", "between nothing and 100 years")
        key = new_api_key()
        ordered = tuple(scope for scope in SCOPES if scope in scopes)
        info = KeyInfo(
            key.public_id, program_id, name, ordered, backdate_us, self._clock.now(), None
        )
        made = NewKey(info, key.text)
        if connection is not None:
            await self._insert(connection, made)
        else:
            async with transaction(self._pool) as own:
                await self._insert(own, made)
        return made

    async def list_keys(self, program_id: int) -> list[KeyInfo]:
        """The keys of a program, revoked ones included, oldest first."""
        async with transaction(self._pool, read_only=True) as connection:
            cursor = await connection.execute(SQL.list_keys, {"program_id": program_id})
            return [_key_info(row) for row in await cursor.fetchall()]

    async def revoke(self, program_id: int, key_id: str) -> KeyInfo:
        """End a key; ended before, it stays ended since then. Raises UnknownKey."""
        if not is_key_id(key_id):
            raise UnknownKey(key_id)
        parameters = {
            "program_id": program_id,
            "key_id": key_id,
            "revoked_at": self._clock.now(),
        }
        async with transaction(self._pool) as connection:
            cursor = await connection.execute(SQL.revoke_key, parameters)
            row = await cursor.fetchone()
        if row is None:
            raise UnknownKey(key_id)
        self._remembered.pop(key_id, None)
        self._recognised.pop(key_id, None)
        return _key_info(row)

    async def authenticate(self, text: str) -> Caller:
        """Who sends this key. Raises InvalidApiKey, which never says what was wrong with it."""
        # Where its id stands; a text that is no key is found nowhere.
        recognised = self._recognised.get(text[3:11])
        if recognised is not None:
            read_at, genuine_text, caller = recognised
            if self._is_fresh(read_at) and compare_digest(genuine_text, text.encode()):
                return caller
        try:
            key = parse_api_key(text)
        except InvalidId:
            raise InvalidApiKey from None
        found = await self._find(key.public_id)
        if found is None:
            raise InvalidApiKey
        read_at, info, secret_hash = found
        # The hash is compared even for a revoked key: both take the same time to refuse.
        genuine = self._keyring.matches_hash(_PURPOSE, key.text.encode(), secret_hash)
        if not genuine or info.revoked_at is not None:
            raise InvalidApiKey
        caller = Caller(info.key_id, info.program_id, frozenset(info.scopes), info.backdate_us)
        self._recognised[info.key_id] = (read_at, key.text.encode(), caller)
        return caller

    async def _insert(self, connection: Connection, made: NewKey) -> None:
        info = made.info
        await read_program(connection, info.program_id)
        await connection.execute(
            SQL.insert_key,
            {
                "key_id": info.key_id,
                "program_id": info.program_id,
                "secret_hash": self._keyring.keyed_hash(_PURPOSE, made.text.encode()),
                "name": info.name,
                "scopes": list(info.scopes),
                "backdate_us": info.backdate_us,
                "created_at": info.created_at,
            },
        )

    def _is_fresh(self, read_at: Instant) -> bool:
        age = self._clock.now() - read_at
        return 0 <= age < REMEMBERED_SECONDS * MICROSECONDS_PER_SECOND

    async def _find(self, key_id: str) -> tuple[Instant, KeyInfo, bytes] | None:
        now = self._clock.now()
        remembered = self._remembered.get(key_id)
        if remembered is not None and self._is_fresh(remembered[0]):
            return remembered
        async with transaction(self._pool, read_only=True) as connection:
            cursor = await connection.execute(SQL.find_key, {"key_id": key_id})
            row = await cursor.fetchone()
        if row is None:
            self._remembered.pop(key_id, None)
            return None
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
            self._recognised.clear()
        found = now, _key_info(row[:7]), bytes(row[7])
        self._remembered[key_id] = found
        return found


def _key_info(row: Sequence[object]) -> KeyInfo:
    key_id, program_id, name, scopes, backdate_us, created_at, revoked_at = row
    assert isinstance(scopes, list), "a text[] column"
    return KeyInfo(key_id, program_id, name, tuple(scopes), backdate_us, created_at, revoked_at)  # type: ignore[arg-type]
