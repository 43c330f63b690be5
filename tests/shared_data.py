"""Real data beside the project: tests that need a file skip with the reason where it is absent."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(
    os.environ.get("REGULARS_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")
)


def shared_file(name: str) -> Path:
    """The file of that name; the test that asks for a missing one is skipped."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not there; REGULARS_SHARED_DATA says where")
    return path
