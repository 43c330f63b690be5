"""A program version in the form that decisions run on: `compile_program` makes it once per version.

Owns the types only. Everything the document says as text, Decimal or local date stands here as
integers, ratios, instants, closures and look-ups; nothing here changes after it was made.
`program.py` is what compiles a document into it.

Indices (of a rule, a currency, a tier) are positions in the document's lists and are what traces
store; ids are what effects store.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from regulars.core.conditions.measures import Measures
from regulars.core.conditions.subject import Check, Subject, Why
from regulars.core.document import ProgramDocument
from regulars.core.events import Line
from regulars.core.periods import Span, Window, ZoneTable
from regulars.core.points import Rate

Terms = Callable[[int], tuple[int, int]]
Selector = Callable[[Line], bool]


class Currency(Struct, frozen=True):
    """A points currency. `value`: minor units of money = units * numerator / denominator.
    `terms` gives (active_at, expires_at) of a lot earned at an instant, by tier id (`""` for a
    tier without terms of its own). `confirmed_by` is the event type that pending points wait for,
    or empty. `sliding` is how long a wallet lives after its last activity, by tier id like `terms`;
    a tier that does not slide is absent."""

    id: str
    index: int
    decimals: int
    redeemable: bool
    rounding: str
    divide: Callable[[int, int], int]
    value: Rate
    breakage: Rate
    clawback: str
    refund_returns_days: int
    terms: Mapping[str, Terms]
    confirmed_by: str = ""
    sliding: Mapping[str, Span] = {}


class Limit(Struct, frozen=True):
    """One limit of a rule or reward. `counter` is its name in the member's state, empty for a
    limit per transaction. `kind`: uses, transaction (units, clip), reject (units, the rule does
    not earn) or points (units per member and period). `most` is in uses or in units."""

    kind: str
    most: int
    counter: str = ""
    window: Window | None = None


class Rule(Struct, frozen=True):
    """One earning rule, for those who read traces or undo awards; `Plan` is what earning runs.

    `measure` is the measure of its lines (`Program.measures`); `measured` is False for a rule on an
    event without an order and for one that is not about lines (fixed points without `items`).
    """

    id: str
    index: int
    on: str
    currency: Currency
    group: str
    priority: int
    exclusive: bool
    measure: int
    measured: bool
    limits: tuple[Limit, ...]


Formula = Callable[[Subject], Why]
"""The units that a rule earns, then the numbers that explain them (`core/trace.py`)."""


class Stack(Struct, frozen=True):
    """The rules of a group of which only one earns, in one currency: positions in the plan, for
    `priority` in order of preference and for `best_of` in document order."""

    best_of: bool
    positions: tuple[int, ...]


class Solo(Struct, frozen=True):
    """The exclusive rules of a currency in order of preference, and all rules of that currency."""

    exclusive: tuple[int, ...]
    positions: tuple[int, ...]


class Extra(Struct, frozen=True):
    """The tier multipliers of a currency: `by_tier` holds multiplier - 1."""

    currency: Currency
    by_tier: Mapping[str, Rate]
    positions: tuple[int, ...]


class Counter(Struct, frozen=True):
    """A counter of the member and its window."""

    name: str
    window: Window


class Plan(Struct, frozen=True):
    """All rules for one event type, ready to run; positions count them in document order.

    Parallel: `indices` (in the document's whole list), `currencies`, `masks` (the measure whose
    lines the award names, -1 for none), and `steps`: the condition (None: always), the measure that
    must count a line (-1: none must), the formula. `limited`: positions with their limits.
    `counters`: those that the limits look at. `spent`, `earned`: what tiers count, the latter with
    the currency's id. `attributes`, `segments`: what conditions ask for.
    """

    on_order: bool
    rules: tuple[Rule, ...]
    indices: tuple[int, ...]
    currencies: tuple[str, ...]
    masks: tuple[int, ...]
    steps: tuple[tuple[Check | None, int, Formula], ...]
    stacks: tuple[Stack, ...]
    solos: tuple[Solo, ...]
    limited: tuple[tuple[int, tuple[Limit, ...]], ...]
    counters: tuple[Counter, ...]
    extras: tuple[Extra, ...]
    spent: Counter | None
    earned: tuple[tuple[str, Counter], ...]
    attributes: tuple[str, ...]
    segments: frozenset[str]


class Tier(Struct, frozen=True):
    """A step of the ladder. `at_least` is in the metric's units (minor units or point units)."""

    id: str
    index: int
    at_least: int
    multipliers: Mapping[str, Rate]


