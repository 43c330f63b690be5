"""The types that cross the door of members.

Text in an Enrolment or Change is as the outside world wrote it; the room normalises it. A Profile
is what is stored: normalised where normalising loses nothing a person would miss. Instants are
microseconds since 1970-01-01T00:00:00Z. None of these types prints personal data: their `repr`
names ids and kinds only, so that a careless log line stays harmless.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

KINDS = ("card", "email", "external_id", "number", "phone")
"""The kinds of identifier, in the order in which their claims are taken."""

Kind = Literal["card", "email", "external_id", "number", "phone"]


class Profile(Struct, frozen=True, omit_defaults=True):
    """What is held about a member as a person. `birthday` is an ISO date, `--MM-DD` without the
    year; `locale` a BCP 47 tag. An empty text means not known."""

    number: str = ""
    external_id: str = ""
    cards: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    given_name: str = ""
    family_name: str = ""
    birthday: str = ""
    locale: str = ""

    def __repr__(self) -> str:
        return "Profile(...)"


class Enrolment(Struct, frozen=True):
    """Someone who becomes a member.

    `enrolled_at` 0 means the instant of recording. Without a `number` of its own a member is given
    a short one, unless `assign_number` is false. `hashes_only` keeps nothing but the keyed hashes
    of the identifiers: the member can be found, but nothing of them can be shown; it admits
    no field that is not an identifier, and no number is made.
    """

    external_id: str = ""
    cards: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    number: str = ""
    given_name: str = ""
    family_name: str = ""
    birthday: str = ""
    locale: str = ""
    enrolled_at: int = 0
    assign_number: bool = True
    hashes_only: bool = False

    def __repr__(self) -> str:
        return "Enrolment(...)"


class Enrolled(Struct, frozen=True):
    """A member, new (`created`) or, where the caller said so, found as already enrolled."""

    member_id: int
    created: bool = True


class Rejected(Struct, frozen=True):
    """An enrolment of a batch that was not made. `code` as in `errors.py`, `field` names what it
    was about. Says nothing about the member who holds a taken identifier."""

    code: str
    field: str


class ProfileChange(Struct, frozen=True):
    """New values for parts of a profile: UNSET leaves a part as it is, empty removes it."""

    number: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    cards: tuple[str, ...] | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    birthday: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET

    def __repr__(self) -> str:
        return "ProfileChange(...)"


class Membership(Struct, frozen=True):
    """That someone is a member, without who they are. `erased_at` is None for a living profile."""

    member_id: int
    enrolled_at: int
    erased_at: int | None


class NamesFound(Struct, frozen=True):
    """Members whose names hold all words that were asked for, in ascending id; `more` says that
    there are others after the last."""

    member_ids: tuple[int, ...]
    more: bool


class Erasure(Struct, frozen=True):
    """That a member was forgotten, and when. Holds no personal data."""

    program_id: int
    member_id: int
    erased_at: int
