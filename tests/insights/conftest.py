"""Every command's answer on its small file, learnt once for all tests that look at it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.insights import facade
from regulars.insights.contracts import Insight
from tests.insights import files


def silent(step: str, done: int, all_: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file and a mapping of each kind."""
    folder = tmp_path_factory.mktemp("science")
    files.orders(folder / "orders.csv", customers=150)
    files.trial(folder / "trial.csv", units=1_500)
    files.log(folder / "log.csv", decisions=1_500)
    files.log(folder / "other.csv", decisions=1_500, fond=True, seed=9)
    files.points(folder / "points.csv", members=120)
    for name, text in (
        ("orders", files.ORDERS_MAP),
        ("trial", files.TRIAL_MAP),
        ("log", files.LOG_MAP),
        ("points", files.POINTS_MAP),
    ):
        files.mapping(folder / f"{name}.yaml", text)
    return folder


@pytest.fixture(scope="session")
def insight(small_files: Path) -> Callable[[str], Insight]:
    """The answer of a command by its name."""
    known: dict[str, Insight] = {}
    bandit = facade.BanditOptions(target=small_files / "other.csv")
    commands = {
        "lifetime": ("orders", facade.lifetime, facade.LifetimeOptions()),
        "churn": ("orders", facade.churn, facade.ChurnOptions()),
        "segments": ("orders", facade.segments, facade.SegmentOptions()),
        "recommend": ("orders", facade.recommend, facade.RecommendOptions(k=5)),
        "experiment": (
            "trial", facade.experiment, facade.ExperimentOptions("spend", 0.4, 0.1),
        ),
        "uplift": ("trial", facade.uplift, facade.UpliftOptions()),
        "bandit": ("log", facade.bandit, bandit),
        "liability": ("points", facade.liability, facade.LiabilityOptions(draws=50)),
    }  # fmt: skip

    def answer(command: str) -> Insight:
        if command not in known:
            kind, learn, options = commands[command]
            mapping = facade.load_mapping(small_files / f"{kind}.yaml")
            known[command] = learn(small_files / f"{kind}.csv", mapping, options, silent)
        return known[command]

    return answer
