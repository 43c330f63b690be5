"""Settings come from REGULARS_ variables, and a bad one is explained."""

import dataclasses
import re
from pathlib import Path

import pytest

from regulars.platform.settings import InvalidSetting, Settings, read_settings, setting_variables


def test_defaults_without_any_variable() -> None:
    settings = read_settings({})
    assert settings.home == Path(".regulars").absolute()
    assert settings.database_url is None
    assert settings.port == 8321
    assert settings.master_key_path == settings.home / "keys" / "master.json"


def test_variables_are_read(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "REGULARS_HOME": str(tmp_path),
            "REGULARS_PORT": "9000",
            "REGULARS_LOG_LEVEL": "DEBUG",
            "REGULARS_DATABASE_URL": "postgresql://u:hidden@h/d",
            "REGULARS_MASTER_KEY_FILE": str(tmp_path / "k"),
            "REGULARS_WORKERS": "",
            "REGULARS_TEST_DATABASE_URL": "ignored",
            "OTHER": "ignored",
        }
    )
    assert (settings.home, settings.port, settings.log_level) == (tmp_path, 9000, "debug")
    assert settings.master_key_path == tmp_path / "k"
    assert settings.workers == 1
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "found", "expected"),
    [
        ("REGULARS_PORT", "http", "a whole number from 1 to 65535"),
        ("REGULARS_PORT", "0", "a whole number from 1 to 65535"),
        ("REGULARS_PORT", "-1", "a whole number from 1 to 65535"),
        ("REGULARS_WORKERS", "1.5", "a whole number from 1 to 64"),
        ("REGULARS_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("REGULARS_POSTGRES_BIN", "/nowhere", "a folder that holds initdb"),
        ("REGULARS_PROT", "1", "unset: it is unknown"),
        ("REGULARS_port", "1", "unset: it is unknown"),
    ],
)
def test_a_bad_value_names_variable_value_and_remedy(
    variable: str, found: str, expected: str
) -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings({variable: found})
    message = str(caught.value)
    assert variable in message
    assert repr(found) in message
    assert expected in message


def test_a_bad_database_url_is_not_repeated() -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings({"REGULARS_DATABASE_URL": "mysql://u:secret@h/d"})
    assert "secret" not in str(caught.value)


def test_each_field_has_a_reader() -> None:
    for variable in setting_variables():
        try:
            read_settings({variable: "1"})
        except InvalidSetting as refused:
            assert "unknown" not in refused.expected


def test_every_setting_is_documented_with_its_default() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    rows = dict(re.findall(r"^\| `(REGULARS_\w+)` \| (\S+) \|", page.read_text(), re.MULTILINE))
    assert list(rows) == setting_variables()
    for field in dataclasses.fields(Settings):
        value = getattr(Settings(), field.name)
        shown = ".regulars" if field.name == "home" else value
        expected = "unset" if value is None else f"`{shown}`"
        assert rows[f"REGULARS_{field.name.upper()}"] == expected
