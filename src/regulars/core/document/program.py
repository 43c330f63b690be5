"""The whole program document. Checks across its parts stand in `references.py`."""

import json
from typing import Annotated, Literal

from pydantic import Field

from regulars.core.document.currencies import Currency
from regulars.core.document.earning import RULES_MAX, Group, Rule
from regulars.core.document.event_types import BUILT_IN_EVENT_TYPES, EventType, ValueType
from regulars.core.document.money import Basis, ProgramMoney
from regulars.core.document.part import Part
from regulars.core.document.rewards import REWARDS_MAX, Reward
from regulars.core.document.tiers import Tiers
from regulars.core.document.times import CalendarTime, Duration
from regulars.core.document.values import EventTypeName, FieldName, Id, Wording

CURRENCIES_MAX = 10


class ProgramDocument(Part):
    """A loyalty program: money, points, rules, tiers and rewards, without any behaviour."""

    regulars: Literal[1]
    """The version of the document format."""
    program: Id
    """The slug in addresses; never changes."""
    name: Wording
    """What members call the program."""
    money: ProgramMoney
    """The money in which it counts."""
    time_zone: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
    """The IANA time zone that decides its calendar days, such as Europe/Berlin."""
    refund: Literal["proportional", "redecide"] = "proportional"
    """How a refund takes back what was earned: in proportion to what came back, or by deciding
    the rest of the order anew."""
    late_window: CalendarTime = Duration(60, "day")
    """How late an event may be and still revise what came after it."""
    refund_wait: CalendarTime = Duration(30, "day")
    """How long a refund may wait for its purchase."""
    basis: Basis = Basis()
    """What counts as the money that rules earn on."""
    currencies: Annotated[dict[Id, Currency], Field(min_length=1, max_length=CURRENCIES_MAX)]
    """The point currencies by id."""
    event_types: Annotated[dict[EventTypeName, EventType], Field(max_length=100)] = Field(
        default={}
    )
    """Event types beyond purchase, signup, visit, birthday, review and order.delivered."""
    attributes: Annotated[dict[FieldName, ValueType], Field(max_length=100)] = Field(default={})
    """What is known about members, by name."""
    segments: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    """Groups that members can be put into."""
    groups: Annotated[dict[Id, Group], Field(max_length=50)] = Field(default={})
    """How rules stack, by group id."""
    earning: Annotated[tuple[Rule, ...], Field(max_length=RULES_MAX)] = ()
    """The earning rules, in the order in which they are evaluated."""
    tiers: Tiers | None = None
    """The tiers; without them all members are equal."""
    rewards: Annotated[tuple[Reward, ...], Field(max_length=REWARDS_MAX)] = ()
    """The rewards."""

    @property
    def all_event_types(self) -> dict[str, EventType]:
        """The built-in event types and the declared ones."""
        return self.event_types | BUILT_IN_EVENT_TYPES

    def canonical(self) -> str:
        """The document's one JSON text: two documents that mean the same have the same one."""
        return json.dumps(
            self.as_written(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
