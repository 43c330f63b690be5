"""Which reward a simulated member asks for, from a cautious guess at what is in the wallet.

The shop cannot know the balance; it counts what the program surely gave, as a member with the
portal open would, so that nearly every request is granted.
"""

from dataclasses import dataclass, field
from random import Random

from regulars.core.events import Line, Purchase
from regulars.simulations.baskets import paid_for, with_discount, with_points, with_soap
from regulars.simulations.contracts import Redemption

_PENDING_DAYS = 15
_OUTCOMES = ("captured",) * 17 + ("voided", "voided", "lapsed")


@dataclass(slots=True)
class WalletGuess:
    """Points that are surely there: earned per day, available after the pending time."""

    earned: list[tuple[int, int]] = field(default_factory=list)
    spent: int = 0
    purchases: int = 0

    def count_purchase(self, day: int, order: Purchase) -> None:
        """What the program's certain rules give for an order."""
        self.purchases += 1
        if any(payment.method in ("gift_card", "points") for payment in order.payments):
            points = 0
        else:
            goods = paid_for(_earning(order))
            points = goods // 100 + (75 if goods >= 10_000 else 25 if goods >= 5_000 else 0)
        self.earned.append((day, points + (100 if self.purchases % 5 == 0 else 0)))

    def available(self, day: int) -> int:
        """What can be spent on a day, at the least."""
        return sum(points for on, points in self.earned if on + _PENDING_DAYS <= day) - self.spent


def choose_redemption(
    random: Random, wallet: WalletGuess, day: int, order: Purchase, hold_id: str
) -> Redemption | None:
    """A reward for this order that the member can surely pay, or None. Counts what it costs."""
    available = wallet.available(day)
    goods = paid_for(_earning(order))
    in_money = order.payments[0].method != "gift_card"
    wishes: list[tuple[str, int, int, Purchase, Purchase]] = []
    if available >= 400 and random.randrange(3) == 0:
        cart, paid = with_soap(order, free=False), with_soap(order, free=True)
        wishes.append(("soap", 400, 0, cart, paid))
    if available >= 500 and goods >= 1_000:
        wishes.append(("five-euros", 500, 0, order, with_discount(order, 500)))
    if available >= 800 and goods >= 3_000 and in_money:
        paid = with_discount(order, min(goods // 10, 2_000))
        wishes.append(("tenth-off", 800, 0, order, paid))
    most = min(available, goods // 2) // 100 * 100
    if most >= 200 and in_money and random.randrange(3) == 0:
        wishes.append(("pay", most, most, order, with_points(order, most)))
    if not wishes or random.randrange(5) < 2:
        return None
    reward, cost, points, cart, paid = random.choice(wishes)
    outcome = random.choice(_OUTCOMES)
    if outcome == "captured":
        wallet.spent += cost
    return Redemption(reward, hold_id, outcome, points, cart, paid)


def choose_voucher(
    random: Random, wallet: WalletGuess, day: int, hold_id: str
) -> Redemption | None:
    """A cinema voucher, which needs no order, or None."""
    if wallet.available(day) < 1_200 or random.randrange(30):
        return None
    wallet.spent += 1_200
    return Redemption("cinema", hold_id, "captured")


def _earning(order: Purchase) -> list[Line]:
    """The lines that count: gift cards neither earn nor reach a minimum."""
    return [line for line in order.lines if "no-points" not in line.tags]
