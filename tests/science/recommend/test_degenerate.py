"""Whatever was bought, recommending answers finite numbers or says what to do."""

import numpy as np

from regulars.science.recommend import facade as recommending
from regulars.science.recommend.contracts import Constraints, Settings
from tests.science.degenerate import Case, Promises
from tests.science.recommend.shops import shop_with_tastes

LINES = shop_with_tastes(1, customers=12, tastes=2, items_per_taste=4, days=60)
PAST = recommending.before(LINES, 40.0)
MODEL = recommending.fit(PAST, 40.0)
WHO = np.arange(6)
LISTS = recommending.recommend(MODEL, WHO, 3)
WINDOW = recommending.held_out(LINES, 40.0, 60.0)
ITEM = recommending.recommend(MODEL, WINDOW.customer, 3).item
ROWS = tuple(f"lines.{column}" for column in ("customer", "item", "day", "quantity"))
SIZES = frozenset({"lines.customers", "lines.items", "settings.items_max"})
LIMITS = Constraints(
    np.arange(8) != 1, np.arange(8.0), np.arange(6.0), np.arange(8) % 3, np.arange(6) % 3,
    np.add.outer(np.arange(6), np.arange(8)) % 5 == 0,
)  # fmt: skip

CASES = [
    Case(recommending.before, {"lines": LINES, "at": 40.0}, ROWS, SIZES),
    Case(recommending.choose_settings, {"lines": LINES, "at": 40.0, "candidates": (Settings(),),
         "days": 20.0, "k": 3}, ROWS, SIZES),
    Case(recommending.evaluate, {"lines": LINES, "at": 40.0, "until": 60.0, "k": 3}, ROWS, SIZES),
    Case(recommending.fit, {"lines": PAST, "at": 40.0, "settings": Settings(),
         "segment": np.arange(12) % 2, "segments": 2, "weights": MODEL.weights}, ROWS, SIZES),
    Case(recommending.held_out, {"lines": LINES, "at": 40.0, "until": 60.0}, ROWS, SIZES),
    Case(recommending.quality, {"window": WINDOW, "item": ITEM, "level": 0.95}, ("item",),
         frozenset({"window"})),
    Case(recommending.list_similarity, {"model": MODEL, "lists": LISTS,
         "category": np.arange(8) % 2}, (), frozenset({"model", "lists"})),
    Case(recommending.reasons, {"model": MODEL, "lists": LISTS}, (),
         frozenset({"model", "lists"})),
    Case(recommending.recommend, {"model": MODEL, "customer": WHO, "k": 3, "diversity": 0.5,
         "constraints": LIMITS, "category": np.arange(8) % 2},
         ("customer", "constraints.budget", "constraints.tier", "constraints.excluded"),
         frozenset({"model"})),
]  # fmt: skip


class TestRecommend(Promises):
    cases = CASES
    # Lines are answered in their sequence; lists belong to a window.
    goes_by_row = frozenset(
        {
            "before",
            "quality",
        }
    )