class Ladder(Struct, frozen=True):
    """How tiers are reached. `metric`: spend, earned or balance; `currency` for the last two;
    `counter` and `window` for the first two. `tiers` ascend by `at_least`; `by_id` finds one."""

    metric: str
    currency: str
    counter: str
    window: Window | None
    downgrade: str
    tiers: tuple[Tier, ...]
    by_id: Mapping[str, Tier]


class OrderDiscount(Struct, frozen=True, tag=True):
    """Money or a share off the whole order: exactly one of `amount_minor` and `percent` (a ratio,
    20 % is 1/5); `at_most_minor` bounds a share, None for no bound."""

    amount_minor: int | None = None
    percent: Rate | None = None
    at_most_minor: int | None = None


class ItemDiscount(Struct, frozen=True, tag=True):
    """Money (per line) or a share off the lines that the selector takes."""

    selector: Selector
    amount_minor: int | None = None
    percent: Rate | None = None
    at_most_minor: int | None = None


class CheapestItem(Struct, frozen=True, tag=True):
    """A share off one unit of the cheapest line that the selector takes (None: of any line)."""

    percent: Rate
    selector: Selector | None = None


class FreeProduct(Struct, frozen=True, tag=True):
    """Units of a product given for nothing."""

    sku: str
    quantity: int


class Voucher(Struct, frozen=True, tag=True):
    """A code out of a pool."""

    pool: str


class PayWithPoints(Struct, frozen=True, tag=True):
    """`points` units pay `worth_minor`; at least `minimum` units, a multiple of `multiple_of` (1
    for any), and at most the share of the order."""

    points: int
    worth_minor: int
    minimum: int
    multiple_of: int
    share_at_most: Rate


Gives = OrderDiscount | ItemDiscount | CheapestItem | FreeProduct | Voucher | PayWithPoints


class Reward(Struct, frozen=True):
    """A reward. `cost` is in units per piece, 0 where the member chooses (pay with points).

    `check` is its condition over a Subject measured with `Program.reward_measures`, None without.
    `available_from` and `available_until` are instants, 0 for open; `tiers` and `segments` are
    empty for all.
    `limits` are uses per member and period; `total` is the stock over all members, None for no end.
    """

    id: str
    index: int
    currency: Currency
    cost: int
    gives: Gives
    combine: str
    hold: Span
    check: Check | None
    available_from: int
    available_until: int
    tiers: frozenset[str]
    segments: frozenset[str]
    limits: tuple[Limit, ...]
    total: int | None


class Program(Struct, frozen=True):
    """A program version, compiled. Look things up by id or by the index that traces store.

    `plans`: by event type. `refund`: proportional or redecide. `measures` and `reward_measures`
    measure an order for rules and for rewards; measure 0 is every line on the program's own basis
    in both. `document` is what was compiled, for those who put a trace into words.
    """

    slug: str
    version: int
    zone: ZoneTable
    money_currency: str
    money_decimals: int
    refund: str
    late_window: Span
    refund_wait: Span
    currencies: Mapping[str, Currency]
    rules: tuple[Rule, ...]
    plans: Mapping[str, Plan]
    ladder: Ladder | None
    rewards: Mapping[str, Reward]
    measures: Measures
    reward_measures: Measures
    document: ProgramDocument
