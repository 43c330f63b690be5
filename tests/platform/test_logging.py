"""Logs keep ids and drop what a field name says is personal."""

import json
import logging

import pytest
import structlog

from regulars.platform.logging import (
    configure_logging,
    drop_personal_fields,
    get_logger,
    is_personal_field,
)
from regulars.platform.settings import Settings


def test_personal_fields_are_dropped_at_any_depth_and_the_drop_is_shown() -> None:
    event = {
        "event": "enrolled",
        "member_id": 7,
        "email": "a@example.org",
        "detail": {"home_phone": "1", "shard": 3, "list": [{"Card": "4"}, 5]},
    }
    assert drop_personal_fields(None, "info", event) == {
        "event": "enrolled",
        "member_id": 7,
        "detail": {"shard": 3, "list": [{}, 5]},
        "fields_dropped": ["Card", "email", "home_phone"],
    }


@pytest.mark.parametrize("name", ["member_id", "event", "renamed", "logger", "room", "status"])
def test_ordinary_fields_stay(name: str) -> None:
    assert not is_personal_field(name)


def test_lines_are_json_and_the_standard_library_joins_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        configure_logging(Settings(log_format="json", log_level="info"))
        get_logger("ledger").info("posted", entries=3, phone="1")
        get_logger("ledger").debug("not shown")
        logging.getLogger("uvicorn").warning("lost %s", "connection")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["posted", "lost connection"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "posted",
        "entries": 3,
        "fields_dropped": ["phone"],
        "level": "info",
        "room": "ledger",
        "timestamp": "",
    }
    assert lines[1]["logger"] == "uvicorn"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_has_no_local_variables(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    def fail(body: str) -> None:
        raise ZeroDivisionError(len(body))

    try:
        configure_logging(Settings(log_format=log_format))
        try:
            fail("ada@" + "example.org")
        except ZeroDivisionError as error:
            get_logger("intake").error("event_failed", exc_info=error)
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    said = capsys.readouterr().err
    assert "ZeroDivisionError: 15" in said
    assert "ada@example" not in said
