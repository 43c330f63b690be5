"""What rules are run on: one event of one member, at one moment.

A Subject holds everything that conditions and formulas may look at and nothing else, so that a
decision can be repeated: live from the member's state, or from the recorded Context for a refund
that decides anew. It is made per event, filled in by `earn` or by a reward's check, and discarded.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from regulars.core.decision import Context
from regulars.core.document.event_types import PURCHASE
from regulars.core.events import Activity, Event, Purchase
from regulars.core.packed import Counter
from regulars.core.periods import DAY, ZoneTable

PURCHASES: Final = "purchases/lifetime"
"""The counter of accepted purchases that were not wholly refunded."""

Actual = int | str | bool | None
Why = tuple[Actual, ...]


class Subject:
    """An event and what of its member the rules may see.

    `kind` is the event type, `at` its instant. `tier` is the tier before the event, `nth_purchase`
    the number that this purchase has. `counters` are those of the member's state; `recorded` takes
    their place where a decision is repeated. `local` (wall time in microseconds) and `day` are set
    by `place`, `amounts`, `quantities` and `masks` by measuring the order, `units` by earning.
    """

    __slots__ = (
        "amounts",
        "at",
        "attributes",
        "body",
        "counters",
        "day",
        "enrolled_at",
        "kind",
        "local",
        "masks",
        "nth_purchase",
        "quantities",
        "recorded",
        "segments",
        "tier",
        "units",
    )

    amounts: list[int]
    quantities: list[int]
    masks: list[int]
    units: list[int]
    local: int
    day: int

    def __init__(
        self,
        kind: str,
        at: int,
        body: Purchase | Activity,
        tier: str = "",
        nth_purchase: int = 0,
        enrolled_at: int = 0,
        attributes: Mapping[str, str | int | bool] = {},
        segments: Sequence[str] = (),
        counters: Mapping[str, Counter] = {},
        recorded: Mapping[str, int] | None = None,
    ) -> None:
        self.kind = kind
        self.at = at
        self.body = body
        self.tier = tier
        self.nth_purchase = nth_purchase
        self.enrolled_at = enrolled_at
        self.attributes = attributes
        self.segments = segments
        self.counters = counters
        self.recorded = recorded

    def place(self, zone: ZoneTable) -> None:
        """Set the local wall time and day of the event."""
        self.local = local = zone.local(self.at)
        self.day = local // DAY


Check = Callable[[Subject], Why | None]
"""None where the condition holds, else why not: pairs of a leaf's preorder number and the actual
value (None where it is personal, absent, or read from the event itself)."""


Test = Callable[[Subject], bool]
Find = Callable[[Subject], Actual]
"""Finds the actual value that a trace may show."""


def nothing(_subject: Subject) -> Actual:
    """Finds no value: for what is personal, or read from the event itself."""
    return None


def recorded_subject(
    event: Event, body: Purchase | Activity, context: Context, enrolled_at: int
) -> Subject:
    """A recorded event again, as the rules saw it: on its Context. `body` may be what is left of
    the order; that of an exchange runs the rules of a purchase."""
    return Subject(
        PURCHASE if isinstance(body, Purchase) else event.type,
        event.occurred_at,
        body,
        context.tier,
        context.nth_purchase,
        enrolled_at,
        context.attributes,
        context.segments,
        {},
        context.counters,
    )
