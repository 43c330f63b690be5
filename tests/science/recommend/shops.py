"""Small shops with known answers, and a larger one with tastes that a model can find."""

import numpy as np

from regulars.science.contracts import Lines


def lines(*rows: tuple[int, int, float], customers: int = 0, items: int = 0) -> Lines:
    """Lines of (customer, item, day), one piece each."""
    customer = np.array([row[0] for row in rows], dtype=np.int64)
    item = np.array([row[1] for row in rows], dtype=np.int64)
    day = np.array([row[2] for row in rows], dtype=np.float64)
    return Lines(
        customer,
        item,
        day,
        np.ones(len(rows)),
        customers or int(customer.max()) + 1,
        items or int(item.max()) + 1,
    )


def shop_with_tastes(
    seed: int, *, customers: int = 400, tastes: int = 4, items_per_taste: int = 15, days: int = 200
) -> Lines:
    """Each customer has one taste and buys its items, at Zipf popularity, on about twelve days; one
    purchase in five is of any item."""
    random = np.random.default_rng(seed)
    items = tastes * items_per_taste
    taste = np.arange(customers) % tastes
    count = customers * 24
    customer = random.integers(0, customers, count)
    weight = 1.0 / np.arange(1, items_per_taste + 1)
    within = random.choice(items_per_taste, count, p=weight / weight.sum())
    item = taste[customer] * items_per_taste + within
    strays = random.random(count) < 0.2
    item[strays] = random.integers(0, items, int(strays.sum()))
    day = random.integers(0, days, count).astype(np.float64)
    return Lines(customer, item, day, np.ones(count), customers, items)
