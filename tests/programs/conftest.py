"""Programs over a database of this test alone, a clock that stands still, and a document."""

from pathlib import Path

import pytest

from regulars.platform.clock import FixedClock
from regulars.platform.database import Pool
from regulars.programs.facade import Programs

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000
EXAMPLES = Path(__file__).parents[2] / "examples" / "programs"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def programs(pool: Pool, clock: FixedClock) -> Programs:
    return Programs(pool, clock)


@pytest.fixture
def meadow() -> str:
    return (EXAMPLES / "meadow_club.yaml").read_text(encoding="utf-8")
