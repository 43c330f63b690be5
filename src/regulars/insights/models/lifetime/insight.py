"""`lifetime`: the report on who is still a customer, and what is to come."""

from regulars.insights.contracts import Insight, Tell
from regulars.insights.models.lifetime import computing, pictures, sections
from regulars.insights.models.lifetime.computing import LifetimeOptions
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import money, number, percent
from regulars.science.lifetime.contracts import HoldoutReport

_LIMITS = (
    "The model knows when somebody ordered and nothing else: no season, no campaign, no price. A "
    "forecast over Christmas made from a summer is too low.",
    "Customers are taken to be independent of each other and to keep their habits until they go "
    "for good. Contracts and subscriptions end at a known moment: use a renewal rate there.",
    "BG/NBD takes who has ordered once as a customer for certain, since nobody leaves after "
    "the first order in it; read P(alive) of these by their expected orders instead.",
    "The first order in the file is taken for the customer's first of all. Where a shop is older "
    "than the file, begin with customers who are known to be new.",
    "The value per order is taken to have nothing to do with how often somebody orders. It is the "
    "value of past orders of the file, no margin, unless you gave one.",
)


def lifetime_insight(shop: Shop, options: LifetimeOptions, tell: Tell) -> Insight:
    """What the file says about the lifetime of its customers."""
    tell("fitting the first part", 0, 3)
    backtest = computing.backtest(shop, options)
    tell("fitting all of it", 1, 3)
    now = computing.now(shop, options)
    tell("writing it down", 2, 3)
    spendable = now.spend is not None
    total = float(now.value.value.sum())
    name = "Pareto/NBD" if options.pareto else "BG/NBD"
    summary = (
        f"{len(now.histories.customer):,} customers are expected to place "
        f"{number(float(now.scores.expected.sum()))} orders in the next {options.days:.0f} days"
        + (f", worth {money(total, shop.currency)} today" if spendable else "")
        + f". {_error_told(backtest.report)}"
    )
    return Insight(
        "lifetime",
        "How long customers stay, and what is still to come",
        summary,
        f"{shop.name}: {len(shop.orders.day):,} orders from {day_text(shop.first_day)} to "
        f"{day_text(shop.end_day - 1)}; {name}, first part until {day_text(backtest.cut)}",
        sections.facts_of(shop, options, backtest, now),
        (sections.parameters(now), sections.best(shop, now)),
        pictures.plots_of(shop, backtest, now),
        (*sections.findings(backtest, now), *_LIMITS),
        sections.data_of(shop, options, backtest, now),
        {
            "customer": [shop.customers[code] for code in now.histories.customer],
            "orders": (now.histories.frequency + 1).tolist(),
            "alive": now.scores.alive.tolist(),
            "expected_orders": now.scores.expected.tolist(),
            "value": now.value.value.tolist() if spendable else [None] * len(now.value.value),
        },
    )


def _error_told(report: HoldoutReport) -> str:
    """How far the forecast of the second part was off."""
    if report.total_ratio is None:
        return "Nobody ordered in the second part of the file, so no forecast can be tried."
    error = report.total_ratio - 1.0
    return (
        f"Fitted on the first part of the file alone, the model expected {percent(abs(error))} "
        f"{'more' if error > 0 else 'fewer'} orders for the second part than there were."
    )
