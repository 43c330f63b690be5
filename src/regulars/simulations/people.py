"""Who shops: made-up people with different habits. Integers from one seeded generator only."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from regulars.simulations.contracts import Person

_GIVEN = (
    "Amber", "Basil", "Briar", "Cedar", "Clover", "Cosmo", "Dahlia", "Fennel", "Fern", "Flora",
    "Hazel", "Heather", "Indigo", "Iris", "Ivy", "Juniper", "Laurel", "Linden", "Lupin", "Marigold",
    "Mallow", "Moss", "Myrtle", "Olive", "Peony", "Pepper", "Poppy", "Primrose", "Robin", "Rowan",
    "Rue", "Saffron", "Sage", "Sorrel", "Tansy", "Teasel", "Thyme", "Violet", "Willow", "Yarrow",
)  # fmt: skip
_FAMILY = (
    "Applethwaite", "Bramblegate", "Buttercroft", "Chestnutt", "Cloverdale", "Cowslipp", "Dewdropp",
    "Elderhedge", "Fernhollow", "Foxgloven", "Gooseberrie", "Hawthornby", "Hazelcopse", "Hedgerowe",
    "Larkmeadow", "Lavendell", "Mosswater", "Nettlebed", "Oakapple", "Pebblebrook", "Plumtree",
    "Quincewood", "Rosehipp", "Rushbank", "Snowdropp", "Thistlewick", "Underhedge", "Wildgarlic",
    "Windfallow", "Woodruffe",
)  # fmt: skip
_PHONES = ("+493023125", "+494066969", "+496990009", "+498999998")
"""Berlin, Hamburg, Frankfurt and Munich numbers kept free for film and print; three digits follow.
Source: Bundesnetzagentur, numbers for use in media productions."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of member shops. `rates` are chances of a purchase per day in ten-thousandths;
    that they differ within a kind spreads the counts as a negative binomial does. `leaves` is the
    daily chance, in ten-thousandths, to lose interest for good."""

    name: str
    share: int
    rates: tuple[int, ...]
    leaves: int
    items_max: int


HABITS = (
    Habit("one-time", 32, (600,), 0, 3),
    Habit("occasional", 36, (20, 40, 60, 80, 110, 150, 220), 15, 4),
    Habit("regular", 24, (180, 220, 280, 350, 450), 8, 6),
    Habit("devoted", 8, (500, 650, 800, 1100), 3, 8),
)
ONE_TIME = HABITS[0].name


def make_people(
    random: Random, count: int, midnights: list[int], first_day: date
) -> list[tuple[Person, Habit, int]]:
    """People in order of enrolment, with their habit and the day they join. A third are there
    from the first three weeks on, as when a shop starts its program; others come over the year."""
    days = len(midnights)
    joined = sorted(
        random.randrange(min(21, days)) if random.randrange(3) == 0 else random.randrange(days)
        for _ in range(count)
    )
    habits = [habit for habit in HABITS for _ in range(habit.share)]
    people = []
    for number, day in enumerate(joined):
        given, family = random.choice(_GIVEN), random.choice(_FAMILY)
        habit = random.choice(habits)
        name = f"{given}.{family}.{number}".lower()
        domain = "example.org" if random.randrange(2) else "example.com"
        phone = f"{_PHONES[number % 4]}{number // 4:03d}" if number < 4_000 else ""
        age_days = random.randrange(18 * 365, 80 * 365)
        person = Person(
            external_id=f"shopper-{number + 1:05d}",
            given_name=given,
            family_name=family,
            email=f"{name}@{domain}" if random.randrange(20) else "",
            phone=phone if random.randrange(3) == 0 else "",
            card=f"MEADOW{number + 1:06d}" if random.randrange(3) else "",
            birthday=str(first_day - timedelta(days=age_days)) if random.randrange(4) else "",
            locale="de" if random.randrange(5) else "en",
            enrolled_at=midnights[day] + random.randrange(9 * 3600, 18 * 3600) * 1_000_000,
            habit=habit.name,
        )
        people.append((person, habit, day))
    people.sort(key=lambda entry: entry[0].enrolled_at)
    return people
