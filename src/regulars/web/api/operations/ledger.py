"""What has been recorded: balance, history, entries with explanation and receipt, and the feed."""

from base64 import b64encode
from functools import partial
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from regulars.core.effects import WAITING
from regulars.core.lots import Available, available
from regulars.core.money import plain
from regulars.core.points import points_text
from regulars.core.state import Wallet
from regulars.core.tiers import progress
from regulars.ledger.contracts import StoredEntry
from regulars.ledger.facade import (
    ENCODING_VERSION,
    read_entry,
    read_feed,
    read_history,
    read_receipt,
)
from regulars.platform.clock import to_rfc3339
from regulars.platform.ids import InvalidId, format_entry_id, format_member_id, parse_entry_id
from regulars.web.api.errors import not_found
from regulars.web.api.explanations import explain_entry
from regulars.web.api.memberships import (
    SEQ_END,
    loaded_member,
    member_in_path,
    require_member,
)
from regulars.web.api.operation import Call, Operation
from regulars.web.api.problems import ApiProblem
from regulars.web.api.refused_purchases import purchases_in
from regulars.web.api.wire.answers import EntryAnswer, entry_answer
from regulars.web.api.wire.words import ExplanationAnswer

PAGE_MAX = 200
Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]


class PendingPart(Struct, frozen=True):
    """Points that are not spendable yet; `active_at` is an instant or `confirmation`."""

    points: str
    active_at: str


class ExpiringPart(Struct, frozen=True):
    """Spendable points with an end."""

    points: str
    expires_at: str


class LifetimeAnswer(Struct, frozen=True):
    """Sums that only grow."""

    earned: str
    redeemed: str
    expired: str


class WalletAnswer(Struct, frozen=True):
    """One currency as it is now: `active` can be spent, `held` is reserved, `debt` is owed (zero
    or negative)."""

    currency: str
    active: str
    pending: list[PendingPart]
    expiring: list[ExpiringPart]
    held: str
    debt: str
    lifetime: LifetimeAnswer


class NextTier(Struct, frozen=True):
    """The next step of the ladder: where it begins and how much is missing."""

    id: str
    at_least: str
    needed: str


class TierAnswer(Struct, frozen=True, omit_defaults=True):
    """The member's tier. Amounts are money for a ladder by spend, else points."""

    id: str
    metric: str
    next: NextTier | UnsetType = UNSET


class BalanceAnswer(Struct, frozen=True, omit_defaults=True):
    """What a member has at an instant, whatever has been posted by then."""

    member: str
    status: str
    at: str
    wallets: list[WalletAnswer]
    tier: TierAnswer | UnsetType = UNSET


class HistoryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the `next` of the page before."""

    before: Annotated[str, Meta(max_length=20)] = ""
    limit: Limit = 50


class HistoryAnswer(Struct, frozen=True, omit_defaults=True):
    """Entries, newest first; `next` stands where there are more."""

    entries: list[EntryAnswer]
    next: str | UnsetType = UNSET


class FeedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`after` is a cursor that the feed gave; without it, from the beginning."""

    after: Annotated[str, Meta(max_length=100)] = ""
    limit: Limit = 100


class FeedEntry(Struct, frozen=True):
    """An entry with the cursor to go on behind it."""

    cursor: str
    entry: EntryAnswer


class FeedAnswer(Struct, frozen=True):
    """What was recorded after the cursor. `next` is what to ask after from now on."""

    entries: list[FeedEntry]
    next: str


class ReceiptAnswer(Struct, frozen=True):
    """What proves an entry: `hash` is SHA-256 over "regulars-entry", encoding version, member id,
    sequence, occurred_at, recorded_at (2, 8, 4, 8, 8 bytes, big-endian; instants in microseconds),
    the previous hash and the body. Each member's first entry follows 32 zero bytes."""

    entry: str
    encoding_version: int
    member_id: str
    sequence: int
    occurred_at_us: str
    recorded_at_us: str
    previous_hash: str
    hash: str
    body_base64: str


async def get_balance(call: Call) -> BalanceAnswer:
    """What a member has now."""
    member_id = await member_in_path(call)
    loaded, lots = await loaded_member(call, member_id)
    now = call.services.clock.now()
    program = call.services.program(call.program_id)
    now_available = available(loaded.state, lots, now)
    decimals = call.services.decimals(call.program_id)
    wallets = [
        _wallet(now_available[currency], wallet, decimals.get(currency, 0))
        for currency, wallet in sorted(loaded.state.wallets.items())
    ]
    tier: TierAnswer | UnsetType = UNSET
    if program.ladder is not None:
        stands = progress(program, loaded.state, now)
        by_money = program.ladder.metric == "spend"
        places = program.money_decimals if by_money else decimals[program.ladder.currency]
        following = NextTier(
            stands.next, plain(stands.next_at_least, places), plain(stands.needed, places)
        )
        metric = plain(stands.metric, places)
        tier = TierAnswer(stands.tier, metric, following if stands.next else UNSET)
    member = format_member_id(member_id)
    return BalanceAnswer(member, loaded.state.status, to_rfc3339(now), wallets, tier)


