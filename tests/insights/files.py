"""Small files of every kind that the commands read, made from a seed, and the mappings for them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

ORDERS_MAP = """\
regulars_science: 1
numbers: {currency: EUR}
columns: {customer: who, time: day, order: order, item: item, description: name,
          quantity: count, unit_price: price}
returns: {negative: true}
"""
TRIAL_MAP = """\
regulars_science: 1
columns: {group: arm, outcomes: [bought, spend], before: before, features: [age, kind], time: day,
          customer: who}
experiment: {control: none, treatment: letter}
"""
LOG_MAP = """\
regulars_science: 1
columns: {time: day, action: shown, reward: click, propensity: chance, position: place,
          features: [kind]}
"""
POINTS_MAP = """\
regulars_science: 1
numbers: {currency: EUR}
columns: {customer: member, time: day, kind: what, points: points, expires: until}
points: {unit_cost: 0.01}
"""
_BEGIN = date(2024, 1, 1)


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def mapping(path: Path, text: str) -> Path:
    """A mapping file."""
    path.write_text(text, encoding="utf-8")
    return path


def day(number: float) -> str:
    """A day of the made-up files, counted from their first."""
    return str(_BEGIN + timedelta(days=int(number)))


def orders(path: Path, *, customers: int = 400, days: int = 360, seed: int = 1) -> Path:
    """Customers who order at rates of their own until they leave, each fond of some items."""
    random = np.random.default_rng(seed)
    rows, order = [], 0
    for who in range(customers):
        rate = random.gamma(1.0, 0.03)
        at = random.uniform(0, days * 0.5)
        fond = random.integers(0, 30, size=4)
        while at < days:
            order += 1
            for item in set(random.choice([*fond, *random.integers(0, 30, size=2)], size=2)):
                count = int(random.integers(1, 4))
                rows.append(
                    (f"c{who:04d}", day(at), f"o{order}", f"i{item:02d}", f"Item {item}", count,
                     f"{5 + item * 0.5:.2f}")
                )  # fmt: skip
            if random.random() < 0.04:
                rows.append((*rows[-1][:2], f"r{order}", *rows[-1][3:5], -1, rows[-1][6]))
            at += random.exponential(1 / max(rate, 0.002))
            if random.random() < 0.15:
                break
    return write(path, ("who", "day", "order", "item", "name", "count", "price"), rows)


def trial(path: Path, *, units: int = 3_000, seed: int = 2) -> Path:
    """An experiment whose letter moves the young."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(units):
        arm = ("none", "letter", "call")[int(random.integers(0, 3))]
        age = float(random.uniform(20, 70))
        before = float(random.gamma(2.0, 20.0))
        lift = 0.2 * (age < 40) * (arm == "letter") + 0.05 * (arm == "call")
        bought = random.random() < 0.1 + 0.001 * before + lift
        spend = round(float(bought * random.gamma(2.0, 15.0)), 2)
        kind = ("web", "shop")[int(random.integers(0, 2))]
        rows.append(
            (
                f"u{who}",
                day(who // 60),
                arm,
                f"{age:.0f}",
                kind,
                f"{before:.2f}",
                int(bought),
                spend,
            )
        )
    return write(path, ("who", "day", "arm", "age", "kind", "before", "bought", "spend"), rows)


def log(path: Path, *, decisions: int = 3_000, fond: bool = False, seed: int = 3) -> Path:
    """Choices among four arms at two places; `fond` of the second arm, or alike."""
    random = np.random.default_rng(seed)
    chances = np.array([0.1, 0.7, 0.1, 0.1]) if fond else np.full(4, 0.25)
    rows = []
    for row in range(decisions):
        arm = int(random.choice(4, p=chances))
        kind = ("a", "b")[int(random.integers(0, 2))]
        rate = 0.05 + 0.1 * (arm == 1) + 0.15 * (arm == 2) * (kind == "b")
        rows.append(
            (day(row // 100), f"arm {arm}", int(random.random() < rate), chances[arm],
             int(random.integers(1, 3)), kind)
        )  # fmt: skip
    return write(path, ("day", "shown", "click", "chance", "place", "kind"), rows)


def points(path: Path, *, members: int = 300, days: int = 700, seed: int = 4) -> Path:
    """Members who earn often and redeem when they have enough; points live for a year."""
    random = np.random.default_rng(seed)
    rows = []
    for member in range(members):
        at, balance = float(random.uniform(0, days * 0.6)), 0
        leaves = at + random.exponential(500)
        every = random.gamma(2.0, 15.0) + 3
        redeems = random.random() < 0.6
        while at < min(days, leaves):
            earned = int(random.integers(10, 120))
            balance += earned
            rows.append((f"m{member}", day(at), "earn", earned, day(int(at) + 365)))
            if redeems and balance > 150 and random.random() < 0.5:
                rows.append((f"m{member}", day(at), "spend", 150, ""))
                balance -= 150
            at += random.exponential(every)
    rows.sort(key=lambda row: str(row[1]))
    return write(path, ("member", "day", "what", "points", "until"), rows)
