"""The house rule refuses what it should; import-linter itself is run by `make lint`."""

import pytest

from tests.architecture.rooms_contract import refusal

FLOORS = {"app": 7, "web": 6, "finance": 5, "insights": 5, "ledger": 2, "core": 1, "platform": 0}
OPEN = frozenset({"core", "platform"})
ENTRANCES = frozenset({"app", "web"})


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("web.api.events", "ledger.facade"),
        ("web.api.events", "ledger.errors"),
        ("ledger.record", "finance.contracts"),
        ("finance.facade", "insights.errors"),
        ("ledger.record", "ledger.load"),
        ("ledger.record", "core.points"),
        ("core.points", "platform.clock"),
        ("app", "web.api.mount"),
    ],
)
def test_allowed(importer: str, imported: str) -> None:
    assert refusal(f"regulars.{importer}", f"regulars.{imported}", FLOORS, OPEN, ENTRANCES) is None


@pytest.mark.parametrize(
    ("importer", "imported", "reason"),
    [
        ("web.api.events", "ledger.record", "through its facade"),
        ("web.api.events", "ledger", "through its facade"),
        ("ledger.record", "finance.facade", "not below"),
        ("web.api", "app", "not below"),
        ("finance.facade", "insights.facade", "not below"),
        ("core.points", "ledger.contracts", "imports no room above"),
        ("platform.clock", "core.points", "not below"),
    ],
)
def test_refused(importer: str, imported: str, reason: str) -> None:
    found = refusal(f"regulars.{importer}", f"regulars.{imported}", FLOORS, OPEN, ENTRANCES)
    assert found is not None
    assert reason in found
