"""The bytes of an entry, as the journal stores and hashes them: positional msgpack, nothing else.

Everything that was ever written stays readable, since fields are only added at the end, with a
default, and a tag is never given twice (`effects.py`, `events.py`). The same entry always has the
same bytes; a stored hash is checked over the stored bytes, never over bytes encoded again.
"""

from typing import Final

from msgspec import DecodeError, ValidationError
from msgspec.msgpack import Decoder, Encoder

from regulars.core.decision import Entry, Facts

ENCODING_VERSION: Final = 1
"""The version of this encoding, which the hash of an entry includes."""

_encoder = Encoder()
_decoder = Decoder(Entry)
_facts_decoder = Decoder(Facts)


class UnreadableEntry(ValueError):
    """Bytes that are no entry: damaged, or written by a later version."""


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry."""
    return _encoder.encode(entry)


def decode_entry(data: bytes) -> Entry:
    """The entry of its bytes; UnreadableEntry for anything else."""
    try:
        return _decoder.decode(data)
    except (DecodeError, ValidationError) as error:
        raise UnreadableEntry(f"the entry cannot be read: {error}") from None


def decode_facts(data: bytes) -> Facts:
    """What the fold needs of an entry, of its bytes; UnreadableEntry for anything else."""
    try:
        return _facts_decoder.decode(data)
    except (DecodeError, ValidationError) as error:
        raise UnreadableEntry(f"the entry cannot be read: {error}") from None
