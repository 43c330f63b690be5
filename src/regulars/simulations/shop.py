"""A whole year of a shop from one seed, late uploads included."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from regulars.core.events import Purchase
from regulars.simulations.catalogue import STORES
from regulars.simulations.contracts import Happening, Shop
from regulars.simulations.people import make_people
from regulars.simulations.visitor import Calendar, Visitor

_OUTAGE_EVERY_DAYS = 20


def simulate_shop(
    seed: int,
    members: int = 2_000,
    days: int = 365,
    *,
    starts_at: int,
    zone: str = "Europe/Berlin",
    currency: str = "EUR",
) -> Shop:
    """Simulate `members` people over `days` calendar days of `zone`, the first being the one that
    `starts_at` (an instant) falls in. The same arguments give the same shop, byte for byte.

    Happenings are in the order in which the shop's systems learn of them: orders of tills that
    were offline come days later, and shuffled.
    """
    random = Random(seed)  # noqa: S311 - a simulation, and it has to be repeatable
    calendar = _calendar(starts_at, days, ZoneInfo(zone), currency)
    first_day = calendar.first_day
    people = make_people(random, members, calendar.midnights, first_day)
    happenings: list[Happening] = []
    for person, habit, joined in people:
        happenings += Visitor(random, calendar, person, habit, joined).live()
    happenings = _with_outages(random, happenings, calendar)
    happenings.sort(key=lambda one: one.recorded_at)
    return Shop(
        seed,
        calendar.midnights[0],
        calendar.ends_at,
        [person for person, _, _ in people],
        happenings,
    )


def busiest(shop: Shop, count: int) -> list[str]:
    """The external ids of those with the most purchases, ties by id."""
    purchases = Counter(
        one.external_id
        for one in shop.happenings
        if one.event is not None and isinstance(one.event.body, Purchase)
    )
    ranked = sorted(purchases.items(), key=lambda entry: (-entry[1], entry[0]))
    return [external_id for external_id, _ in ranked[:count]]


def _calendar(starts_at: int, days: int, zone: ZoneInfo, currency: str) -> Calendar:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first_day = (epoch + timedelta(microseconds=starts_at)).astimezone(zone).date()
    midnights = []
    for number in range(days + 1):
        local = datetime.combine(first_day + timedelta(days=number), time(), zone)
        passed = local.astimezone(UTC) - epoch
        midnights.append((passed.days * 86_400 + passed.seconds) * 1_000_000)
    return Calendar(first_day, midnights[:-1], midnights[-1], currency)


def _with_outages(
    random: Random, happenings: list[Happening], calendar: Calendar
) -> list[Happening]:
    """Every few weeks the tills of a store are offline for one to six days, then upload it all."""
    outages: list[tuple[str, int, int]] = []
    days = len(calendar.midnights)
    for start in range(10, days - 7, _OUTAGE_EVERY_DAYS):
        first = start + random.randrange(min(_OUTAGE_EVERY_DAYS, days - 7 - start))
        last = first + 1 + random.randrange(6)
        store = random.choice(STORES)
        outages.append((store, calendar.midnights[first], calendar.midnights[last]))
    return [_delayed(random, one, outages) for one in happenings]


def _delayed(random: Random, one: Happening, outages: list[tuple[str, int, int]]) -> Happening:
    body = one.event.body if one.event is not None else None
    # A till that redeems has to be online.
    if not isinstance(body, Purchase) or not body.device or one.redemption is not None:
        return one
    for store, since, until in outages:
        if store == body.store and since <= one.occurred_at < until:
            upload = until + 8 * 3_600_000_000 + random.randrange(600_000_000)
            return msgspec.structs.replace(one, recorded_at=upload)
    return one
