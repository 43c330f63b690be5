"""Checks what the parts of a document say about each other, over all parts that are sound."""

from collections.abc import Collection
from decimal import Decimal

from regulars.core.document.condition_checks import check_condition, check_selector
from regulars.core.document.currencies import Currency, PendingUntil, SlidingExpiry
from regulars.core.document.event_types import BUILT_IN_EVENT_TYPES
from regulars.core.document.findings import Finding, closest
from regulars.core.document.iso_currencies import MINOR_UNITS
from regulars.core.document.reading import Path
from regulars.core.document.reporter import Reporter, Sound
from regulars.core.document.rewards import (
    CheapestItem,
    ItemDiscount,
    OrderDiscount,
    PayWithPoints,
    Reward,
)
from regulars.core.document.rule_checks import check_rules


def reference_findings(sound: Sound, zones: Collection[str] | None) -> list[Finding]:
    """All findings across parts. `zones`: the time zones that exist; None: not looked up."""
    reporter = Reporter(sound)
    _check_money(reporter)
    _check_zone(reporter, zones)
    _check_declarations(reporter)
    for name, currency in sound.document.currencies.items():
        if "currencies" not in sound.stood_in:
            _check_currency(reporter, ["currencies", name], currency)
    check_rules(reporter)
    _check_tiers(reporter)
    for index, reward in zip(sound.indexes["rewards"], sound.document.rewards, strict=True):
        _check_reward(reporter, ["rewards", index], reward)
    return reporter.findings


def _check_money(reporter: Reporter) -> None:
    if "money" in reporter.sound.stood_in:
        return
    money = reporter.document.money
    decimals = MINOR_UNITS.get(money.currency)
    if decimals is None:
        expected = "a currency of ISO 4217"
        alike = [code for code in MINOR_UNITS if code[:2] == money.currency[:2]]
        suggestion = alike[0] if alike else None
        reporter.report(["money", "currency"], "unknown_money", expected, suggestion=suggestion)
    elif decimals != money.decimals:
        expected = f"{decimals}: {money.currency} has {decimals or 'no'} decimals"
        reporter.report(["money", "decimals"], "money_decimals", expected)


def _check_zone(reporter: Reporter, zones: Collection[str] | None) -> None:
    zone = reporter.document.time_zone
    if zones is None or zone in zones:
        return
    by_small_letters = {name.lower(): name for name in zones}
    near = closest(zone, by_small_letters)
    reporter.report(
        ["time_zone"], "unknown_time_zone", "an IANA time zone such as Europe/Berlin",
        suggestion=by_small_letters[near] if near else None,
    )  # fmt: skip


def _check_declarations(reporter: Reporter) -> None:
    """Names that must not clash: ids of lists, and event types that every program has."""
    document = reporter.document
    indexes = reporter.sound.indexes
    rules = zip(indexes["earning"], document.earning, strict=True)
    reporter.unique("rule", ((["earning", i, "id"], rule.id) for i, rule in rules))
    rewards = zip(indexes["rewards"], document.rewards, strict=True)
    reporter.unique("reward", ((["rewards", i, "id"], reward.id) for i, reward in rewards))
    segments = enumerate(document.segments)
    reporter.unique("segment", ((["segments", i], name) for i, name in segments))
    for name in document.event_types:
        if name in BUILT_IN_EVENT_TYPES:
            expected = "another name: every program has this event type already"
            reporter.report(["event_types", name], "built_in_event_type", expected)


def _check_currency(reporter: Reporter, path: Path, currency: Currency) -> None:
    if isinstance(currency.pending, PendingUntil):
        place: Path = [*path, "pending", "until"]
        until = currency.pending.until
        if reporter.known(place, "event_type", until, reporter.names.event_type):
            declared = reporter.document.all_event_types.get(until)
            if declared is not None and not declared.confirms_purchase:
                expected = "order.delivered, or a declared event type with confirms_purchase: true"
                reporter.report(place, "not_confirming", expected)
    if currency.clawback == "pending_only" and currency.pending is None:
        expected = "a pending time: with none there is never anything to take back"
        reporter.warn([*path, "clawback"], "clawback_without_pending", expected)
    for tier, expiry in currency.expiry_by_tier.items():
        place = [*path, "expiry_by_tier", tier]
        reporter.known(place, "tier", tier, reporter.names.tier)
        if isinstance(expiry, SlidingExpiry):
            expected = "sliding only as the currency's own expiry: it is about the whole wallet"
            reporter.report(place, "sliding_by_tier", expected)


