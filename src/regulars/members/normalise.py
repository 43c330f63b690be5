"""Brings identifiers, names and profile fields into the one form that is stored and hashed.

Pure functions of text. What cannot be what its field says is refused with InvalidMemberField, which
never repeats the value. Two writings of one address, number or card meet here or nowhere: the
hashes made of these forms are compared for equality only.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import partial

import idna
import phonenumbers
from msgspec import UnsetType, structs

from regulars.members.contracts import Enrolment, Profile, ProfileChange
from regulars.members.errors import InvalidMemberField

PREFIX_LETTERS_MIN = 3
PREFIX_LETTERS_MAX = 12
NAME_WORDS_MAX = 8

_TEXT_CHARACTERS_MAX = 255
_CARDS_MAX = 20
_BIRTH_YEAR_MIN = 1900
_EMAIL_BYTES_MAX = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_LOCAL_PART_BYTES_MAX = 64  # RFC 5321, section 4.5.3.1.1
_CARD = re.compile(r"[0-9]{4,32}")
_CARD_FILLING = re.compile(r"[\s.\-]")
_NUMBER = re.compile(r"[0-9A-Z]{1,32}")
_NUMBER_FILLING = re.compile(r"[\s\-]")
_PHONE = re.compile(r"\+[0-9]{4,15}")
_PHONE_FILLING = re.compile(r"[\s.\-()/]")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_DAY_OF_YEAR = re.compile(r"--[0-9]{2}-[0-9]{2}")


def external_id(text: str) -> str:
    """The id of another system: trimmed and in composed form (NFC), else as it is."""
    return _plain("external_id", text)


def email(text: str) -> str:
    """Trimmed, case-folded, the domain as DNS knows it (IDNA 2008 with UTS 46 mapping).

    Dots and `+` tags stay: whether they matter is for the mailbox's host to say, not for us.

    >>> email(" Anna.Berg+shop@BÜCHER.example ")
    'anna.berg+shop@xn--bcher-kva.example'
    """
    local, separator, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    local = local.casefold()
    expected = "an e-mail address such as you@example.com"
    if not separator or not local or len(domain) > _TEXT_CHARACTERS_MAX or not _printable(local):
        raise InvalidMemberField("email", expected)
    if any(character.isspace() or character in '"(),:;<>@[\\]' for character in local):
        raise InvalidMemberField("email", expected)
    try:
        host = idna.encode(domain, uts46=True).decode("ascii").rstrip(".")
    except (idna.IDNAError, UnicodeError):
        raise InvalidMemberField("email", expected) from None
    address = f"{local}@{host}"
    too_long = len(address.encode()) > _EMAIL_BYTES_MAX
    if too_long or len(local.encode()) > _LOCAL_PART_BYTES_MAX or "." not in host:
        raise InvalidMemberField("email", expected)
    return address


def phone(text: str) -> str:
    """A possible and valid number in E.164, which begins with + and the country.

    >>> phone("+49 (30) 901820")
    '+4930901820'
    """
    expected = "a phone number in international form such as +441632960123"
    compact = _PHONE_FILLING.sub("", text)
    if _PHONE.fullmatch(compact) is None:
        raise InvalidMemberField("phone", expected)
    try:
        number = phonenumbers.parse(compact, None)
    except phonenumbers.NumberParseException:
        raise InvalidMemberField("phone", expected) from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidMemberField("phone", expected)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def card(text: str) -> str:
    """The digits of a card number; blanks, dots and hyphens between them do not count.

    >>> card("2900 1234-5678")
    '290012345678'
    """
    digits = _CARD_FILLING.sub("", text)
    if _CARD.fullmatch(digits) is None:
        raise InvalidMemberField("card", "a card number of 4 to 32 digits")
    return digits


def number(text: str) -> str:
    """A member number: letters and digits, in capitals, without blanks and hyphens."""
    compact = _NUMBER_FILLING.sub("", text).upper()
    if _NUMBER.fullmatch(compact) is None:
        raise InvalidMemberField("number", "a member number of 1 to 32 letters and digits")
    return compact


IDENTIFIERS: dict[str, Callable[[str], str]] = {
    "card": card,
    "email": email,
    "external_id": external_id,
    "number": number,
    "phone": phone,
}
"""How each kind of identifier is normalised."""


def profile_of(enrolment: Enrolment) -> Profile:
    """The normalised profile of an enrolment. Raises InvalidMemberField."""
    texts = {name: _field(name, getattr(enrolment, name)) for name in _FIELDS}
    if enrolment.hashes_only and any(texts[name] for name in _NOT_IDENTIFIERS):
        raise InvalidMemberField("hashes_only", "false where names, birthday or locale are kept")
    return Profile(cards=_cards(enrolment.cards), **texts)


def changed(profile: Profile, change: ProfileChange) -> Profile:
    """The profile with a change applied. Raises InvalidMemberField."""
    texts = {
        name: _field(name, value)
        for name in _FIELDS
        if not isinstance(value := getattr(change, name), UnsetType)
    }
    cards = profile.cards if isinstance(change.cards, UnsetType) else _cards(change.cards)
    return structs.replace(profile, cards=cards, **texts)


def identifiers_of(profile: Profile) -> list[tuple[str, str]]:
    """The (kind, normalised value) pairs by which a profile's member is found."""
    found = [("card", value) for value in profile.cards]
    for kind in ("email", "external_id", "number", "phone"):
        value = getattr(profile, kind)
        if value:
            found.append((kind, value))
    return found


