"""Made-up activity: honest members of many habits, and four frauds hidden among them.

The honest include those who look odd without being so: people who buy several times a day, families
on one phone, people with a new phone, enthusiasts who bring many friends, people who return much.
It is a model, not a sample of any club: figures from it compare methods and show that a pattern can
be seen at all, and say nothing about how much of a real club's fraud would be.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.anomaly.contracts import NONE, Activity, Labelled
from regulars.science.anomaly.frauds import Scene, add_frauds
from regulars.science.anomaly.simulated_events import Events, Places
from regulars.science.contracts import Floats, Integers


@dataclass(frozen=True, slots=True)
class Club:
    """How large the simulated club is. `cases`: of each fraud. `boldness` scales how much of it a
    fraudster does: 1 is brazen, .3 is careful."""

    members: int = 4_000
    stores: int = 20
    tills_per_store: int = 3
    days: float = 90.0
    cases: int = 10
    boldness: float = 1.0


def simulate(club: Club, *, seed: int) -> Labelled:
    """Activity of a club with its frauds, reproducible by the seed.

    A purchase earns a point per unit of money. Members of the frauds come after the honest ones or
    among them, as the pattern has it; which they are says `case`. Refuses fewer than 50 members, or
    a boldness outside of (0, 1].
    """
    checks.number("club.members", club.members, at_least=50)
    checks.number("club.stores", club.stores, at_least=1)
    checks.number("club.tills_per_store", club.tills_per_store, at_least=1)
    checks.number("club.days", club.days, at_least=30.0)
    checks.number("club.cases", club.cases, at_least=0)
    checks.number("club.boldness", club.boldness, above=0.0, at_most=1.0)
    rng = checks.generator(seed)
    places = Places(club.stores, club.tills_per_store)
    events = Events()
    phones = _phones(rng, places, club.members)
    home = rng.integers(0, club.stores, club.members)
    _purchases(rng, events, club, places, home)
    _redemptions(rng, events, club, places, home, phones)
    _new_phones(rng, events, club, places, phones)
    _friends(rng, events, club)
    scene = Scene(rng, events, places, home, phones, club.days, club.boldness)
    case, patterns = add_frauds(scene, club.cases)
    labels = np.full(club.members + events.members_added, NONE, dtype=np.int64)
    for member, number in case.items():
        labels[member] = number
    return Labelled(_activity(events, places, labels.shape[0]), labels, patterns)


def _phones(rng: np.random.Generator, places: Places, members: int) -> Integers:
    """Every member's phone; one in eight shares it within the family."""
    phones = np.arange(members, dtype=np.int64)
    shared = np.flatnonzero(rng.random(members) < 0.125)
    shared = shared[shared > 0]
    # The neighbour in the list stands for the family: chains make three and more.
    phones[shared] = phones[shared - 1]
    return places.add_devices(members)[phones]


def _purchases(
    rng: np.random.Generator, events: Events, club: Club, places: Places, home: Integers
) -> None:
    """Purchases at gamma-distributed rates, a few people many times a day, and their returns."""
    rate = rng.gamma(1.5, 1.0 / 22.0, club.members)
    # Canteens, offices and the like: one in two hundred buys about daily or more.
    often = rng.random(club.members) < 0.005
    rate[often] = rng.uniform(0.7, 2.5, int(often.sum()))
    count = rng.poisson(rate * club.days)
    member = np.repeat(np.arange(club.members), count)
    day = _opening_hours(rng, rng.uniform(0.0, club.days, member.shape[0]))
    elsewhere = rng.random(member.shape[0]) < 0.15
    store = np.where(elsewhere, rng.integers(0, club.stores, member.shape[0]), home[member])
    amount = np.round(rng.lognormal(3.2, 0.7, member.shape[0]), 2)
    events.purchases(day, member, store, places.tills(rng, store), amount)
    # How much a member returns differs between people, and most return little.
    tendency = rng.beta(0.5, 14.0, club.members)
    returned = np.flatnonzero(rng.random(member.shape[0]) < tendency[member])
    events.refunds(
        np.minimum(day[returned] + rng.exponential(6.0, returned.shape[0]), club.days),
        member[returned],
        store[returned],
        places.tills(rng, store[returned]),
        amount[returned] * np.where(rng.random(returned.shape[0]) < 0.6, 1.0, 0.5),
    )


