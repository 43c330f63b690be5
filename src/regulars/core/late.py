"""Late events: an earning event that happened before others that were decided already.

The history since the nearest checkpoint is earned again in the order in which it happened, the late
event in its place, each event under the program version that decided it. What differs from what was
earned is posted as effects of the late entry. Facts stay as they are: redemptions, expiries,
adjustments, moves, refunds, what a purchase earned and counted of which something has come back,
and what an activity earned whose personal fields are sealed. Nothing of its kind is put before a
fact that keeps points. The counters after it are those of the history as it happened.
docs/architecture.md, "Late events".
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from regulars.core.compiled import Program
from regulars.core.crediting import credit_awards, open_awards
from regulars.core.decision import Award, Entry
from regulars.core.earning.earn import Earned, earn
from regulars.core.effects import (
    AttributesSet,
    AwardNow,
    Counted,
    Effect,
    LotActivated,
    LotDrawn,
    LotOpened,
    LotRestored,
    Moved,
    RefundProgress,
    Revised,
    TierMoved,
)
from regulars.core.errors import NotLoaded
from regulars.core.events import Activity, Event, Exchange, Purchase
from regulars.core.folding.applying import apply
from regulars.core.folding.postings import post
from regulars.core.folding.working import Working
from regulars.core.lots import ACTIVE, ISSUED, claw_back
from regulars.core.packed import Counter, unpacked
from regulars.core.refunds import awards_of, counts_of, own_effects
from regulars.core.tiers import tier_metric, tier_move, tier_of
from regulars.core.trace import LATE
from regulars.core.turn import Turn, subject_on

PURCHASE: Final = "purchase"
_POSTINGS: Final = (LotOpened, LotDrawn, LotRestored, LotActivated, Moved)


class Change(NamedTuple):
    """What differs for one entry: `awards` as they stood, units to add per award (by rule and
    currency), units to take per index; what it counts now."""

    entry: Entry
    version: Program
    tier: str
    awards: tuple[Award, ...]
    more: tuple[Award, ...]
    less: tuple[tuple[int, int], ...]
    counted: tuple[Counted, ...]


def revise(turn: Turn, kind: str, body: Purchase | Activity) -> None:
    """Decide a late event as of its own time, and post what it changes of what came after it.

    The event's own effects stand before the first `Revised`, everything that it revised after it.
    What is added is posted before what is taken, so that points which only move from one entry to
    another cover themselves.
    """
    member, event = turn.member, turn.event
    assert member.checkpoint is not None
    shadow = Working(member.checkpoint, None, {}, member.seq, event.occurred_at)
    progress = _progress(turn)
    history = sorted(member.history, key=lambda each: (each.event.occurred_at, each.seq))
    later = [entry for entry in history if entry.event.occurred_at > event.occurred_at]
    for entry in history[: len(history) - len(later)]:
        _again(turn, shadow, entry, progress.get(entry.seq))
    shadow.at = event.occurred_at
    tier, earned = _earn_on(turn.program, shadow, event, kind, body)
    changes: list[Change] = []
    for entry in later:
        found = _again(turn, shadow, entry, progress.get(entry.seq))
        if found is not None:
            awards = awards_of(entry, progress.get(entry.seq))
            changes.append(_change(turn, entry, found[0], awards, found[1]))
    open_awards(turn, earned, tier)
    _post_changes(turn, [each for each in changes if each.more or each.less], shadow)
    _move_tier(turn, shadow)


def check_history(turn: Turn) -> None:
    """That everything is at hand that a late event is decided from. Raises NotLoaded."""
    checkpoint = turn.member.checkpoint
    if checkpoint is None or not turn.work.loaded:
        raise NotLoaded("history")
    since = checkpoint.latest_occurred_at
    if any(entry.event.occurred_at < since for entry in turn.member.history):
        raise NotLoaded("a checkpoint that no later entry reached behind")


def comes_before_facts(turn: Turn, kind: str) -> bool:
    """Whether an event of the same kind, later than the late one, stands as it is and keeps points.
    Nothing is put before it: what only a first, or a third, or the last of a cap may earn would be
    earned by the late event too, and by the next one that is dated before that."""
    progress = _progress(turn)
    at = turn.event.occurred_at
    return any(
        entry.event.occurred_at > at
        and entry.refusal is None
        and _kind(entry) == kind
        and not _revisable(entry, progress.get(entry.seq))
        and _keeps_points(entry, progress.get(entry.seq))
        for entry in turn.member.history
    )


def _kind(entry: Entry) -> str:
    """The event type whose rules an entry runs."""
    return PURCHASE if isinstance(entry.event.body, Exchange) else entry.event.type


def _keeps_points(entry: Entry, progress: RefundProgress | None) -> bool:
    taken = 0 if progress is None else sum(units for _, units in progress.reversed)
    return sum(award.points for award in awards_of(entry, progress)) > taken


def _progress(turn: Turn) -> dict[int, RefundProgress]:
    """What has come back of, or was revised for, the entries of the history: told by later ones."""
    found = dict(turn.work.progress)
    for entry in turn.member.history:
        for effect in entry.effects:
            if isinstance(effect, RefundProgress):
                found[effect.purchase_seq] = effect
    return found


def _revisable(entry: Entry, progress: RefundProgress | None) -> bool:
    """Not a purchase of which something has come back, nor an event beyond the late window, nor an
    activity whose personal fields are sealed, so that the rules could not see what they saw."""
    body = entry.event.body
    if isinstance(body, Activity) and any(isinstance(each, bytes) for each in body.fields.values()):
        return False
    if progress is not None and (progress.lines or progress.shipping):
        return False
    return not any(considered.verdict == LATE for considered in entry.trace)


def _again(
    turn: Turn, shadow: Working, entry: Entry, progress: RefundProgress | None
) -> tuple[str, Earned] | None:
    """Let an entry happen again on the shadow: one that can be revised is earned anew (the tier
    before it and what it earns), of any other the facts are repeated."""
    shadow.seq = entry.seq
    shadow.at = entry.event.occurred_at
    _repeat(turn, shadow, entry.due)
    if entry.refusal is not None:
        return None
    body = entry.event.body
    kind = entry.event.type
    if isinstance(body, Exchange):
        last = max(at for at, each in enumerate(entry.effects) if isinstance(each, RefundProgress))
        _repeat(turn, shadow, entry.effects[: last + 1])
        body, kind = body.purchase, PURCHASE
    if not isinstance(body, Purchase | Activity):
        _repeat(turn, shadow, entry.effects)
        return None
    version = turn.version(entry.program_version)
    if not _revisable(entry, progress):
        _stand(turn, shadow, version, entry, progress)
        return None
    return _earn_on(version, shadow, entry.event, kind, body)


def _earn_on(
    version: Program, shadow: Working, event: Event, kind: str, body: Purchase | Activity
) -> tuple[str, Earned]:
    """Earn an event on the shadow: the tier before it, and what it earns."""
    at = event.occurred_at
    state = shadow.state
    tier = tier_of(version, state)
    earned = earn(version, subject_on(version, state, kind, at, body))
    for count in earned.counted:
        apply(shadow, count)
    for award in earned.awards:
        post(shadow, award.currency, award.points, ISSUED, ACTIVE)
    move = tier_move(version, state, at)
    if move is not None:
        apply(shadow, move)
    return tier, earned


def _stand(
    turn: Turn, shadow: Working, version: Program, entry: Entry, progress: RefundProgress | None
) -> None:
    """Repeat an earning entry on the shadow with what it has earned and counted as it stands."""
    _repeat(
        turn,
        shadow,
        [
            effect
            for effect in own_effects(entry)
            if not isinstance(effect, Counted)
            and not (isinstance(effect, LotOpened) and effect.debit == ISSUED)
        ],
    )
    for award in awards_of(entry, progress):
        post(shadow, award.currency, award.points, ISSUED, ACTIVE)
    for count in counts_of(entry, progress):
        apply(shadow, count)
    move = tier_move(version, shadow.state, shadow.at)
    if move is not None:
        apply(shadow, move)


def _repeat(turn: Turn, shadow: Working, effects: Iterable[Effect]) -> None:
    """Repeat what rules can see of recorded effects: balances, counters, attributes, and the tier
    where the shadow's is not higher already. Lots are not followed: the shadow has none."""
    for effect in effects:
        if isinstance(effect, _POSTINGS):
            post(shadow, effect.currency, effect.amount, effect.debit, effect.credit)
        elif isinstance(effect, TierMoved):
            if _raises(turn.program, shadow, effect):
                apply(shadow, effect)
        elif isinstance(effect, Counted | AttributesSet):
            apply(shadow, effect)


