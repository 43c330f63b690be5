"""The tiers of a program: what they are measured by and the ladder of thresholds."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from regulars.core.document.part import Part
from regulars.core.document.times import Duration, read_duration
from regulars.core.document.values import Id, Multiplier, Threshold, Wording, Written, refuse

TIERS_MAX = 20
_EXPECTED = "calendar_year, lifetime, or a rolling time such as 12 months or 365 days"


def _read_tier_period(value: Any) -> Any:
    if value in ("calendar_year", "lifetime"):
        return value
    try:
        duration = read_duration(value)
    except PydanticCustomError:
        raise refuse("period", _EXPECTED) from None
    if duration.unit not in ("day", "month", "year"):
        raise refuse("period", _EXPECTED)
    return duration


def _tier_period_schema() -> dict[str, Any]:
    pattern = "^(calendar_year|lifetime|[1-9][0-9]{0,4} (day|month|year)s?)$"
    return {"type": "string", "pattern": pattern, "$comment": _EXPECTED}


TierPeriod = Annotated[
    Literal["calendar_year", "lifetime"] | Duration,
    Written(_read_tier_period, _tier_period_schema),
]


class TierMetric(Part):
    """What the ladder is compared with."""

    metric: Literal["spend", "earned", "balance"]
    """spend: money of purchases minus refunds; earned: points earned; balance: points held now."""
    currency: Id | None = None
    """The point currency, for earned and balance."""
    period: TierPeriod = "lifetime"
    """Over which time; not for balance."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.metric == "spend" and self.currency is not None:
            raise refuse("tier_metric", "no currency: spend is counted in the program's money")
        if self.metric != "spend" and self.currency is None:
            raise refuse("tier_metric", f"a currency beside metric: {self.metric}")
        if self.metric == "balance" and self.period != "lifetime":
            raise refuse("tier_metric", "no period: a balance is that of the moment")
        return self


class Tier(Part):
    """One rung of the ladder."""

    id: Id
    """Names the tier for ever."""
    name: Wording
    """What members read."""
    at_least: Threshold
    """The metric from which a member is in this tier: money for spend, points otherwise."""
    multipliers: dict[Id, Multiplier] = Field(default={})
    """By currency, the factor on everything that is earned while in this tier."""


class Tiers(Part):
    """The tiers of the program."""

    by: TierMetric
    """What members are measured by."""
    downgrade: Literal["never"] = "never"
    """When members lose a tier."""
    ladder: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=TIERS_MAX)]
    """The tiers, ascending; the first begins at 0 and is where every member starts."""
