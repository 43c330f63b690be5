"""What the API answers about decisions: outcomes, entries and effects as JSON types.

Points are decimal texts in their currency's decimals; instants are RFC 3339 in UTC. Effects that
only the engine has a use for (counters, refund progress) are left out.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType

from regulars.core.accounts import Account
from regulars.core.causes import split_causes
from regulars.core.decision import Award, Entry, Refusal
from regulars.core.effects import (
    SLIDING,
    WAITING,
    AwardNow,
    Effect,
    HoldClosed,
    HoldOpened,
    LotActivated,
    LotDrawn,
    LotOpened,
    LotRestored,
    Moved,
    RefundProgress,
    Revised,
    StatusSet,
    TierMoved,
)
from regulars.core.errors import REFUSALS
from regulars.core.events import Hold
from regulars.core.points import points_text
from regulars.intake.contracts import Outcome
from regulars.ledger.contracts import StoredEntry
from regulars.platform.clock import to_rfc3339
from regulars.platform.ids import format_entry_id, format_member_id
from regulars.web.api.problems import CODES, ApiProblem, ProblemDocument
from regulars.web.api.wire.words import ExplanationAnswer

_ACCOUNTS = {int(account): account.name.lower() for account in Account}
_SHOWN = frozenset(
    (LotRestored, LotDrawn, LotActivated, Moved, Revised, TierMoved, HoldOpened, HoldClosed,
     StatusSet)
)  # fmt: skip
Decimals = Mapping[str, int]
Purchases = Mapping[tuple[int, int], tuple[str, str]]
"""(source, id) of purchases by (member id, sequence number)."""

_NONE_NAMED: Purchases = {}


class EffectAnswer(
    Struct, frozen=True, omit_defaults=True, gc=False, rename={"source": "from", "target": "to"}
):
    """One thing that changed. `type`: points_earned, points_drawn, points_restored,
    points_activated, points_moved, earning_revised, tier_changed, hold_opened, hold_closed or
    status_changed. What several rules earned in one currency stands in one lot: each has a
    points_earned of its own with that lot, and their points add up to it. `from` and `to` are the
    accounts that points moved between; `active_at` is an instant or `confirmation`; `expires_at` an
    instant or `sliding`; neither stands where points are active at once or never expire."""

    type: str
    currency: str | UnsetType = UNSET
    points: str | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    lot: int | UnsetType = UNSET
    active_at: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    target: str | UnsetType = UNSET
    for_entry: str | UnsetType = UNSET
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET
    reward: str | UnsetType = UNSET
    redemption: str | UnsetType = UNSET
    discount_minor: int | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    how: str | UnsetType = UNSET


class RefusalAnswer(Struct, frozen=True):
    """Why a business rule said no, and what can be done; recorded like any other decision. In
    `data` points are decimal texts, instants RFC 3339; a purchase is named by `purchase_source` and
    `purchase_id`, a redemption by its id."""

    code: str
    data: dict[str, str | int | bool]
    next_step: str


class DecisionAnswer(Struct, frozen=True, omit_defaults=True):
    """What became of one event.

    `status`: accepted, refused (by a business rule, and recorded), parked (a refund that waits for
    its purchase until `expires_at`), or problem (not recorded; items of a batch only). `due` is
    what time had made due and was posted first. `receipt` is the entry's hash. `replayed` says
    that the event had been recorded before: this is the stored answer.
    """

    status: str
    id: str | UnsetType = UNSET
    entry: str | UnsetType = UNSET
    member: str | UnsetType = UNSET
    redemption: str | UnsetType = UNSET
    occurred_at: str | UnsetType = UNSET
    recorded_at: str | UnsetType = UNSET
    program_version: int | UnsetType = UNSET
    replayed: bool = False
    effects: list[EffectAnswer] | UnsetType = UNSET
    due: list[EffectAnswer] | UnsetType = UNSET
    refusal: RefusalAnswer | UnsetType = UNSET
    receipt: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    voucher_codes: list[str] | UnsetType = UNSET
    explanation: ExplanationAnswer | UnsetType = UNSET
    problem: ProblemDocument | UnsetType = UNSET


class EntryAnswer(Struct, frozen=True, omit_defaults=True):
    """A recorded decision: an entry of a member's journal."""

    entry: str
    member: str
    sequence: int
    type: str
    source: str
    id: str
    occurred_at: str
    recorded_at: str
    status: str
    program_version: int
    effects: list[EffectAnswer]
    receipt: str
    due: list[EffectAnswer] | UnsetType = UNSET
    refusal: RefusalAnswer | UnsetType = UNSET


