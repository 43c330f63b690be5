"""Zone tables: equal to what the zone data says, at every change and far ahead."""

from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from regulars.programs.zones import UnknownZone, zone_data_version, zone_names, zone_table

SECOND = 1_000_000


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("zone", "at", "offset_hours"),
    [
        ("Europe/Berlin", "2027-03-28T00:59:59", 1),
        ("Europe/Berlin", "2027-03-28T01:00:00", 2),
        ("Europe/Berlin", "2027-10-31T00:59:59", 2),
        ("Europe/Berlin", "2027-10-31T01:00:00", 1),
        ("Europe/Berlin", "2090-07-01T00:00:00", 2),
        ("America/New_York", "2027-03-14T07:00:00", -4),
        ("Asia/Tokyo", "2027-07-01T00:00:00", 9),
        ("Australia/Lord_Howe", "2027-01-01T00:00:00", 11),
        ("Australia/Lord_Howe", "2027-07-01T00:00:00", 10.5),
        ("Asia/Kathmandu", "2027-01-01T00:00:00", 5.75),
        ("Pacific/Apia", "2011-12-30T09:59:59", -10),
        ("Pacific/Apia", "2011-12-30T10:00:00", 14),
        ("UTC", "2027-01-01T00:00:00", 0),
    ],
)
def test_offset_at_an_instant(zone: str, at: str, offset_hours: float) -> None:
    then = instant(at)
    assert (zone_table(zone).local(then) - then) / (3600 * SECOND) == offset_hours


def test_table_agrees_with_zone_data_around_every_change() -> None:
    for name in ("Europe/Berlin", "Africa/Casablanca", "America/Santiago", "Asia/Gaza"):
        table = zone_table(name)
        # The package's data, not the machine's, whose version may be another.
        with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
            zone = ZoneInfo.from_file(file)
        assert list(table.transitions) == sorted(set(table.transitions))
        for change in table.transitions:
            for second in (change // SECOND - 1, change // SECOND):
                offset = datetime.fromtimestamp(second, zone).utcoffset()
                assert offset is not None
                at = second * SECOND
                assert table.local(at) - at == int(offset.total_seconds()) * SECOND


def test_version_of_the_data_is_recorded() -> None:
    assert zone_table("Europe/Berlin").version == zone_data_version()
    assert "Europe/Berlin" in zone_names()


@pytest.mark.parametrize("name", ["Europe/Berln", "", "../etc/passwd", "europe/berlin"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_table(name)
