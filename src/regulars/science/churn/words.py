"""Reasons in English, for a marketer who knows the members but not the model.

Reasons are kept as codes and numbers; words are made when they are read.
"""

from regulars.science import checks
from regulars.science.churn.contracts import Reason

_SENTENCES = {
    "days_since_last": "The last order was {value} ago; the average member's was {average} ago",
    "orders": "Has placed {value} so far; the average member {average}",
    "tenure_days": "The first order was {value} ago; the average member's was {average} ago",
    "average_value": "Pays {value} per order; the average member {average}",
    "usual_gap": "Lets {value} pass for an order; the average member {average}",
    "overdue": "Silent for {value} the usual gap; the average member for {average}",
    "recent_orders": "Placed {value} in the last 90 days; the average member {average}",
    "alive": "Seems still a customer with a chance of {value}; the average member of {average}",
    "expected_orders": (
        "By the rhythm so far, {value} can be expected; from the average member {average}"
    ),
}


def english(reason: Reason) -> str:
    """One sentence: what is so, how the average member is, and what it does to the risk.

    >>> english(Reason("days_since_last", "days", 120.0, 64.2, 0.8, 12.4))
    "The last order was 120 days ago; the average member's was 64 days ago: 12 points more risk."
    """
    for name in ("value", "average", "points"):
        checks.number(f"reason.{name}", getattr(reason, name))
    sentence = _SENTENCES.get(
        reason.code, reason.code.replace("_", " ") + " is {value}; the average member's {average}"
    )
    facts = sentence.format(
        value=_amount(reason.value, reason.unit), average=_amount(reason.average, reason.unit)
    )
    size = abs(reason.points)
    amount = f"{size:.0f}" if size >= 1.5 else f"{size:.1f}"
    noun = "point" if amount in ("1", "1.0") else "points"
    return f"{facts}: {amount} {noun} {'more' if reason.points > 0 else 'less'} risk."


def _amount(value: float, unit: str) -> str:
    if unit == "probability":
        return f"{100 * value:.0f} %"
    if unit == "times":
        return f"{value:.1f} times"
    if unit == "money":
        return f"{value:,.2f}"
    if unit == "days":
        whole = f"{value:,.0f}"
        return f"{whole} day" if whole == "1" else f"{whole} days"
    if unit == "orders":
        number = f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
        return f"{number} order" if number == "1" else f"{number} orders"
    return f"{value:,.4g} {unit}".rstrip()