async def get_history(call: Call) -> HistoryAnswer:
    """A page of a member's entries, newest first."""
    member_id = await member_in_path(call)
    query: HistoryQuery = call.query
    before = _sequence(query.before) if query.before else SEQ_END
    async with call.services.pool.connection() as connection:
        page = await read_history(connection, member_id, before=before, most=query.limit + 1)
    decimals = call.services.decimals(call.program_id)
    named = await purchases_in(call.services.pool, page)
    entries = [entry_answer(stored, decimals, named) for stored in page[: query.limit]]
    more = str(page[query.limit - 1].seq) if len(page) > query.limit else UNSET
    return HistoryAnswer(entries, more)


async def get_entry(call: Call) -> EntryAnswer:
    """One entry."""
    stored = await _entry_in_path(call)
    named = await purchases_in(call.services.pool, [stored])
    return entry_answer(stored, call.services.decimals(call.program_id), named)


async def get_explanation(call: Call) -> ExplanationAnswer:
    """Why an entry is as it is, in words."""
    stored = await _entry_in_path(call)
    return explain_entry(call, stored.entry)


async def get_receipt(call: Call) -> ReceiptAnswer:
    """What anyone needs to recompute an entry's hash, from the bytes that are stored."""
    member_id, seq = await _address(call)
    async with call.services.pool.connection() as connection:
        receipt = await read_receipt(connection, member_id, seq)
    return ReceiptAnswer(
        entry=format_entry_id(member_id, seq),
        encoding_version=ENCODING_VERSION,
        member_id=str(member_id),
        sequence=seq,
        occurred_at_us=str(receipt.occurred_at),
        recorded_at_us=str(receipt.recorded_at),
        previous_hash=receipt.previous.hex(),
        hash=receipt.hash.hex(),
        body_base64=b64encode(receipt.body).decode(),
    )


async def get_feed(call: Call) -> FeedAnswer:
    """What was recorded, in an order in which nothing is ever inserted behind a reader."""
    query: FeedQuery = call.query
    async with call.services.pool.connection() as connection:
        items = await read_feed(connection, call.program_id, query.after, query.limit)
    decimals = call.services.decimals(call.program_id)
    named = await purchases_in(call.services.pool, [item.stored for item in items])
    entries = [FeedEntry(item.cursor, entry_answer(item.stored, decimals, named)) for item in items]
    return FeedAnswer(entries, entries[-1].cursor if entries else query.after)


async def _entry_in_path(call: Call) -> StoredEntry:
    """The entry of the address; not_found for one of another program."""
    member_id, seq = await _address(call)
    async with call.services.pool.connection() as connection:
        return await read_entry(connection, member_id, seq)


async def _address(call: Call) -> tuple[int, int]:
    """Member and sequence number of the address; not_found for a member of another program."""
    try:
        member_id, seq = parse_entry_id(call.path["entry"])
    except InvalidId:
        raise not_found("entry") from None
    if not 0 < seq <= SEQ_END:
        raise not_found("entry")
    await require_member(call, member_id)
    return member_id, seq


def _sequence(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= SEQ_END:
        return int(text)
    raise ApiProblem(
        "invalid_cursor", pointer="?before", found=text, expected="the `next` of a page"
    )


def _wallet(now: Available, wallet: Wallet, decimals: int) -> WalletAnswer:
    def points(units: int) -> str:
        return points_text(units, decimals)

    return WalletAnswer(
        currency=now.currency,
        active=points(now.spendable),
        pending=[
            PendingPart(points(units), "confirmation" if at == WAITING else to_rfc3339(at))
            for at, units in now.pending
        ],
        expiring=[ExpiringPart(points(units), to_rfc3339(at)) for at, units in now.expiring],
        held=points(now.held),
        debt=points(now.debt),
        lifetime=LifetimeAnswer(
            points(wallet.earned), points(wallet.redeemed), points(wallet.expired)
        ),
    )


_read_operation = partial(Operation, method="GET", tag="ledger", scope="ledger:read")

OPERATIONS = (
    _read_operation(
        id="get_balance",
        path="/v1/members/{member}/balance",
        summary="What a member has now: spendable, pending, expiring, held, tier",
        handler=get_balance,
        answer=BalanceAnswer,
        problems=("no_program_version",),
    ),
    _read_operation(
        id="get_history",
        path="/v1/members/{member}/history",
        summary="A member's entries, newest first",
        handler=get_history,
        query=HistoryQuery,
        answer=HistoryAnswer,
        problems=("no_program_version", "invalid_cursor"),
    ),
    _read_operation(
        id="get_entry",
        path="/v1/entries/{entry}",
        summary="One entry: a recorded decision",
        handler=get_entry,
        answer=EntryAnswer,
        problems=("no_program_version",),
    ),
    _read_operation(
        id="get_explanation",
        path="/v1/entries/{entry}/explanation",
        summary="Why an entry is as it is, in the language of Accept-Language",
        handler=get_explanation,
        answer=ExplanationAnswer,
        problems=("no_program_version",),
    ),
    _read_operation(
        id="get_receipt",
        path="/v1/entries/{entry}/receipt",
        summary="What proves an entry: its hash, the one before, and the bytes",
        handler=get_receipt,
        answer=ReceiptAnswer,
    ),
    Operation(
        id="get_feed",
        method="GET",
        path="/v1/feed",
        tag="feed",
        summary="Everything that was recorded, in order",
        description="Ask again after the last cursor; a row that commits late is never skipped.",
        handler=get_feed,
        scope="feed:read",
        query=FeedQuery,
        answer=FeedAnswer,
        problems=("no_program_version", "invalid_cursor"),
    ),
)
