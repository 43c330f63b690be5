"""The door of members: enrol, find, show, change, export, forget, and the members' data keys.

    members = Members(pool, keyring, ErasureList(settings.home / "erasures.jsonl"))
    enrolled = await members.enrol(program_id, enrolment, first_tier="meadow", now=clock.now())

A method with `connection` joins the caller's open transaction; without it, it has one of its own.
Errors are those of `errors.py`. Nothing in here logs a personal value.
"""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from regulars.members.contracts import (
    Enrolled,
    Enrolment,
    Erasure,
    Kind,
    Membership,
    NamesFound,
    Profile,
    ProfileChange,
    Rejected,
)
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Pool
from regulars.platform.ids import MemberId

if TYPE_CHECKING:
    from regulars.members.erasure_list import ErasureList
    from regulars.platform.keys import DataKey, Keyring

Field = str | int | bool | bytes


class Members:
    """Who the members of a program are. Holds no state but its pool, keys and erasure list."""

    def __init__(self, pool: Pool, keyring: "Keyring", erasures: "ErasureList") -> None:
        self._pool = pool
        self._keyring = keyring
        self._erasures = erasures

    # --- enrolling

    async def enrol(
        self,
        program_id: int,
        enrolment: Enrolment,
        *,
        first_tier: str,
        now: Instant,
        existing: Literal["refuse", "return"] = "refuse",
        connection: Connection | None = None,
    ) -> Enrolled:
        """Make one member: identifiers claimed, then member, state and profile, in one
        transaction. `first_tier` is the id of the program's lowest tier, empty without tiers.

        With `existing="return"` an enrolment with the external_id and the same content as a
        member's profile is answered with that member. Raises IdentifierTaken, InvalidMemberField.
        """
        raise NotImplementedError

    async def enrol_many(
        self,
        program_id: int,
        enrolments: Sequence[Enrolment],
        *,
        first_tier: str,
        now: Instant,
        existing: Literal["refuse", "return"] = "refuse",
        connection: Connection | None = None,
    ) -> list[Enrolled | Rejected]:
        """Make many members in one transaction, with one answer per enrolment in their order.

        Of two in the list that want the same identifier, the earlier has it. Some thousands at a
        time: the whole list is held in memory and its claims are locked until the end.
        """
        raise NotImplementedError

    # --- finding

    async def find(
        self,
        program_id: int,
        kind: Kind,
        value: str,
        *,
        connection: Connection | None = None,
    ) -> MemberId | None:
        """The member who holds an identifier, or None: also for a value that cannot be one."""
        raise NotImplementedError

    async def find_many(
        self,
        program_id: int,
        identifiers: Iterable[tuple[str, str]],
        *,
        connection: Connection | None = None,
    ) -> dict[tuple[str, str], MemberId]:
        """The members who hold `(kind, value)`, keyed as given; those not found are left out."""
        raise NotImplementedError

    async def find_by_name(
        self, program_id: int, text: str, *, after: MemberId = 0, limit: int = 50
    ) -> NamesFound:
        """Members whose given and family names hold every word of `text`, each at least as a
        prefix of three letters, without regard to case and accents. At most `limit` (<= 200)."""
        raise NotImplementedError

    async def memberships(
        self, program_id: int, member_ids: Sequence[MemberId]
    ) -> dict[MemberId, Membership]:
        """Which of these are members of this program; others are left out."""
        raise NotImplementedError

    # --- the profile

    async def profile(self, program_id: int, member_id: MemberId) -> Profile:
        """One profile, empty where none is kept. Raises UnknownMember, MemberErased."""
        raise NotImplementedError

    async def profiles(
        self, program_id: int, member_ids: Sequence[MemberId]
    ) -> dict[MemberId, Profile]:
        """The profiles that are kept of these members; erased and unknown ones are left out."""
        raise NotImplementedError

    async def update_profile(
        self, program_id: int, member_id: MemberId, change: ProfileChange
    ) -> Profile:
        """Change parts of a profile and answer the whole; a new identifier is claimed, the old
        one is free. Raises IdentifierTaken, InvalidMemberField, UnknownMember, MemberErased."""
        raise NotImplementedError

    # --- rights of the person

    async def export(
        self,
        program_id: int,
        member_id: MemberId,
        history: AsyncIterable[Mapping[str, object]],
        *,
        now: Instant,
    ) -> dict[str, object]:
        """Everything held about a member as one JSON document: membership, profile, kinds of
        identifier, and `history` as the ledger tells it. Raises UnknownMember."""
        raise NotImplementedError

    async def erase(self, program_id: int, member_id: MemberId, *, now: Instant) -> Erasure:
        """Forget a person: profile, identifiers, name words and data key go, the books stay.

        Once the answer is there the erasure stands in the table and in the erasure list. Erasing
        again answers the first erasure. Raises UnknownMember.
        """
        raise NotImplementedError

    async def reapply_erasures(self, erasures: Iterable[Erasure]) -> int:
        """Bring a restored backup up to date: erase whom these say was erased, as of then.
        Members that the backup does not know are passed over. Answers how many were erased now."""
        raise NotImplementedError

    async def erasures(self, *, after: tuple[int, MemberId] = (0, 0)) -> list[Erasure]:
        """Recorded erasures of all programs in (program, member) order, at most 10,000."""
        raise NotImplementedError

    # --- data keys

    async def data_keys(
        self,
        connection: Connection,
        program_id: int,
        member_ids: Sequence[MemberId],
        *,
        create: bool = False,
    ) -> dict[MemberId, "DataKey"]:
        """The data keys of members, for `seal_fields` and `open_fields`. With `create`, members
        without one are given one; an erased or unknown member never is, and is left out."""
        raise NotImplementedError


def seal_fields(
    data_key: "DataKey", fields: Mapping[str, Field], personal_names: Iterable[str]
) -> dict[str, Field]:
    """The fields with the personal ones encrypted (AES-SIV, RFC 5297): the same value of the same
    field of the same member always gives the same bytes, so that a repeated event is the same."""
    raise NotImplementedError


def open_fields(
    data_key: "DataKey | None", fields: Mapping[str, Field]
) -> dict[str, str | int | bool]:
    """The fields with sealed ones opened; without a key (erased) those are left out. Raises
    SealBroken for bytes that this key did not seal under this name."""
    raise NotImplementedError
