"""Master keys, the data key of each member, and keyed hashes.

The file of master keys lies outside the database and must stay out of its backups: whoever has
only one of the two has nothing. It is made at first use, readable by its owner alone. A member's
personal values are encrypted under the member's own data key, which is stored wrapped by a master
key; destroying the wrapped key erases the values wherever copies of them lie.

Rotation of the wrapping key: `add_wrapping_key`, then `rewrap` every stored data key, then
`retire_wrapping_key`. Values themselves are never touched. A hashing key is rotated by
`add_hashing_key`; hashes are then looked up under all keys until the last old one is recomputed.
"""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

_FILE_FORMAT = 1
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12  # NIST SP 800-38D section 8.2.2: random nonces, at most 2^32 under one key
_WRAPPED_FORMAT = b"\x01"
_RANDOMISED = b"\x01"
_DETERMINISTIC = b"\x02"


class KeyFileError(RuntimeError):
    """The file of master keys cannot be used. The message says why and what to do."""


class DecryptionFailed(ValueError):
    """Bytes that were not made with this key and associated data, or were changed since."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The data key of one member, unwrapped: encrypts the member's personal values.

    `associated_data` names the place of a value (table, column, member); a value moved to another
    place does not decrypt. Both forms of ciphertext tell themselves apart.
    """

    secret: bytes = field(repr=False)

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """AES-256-GCM under a random nonce: equal values give different bytes. Adds 29 bytes."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self._derive(b"gcm", _KEY_BYTES))
        return _RANDOMISED + nonce + cipher.encrypt(nonce, plaintext, associated_data)

    def encrypt_deterministic(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """AES-256-SIV (RFC 5297): the same bytes for the same value, so that a replay agrees.

        Shows which values of one member and place are equal, and nothing else. Adds 17 bytes.
        """
        cipher = AESSIV(self._derive(b"siv", 2 * _KEY_BYTES))
        return _DETERMINISTIC + cipher.encrypt(plaintext, [associated_data])

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        """The plaintext of either form. Raises DecryptionFailed."""
        form, body = ciphertext[:1], ciphertext[1:]
        try:
            if form == _RANDOMISED:
                cipher = AESGCM(self._derive(b"gcm", _KEY_BYTES))
                return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], associated_data)
            if form == _DETERMINISTIC:
                siv = AESSIV(self._derive(b"siv", 2 * _KEY_BYTES))
                return siv.decrypt(body, [associated_data])
        except (InvalidTag, ValueError) as error:
            raise DecryptionFailed("the value does not decrypt under this key and place") from error
        raise DecryptionFailed("the value is not in a known form")

    def _derive(self, label: bytes, length: int) -> bytes:
        """A key for one cipher: HKDF-Expand of one block (RFC 5869 section 2.3)."""
        return hmac.digest(self.secret, b"regulars " + label + b"\x01", "sha512")[:length]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys of an installation. Ids are 8 hex digits; the last key of a list is used.

    Key ids are random, so that a key file of another installation is noticed as such.
    """

    wrapping: dict[str, bytes] = field(repr=False)
    hashing: dict[str, bytes] = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """New keys, one of each kind, in memory only."""
        return cls(wrapping=_new_key(), hashing=_new_key())

    def new_data_key(self, context: bytes) -> tuple[DataKey, bytes]:
        """A new data key and its wrapped form to store. `context` names its one owner."""
        key = DataKey(secrets.token_bytes(_KEY_BYTES))
        return key, self._wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> DataKey:
        """The data key of a wrapped form. Raises DecryptionFailed, naming an unknown key's id."""
        key_id = wrapping_key_id(wrapped)
        master = self.wrapping.get(key_id)
        if master is None:
            raise DecryptionFailed(f"the master key {key_id} is not in the key file")
        nonce, body = _split_nonce(wrapped[1 + _KEY_ID_BYTES :])
        try:
            return DataKey(AESGCM(master).decrypt(nonce, body, _wrapping_context(context)))
        except (InvalidTag, ValueError) as error:
            raise DecryptionFailed("the data key does not unwrap for this owner") from error

    def rewrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The same data key wrapped by the current master key; unchanged if it already is."""
        if wrapping_key_id(wrapped) == _current(self.wrapping)[0]:
            return wrapped
        return self._wrap(self.unwrap(wrapped, context), context)

    def keyed_hash(self, purpose: str, value: bytes) -> bytes:
        """HMAC-SHA256 of a value for one purpose: 4 bytes of key id, then 32 of hash.

        Normalise the value first. Hashes of different purposes cannot be matched to each other.
        """
        return _hash(*_current(self.hashing), purpose, value)

    def keyed_hash_candidates(self, purpose: str, value: bytes) -> list[bytes]:
        """The hashes under every hashing key, current first: what to look a value up by."""
        return [_hash(*item, purpose, value) for item in reversed(self.hashing.items())]

    @property
    def digest_key(self) -> bytes:
        """The key of digests that must stay the same for ever; of the oldest hashing key, which
        is never taken away."""
        oldest = next(iter(self.hashing.values()))
        return hmac.digest(oldest, b"digest", "sha256")

    def matches_hash(self, purpose: str, value: bytes, stored: bytes) -> bool:
        """Whether a stored hash is of this value, compared in constant time."""
        key_id = stored[:_KEY_ID_BYTES].hex()
        secret = self.hashing.get(key_id)
        if secret is None:
            return False
        return hmac.compare_digest(_hash(key_id, secret, purpose, value), stored)

    @property
    def current_wrapping_id(self) -> str:
        """The id of the wrapping key that is used."""
        return _current(self.wrapping)[0]

    def add_wrapping_key(self) -> Self:
        """With a new current wrapping key; the old ones still unwrap."""
        return replace(self, wrapping=self.wrapping | _new_key())

    def retire_wrapping_key(self, key_id: str) -> Self:
        """Without a wrapping key that no stored data key needs any more."""
        if key_id == _current(self.wrapping)[0]:
            raise KeyFileError(f"{key_id} is the current wrapping key: add another one first")
        return replace(self, wrapping={k: v for k, v in self.wrapping.items() if k != key_id})

    def add_hashing_key(self) -> Self:
        """With a new current hashing key; hashes under the old ones are still candidates."""
        return replace(self, hashing=self.hashing | _new_key())

    def _wrap(self, key: DataKey, context: bytes) -> bytes:
        key_id, master = _current(self.wrapping)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = AESGCM(master).encrypt(nonce, key.secret, _wrapping_context(context))
        return _WRAPPED_FORMAT + bytes.fromhex(key_id) + nonce + body


def wrapping_key_id(wrapped: bytes) -> str:
    """The id of the master key that wrapped this data key."""
    if wrapped[:1] != _WRAPPED_FORMAT or len(wrapped) <= 1 + _KEY_ID_BYTES + _NONCE_BYTES:
        raise DecryptionFailed("the wrapped data key is not in a known form")
    return wrapped[1 : 1 + _KEY_ID_BYTES].hex()


def hashing_key_id(keyed: bytes) -> str:
    """The id of the master key that made this keyed hash."""
    return keyed[:_KEY_ID_BYTES].hex()


def load_or_create_keyring(path: Path) -> Keyring:
    """The keys of a file, made with new ones if there is none.

    Call it with a fresh database only: where members exist already, a missing file is a loss to
    be noticed, and `load_keyring` notices it. Two processes that create at once end with one file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, Keyring.generate(), exclusive=True)
    return load_keyring(path)