def _redemptions(
    rng: np.random.Generator,
    events: Events,
    club: Club,
    places: Places,
    home: Integers,
    phones: Integers,
) -> None:
    """Spending of what was earned, at the phone, by those who spend at all."""
    balance = events.earned_by(club.members)
    spends = rng.random(club.members) < 0.6
    times = rng.poisson(np.clip(balance / 150.0, 0.0, 6.0)) * spends
    member = np.repeat(np.arange(club.members), times)
    day = _opening_hours(rng, club.days * rng.beta(2.0, 1.2, member.shape[0]))
    share = rng.uniform(0.3, 0.9, member.shape[0])
    points = np.floor(share * balance[member] / np.maximum(times[member], 1))
    events.sign_ins(day - 0.01, member, phones[member])
    events.redemptions(day, member, home[member], phones[member], points)
    # People also look without spending.
    idle = rng.integers(0, club.members, 2 * club.members)
    events.sign_ins(rng.uniform(0.0, club.days, idle.shape[0]), idle, phones[idle])


def _new_phones(
    rng: np.random.Generator, events: Events, club: Club, places: Places, phones: Integers
) -> None:
    """One in fifteen changes the phone and looks at the points at once; some of them spend."""
    who = np.flatnonzero(rng.random(club.members) < 1.0 / 15.0)
    devices = places.add_devices(who.shape[0])
    day = rng.uniform(0.3 * club.days, club.days, who.shape[0])
    events.sign_ins(rng.uniform(0.0, 0.3 * club.days, who.shape[0]), who, phones[who])
    events.sign_ins(day, who, devices)
    spending = rng.random(who.shape[0]) < 0.2
    balance = events.earned_by(club.members)[who[spending]]
    # Every other one signs in because they stand at the till and want to spend.
    later = rng.uniform(0.0, 0.8, who.shape[0]) * (rng.random(who.shape[0]) < 0.5)
    events.redemptions(
        (day + 0.005 + later)[spending],
        who[spending],
        np.full(int(spending.sum()), NONE),
        devices[spending],
        np.floor(balance * rng.uniform(0.1, 0.9, balance.shape[0])),
    )


def _friends(rng: np.random.Generator, events: Events, club: Club) -> None:
    """One in twelve brings a friend or two; one in three hundred brings many, within weeks."""
    draw = rng.random(club.members)
    few, many = rng.integers(1, 3, club.members), rng.integers(4, 12, club.members)
    count = np.where(draw < 1.0 / 300.0, many, np.where(draw < 1.0 / 12.0, few, 0))
    who = np.repeat(np.arange(club.members), count)
    start = rng.uniform(0.0, 0.7 * club.days, club.members)
    day = start[who] + rng.uniform(0.0, 0.3 * club.days, who.shape[0])
    other = rng.integers(0, club.members, who.shape[0])
    events.referrals(day, who, np.where(other == who, (other + 1) % club.members, other))


def _opening_hours(rng: np.random.Generator, day: Floats) -> Floats:
    """The same days, at a time between nine and nine."""
    hours: Floats = np.floor(day) + rng.uniform(9.0 / 24.0, 21.0 / 24.0, day.shape[0])
    return hours


def _activity(events: Events, places: Places, members: int) -> Activity:
    columns = events.columns()
    return Activity(
        columns["day"],
        columns["kind"].astype(np.int64),
        columns["member"].astype(np.int64),
        columns["store"].astype(np.int64),
        columns["device"].astype(np.int64),
        columns["amount"],
        columns["points"],
        columns["other"].astype(np.int64),
        members,
        places.stores,
        np.arange(places.devices) < places.stores * places.tills_per_store,
    )
