"""Seals the personal fields of an event under the member's data key, and opens them again.

AES-SIV without a nonce: a repeated event has the same bytes and so the same digest and hash. What
that gives away is which events of one member hold the same value in the same field, to someone who
has the database but not the keys.
"""

from collections.abc import Iterable, Mapping

import msgspec

from regulars.members.errors import SealBroken
from regulars.platform.keys import DataKey, DecryptionFailed

Field = str | int | bool | bytes

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(str | int | bool).decode


def seal_fields(
    data_key: DataKey, fields: Mapping[str, Field], personal_names: Iterable[str]
) -> dict[str, Field]:
    """The fields with the personal ones encrypted; bytes are sealed already and stay."""
    personal = frozenset(personal_names)
    return {
        name: value
        if name not in personal or isinstance(value, bytes)
        else data_key.encrypt_deterministic(_encode(value), _place(name))
        for name, value in fields.items()
    }


def open_fields(
    data_key: DataKey | None, fields: Mapping[str, Field]
) -> dict[str, str | int | bool]:
    """The fields with sealed ones opened; without a key, since it was destroyed, those are left
    out. Raises SealBroken."""
    opened: dict[str, str | int | bool] = {}
    for name, value in fields.items():
        if not isinstance(value, bytes):
            opened[name] = value
        elif data_key is not None:
            try:
                opened[name] = _decode(data_key.decrypt(value, _place(name)))
            except (DecryptionFailed, msgspec.DecodeError) as error:
                raise SealBroken(name) from error
    return opened


def _place(name: str) -> bytes:
    return b"event field " + name.encode()
