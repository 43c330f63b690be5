"""One person's time with the shop, day by day: orders, returns, and everything else they do.

Every choice is an integer from the one generator that is passed in, in a fixed order, so that a
seed always gives the same shop.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Event,
    Purchase,
    Refund,
    ReturnedLine,
)
from regulars.simulations.baskets import fill_basket, make_order
from regulars.simulations.catalogue import DEMAND_PERCENT_OF_MONTH, DEMAND_PERCENT_OF_WEEKDAY
from regulars.simulations.contracts import (
    SOURCE_CLUB,
    SOURCE_TILL,
    SOURCE_WEB,
    Happening,
    Person,
    Redemption,
)
from regulars.simulations.people import ONE_TIME, Habit
from regulars.simulations.rewarding import WalletGuess, choose_redemption, choose_voucher

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_TOPICS = ("soap", "candles", "gardens")
_FAVOURITES = ("bath", "kitchen", "garden")
_FEEDBACK = ("Lovely afternoon.", "A little crowded.", "My jar is still standing.", "")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a simulation: midnight of each in the shop's zone, and the end as an instant."""

    first_day: date
    midnights: list[int]
    ends_at: int
    currency: str

    def day(self, number: int) -> date:
        """The date of a day by number."""
        return self.first_day + timedelta(days=number)


