"""Compile a program version: from the document to what decisions run on.

Done once per version. The document has been checked before (`document/check.py`); what is still
impossible here (an unknown currency, a band that does not ascend) is a KeyError or ValueError.
"""

from collections.abc import Mapping

from regulars.core.compiled import (
    CheapestItem,
    Currency,
    FreeProduct,
    Gives,
    ItemDiscount,
    Ladder,
    Limit,
    OrderDiscount,
    PayWithPoints,
    Program,
    Reward,
    Rule,
    Tier,
    Voucher,
)
from regulars.core.conditions.compile import (
    Surroundings,
    compile_condition,
    instant_of,
    span_of,
)
from regulars.core.conditions.measures import Measures, selector
from regulars.core.document import ProgramDocument
from regulars.core.document import currencies as written_currencies
from regulars.core.document import rewards as written
from regulars.core.document import tiers as written_tiers
from regulars.core.earning.plan import compile_plans, limit_window, value_kinds
from regulars.core.expiry import compile_sliding, compile_terms, confirmed_by
from regulars.core.money import divider, to_units
from regulars.core.periods import ZoneTable, span_days, window
from regulars.core.points import Rate, factor, points_units, rate

__all__ = ["Currency", "Ladder", "Program", "Reward", "Rule", "Tier", "compile_program"]


def compile_program(document: ProgramDocument, version: int, zone: ZoneTable) -> Program:
    """The compiled form of a version of a program; `zone` is the table of `document.time_zone`."""
    currencies = {
        id_: _currency(document, id_, index, zone) for index, id_ in enumerate(document.currencies)
    }
    ladder = None if document.tiers is None else _ladder(document, document.tiers, currencies)
    measures, reward_measures = Measures(), Measures()
    measures.index(document.basis)
    reward_measures.index(document.basis)
    plans, rules = compile_plans(document, zone, currencies, ladder, measures)
    rewards = {
        reward.id: _reward(document, reward, index, zone, currencies, reward_measures)
        for index, reward in enumerate(document.rewards)
    }
    return Program(
        slug=document.program,
        version=version,
        zone=zone,
        money_currency=document.money.currency,
        money_decimals=document.money.decimals,
        refund=document.refund,
        late_window=span_of(document.late_window),
        refund_wait=span_of(document.refund_wait),
        currencies=currencies,
        rules=rules,
        plans=plans,
        ladder=ladder,
        rewards=rewards,
        measures=measures,
        reward_measures=reward_measures,
        document=document,
    )


def _currency(document: ProgramDocument, id_: str, index: int, zone: ZoneTable) -> Currency:
    currency: written_currencies.Currency = document.currencies[id_]
    # Money per point to minor units per unit: value * 10^money decimals / 10^point decimals.
    per_unit = rate(currency.value, document.money.decimals, int(10**currency.decimals))
    return Currency(
        id=id_,
        index=index,
        decimals=currency.decimals,
        redeemable=currency.redeemable,
        rounding=currency.rounding,
        divide=divider(currency.rounding),
        value=per_unit,
        breakage=factor(currency.breakage),
        clawback=currency.clawback,
        refund_returns_days=currency.refund_returns_days,
        terms=compile_terms(currency, zone),
        confirmed_by=confirmed_by(currency),
        sliding=compile_sliding(currency),
    )


def _ladder(
    document: ProgramDocument,
    tiers: written_tiers.Tiers,
    currencies: Mapping[str, Currency],
) -> Ladder:
    by = tiers.by
    currency = by.currency or ""
    decimals = currencies[currency].decimals if currency else document.money.decimals
    steps = tuple(
        Tier(
            id=tier.id,
            index=index,
            at_least=to_units(tier.at_least, decimals),
            multipliers={
                id_: Rate(by.numerator - by.denominator, by.denominator)
                for id_, by in [(id_, factor(value)) for id_, value in tier.multipliers.items()]
                if by.numerator != by.denominator
            },
        )
        for index, tier in enumerate(tiers.ladder)
    )
    if by.period == "calendar_year":
        period = window("year")
    elif isinstance(by.period, str):
        period = window("lifetime")
    else:
        period = window(f"{span_days(span_of(by.period))}d")
    counters = {
        "spend": f"spend/{period.name}",
        "earned": f"earned/{currency}/{period.name}",
        "balance": "",
    }
    return Ladder(
        metric=by.metric,
        currency=currency,
        counter=counters[by.metric],
        window=None if by.metric == "balance" else period,
        downgrade=tiers.downgrade,
        tiers=steps,
        by_id={tier.id: tier for tier in steps},
    )


def _reward(
    document: ProgramDocument,
    reward: written.Reward,
    index: int,
    zone: ZoneTable,
    currencies: Mapping[str, Currency],
    measures: Measures,
) -> Reward:
    currency = currencies[reward.cost.currency]
    around = Surroundings(
        zone=zone,
        money_decimals=document.money.decimals,
        basis=document.basis,
        measures=measures,
        on_order=True,
        value_types=value_kinds(document.attributes),
        field_types={},
        attributes=set(),
        segments=set(),
    )
    available = reward.available
    points = reward.cost.points
    return Reward(
        id=reward.id,
        index=index,
        currency=currency,
        cost=0 if points is None else points_units(points, currency.decimals),
        gives=_gives(reward.gives, currency, document.money.decimals),
        combine=reward.combine,
        hold=span_of(reward.hold),
        check=compile_condition(reward.when, around),
        available_from=0 if available.start is None else instant_of(zone, available.start),
        available_until=0 if available.until is None else instant_of(zone, available.until),
        tiers=frozenset(available.tiers),
        segments=frozenset(available.segments),
        limits=_reward_limits(reward),
        total=reward.limits.total,
    )


def _reward_limits(reward: written.Reward) -> tuple[Limit, ...]:
    limits = []
    for each in reward.limits.per_member:
        period = limit_window(each.period)
        limits.append(Limit("uses", each.count, f"reward/{reward.id}/{period.name}", period))
    return tuple(limits)


def _gives(gives: written.Gives, currency: Currency, money_decimals: int) -> Gives:
    match gives:
        case written.OrderDiscount() | written.ItemDiscount():
            amount = None if gives.amount is None else to_units(gives.amount, money_decimals)
            most = None if gives.at_most is None else to_units(gives.at_most, money_decimals)
            percent = None if gives.percent is None else rate(gives.percent, 0, 100)
            if isinstance(gives, written.OrderDiscount):
                return OrderDiscount(amount, percent, most)
            return ItemDiscount(selector(gives.items), amount, percent, most)
        case written.CheapestItem(percent=share, items=items):
            return CheapestItem(rate(share, 0, 100), None if items is None else selector(items))
        case written.FreeProduct(sku=sku, quantity=quantity):
            return FreeProduct(sku, quantity)
        case written.Voucher(pool=pool):
            return Voucher(pool)
        case written.PayWithPoints():
            return _pay(gives, currency, money_decimals)
    raise TypeError(f"unknown gift: {type(gives).__name__}")


def _pay(gives: written.PayWithPoints, currency: Currency, money_decimals: int) -> PayWithPoints:
    decimals = currency.decimals
    multiple = gives.multiple_of
    minimum = gives.minimum
    share = gives.share_at_most
    return PayWithPoints(
        points=points_units(gives.points, decimals),
        worth_minor=to_units(gives.worth, money_decimals),
        minimum=0 if minimum is None else points_units(minimum, decimals),
        multiple_of=1 if multiple is None else points_units(multiple, decimals),
        share_at_most=Rate(1, 1) if share is None else rate(share, 0, 100),
    )