def decision_answer(
    outcome: Outcome,
    event_id: str,
    decimals: Decimals,
    request_id: str,
    prefix: str = "",
    purchases: Purchases = _NONE_NAMED,
) -> DecisionAnswer:
    """The answer of an outcome; one that was not recorded becomes a `problem`, whose pointer gets
    the `prefix` of the event's place in what was sent."""
    if outcome.status in ("accepted", "refused"):
        return _recorded(outcome, event_id, decimals, purchases)
    if outcome.status == "parked":
        return DecisionAnswer(
            "parked",
            id=event_id,
            member=format_member_id(outcome.member_id) if outcome.member_id else UNSET,
            replayed=outcome.replayed,
            expires_at=to_rfc3339(outcome.expires_at),
        )
    problem = outcome_problem(outcome).under(prefix)
    return DecisionAnswer("problem", id=event_id, problem=problem.document(request_id))


def outcome_problem(outcome: Outcome) -> ApiProblem:
    """Why an event was not recorded."""
    if outcome.status == "unavailable":
        return ApiProblem(
            "unavailable",
            "the event is not known to be recorded",
            next_step="Send the same event again in a moment.",
            headers={"Retry-After": "1"},
        )
    if outcome.status == "failed":
        return ApiProblem("internal_error", "the event is not recorded")
    if outcome.status == "expired":
        return ApiProblem(
            "expired",
            "the purchase did not come in time",
            pointer="/purchase",
            expected="a purchase that is recorded",
        )
    problem = outcome.problem
    if problem is None:
        return ApiProblem("invalid_event")
    code = problem.code if problem.code in CODES else "invalid_event"
    detail = "" if code == problem.code else problem.code
    return ApiProblem(
        code, detail, pointer=problem.pointer, found=problem.found, expected=problem.expected
    )


def entry_answer(
    stored: StoredEntry, decimals: Decimals, purchases: Purchases = _NONE_NAMED
) -> EntryAnswer:
    """A stored entry as JSON."""
    entry = stored.entry
    refusal = entry.refusal
    return EntryAnswer(
        entry=format_entry_id(stored.member_id, stored.seq),
        member=format_member_id(stored.member_id),
        sequence=stored.seq,
        type=entry.event.type,
        source=entry.event.source,
        id=entry.event.event_id,
        occurred_at=to_rfc3339(stored.occurred_at),
        recorded_at=to_rfc3339(stored.recorded_at),
        status="accepted" if entry.refusal is None else "refused",
        program_version=entry.program_version,
        effects=effects_answer(entry.effects, stored.member_id, decimals, entry.awards),
        due=effects_answer(entry.due, stored.member_id, decimals) or UNSET,
        refusal=UNSET
        if refusal is None
        else refusal_answer(refusal, stored.member_id, decimals, purchases),
        receipt=stored.hash.hex(),
    )


def redemption_id(member_id: int, hold: int) -> str:
    """The text id of a redemption: the entry of its hold.

    >>> redemption_id(1025, 12)
    'red_0000000000101_12'
    """
    return "red_" + format_entry_id(member_id, hold).removeprefix("ent_")


def refusal_answer(
    refusal: Refusal, member_id: int, decimals: Decimals, purchases: Purchases = _NONE_NAMED
) -> RefusalAnswer:
    """A business refusal of a member's event, with the next step that its class names."""
    kind = REFUSALS.get(refusal.code)
    data: dict[str, str | int | bool] = {}
    for name, value in refusal.data.items():
        if not isinstance(value, int) or isinstance(value, bool):
            data[name] = value
        else:
            data.update(_datum(refusal, name, value, member_id, decimals, purchases))
    return RefusalAnswer(refusal.code, data, "" if kind is None else kind.next_step)


