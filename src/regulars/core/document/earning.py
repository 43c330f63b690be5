"""The earning rules: on which event, under which condition, how much, within which limits."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_serializer, model_validator

from regulars.core.document.conditions import Condition, ItemSelector
from regulars.core.document.money import BasisOverride
from regulars.core.document.part import Keyed, KeyedPart, Part, write_keyed
from regulars.core.document.times import Period
from regulars.core.document.values import (
    Count,
    EventTypeName,
    Factor,
    Flag,
    Id,
    Money,
    MoneyAboveZero,
    Points,
    PointsAboveZero,
    Wording,
)

RULES_MAX = 200


class Group(Part):
    """How the rules of a group stack in one currency."""

    stack: Literal["sum", "best_of", "priority"]
    """sum: all earn; best_of: the one that earned most; priority: the first that earned, by
    descending priority."""


class Fixed(KeyedPart):
    """A fixed number of points."""

    kind: ClassVar[str] = "fixed"
    content: ClassVar[str | None] = "points"

    points: PointsAboveZero


class PerMoney(KeyedPart):
    """Points in proportion to the money of the rule's basis, rounded once."""

    kind: ClassVar[str] = "per_money"

    each: MoneyAboveZero
    """The money that earns `points`."""
    points: PointsAboveZero
    """The points that `each` earns."""


class PerQuantity(KeyedPart):
    """Points for every full number of units on the matching lines."""

    kind: ClassVar[str] = "per_quantity"

    each: Count
    """How many units earn `points`; an incomplete set earns nothing."""
    points: PointsAboveZero
    """The points that each full set earns."""


class Step(Part):
    """One step of a band."""

    start: Money = Field(alias="from")
    """The money or number of units from which the step holds (included)."""
    points: Points
    """The points that it gives."""


class Bands(KeyedPart):
    """The highest step that was reached gives its points."""

    kind: ClassVar[str] = "bands"

    of: Literal["money", "quantity"]
    """What is compared with the steps: the rule's money basis or its units."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=50)]
    """The steps, ascending."""


class Multiply(KeyedPart):
    """`(by - 1)` times what an earlier rule of the same currency earned on the same event."""

    kind: ClassVar[str] = "multiply"

    rule: Id
    """The earlier rule."""
    by: Factor
    """The factor as members read it: 2 doubles, so that the rule earns the same once more."""


SimpleFormula = Annotated[
    Fixed | PerMoney | PerQuantity | Bands | Multiply, Keyed("formula of a choice")
]


class Choice(Part):
    """One choice of a first_match."""

    when: Condition | None = None
    """What must hold; without it the choice always matches, so it stands last."""
    earn: SimpleFormula
    """What is earned then; the currency is the rule's."""


class FirstMatch(KeyedPart):
    """The first choice whose condition holds; nothing if none does."""

    kind: ClassVar[str] = "first_match"
    content: ClassVar[str | None] = "choices"

    choices: Annotated[tuple[Choice, ...], Field(min_length=1, max_length=20)]


Formula = Annotated[
    Fixed | PerMoney | PerQuantity | Bands | Multiply | FirstMatch, Keyed("formula")
]


class Earn(Part):
    """What a rule earns: a currency and exactly one formula beside it."""

    currency: Id
    """The point currency."""
    formula: Formula
    """How many points; written as its key beside `currency`."""

    @model_validator(mode="before")
    @classmethod
    def _gather_formula(cls, value: Any) -> Any:
        """Read `{currency: x, fixed: "5"}`: what is not the currency is the formula."""
        if not isinstance(value, dict) or isinstance(value.get("formula"), KeyedPart):
            return value
        rest = {key: inside for key, inside in value.items() if key != "currency"}
        return {key: value[key] for key in value if key == "currency"} | {"formula": rest}

    @model_serializer(mode="plain")
    def _spread_formula(self) -> dict[str, Any]:
        return {"currency": self.currency, **write_keyed(self.formula)}


class TransactionLimit(Part):
    """The most that a rule earns on one event."""

    points: PointsAboveZero
    """The most points."""
    over: Literal["clip", "reject"] = "clip"
    """clip: earn up to the limit; reject: a rule that would earn more earns nothing."""


class MemberLimit(Part):
    """The most that a rule earns for one member in a period."""

    points: PointsAboveZero
    """The most points."""
    period: Period
    """day, week, month, quarter, year, lifetime, or rolling days such as 30 days."""


class UseLimit(Part):
    """How often something may happen for one member in a period."""

    count: Count
    """How often."""
    period: Period
    """day, week, month, quarter, year, lifetime, or rolling days such as 30 days."""


class RuleLimits(Part):
    """The limits of a rule. Those of one member are checked in the order given."""

    per_transaction: TransactionLimit | None = None
    """The most points on one event."""
    per_member: Annotated[tuple[MemberLimit, ...], Field(max_length=5)] = ()
    """The most points for one member in a period."""
    uses: Annotated[tuple[UseLimit, ...], Field(max_length=5)] = ()
    """How often the rule earns for one member in a period."""


class Rule(Part):
    """One earning rule. Rules are evaluated in document order."""

    id: Id
    """Names the rule for ever, in explanations and in every lot that it opened."""
    name: Wording
    """What members read."""
    on: EventTypeName
    """The event type: purchase, signup, visit, birthday, review, or a declared one."""
    when: Condition | None = None
    """What must hold for the rule to earn."""
    items: ItemSelector | None = None
    """Only lines that match earn."""
    basis: BasisOverride | None = None
    """What counts as money for this rule, where it differs from the program's basis."""
    group: Id | None = None
    """The group in which it stacks; without one it is simply added."""
    priority: Annotated[int, Field(strict=True, ge=-1000, le=1000)] = 0
    """Higher goes first in a `priority` group and among `exclusive` rules."""
    exclusive: Flag = False
    """When it earns, it is the only rule that does in its currency."""
    earn: Earn
    """What it earns."""
    limits: RuleLimits = RuleLimits()
    """How much and how often at most."""
