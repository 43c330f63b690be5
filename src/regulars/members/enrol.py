"""Enrols members: identifiers are claimed first, then member, state and profile are written.

One algorithm for one and for thousands. Claims are taken by a single statement in their order, so
that parallel enrolments of the same person wait for each other instead of deadlocking, and the
earlier in a batch wins. A claim that cannot be had makes its whole enrolment give back its claims;
batch-mates that lost to it only are then tried again.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import structs
from psycopg import errors

from regulars.core.state import MemberState
from regulars.members import hashing, normalise, profiles
from regulars.members.contracts import Enrolled, Enrolment, Profile, Rejected
from regulars.members.errors import IdentifierTaken, InvalidMemberField
from regulars.members.queries import SQL, in_lock_order, keys_of
from regulars.platform.arrays import ByteaColumn, Int8Column
from regulars.platform.clock import Instant
from regulars.platform.database import Connection
from regulars.platform.ids import MemberId, new_member_id
from regulars.platform.keys import Keyring

Answer = Enrolled | Rejected

_FIRST_HEAD = bytes(32)  # the hash before a member's first entry
_ID_ATTEMPTS_MAX = 3
_encode_state = msgspec.msgpack.Encoder(order="deterministic").encode


@dataclass(slots=True)
class _Candidate:
    """An enrolment on its way through. `number_made` says that the member number is ours."""

    position: int
    member_id: MemberId
    profile: Profile
    enrolled_at: Instant
    enrolled_at_given: bool
    hashes_only: bool
    number_made: bool
    claims: list[hashing.Claim] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """What the steps of one batch share."""

    connection: Connection
    keyring: Keyring
    program_id: int
    first_tier: str
    answers: dict[int, Answer]
    same_external_id: list[tuple[_Candidate, MemberId]] = field(default_factory=list)
    return_existing: bool = False


async def enrol_many(
    connection: Connection,
    keyring: Keyring,
    program_id: int,
    enrolments: Sequence[Enrolment],
    *,
    first_tier: str,
    now: Instant,
    return_existing: bool,
) -> list[Answer]:
    """Enrol in the caller's transaction; see the facade.

    Two processes may make the same member id, though rarely: then all is done again with new ids.
    """
    for attempt in range(1, _ID_ATTEMPTS_MAX + 1):
        batch = _Batch(connection, keyring, program_id, first_tier, {}, [], return_existing)
        try:
            async with connection.transaction():
                await _run(batch, _prepare(batch, enrolments, now))
        except errors.UniqueViolation as error:
            if error.diag.table_name != "member" or attempt == _ID_ATTEMPTS_MAX:
                raise
        else:
            return [batch.answers[position] for position in range(len(enrolments))]
    raise AssertionError("unreachable")


def accepted(answer: Answer, enrolment: Enrolment) -> Enrolled:
    """The answer of a single enrolment, or its refusal as the error that it is."""
    if isinstance(answer, Enrolled):
        return answer
    if answer.code == IdentifierTaken.code:
        raise IdentifierTaken(answer.field)
    # Only one place knows what would have been right: ask it again.
    normalise.profile_of(enrolment)
    raise AssertionError("unreachable")


def new_number() -> str:
    """A random member number: nine digits and the check digit of Luhn (ISO/IEC 7812-1, annex B)."""
    digits = [1 + secrets.randbelow(9)] + [secrets.randbelow(10) for _ in range(8)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::-2]]
    check = -(sum(doubled) + sum(digits[-2::-2])) % 10
    return "".join(map(str, [*digits, check]))


def _prepare(batch: _Batch, enrolments: Sequence[Enrolment], now: Instant) -> list[_Candidate]:
    """Normalise and hash; what is invalid is answered here. Ids rise with the position."""
    candidates = []
    for position, enrolment in enumerate(enrolments):
        try:
            profile = normalise.profile_of(enrolment)
        except InvalidMemberField as error:
            batch.answers[position] = Rejected(error.code, error.field)
            continue
        candidate = _Candidate(
            position=position,
            member_id=new_member_id(),
            profile=profile,
            enrolled_at=enrolment.enrolled_at or now,
            enrolled_at_given=enrolment.enrolled_at != 0,
            hashes_only=enrolment.hashes_only,
            number_made=(
                enrolment.assign_number and not enrolment.hashes_only and not profile.number
            ),
        )
        _make_claims(batch, candidate)
        candidates.append(candidate)
    return candidates


def _make_claims(batch: _Batch, candidate: _Candidate) -> None:
    if candidate.number_made:
        candidate.profile = structs.replace(candidate.profile, number=new_number())
    candidate.claims = hashing.claims_of(batch.keyring, batch.program_id, candidate.profile)


async def _run(batch: _Batch, candidates: list[_Candidate]) -> None:
    enrolled: dict[int, _Candidate] = {candidate.position: candidate for candidate in candidates}
    pending = candidates
    # Ends: the earliest of those who try again competes with nobody who could lose to it.
    while pending:
        pending = await _claim(batch, pending)
    for position in batch.answers:
        enrolled.pop(position, None)
    for candidate, _ in batch.same_external_id:
        enrolled.pop(candidate.position, None)
    if enrolled:
        await _write(batch, list(enrolled.values()))
    for candidate in enrolled.values():
        batch.answers[candidate.position] = Enrolled(candidate.member_id)
    await _answer_existing(batch)


async def _claim(batch: _Batch, candidates: list[_Candidate]) -> list[_Candidate]:
    """Claim for all of them; answers those who lost to somebody who lost, to be tried again."""
    wanted = [(claim, item.member_id) for item in candidates for claim in item.claims]
    parameters = hashing.columns_of([claim for claim, _ in wanted]) | {
        "program_id": batch.program_id,
        "members": Int8Column([member for _, member in wanted]),
    }
    cursor = await batch.connection.execute(SQL.claim_identifiers, parameters)
    if cursor.rowcount == len(wanted):
        return []
    cursor = await batch.connection.execute(SQL.find_identifiers, parameters)
    holders = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
    losers = {
        item.member_id: item
        for item in candidates
        if any(holders.get(claim) != item.member_id for claim in item.claims)
    }
    await batch.connection.execute(
        SQL.release_claims,
        {"program_id": batch.program_id, "members": Int8Column(list(losers))},
    )
    return [item for item in losers.values() if _try_again(batch, item, holders, losers)]


def _try_again(
    batch: _Batch,
    loser: _Candidate,
    holders: dict[hashing.Claim, MemberId],
    losers: dict[MemberId, _Candidate],
) -> bool:
    """Whether the loser may yet win; if not, its answer is written, or put off to the end."""
    taken = {
        kind: holders[kind, found]
        for kind, found in reversed(loser.claims)
        if holders.get((kind, found), loser.member_id) not in losers
    }
    if loser.number_made and "number" in taken:
        del taken["number"]
        _make_claims(batch, loser)
    if batch.return_existing and "external_id" in taken:
        batch.same_external_id.append((loser, taken["external_id"]))
        return False
    if taken:
        batch.answers[loser.position] = Rejected(IdentifierTaken.code, min(taken))
        return False
    return True


async def _write(batch: _Batch, new: list[_Candidate]) -> None:
    """Write everything but the claims, in the order of the tables' locks."""
    members = keys_of([item.member_id for item in new]) | {"program_id": batch.program_id}
    states: dict[Instant, bytes] = {}
    for instant in {item.enrolled_at for item in new}:
        since = instant if batch.first_tier else 0
        states[instant] = _encode_state(
            MemberState(enrolled_at=instant, tier=batch.first_tier, tier_since=since)
        )
    kept = {
        item.member_id: profiles.seal_new(batch.keyring, item.member_id, item.profile)
        for item in new
        if not item.hashes_only
    }
    words = [(found, item.member_id) for item in new for found in _word_hashes(batch, item)]
    connection = batch.connection
    await connection.execute(
        SQL.insert_members,
        members | {"enrolled": Int8Column([item.enrolled_at for item in new])},
    )
    encoded = ByteaColumn([states[item.enrolled_at] for item in new])
    await connection.execute(SQL.insert_states, members | {"head": _FIRST_HEAD, "states": encoded})
    if kept:
        await connection.execute(SQL.insert_profiles, profiles.columns_of(kept))
    if words:
        await insert_name_words(connection, batch.program_id, words)