def _datum(
    refusal: Refusal,
    name: str,
    value: int,
    member_id: int,
    decimals: Decimals,
    purchases: Purchases,
) -> dict[str, str | int | bool]:
    """A number of a refusal as a caller knows it: numbers of entries and units are ours alone."""
    if name == "purchase_seq":
        named = purchases.get((member_id, value))
        return {"purchase_source": named[0], "purchase_id": named[1]} if named else {}
    if name == "hold":
        return {"redemption": redemption_id(member_id, value)} if value > 0 else {}
    if name == "into":
        return {"into": format_member_id(value)} if value else {}
    if name.endswith("_at"):
        return {name: to_rfc3339(value)}
    currency = refusal.data.get("currency")
    if isinstance(currency, str) and name in ("needed", "available"):
        return {name: _points(value, currency, decimals)}
    return {name: value}


def effects_answer(
    effects: Sequence[Effect], member_id: int, decimals: Decimals, awards: Sequence[Award] = ()
) -> list[EffectAnswer]:
    """The effects that a caller has a use for, in their recorded order; a lot that several of the
    entry's `awards` opened as one item per award."""
    answers: list[EffectAnswer] = []
    by_lot: dict[int, list[Award | AwardNow]] | None = None
    for effect in effects:
        if type(effect) is LotOpened:
            if by_lot is None:
                by_lot = _awards_by_lot(effects, awards)
            _add_earned(answers, effect, by_lot.get(effect.lot, ()), member_id, decimals)
        elif type(effect) in _SHOWN:
            answers.append(_effect(effect, member_id, decimals))
    return answers


def _awards_by_lot(
    effects: Iterable[Effect], awards: Iterable[Award]
) -> dict[int, list[Award | AwardNow]]:
    """The awards that opened each lot: the entry's own, and those that a revision added."""
    found: dict[int, list[Award | AwardNow]] = {}
    for award in awards:
        lot = award.lot
        if lot in found:
            found[lot].append(award)
        else:
            found[lot] = [award]
    for effect in effects:
        if type(effect) is RefundProgress:
            for now in effect.awards:
                found.setdefault(now.lot, []).append(now)
    return found


def _add_earned(
    answers: list[EffectAnswer],
    lot: LotOpened,
    awards: Sequence[Award | AwardNow],
    member_id: int,
    decimals: Decimals,
) -> None:
    """A lot that was opened, by rule. Rules that the lot's cause had no room for stand together,
    without their names."""
    if len(awards) < 2:
        answers.append(_lot("points_earned", lot, member_id, decimals))
        return
    rules, _complete = split_causes(lot.rule)
    left = lot.amount
    for rule, award in zip(rules, awards, strict=False):
        left -= award.points
        answers.append(_lot("points_earned", lot, member_id, decimals, award.points, rule))
    if left:
        answers.append(_lot("points_earned", lot, member_id, decimals, left, UNSET))


def _recorded(
    outcome: Outcome, event_id: str, decimals: Decimals, purchases: Purchases
) -> DecisionAnswer:
    entry: Entry | None = outcome.entry
    if entry is None:  # nothing was due: there is no entry to show
        return DecisionAnswer(outcome.status, id=event_id, effects=[])
    member_id = outcome.member_id
    event = entry.event
    opened = (
        [effect for effect in entry.effects if isinstance(effect, HoldOpened)]
        if isinstance(event.body, Hold)
        else ()
    )
    return DecisionAnswer(
        status=outcome.status,
        id=event_id,
        entry=format_entry_id(member_id, outcome.seq),
        member=format_member_id(member_id),
        redemption=redemption_id(member_id, opened[0].hold) if opened else UNSET,
        occurred_at=to_rfc3339(event.occurred_at),
        recorded_at=to_rfc3339(outcome.recorded_at),
        program_version=entry.program_version,
        replayed=outcome.replayed,
        effects=effects_answer(entry.effects, member_id, decimals, entry.awards),
        due=(effects_answer(entry.due, member_id, decimals) or UNSET) if entry.due else UNSET,
        refusal=UNSET
        if entry.refusal is None
        else refusal_answer(entry.refusal, member_id, decimals, purchases),
        receipt=outcome.hash.hex(),
        expires_at=to_rfc3339(opened[0].expires_at) if opened else UNSET,
    )


