"""PostgreSQL's cache is as large as fits where it runs."""

from pathlib import Path

import pytest

from regulars.platform.postgres_configuration import fitting_shared_buffers_mb

_GIGABYTE = 1024**3


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of 24 GB."""
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 24 * _GIGABYTE // 4096}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max\n", 3072),
        (f"{2**63 - 4096}\n", 3072),
        (f"{8 * _GIGABYTE}\n", 1024),
        (f"{_GIGABYTE // 2}\n", 128),
    ],
)
def test_an_eighth_of_the_machine_or_of_its_container(tmp_path: Path, limit: str, expected: int):
    file = tmp_path / "memory.max"
    file.write_text(limit)
    assert fitting_shared_buffers_mb([tmp_path / "none", file]) == expected


def test_no_more_than_four_gigabytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.sysconf", lambda name: 2**21)
    assert fitting_shared_buffers_mb([]) == 4096