@dataclass(slots=True)
class Visitor:
    """One person in the simulation; `live` fills `happenings`."""

    random: Random
    calendar: Calendar
    person: Person
    habit: Habit
    joined: int
    happenings: list[Happening] = field(default_factory=list)
    wallet: WalletGuess = field(default_factory=WalletGuess)
    favourite: str = ""
    newsletter: bool = False
    online: int = 50
    rate: int = 0

    def live(self) -> list[Happening]:
        """All that happens from the day of joining to the end, or until interest is lost."""
        self._join()
        for number in range(self.joined + 1, len(self.calendar.midnights)):
            if self.habit.leaves and self.random.randrange(10_000) < self.habit.leaves:
                break
            self._spend_day(number)
            if self.habit.name == ONE_TIME and self.wallet.purchases:
                break
        self._birthday()
        return self.happenings

    def _join(self) -> None:
        random = self.random
        self.rate = random.choice(self.habit.rates)
        self.favourite = random.choice(_FAVOURITES)
        self.newsletter = random.randrange(3) > 0
        self.online = random.choice((10, 30, 60, 90))
        at = self.person.enrolled_at
        self._add("signup", SOURCE_CLUB, "signup", at + _MINUTE, Activity(channel="web"))
        values: dict[str, str | int | bool | None] = {"newsletter": self.newsletter}
        if random.randrange(2):
            values["favourite"] = self.favourite
        staff = random.randrange(80) == 0
        body = Attributes(values, ("staff",) if staff else None)
        self._add("attributes", SOURCE_CLUB, "attributes", at + 2 * _MINUTE, body)

    def _spend_day(self, number: int) -> None:
        random, day = self.random, self.calendar.day(number)
        demand = DEMAND_PERCENT_OF_MONTH[day.month - 1] * DEMAND_PERCENT_OF_WEEKDAY[day.weekday()]
        if random.randrange(100_000_000) < self.rate * demand:
            self._buy(number, day)
        elif random.randrange(130_000_000) < self.rate * demand:
            at = self._instant(number, 7, 23)
            self._add("visit", SOURCE_WEB, f"visit-{number}", at, Activity(channel="web"))
        if day.weekday() == 5 and day.day <= 7 and random.randrange(100) < 4:
            self._attend(number)
        voucher = choose_voucher(random, self.wallet, number, self._id(f"hold-{number}"))
        if voucher is not None:
            self._append(Happening("", self._instant(number, 18, 22), 0, None, None, voucher))

    def _buy(self, number: int, day: date) -> None:
        random = self.random
        lines = fill_basket(random, day, self.favourite, self.habit.items_max)
        store = random.randrange(100) >= self.online
        at = self._instant(number, 9, 20) if store else self._instant(number, 6, 24)
        coupons: tuple[str, ...] = ()
        if self.wallet.purchases == 0 and random.randrange(3) == 0:
            coupons = ("WELCOME10",)
        elif day.month == 3 and self.newsletter and random.randrange(2):
            coupons = ("SPRING",)
        order = make_order(
            random, lines, store=store, currency=self.calendar.currency, coupons=coupons
        )
        source = SOURCE_TILL if store else SOURCE_WEB
        count = self.wallet.purchases + 1
        redemption = choose_redemption(
            random, self.wallet, number, order, self._id(f"order-{count}-hold")
        )
        name = f"order-{count}"
        self._add("purchase", source, name, at, order, redemption=redemption)
        self.wallet.count_purchase(number, order)
        if random.randrange(100) < 7:
            self._return(number, source, name, order, redemption)
        if random.randrange(100) < 11:
            self._review(number, count, order)
        if random.randrange(150) == 0:
            later = self._instant(number + 4, 10, 16)
            body = Adjustment("points", 100, "parcel came late", "demo-service")
            self._add("adjustment", SOURCE_CLUB, f"sorry-{count}", later, body)

    def _return(
        self, number: int, source: str, name: str, order: Purchase, redemption: Redemption | None
    ) -> None:
        """Some days later a part, or one time in four all, of an order comes back."""
        random = self.random
        at = self._instant(number + 2 + random.randrange(20), 10, 19)
        lines: tuple[ReturnedLine, ...] = ()
        if random.randrange(4):
            line = random.choice(order.lines)
            lines = (ReturnedLine(line.line_id, 1 + random.randrange(line.quantity)),)
        elif redemption is None:
            lines = tuple(ReturnedLine(line.line_id, line.quantity) for line in order.lines)
        body = Refund(0, lines, reason="return")
        of = (source, self._id(name))
        self._add("refund", source, f"{name}-return", at, body, purchase=of)
        # A cautious guess: as if the order had never been.
        if self.wallet.earned:
            self.wallet.earned[-1] = (self.wallet.earned[-1][0], 0)

    def _review(self, number: int, count: int, order: Purchase) -> None:
        random = self.random
        at = self._instant(number + 3 + random.randrange(18), 8, 22)
        fields: dict[str, str | int | bool | bytes] = {
            "rating": random.choice((2, 3, 4, 4, 5, 5, 5)),
            "sku": random.choice(order.lines).sku,
        }
        self._add("review", SOURCE_WEB, f"review-{count}", at, Activity(fields, "web"))

    def _attend(self, number: int) -> None:
        random = self.random
        fields: dict[str, str | int | bool | bytes] = {
            "topic": random.choice(_TOPICS),
            "minutes": random.choice((20, 90, 90, 120)),
        }
        feedback = random.choice(_FEEDBACK)
        if feedback:
            fields["feedback"] = feedback
        body = Activity(fields, "store", "berlin-mitte")
        at = self._instant(number, 14, 16)
        personal = ("feedback",) if feedback else ()
        name = f"workshop-{number}"
        self._add("workshop.attended", SOURCE_CLUB, name, at, body, personal=personal)

    def _birthday(self) -> None:
        for number in range(self.joined + 1, len(self.calendar.midnights)):
            day = self.calendar.day(number)
            if self.person.birthday[5:] == f"{day.month:02d}-{day.day:02d}":
                at = self.calendar.midnights[number] + 6 * _HOUR
                self._add("birthday", SOURCE_CLUB, f"birthday-{day.year}", at, Activity())

    def _id(self, name: str) -> str:
        return f"{self.person.external_id}-{name}"

    def _instant(self, number: int, from_hour: int, until_hour: int) -> int:
        """A random second between two hours of a day; past the end for days beyond it."""
        seconds = self.random.randrange(from_hour * 3600, until_hour * 3600)
        if number >= len(self.calendar.midnights):
            return self.calendar.ends_at
        return self.calendar.midnights[number] + seconds * 1_000_000

    def _add(
        self,
        kind: str,
        source: str,
        name: str,
        at: int,
        body: Body,
        *,
        purchase: tuple[str, str] | None = None,
        redemption: Redemption | None = None,
        personal: tuple[str, ...] = (),
    ) -> None:
        event = Event(kind, source, self._id(name), at, body)
        self._append(Happening("", at, 0, event, purchase, redemption, personal))

    def _append(self, made: Happening) -> None:
        """Keep what happens before the end; a return after it is not known yet."""
        if made.occurred_at < self.calendar.ends_at:
            at = made.occurred_at
            self.happenings.append(
                Happening(
                    self.person.external_id,
                    at,
                    at,
                    made.event,
                    made.purchase,
                    made.redemption,
                    made.personal,
                )
            )
