"""What crosses the door of an import: the plan made of a file, its reconciliation, the result.

A plan is made without a database and is the same for the same file and mapping. Amounts are minor
units of the export's currency with the sign they have in the file (a return is negative).
"""

from dataclasses import dataclass, field

from msgspec import Struct

from regulars.core.events import Event
from regulars.intake.contracts import EventRef

PURCHASED = "purchased"
SHIPPING = "shipping"
RETURNED = "returned"
IMPORTED_CLASSES = (PURCHASED, SHIPPING, RETURNED)

REASONS = {
    "wrong_number_of_fields": "another number of fields than the header",
    "unreadable_time": "a time in none of the mapping's formats",
    "unreadable_quantity": "a quantity that is no whole number",
    "unreadable_amount": "an amount that is no number, or has too many decimals",
    "unreadable_shipping": "the order's shipping or its tax is no amount",
    "no_order": "no order id",
    "no_customer": "no customer, so nobody to credit",
    "no_sku": "no article code",
    "other_customer": "another customer than the order's first",
    "other_currency": "an order in another currency than the mapping's",
    "zero_quantity": "quantity 0",
    "zero_price": "price 0 (only with `zero_prices: report`)",
    "negative_price": "a negative price",
    "negative_quantity": "a negative quantity on an order that is no return",
    "positive_quantity_on_return": "a positive quantity on a return",
    "discount_above_price": "a discount larger than the line",
    "shipping_without_goods": "shipping of an order without any line of goods",
    "return_without_purchase": "nothing earlier that it could take back",
    "return_remainder": "the part of a return that exceeds what was bought",
    "return_above_price": "the money paid back beyond what is left of the line's price",
}
"""Why a line is not imported; a mapping's rules add reasons of their own."""


class Reported(Struct, frozen=True, gc=False):
    """A line, or what is left of a line, that is not imported, and why.

    `row` counts records with the header as 1. `lines` is 1 for a whole line and 0 for the
    remainder of a line that is otherwise imported, so that lines are counted once.
    """

    row: int
    order_id: str
    sku: str
    description: str
    customer: str
    quantity: int
    amount_minor: int
    reason: str
    detail: str = ""
    lines: int = 1


class PlannedEvent(Struct, frozen=True, gc=False):
    """An event of one customer. `purchase` names the order that a refund is about; `lines`,
    `quantity` and `amount_minor` are what it imports of the file, shipping included."""

    customer: str
    event: Event
    purchase: EventRef | None
    lines: int
    quantity: int
    amount_minor: int


class LineClass(Struct, frozen=True):
    """How much of the file belongs to one class: imported as something, or one reason."""

    name: str
    imported: bool
    lines: int
    quantity: int
    amount_minor: int


class Reconciliation(Struct, frozen=True):
    """Every line of a file accounted for.

    The classes are summed over what will be submitted and over the report; the totals are counted
    while reading. `rounding_text` is what rounding unit price times quantity to whole minor units
    took off (positive) or added, as exact decimal text in minor units.
    """

    currency: str
    decimals: int
    lines: int
    orders: int
    customers: int
    lines_without_customer: int
    orders_with_several_times: int
    quantity: int
    exact_total_text: str
    rounding_text: str
    amount_minor: int
    classes: tuple[LineClass, ...]
    purchases: int
    refunds: int
    balanced: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an import will do. `customers` with the instant of their first event, in order of
    that; `events` in order of time, at one instant purchases before refunds, then as in the file;
    `reported` in order of the file."""

    name: str
    source: str
    identifier: str
    currency: str
    customers: tuple[tuple[str, int], ...]
    events: list[PlannedEvent]
    reported: list[Reported]
    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: events and lines answered so far, of all."""

    events_done: int
    events_all: int
    lines_done: int
    lines_all: int


@dataclass(slots=True)
class Tally:
    """Events, and the lines, quantity and amount that they carry."""

    events: int = 0
    lines: int = 0
    quantity: int = 0
    amount_minor: int = 0

    def add(self, planned: PlannedEvent) -> None:
        """Count one event."""
        self.events += 1
        self.lines += planned.lines
        self.quantity += planned.quantity
        self.amount_minor += planned.amount_minor


@dataclass(slots=True)
class RunResult:
    """What became of a plan's events.

    `recorded` now, `unchanged` recorded by an earlier run, `parked` waiting for their purchase;
    `refused` and `problems` by code, `first_problems` with event ids for the reader.
    """

    members_enrolled: int = 0
    members_known: int = 0
    recorded: Tally = field(default_factory=Tally)
    unchanged: Tally = field(default_factory=Tally)
    parked: Tally = field(default_factory=Tally)
    refused: dict[str, Tally] = field(default_factory=dict)
    problems: dict[str, Tally] = field(default_factory=dict)
    first_problems: list[tuple[str, str]] = field(default_factory=list)