def _check_tiers(reporter: Reporter) -> None:
    tiers = reporter.document.tiers
    if tiers is None:
        return
    ladder: Path = ["tiers", "ladder"]
    steps = list(enumerate(tiers.ladder))
    reporter.unique("tier", (([*ladder, i, "id"], tier.id) for i, tier in steps))
    by = tiers.by
    known = by.currency is None or reporter.known(
        ["tiers", "by", "currency"], "currency", by.currency, reporter.names.currency
    )
    before: Decimal | None = None
    for index, tier in steps:
        path: Path = [*ladder, index]
        place: Path = [*path, "at_least"]
        if before is None and tier.at_least != 0:
            reporter.report(place, "ladder_start", "0: every member starts in the first tier")
        elif before is not None and tier.at_least <= before:
            reporter.report(place, "ladder_order", f"more than {before:f}: the ladder ascends")
        before = tier.at_least
        if by.currency is None:
            reporter.money(place, tier.at_least)
        elif known:
            reporter.points(place, tier.at_least, by.currency)
        for currency in tier.multipliers:
            multiplier: Path = [*path, "multipliers", currency]
            reporter.known(multiplier, "currency", currency, reporter.names.currency)


def _check_reward(reporter: Reporter, path: Path, reward: Reward) -> None:
    _check_cost(reporter, path, reward)
    _check_gives(reporter, [*path, "gives", reward.gives.kind], reward)
    check_condition(reporter, [*path, "when"], reward.when, None)
    available: Path = [*path, "available"]
    for index, tier in enumerate(reward.available.tiers):
        reporter.known([*available, "tiers", index], "tier", tier, reporter.names.tier)
    for index, segment in enumerate(reward.available.segments):
        place: Path = [*available, "segments", index]
        reporter.known(place, "segment", segment, reporter.names.segment)
    periods = [limit.period for limit in reward.limits.per_member]
    for index, period in enumerate(periods):
        if period in periods[:index]:
            expected = "another period: one limit for a period is enough"
            place = [*path, "limits", "per_member", index, "period"]
            reporter.report(place, "duplicate_period", expected)


def _check_cost(reporter: Reporter, path: Path, reward: Reward) -> None:
    cost = reward.cost
    place: Path = [*path, "cost", "currency"]
    if reporter.known(place, "currency", cost.currency, reporter.names.currency):
        currency = reporter.document.currencies.get(cost.currency)
        if currency is not None and not currency.redeemable:
            expected = "a currency with redeemable: true"
            reporter.report(place, "not_redeemable", expected)
        reporter.points([*path, "cost", "points"], cost.points, cost.currency)
    if isinstance(reward.gives, PayWithPoints):
        if cost.points is not None:
            expected = "no points: with pay_with_points the member says how many"
            reporter.report([*path, "cost", "points"], "cost_points", expected)
    elif cost.points is None:
        reporter.report([*path, "cost"], "cost_points", "points: what the reward costs")


def _check_gives(reporter: Reporter, path: Path, reward: Reward) -> None:
    match reward.gives:
        case OrderDiscount() | ItemDiscount() as discount:
            reporter.money([*path, "amount"], discount.amount)
            reporter.money([*path, "at_most"], discount.at_most)
            if isinstance(discount, ItemDiscount):
                check_selector(reporter, [*path, "items"], discount.items)
        case CheapestItem(items=items):
            check_selector(reporter, [*path, "items"], items)
        case PayWithPoints() as pay:
            reporter.money([*path, "worth"], pay.worth)
            for name in ("points", "minimum", "multiple_of"):
                reporter.points([*path, name], getattr(pay, name), reward.cost.currency)
        case _:
            pass