def name_words(*names: str) -> list[str]:
    """The distinct words of names, case-folded and without accents, at most NAME_WORDS_MAX.

    >>> name_words("Zoë-Marie", "O'Brien")
    ['zoe', 'marie', 'o', 'brien']
    """
    decomposed = unicodedata.normalize("NFKD", " ".join(names)).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    return list(dict.fromkeys(words))[:NAME_WORDS_MAX]


def searchable(words: list[str]) -> list[str]:
    """Everything under which these words are found: themselves where shorter than three letters,
    else all their beginnings of 3 to 12 letters.

    >>> searchable(["zoe", "li", "anna"])
    ['ann', 'anna', 'li', 'zoe']
    """
    found: set[str] = set()
    for word in words:
        longest = min(len(word), PREFIX_LETTERS_MAX)
        found.update(word[:end] for end in range(PREFIX_LETTERS_MIN, longest + 1))
        if len(word) < PREFIX_LETTERS_MIN:
            found.add(word)
    return sorted(found)


def _plain(field: str, text: str) -> str:
    value = unicodedata.normalize("NFC", text.strip())
    if len(value) > _TEXT_CHARACTERS_MAX or not _printable(value):
        raise InvalidMemberField(field, "at most 255 printable characters")
    return value


def _printable(text: str) -> bool:
    return text.isprintable() or all(unicodedata.category(c)[0] != "C" for c in text)


def _birthday(text: str) -> str:
    """An ISO date, or `--MM-DD` (ISO 8601-1:2000) where the year is nobody's business."""
    value = text.strip()
    whole = "2000" + value[1:] if _DAY_OF_YEAR.fullmatch(value) else value
    try:
        day = date.fromisoformat(whole)
    except ValueError:
        day = None
    if day is None or len(whole) != 10 or day.year < _BIRTH_YEAR_MIN:
        raise InvalidMemberField("birthday", "a date such as 1990-05-31, or --05-31")
    return value


def _locale(text: str) -> str:
    value = text.strip()
    if _LOCALE.fullmatch(value) is None:
        raise InvalidMemberField("locale", "a language tag such as de or pt-BR")
    return value


def _field(name: str, text: str) -> str:
    return _FIELDS[name](text) if text and not text.isspace() else ""


def _cards(texts: tuple[str, ...]) -> tuple[str, ...]:
    cards = tuple(dict.fromkeys(_card_at(index, text) for index, text in enumerate(texts)))
    if len(cards) > _CARDS_MAX:
        raise InvalidMemberField("cards", f"at most {_CARDS_MAX} cards")
    return cards


def _card_at(index: int, text: str) -> str:
    try:
        return card(text)
    except InvalidMemberField as error:
        raise InvalidMemberField(f"cards/{index}", error.expected) from None


_FIELDS: dict[str, Callable[[str], str]] = {
    "number": number,
    "external_id": external_id,
    "email": email,
    "phone": phone,
    "given_name": partial(_plain, "given_name"),
    "family_name": partial(_plain, "family_name"),
    "birthday": _birthday,
    "locale": _locale,
}
_NOT_IDENTIFIERS = ("given_name", "family_name", "birthday", "locale")