async def insert_name_words(
    connection: Connection, program_id: int, words: Iterable[tuple[bytes, MemberId]]
) -> None:
    """Store (hash, member) pairs by which members are found by name."""
    rows = sorted(words)
    parameters = {
        "program_id": program_id,
        "hashes": ByteaColumn([found for found, _ in rows]),
        "members": Int8Column([member for _, member in rows]),
    }
    await connection.execute(SQL.insert_name_words, parameters)


def _word_hashes(batch: _Batch, item: _Candidate) -> list[bytes]:
    profile = item.profile
    if not profile.given_name and not profile.family_name:
        return []
    words = normalise.searchable(normalise.name_words(profile.given_name, profile.family_name))
    return hashing.name_hashes(batch.keyring, batch.program_id, words)


async def _answer_existing(batch: _Batch) -> None:
    """Answer those whose external_id is a member's: with that member if all else is the same."""
    if not batch.same_external_id:
        return
    connection, program_id = batch.connection, batch.program_id
    holders = in_lock_order(holder for _, holder in batch.same_external_id)
    cursor = await connection.execute(
        SQL.identifiers_of, {"program_id": program_id, "members": Int8Column(holders)}
    )
    claims: dict[MemberId, set[hashing.Claim]] = {holder: set() for holder in holders}
    for member, kind, found in await cursor.fetchall():
        claims[member].add((kind, found))
    kept = await profiles.read_profiles(connection, batch.keyring, program_id, holders)
    members = await profiles.read_memberships(connection, program_id, holders)
    for item, holder in batch.same_external_id:
        membership = members.get(holder)
        same = (
            membership is not None
            and (not item.enrolled_at_given or item.enrolled_at == membership.enrolled_at)
            and _same_body(item, claims[holder], kept.get(holder))
        )
        batch.answers[item.position] = (
            Enrolled(holder, created=False)
            if same
            else Rejected(IdentifierTaken.code, "external_id")
        )


def _same_body(item: _Candidate, claims: set[hashing.Claim], kept: Profile | None) -> bool:
    """Whether a member is what the enrolment would have made, but for a number made by us."""
    if kept is None or item.hashes_only:
        nobody = kept is None or kept == Profile()
        return item.hashes_only and nobody and set(item.claims) == claims
    mine = structs.replace(item.profile, number="") if item.number_made else item.profile
    theirs = structs.replace(kept, number="") if item.number_made else kept
    return mine == theirs
