"""What the search for anomalies takes and answers: activity in, a ranked queue with reasons out.

Members, stores and devices are codes from 0; `NONE` (-1) is "not known" or "does not apply". Days
are float64 since an origin of the caller's, with the time of day as a fraction; money is float64 in
major units of one currency, points are float64 and never negative: the kind says which way they go.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from regulars.science.contracts import Booleans, Floats, Integers

NONE = -1


class Kind(IntEnum):
    """What happened. A refund's points are those taken back, a redemption's those spent; a
    referral is written on the member who refers."""

    PURCHASE = 0
    REFUND = 1
    REDEMPTION = 2
    REFERRAL = 3
    SIGN_IN = 4


class Entity(StrEnum):
    """Who is looked at."""

    MEMBER = "member"
    STORE = "store"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done in a period: n events in any sequence.

    `day`: float64 (n,). `kind`: int64 (n,), of `Kind`. `member`: int64 (n,). `store`, `device`:
    int64 (n,), NONE where there is none; a device is the till of a purchase, or the phone or
    browser of what a member did themselves. `amount`, `points`: float64 (n,), at least 0. `other`:
    int64 (n,), the member who was referred, else NONE. `till`: bool (devices,), which devices are
    tills and so shared by everybody.
    """

    day: Floats
    kind: Integers
    member: Integers
    store: Integers
    device: Integers
    amount: Floats
    points: Floats
    other: Integers
    members: int
    stores: int
    till: Booleans


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that is counted of an entity and, where high, deserves a look.

    Signals of one `theme` tell much the same story, and only the loudest of them counts.
    `words` is a pattern over `value` and `typical`. `logarithmic` signals are compared as
    log(1 + value). `unit` is the least scale in which a difference is measured (after the
    logarithm): what a single event or a small share may differ without being odd.
    """

    name: str
    theme: str
    words: str
    unit: float
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """Signals of all entities of one kind: `values` and their robust `z`, float64 (entities,
    signals), and the `typical` value of each signal, its median, (entities, signals) too since it
    may differ by group. `present`: bool (entities,), who did anything at all."""

    entity: Entity
    signals: tuple[Signal, ...]
    values: Floats
    typical: Floats
    z: Floats
    present: Booleans


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an entity is in the queue: the signal, what was found, what is typical, its robust z."""

    signal: str
    value: float
    typical: float
    z: float
    words: str


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One entry to review: who, how odd (higher is odder; only the order means something), why
    (strongest first), and the members `linked` to it by referral or a shared personal device, who
    are reviewed with it."""

    entity: Entity
    code: int
    score: float
    reasons: tuple[Reason, ...]
    linked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The ranked entries per kind of entity, oddest first, at most as many as asked for; entities
    without any reason are never in it. `scores`: float64 (members,), of every member."""

    members: tuple[Suspicion, ...]
    stores: tuple[Suspicion, ...]
    devices: tuple[Suspicion, ...]
    scores: Floats


class Pattern(StrEnum):
    """The frauds that are simulated."""

    REFUND_FARMING = "refund_farming"
    REFERRAL_RING = "referral_ring"
    TILL_INSIDER = "till_insider"
    ACCOUNT_TAKEOVER = "account_takeover"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Simulated activity with the truth: `case`, int64 (members,), numbers the fraud that a member
    is part of, NONE for the honest ones; `patterns` says what each case is."""

    activity: Activity
    case: Integers
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class PatternFound:
    """How one pattern was found: `caught` of `cases` have a member in the queue."""

    pattern: Pattern
    cases: int
    caught: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a review queue is worth: of `reviewed` entries `hits` belong to a fraud, `precision` is
    their share, `base_rate` what picking members at random would give."""

    reviewed: int
    hits: int
    precision: float
    base_rate: float
    patterns: tuple[PatternFound, ...]
