"""The door of members: enrol, find, show, change, export, forget, and the members' data keys.

    members = Members(pool, keyring, ErasureList(settings.home / "erasures.jsonl"))
    enrolled = await members.enrol(program_id, enrolment, first_tier="meadow", now=clock.now())

A method with `connection` joins the caller's open transaction; without it, it has one of its own.
Errors are those of `errors.py`. Nothing in here logs a personal value.
"""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Literal

from regulars.members import profiles
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
from regulars.members.enrol import accepted, enrol_many
from regulars.members.erase import complete_list, erase, list_erasures, reapply_erasures
from regulars.members.erasure_list import ErasureList
from regulars.members.errors import MemberErased
from regulars.members.export import export
from regulars.members.find import find_by_name, find_many
from regulars.members.seal import open_fields, seal_fields
from regulars.members.update import update_profile
from regulars.platform.clock import Instant
from regulars.platform.database import Connection, Pool, retry_transaction, transaction
from regulars.platform.ids import MemberId
from regulars.platform.keys import DataKey, Keyring

__all__ = ["ErasureList", "Members", "complete_list", "open_fields", "seal_fields"]


class Members:
    """Who the members of a program are. Holds no state but its pool, keys and erasure list."""

    def __init__(self, pool: Pool, keyring: Keyring, erasures: ErasureList) -> None:
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
        answers = await self.enrol_many(
            program_id,
            [enrolment],
            first_tier=first_tier,
            now=now,
            existing=existing,
            connection=connection,
        )
        return accepted(answers[0], enrolment)

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

        async def work(joined: Connection) -> list[Enrolled | Rejected]:
            return await enrol_many(
                joined,
                self._keyring,
                program_id,
                enrolments,
                first_tier=first_tier,
                now=now,
                return_existing=existing == "return",
            )

        if connection is not None:
            return await work(connection)
        return await retry_transaction(self._pool, work)

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
        found = await self.find_many(program_id, [(kind, value)], connection=connection)
        return found.get((kind, value))

    async def find_many(
        self,
        program_id: int,
        identifiers: Iterable[tuple[str, str]],
        *,
        connection: Connection | None = None,
    ) -> dict[tuple[str, str], MemberId]:
        """The members who hold `(kind, value)`, keyed as given; those not found are left out."""
        if connection is not None:
            return await find_many(connection, self._keyring, program_id, identifiers)
        async with self._pool.connection() as own:
            return await find_many(own, self._keyring, program_id, identifiers)

    async def find_by_name(
        self, program_id: int, text: str, *, after: MemberId = 0, limit: int = 50
    ) -> NamesFound:
        """Members whose given and family names hold every word of `text`, each at least as a
        prefix of three letters, without regard to case and accents. At most `limit` (<= 200)."""
        async with self._pool.connection() as connection:
            return await find_by_name(
                connection, self._keyring, program_id, text, after=after, limit=limit
            )

    async def memberships(
        self, program_id: int, member_ids: Sequence[MemberId]
    ) -> dict[MemberId, Membership]:
        """Which of these are members of this program; others are left out."""
        async with self._pool.connection() as connection:
            return await profiles.read_memberships(connection, program_id, member_ids)

    # --- the profile

    async def profile(self, program_id: int, member_id: MemberId) -> Profile:
        """One profile, empty where none is kept. Raises UnknownMember, MemberErased."""
        async with transaction(self._pool, read_only=True) as connection:
            membership = await profiles.read_membership(connection, program_id, member_id)
            if membership.erased_at is not None:
                raise MemberErased(member_id)
            found = await profiles.read_profiles(connection, self._keyring, program_id, [member_id])
        return found.get(member_id, Profile())

    async def profiles(
        self, program_id: int, member_ids: Sequence[MemberId]
    ) -> dict[MemberId, Profile]:
        """The profiles that are kept of these members; erased and unknown ones are left out."""
        async with self._pool.connection() as connection:
            return await profiles.read_profiles(connection, self._keyring, program_id, member_ids)

    async def update_profile(
        self,
        program_id: int,
        member_id: MemberId,
        change: ProfileChange,
        *,
        connection: Connection | None = None,
    ) -> Profile:
        """Change parts of a profile and answer the whole; a new identifier is claimed, the old
        one is free. Raises IdentifierTaken, InvalidMemberField, UnknownMember, MemberErased."""

        async def work(joined: Connection) -> Profile:
            return await update_profile(joined, self._keyring, program_id, member_id, change)

        if connection is not None:
            return await work(connection)
        return await retry_transaction(self._pool, work)

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
        return await export(self._pool, self._keyring, program_id, member_id, history, now)

    async def erase(self, program_id: int, member_id: MemberId, *, now: Instant) -> Erasure:
        """Forget a person: profile, identifiers, name words and data key go, the books stay.

        Once the answer is there the erasure stands in the table and in the erasure list. Erasing
        again answers the first erasure. Raises UnknownMember.
        """
        return await erase(self._pool, self._erasures, program_id, member_id, now)

    async def reapply_erasures(self, erasures: Iterable[Erasure]) -> int:
        """Bring a restored backup up to date: erase whom these say was erased, as of then.
        Members that the backup does not know are passed over. Answers how many were erased now."""
        return await reapply_erasures(self._pool, self._erasures, erasures)

    async def erasures(self, *, after: tuple[int, MemberId] = (0, 0)) -> list[Erasure]:
        """Recorded erasures of all programs in (program, member) order, at most 10,000."""
        async with self._pool.connection() as connection:
            return await list_erasures(connection, after)

    async def complete_erasure_list(self) -> int:
        """Add to the erasure list what only the table knows (erased through another host, or the
        file was lost); answers how many. For the start of a server, and before a backup."""
        return await complete_list(self._pool, self._erasures)

    # --- data keys

    @property
    def digest_key(self) -> bytes:
        """The key of digests over bodies that may hold personal data."""
        return self._keyring.digest_key

    async def data_keys(
        self,
        connection: Connection,
        program_id: int,
        member_ids: Sequence[MemberId],
        *,
        create: bool = False,
    ) -> dict[MemberId, DataKey]:
        """The data keys of members, for `seal_fields` and `open_fields`. With `create`, members
        without one are given one; an erased or unknown member never is, and is left out."""
        return await profiles.data_keys(
            connection, self._keyring, program_id, member_ids, create=create
        )

    async def rewrap_data_keys(self, *, after: MemberId = 0, limit: int = 1000) -> list[MemberId]:
        """Wrap up to `limit` data keys by the current master key, of members behind `after`;
        answers whose. Begun anew and none found, an old master key is needed by none and may be
        retired."""
        return await profiles.rewrap_data_keys(self._pool, self._keyring, after, limit)