def load_keyring(path: Path) -> Keyring:
    """The keys of a file. Raises KeyFileError where it is missing, open to others or damaged."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by others: chmod 600 {path}")
        content: Any = json.loads(path.read_bytes())
        if content["format"] != _FILE_FORMAT:
            raise KeyFileError(f"{path} has format {content['format']}, made by a newer version")
        keys = Keyring(_read_keys(content["wrapping"]), _read_keys(content["hashing"]))
    except FileNotFoundError:
        raise KeyFileError(
            f"there are no master keys at {path}: put the file back from where you keep it safe; "
            "without it personal data cannot be read"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is damaged ({error!r}): restore it") from error
    return keys


def require_keys(path: Path, wrapping: Collection[str], hashing: Collection[str]) -> None:
    """That a file has these keys. Raises KeyFileError with the ids of those it lacks."""
    keys = load_keyring(path)
    lacking = sorted({*wrapping} - {*keys.wrapping}) + sorted({*hashing} - {*keys.hashing})
    if lacking:
        raise KeyFileError(
            f"{path} lacks the master {'key' if len(lacking) == 1 else 'keys'} "
            f"{', '.join(lacking)}: put the file in place that was kept for this data"
        )


def save_keyring(path: Path, keys: Keyring) -> None:
    """Replace the file by these keys at once, so that a crash leaves the old or the new."""
    _write(path, keys, exclusive=False)


def _write(path: Path, keys: Keyring, *, exclusive: bool) -> None:
    content = {
        "format": _FILE_FORMAT,
        "about": "Master keys of Regulars. Keep a copy safe, apart from the database's backups.",
        "wrapping": _write_keys(keys.wrapping),
        "hashing": _write_keys(keys.hashing),
    }
    # mkstemp makes the file readable by its owner alone.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".master-")
    unfinished = Path(name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    if exclusive:
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass  # Another process was first: its keys are the keys.
        finally:
            unfinished.unlink()
    else:
        unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_keys(keys: dict[str, bytes]) -> list[dict[str, str]]:
    return [{"id": key_id, "key": b64encode(key).decode()} for key_id, key in keys.items()]


def _read_keys(items: list[dict[str, str]]) -> dict[str, bytes]:
    keys = {item["id"]: b64decode(item["key"], validate=True) for item in items}
    if not keys or any(
        len(key) != _KEY_BYTES or len(bytes.fromhex(key_id)) != _KEY_ID_BYTES
        for key_id, key in keys.items()
    ):
        raise ValueError("a key is missing or has a wrong length")
    return keys


def _new_key() -> dict[str, bytes]:
    return {secrets.token_hex(_KEY_ID_BYTES): secrets.token_bytes(_KEY_BYTES)}


def _current(keys: dict[str, bytes]) -> tuple[str, bytes]:
    return next(reversed(keys.items()))


def _hash(key_id: str, secret: bytes, purpose: str, value: bytes) -> bytes:
    """The purpose's own key first, so that no value can imitate another purpose's prefix."""
    purpose_key = hmac.digest(secret, b"regulars " + purpose.encode(), "sha256")
    return bytes.fromhex(key_id) + hmac.digest(purpose_key, value, "sha256")


def _wrapping_context(context: bytes) -> bytes:
    return b"regulars data key " + hashlib.sha256(context).digest()


def _split_nonce(body: bytes) -> tuple[bytes, bytes]:
    return body[:_NONCE_BYTES], body[_NONCE_BYTES:]