def _raises(program: Program, shadow: Working, move: TierMoved) -> bool:
    ladder = program.ladder
    if ladder is None or move.after not in ladder.by_id:
        return True
    return ladder.by_id[move.after].index > ladder.by_id[tier_of(program, shadow.state)].index


def _change(
    turn: Turn, entry: Entry, tier: str, awards: tuple[Award, ...], earned: Earned
) -> Change:
    """The difference between what an entry has earned so far and what it earns now, by rule and
    currency; of several awards of one rule the last gives first."""
    wanted = {(award.rule, award.currency): award for award in earned.awards}
    had: dict[tuple[int, str], int] = {}
    for award in awards:
        key = (award.rule, award.currency)
        had[key] = had.get(key, 0) + award.points
    more = tuple(
        Award(award.rule, award.currency, award.points - had.get(key, 0), award.lines)
        for key, award in wanted.items()
        if award.points > had.get(key, 0)
    )
    excess = {
        key: points - (wanted[key].points if key in wanted else 0) for key, points in had.items()
    }
    less: list[tuple[int, int]] = []
    for index in range(len(awards) - 1, -1, -1):
        award = awards[index]
        key = (award.rule, award.currency)
        amount = min(max(excess[key], 0), award.points)
        if amount:
            excess[key] -= amount
            less.append((index, amount))
    version = turn.version(entry.program_version)
    return Change(entry, version, tier, awards, more, tuple(less), earned.counted)