def _effect(effect: Effect, member_id: int, decimals: Decimals) -> EffectAnswer:
    match effect:
        case LotRestored():
            return _lot("points_restored", effect, member_id, decimals)
        case LotDrawn():
            return _moved("points_drawn", effect, decimals, effect.lot)
        case LotActivated():
            return _moved("points_activated", effect, decimals, effect.lot)
        case Moved():
            return _moved("points_moved", effect, decimals, 0)
        case Revised():
            return EffectAnswer(
                "earning_revised",
                currency=effect.currency,
                points=_points(effect.points, effect.currency, decimals),
                for_entry=format_entry_id(member_id, effect.seq),
            )
        case TierMoved():
            return EffectAnswer("tier_changed", before=effect.before, after=effect.after)
        case HoldOpened() | HoldClosed():
            return _hold(effect, member_id, decimals)
        case StatusSet():
            into = format_member_id(effect.into) if effect.into else UNSET
            return EffectAnswer("status_changed", after=effect.status, target=into)
        case _:
            raise AssertionError(f"{type(effect)} is shown, but has no words")


def _lot(
    kind: str,
    lot: LotOpened | LotRestored,
    member_id: int,
    decimals: Decimals,
    units: int | None = None,
    rule: str | UnsetType | None = None,
) -> EffectAnswer:
    """A lot that was opened or filled again; of one rule alone, `units` and `rule` are its own."""
    currency, active_at, expires_at = lot.currency, lot.active_at, lot.expires_at
    # By position: most of an answer is lots, and names would take twice the time.
    return EffectAnswer(
        kind,
        currency,
        _points(lot.amount if units is None else units, currency, decimals),
        lot.rule if rule is None else rule,
        lot.lot,
        lot_active(active_at) if active_at else UNSET,
        lot_expires(expires_at) if expires_at else UNSET,
        _ACCOUNTS.get(lot.debit, UNSET),
        _ACCOUNTS.get(lot.credit, UNSET),
        format_entry_id(member_id, lot.for_seq) if lot.for_seq else UNSET,
    )


def _moved(
    kind: str, effect: LotDrawn | LotActivated | Moved, decimals: Decimals, lot: int
) -> EffectAnswer:
    return EffectAnswer(
        kind,
        currency=effect.currency,
        points=_points(effect.amount, effect.currency, decimals),
        lot=lot or UNSET,
        source=_ACCOUNTS.get(effect.debit, UNSET),
        target=_ACCOUNTS.get(effect.credit, UNSET),
    )


def _hold(effect: HoldOpened | HoldClosed, member_id: int, decimals: Decimals) -> EffectAnswer:
    opened = isinstance(effect, HoldOpened)
    return EffectAnswer(
        "hold_opened" if opened else "hold_closed",
        currency=effect.currency,
        points=_points(effect.points, effect.currency, decimals),
        expires_at=to_rfc3339(effect.expires_at) if isinstance(effect, HoldOpened) else UNSET,
        reward=effect.reward,
        redemption=redemption_id(member_id, effect.hold),
        discount_minor=effect.discount_minor,
        quantity=effect.quantity if isinstance(effect, HoldOpened) else UNSET,
        how=effect.how if isinstance(effect, HoldClosed) else UNSET,
    )


def lot_active(active_at: int) -> str | UnsetType:
    """When a lot can be spent, in the words of `EffectAnswer`."""
    if active_at == WAITING:
        return "confirmation"
    return to_rfc3339(active_at) if active_at else UNSET


def lot_expires(expires_at: int) -> str | UnsetType:
    """When a lot expires, in the words of `EffectAnswer`."""
    if expires_at == SLIDING:
        return "sliding"
    return to_rfc3339(expires_at) if expires_at else UNSET


def _points(units: int, currency: str, decimals: Decimals) -> str:
    places = decimals.get(currency, 0)
    return points_text(units, places) if places else str(units)
