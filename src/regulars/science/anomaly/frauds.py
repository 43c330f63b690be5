"""The four frauds that the simulator hides among honest members."""

import numpy as np

from regulars.science.anomaly.contracts import NONE, Pattern
from regulars.science.anomaly.simulated_events import Events, Places
from regulars.science.contracts import Integers


def add_frauds(scene: "Scene", cases: int) -> tuple[dict[int, int], tuple[Pattern, ...]]:
    """Add `cases` of each pattern; answers the case of every member in one, and what each is."""
    rng = scene.rng
    free = iter(rng.permutation(scene.home.shape[0]).tolist())
    case: dict[int, int] = {}
    patterns: list[Pattern] = []
    for _ in range(cases):
        for pattern, people in (
            (Pattern.REFUND_FARMING, scene.farm(next(free))),
            (Pattern.REFERRAL_RING, scene.ring(next(free))),
            (Pattern.TILL_INSIDER, scene.insider(next(free))),
            (
                Pattern.ACCOUNT_TAKEOVER,
                scene.take_over([next(free) for _ in range(int(rng.integers(1, 4)))]),
            ),
        ):
            for member in people:
                case[member] = len(patterns)
            patterns.append(pattern)
    return case, tuple(patterns)


class Scene:
    """Where the frauds happen; each method is one case and answers who is in it.

    How often a fraudster acts scales with `boldness`, never below the least that pays.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        events: Events,
        places: Places,
        home: Integers,
        phones: Integers,
        days: float,
        boldness: float,
    ) -> None:
        self.rng, self.events, self.places = rng, events, places
        self.home, self.phones = home, phones
        self.days, self.boldness = days, boldness

    def farm(self, member: int) -> list[int]:
        """Point farming by refund: buy dear, spend the points within days, give the goods back."""
        rng = self.rng
        cycles = self._times(8, least=2)
        start = rng.uniform(0.0, self.days - 15.0, cycles)
        store = np.full(cycles, self.home[member])
        amount = np.round(rng.lognormal(4.6, 0.4, cycles), 2)
        spent = start + rng.uniform(0.1, 4.0, cycles)
        self.events.purchases(start, member, store, self.places.tills(rng, store), amount)
        self.events.sign_ins(spent - 0.01, member, self.phones[member])
        self.events.redemptions(spent, member, store, self.phones[member], np.floor(0.95 * amount))
        self.events.refunds(
            spent + rng.uniform(0.2, 8.0, cycles),
            member,
            store,
            self.places.tills(rng, store),
            amount,
        )
        return [member]

    def ring(self, leader: int) -> list[int]:
        """A referral ring: invented members, signed in from few phones, who buy once at most."""
        rng = self.rng
        count = self._times(12, least=3)
        first = self.home.shape[0] + self.events.members_added
        invented = np.arange(first, first + count)
        self.events.members_added += count
        phones = np.append(self.places.add_devices(2), self.phones[leader])
        joined = rng.uniform(0.0, self.days - 20.0) + np.sort(rng.uniform(0.0, 18.0, count))
        self.events.referrals(joined, leader, invented)
        self.events.sign_ins(joined + 0.01, invented, rng.choice(phones, count))
        buying = invented[rng.random(count) < 0.8]
        store = np.full(buying.shape[0], self.home[leader])
        self.events.purchases(
            joined[buying - first] + 0.5,
            buying,
            store,
            self.places.tills(rng, store),
            np.round(rng.uniform(2.0, 8.0, buying.shape[0]), 2),
        )
        return [leader, *invented.tolist()]

    def insider(self, member: int) -> list[int]:
        """A till insider: the cashier's own card on purchases of customers who have none."""
        rng = self.rng
        shifts = self._times(18, least=4)
        days = rng.choice(int(self.days), shifts, replace=False)
        count = 1 + rng.poisson(1.0 + 4.0 * self.boldness, shifts)
        day = np.repeat(days, count) + rng.uniform(9.0 / 24.0, 21.0 / 24.0, int(count.sum()))
        till = self.home[member] * self.places.tills_per_store
        self.events.purchases(
            day,
            member,
            self.home[member],
            till,
            np.round(rng.lognormal(3.2, 0.7, day.shape[0]), 2),
        )
        return [member]

    def take_over(self, victims: list[int]) -> list[int]:
        """Account takeover: one foreign phone, and the points of each victim gone within the
        hour."""
        rng = self.rng
        device = int(self.places.add_devices(1)[0])
        earned = self.events.earned_by(self.home.shape[0])
        day = rng.uniform(0.5 * self.days, self.days - 1.0)
        for place, member in enumerate(victims):
            at = day + 0.2 * place
            balance = max(float(earned[member]), 120.0)
            times = int(rng.integers(1, 4))
            self.events.sign_ins(rng.uniform(0.0, 0.4 * self.days), member, self.phones[member])
            self.events.sign_ins(at, member, device)
            self.events.redemptions(
                at + 0.01 * np.arange(1, times + 1),
                member,
                NONE,
                device,
                np.floor((0.5 + 0.5 * self.boldness) * balance / times),
            )
        return victims

    def _times(self, most: int, *, least: int) -> int:
        """How often, around the boldness's share of the most."""
        return max(least, round(most * self.boldness * float(self.rng.uniform(0.7, 1.1))))
