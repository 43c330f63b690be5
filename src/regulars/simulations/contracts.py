"""What a simulated shop is made of: people, and what happens to them, in the order it is recorded.

Nothing here knows a database or an API; bodies are core events. Names and addresses are plainly
made up, e-mail domains are those of RFC 2606, phone numbers are of the ranges that the German
Bundesnetzagentur keeps for film and print.
"""

from dataclasses import dataclass

from msgspec import Struct

from regulars.core.events import Event, Purchase

SOURCE_WEB = "demo-web"
SOURCE_TILL = "demo-till"
SOURCE_CLUB = "demo-club"


class Person(Struct, frozen=True):
    """A member of the simulated shop. `birthday` is an ISO date; empty texts were not given."""

    external_id: str
    given_name: str
    family_name: str
    email: str
    phone: str
    card: str
    birthday: str
    locale: str
    enrolled_at: int
    habit: str


class Redemption(Struct, frozen=True):
    """A reward that a member asks for, shortly before a purchase or on its own.

    `hold_id` names the hold; `cart` is what it is asked for on, `discounted` the order as it is
    paid if the hold is granted (both None without an order); `outcome`: captured, voided, or left
    to lapse.
    """

    reward: str
    hold_id: str
    outcome: str
    points: int = 0
    cart: Purchase | None = None
    discounted: Purchase | None = None


class Happening(Struct, frozen=True):
    """One event of one person. `recorded_at` is when the shop's systems learnt of it, later than
    `event.occurred_at` where a till was offline. `purchase` is the identity (source, id) of the
    order that a refund is about. With a `redemption`, the hold comes first; the event is then what
    happens if the hold is refused, and None where there is no order."""

    external_id: str
    occurred_at: int
    recorded_at: int
    event: Event | None
    purchase: tuple[str, str] | None = None
    redemption: Redemption | None = None
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shop:
    """A whole simulation: people by enrolment, happenings in order of (recorded_at, making)."""

    seed: int
    starts_at: int
    ends_at: int
    people: list[Person]
    happenings: list[Happening]


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far the first load of a demo program is."""

    step: str
    done: int
    all: int


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A member worth looking at, for the lines that a person may try first."""

    external_id: str
    member_id: int
    what: str


@dataclass(frozen=True, slots=True)
class DemoLoaded:
    """What a first load did: counts by outcome (`accepted`, `replayed`, `refused: code` ...)."""

    program_id: int
    members: int
    outcomes: dict[str, int]
    showcase: tuple[DemoMember, ...]