def _post_changes(turn: Turn, changes: Sequence[Change], shadow: Working) -> None:
    work = turn.work
    counts = _count_differences(shadow, work)
    if counts and not changes:
        # Counters alone differ: the mark still ends the event's own effects.
        work.do(Revised(turn.member.seq, next(iter(turn.program.currencies)), 0))
    for change in changes:
        for currency, points in _net(change).items():
            work.do(Revised(change.entry.seq, currency, points))
    for count in counts:
        work.do(count)
    stand = [_add(turn, change) for change in changes]
    for change, awards in zip(changes, stand, strict=True):
        for index, amount in change.less:
            award = awards[index]
            awards[index] = Award(
                award.rule, award.currency, award.points - amount, award.lines, award.lot
            )
            policy = turn.currency(award.currency).clawback
            claw_back(work, award.currency, (award.lot,), amount, policy, turn.at)
        work.do(
            RefundProgress(
                change.entry.seq,
                (),
                awards=tuple(
                    AwardNow(each.rule, each.currency, each.points, each.lines, each.lot)
                    for each in awards
                ),
                counts=tuple((each.counter, each.bucket, each.amount) for each in change.counted),
            )
        )


def _add(turn: Turn, change: Change) -> list[Award]:
    """Open the lot per currency of what an entry earns more; its awards with those."""
    seq, at = change.entry.seq, change.entry.event.occurred_at
    added = credit_awards(turn, change.version, change.more, change.tier, at, seq)
    return [*change.awards, *added]


def _net(change: Change) -> dict[str, int]:
    net: dict[str, int] = {}
    for award in change.more:
        net[award.currency] = net.get(award.currency, 0) + award.points
    for index, amount in change.less:
        currency = change.awards[index].currency
        net[currency] = net.get(currency, 0) - amount
    return net


def _count_differences(shadow: Working, work: Working) -> list[Counted]:
    """What brings the member's counters to those of the history as it happened."""
    differences: list[Counted] = []
    wanted, present = shadow.state.counters, work.state.counters
    for name in sorted({*wanted, *present}):
        if wanted.get(name) == present.get(name):
            continue
        values = _by_bucket(wanted.get(name, ()))
        have = _by_bucket(present.get(name, ()))
        for bucket in sorted({*values, *have}):
            amount = values.get(bucket, 0) - have.get(bucket, 0)
            if amount:
                differences.append(Counted(name, bucket, amount))
    return differences


def _by_bucket(counter: Counter) -> dict[int, int]:
    pairs = unpacked(counter)
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _move_tier(turn: Turn, shadow: Working) -> None:
    """The tier that the history as it happened leads to, where that is a higher one."""
    program, work = turn.program, turn.work
    ladder = program.ladder
    if ladder is None:
        return
    before, after = tier_of(program, work.state), tier_of(program, shadow.state)
    if ladder.by_id[after].index > ladder.by_id[before].index:
        work.do(TierMoved(before, after, tier_metric(program, shadow.state, turn.at)))
