"""Files that nothing can be learnt from: a typed refusal with a next step, or a defined answer."""

import pytest

from regulars.insights import facade
from regulars.insights.contracts import Insight
from regulars.insights.errors import InsightRefused
from regulars.insights.mapping import parse_mapping
from regulars.insights.page import page
from regulars.science.errors import ScienceRefused
from tests.insights import files
from tests.insights.conftest import silent

ORDER = ("who", "day", "order", "item", "name", "count", "price")
TRIAL = ("who", "day", "arm", "age", "kind", "before", "bought", "spend")
LOG = ("day", "shown", "click", "chance", "place", "kind")
POINT = ("member", "day", "what", "points", "until")
ORDER_COMMANDS = ("lifetime", "churn", "segments", "recommend")


def line(who, day, price=5, item="x", count=1):
    return (who, files.day(day), f"{who}-{day}-{item}", item, item, count, price)


def person(who, arm, bought, age=30, spend=0.0):
    return (f"u{who}", files.day(who), arm, age, "web", 1, bought, spend)


def shown(row, arm="a", click=0, chance=0.5):
    return (files.day(row), arm, click, chance, 1, "k")


ORDERS = {
    "one order": [line("a", 0)],
    "one customer": [line("a", day) for day in range(0, 300, 20)],
    "one day": [line(f"c{who}", 0) for who in range(50)],
    "nobody comes back": [line(f"c{who}", who) for who in range(200)],
    "everybody the same": [line(f"c{who}", day) for who in range(60) for day in range(0, 300, 30)],
    "all free": [line(f"c{who}", day, 0) for who in range(60) for day in range(who, 300, 40)],
    "one item and one size": [line(f"c{who}", who * 5 % 290) for who in range(90)] * 2,
    "more items than customers": [
        line("a" if item % 2 else "b", item * 3, item=f"i{item}") for item in range(90)
    ],
}
TRIALS = {
    "one unit each": [person(0, "none", 0), person(1, "letter", 1)],
    "nobody bought": [person(who, ("none", "letter")[who % 2], 0) for who in range(200)],
    "everybody bought": [person(who, ("none", "letter")[who % 2], 1) for who in range(200)],
    "the treated alone bought": [
        person(who, ("none", "letter")[who % 2], who % 2) for who in range(200)
    ],
    "nothing known before": [
        person(who, ("none", "letter")[who % 2], int(who % 3 == 0)) for who in range(200)
    ],
    "a tiny arm": [person(who, "letter" if who == 7 else "none", who % 2) for who in range(200)],
}
LOGS = {
    "one row": [shown(0)],
    "one arm": [shown(row, "a", row % 2, 1.0) for row in range(100)],
    "no click": [shown(row, "ab"[row % 2]) for row in range(100)],
    "a chance of nothing": [shown(row, "ab"[row % 2], int(row % 3 == 0), 0) for row in range(100)],
    "a chance above one": [shown(row, "ab"[row % 2], row % 2, 1.5) for row in range(100)],
    "more arms than rows speak for": [shown(row, f"a{row}", row % 2, 0.01) for row in range(100)],
}
POINTS = {
    "one lot": [("a", files.day(0), "earn", 5, "")],
    "nothing spent": [(f"m{who}", files.day(who), "earn", 10, "") for who in range(60)],
    "all spent": [
        row
        for who in range(60)
        for row in (
            (f"m{who}", files.day(who), "earn", 10, ""),
            (f"m{who}", files.day(who + 5), "spend", 10, ""),
        )
    ],
    "all expired": [
        (f"m{who}", files.day(who), "earn", 10, files.day(who + 1)) for who in range(60)
    ],
}
CASES = [
    *((command, name, ORDER, rows, files.ORDERS_MAP) for name, rows in ORDERS.items()
      for command in ORDER_COMMANDS),
    *((command, name, TRIAL, rows, files.TRIAL_MAP) for name, rows in TRIALS.items()
      for command in ("experiment", "uplift")),
    *(("bandit", name, LOG, rows, files.LOG_MAP) for name, rows in LOGS.items()),
    *(("liability", name, POINT, rows, files.POINTS_MAP) for name, rows in POINTS.items()),
]  # fmt: skip
OPTIONS = {
    "lifetime": facade.LifetimeOptions(),
    "churn": facade.ChurnOptions(),
    "segments": facade.SegmentOptions(),
    "recommend": facade.RecommendOptions(k=3),
    "experiment": facade.ExperimentOptions(),
    "uplift": facade.UpliftOptions(),
    "bandit": facade.BanditOptions(),
    "liability": facade.LiabilityOptions(draws=50),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("command", "header", "rows", "text"),
    [(command, header, rows, text) for command, _, header, rows, text in CASES],
    ids=[f"{command}: {name}" for command, name, *_ in CASES],
)
def test_a_degenerate_file_is_refused_in_words_or_answered(tmp_path, command, header, rows, text):
    path = files.write(tmp_path / "file.csv", header, rows)
    learn = getattr(facade, command)
    try:
        found = learn(path, parse_mapping(text), OPTIONS[command], silent)
    except (InsightRefused, ScienceRefused) as refused:
        assert str(refused)
        assert refused.next_step.endswith(".")
        return
    assert isinstance(found, Insight)
    text = page(found, silent)
    assert ">nan<" not in text
    assert ">inf<" not in text
