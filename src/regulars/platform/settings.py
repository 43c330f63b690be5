"""What an operator can set: one frozen `Settings`, read once from `REGULARS_*` at the start.

Every variable has a row in `_READERS`, which says how it is read and what would be right; an
unknown `REGULARS_*` variable is refused, since it is most likely a misspelt one. Nothing else in
the product reads the environment. Secrets are not settings: they are files (see `keys.py`).
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

_PREFIX = "REGULARS_"
_TEST_PREFIX = "REGULARS_TEST_"
_LOG_LEVELS = ("debug", "info", "warning", "error")
_LOG_FORMATS = ("auto", "json", "console")


class InvalidSetting(ValueError):
    """A setting that cannot be used. Says which variable, what was found, what would be right."""

    def __init__(self, variable: str, found: str, expected: str) -> None:
        super().__init__(f"{variable} is {found!r}, but it should be {expected}")
        self.variable = variable
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set, with its default. Field `x_y` is variable REGULARS_X_Y."""

    home: Path = field(default_factory=lambda: Path(".regulars").absolute())
    """Folder of the embedded database, the keys and the logs."""
    database_url: str | None = field(default=None, repr=False)
    """An own PostgreSQL, 15 or later. Unset: the embedded one under `home`."""
    database_connections: int = 8
    """Most connections that one worker process opens."""
    database_statement_seconds: int = 30
    """A statement that runs longer is cancelled."""
    postgres_bin: Path | None = None
    """Folder of other PostgreSQL programs for the embedded database (initdb, postgres, pg_ctl)."""
    postgres_user: str | None = None
    """System user that runs the embedded database when started by root; see `embedded.py`."""
    postgres_tcp_port: int | None = None
    """Have the embedded database listen on 127.0.0.1 as well. Unset: local socket only."""
    host: str = "127.0.0.1"
    """Address the web server listens on."""
    port: int = 8321
    """Port the web server listens on."""
    workers: int = 1
    """Web server processes."""
    log_level: str = "info"
    """debug, info, warning or error."""
    log_format: str = "auto"
    """json, console, or auto: console on a terminal, else json."""
    master_key_file: Path | None = None
    """The file of master keys. Unset: `keys/master.json` under `home`."""
    rate_limit_per_minute: int = 6000
    """Requests a minute that one API key may make of one worker."""
    request_body_bytes_max: int = 8_388_608
    """A longer request body is refused."""

    @property
    def master_key_path(self) -> Path:
        """Where the master keys lie: as set, else below `home`."""
        return self.master_key_file or self.home / "keys" / "master.json"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the process environment, or from a mapping given instead.

    An empty value counts as unset. Raises InvalidSetting for the first bad or unknown variable.
    """
    found = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for variable in sorted(found):
        if not variable.startswith(_PREFIX) or variable.startswith(_TEST_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name not in _READERS or variable != _PREFIX + name.upper():
            known = ", ".join(setting_variables())
            raise InvalidSetting(variable, found[variable], f"unset: it is unknown. Known: {known}")
        if found[variable]:
            values[name] = _READERS[name](variable, found[variable])
    return Settings(**values)


def setting_variables() -> list[str]:
    """The names of all variables that `read_settings` knows, in the order of the fields."""
    return [_PREFIX + item.name.upper() for item in fields(Settings)]


_Reader = Callable[[str, str], Any]


def _whole_number(minimum: int, maximum: int) -> _Reader:
    def read(variable: str, text: str) -> int:
        if text.isascii() and text.isdigit() and minimum <= int(text) <= maximum:
            return int(text)
        raise InvalidSetting(variable, text, f"a whole number from {minimum} to {maximum}")

    return read


def _one_of(*choices: str) -> _Reader:
    def read(variable: str, text: str) -> str:
        if text.lower() in choices:
            return text.lower()
        raise InvalidSetting(variable, text, "one of " + ", ".join(choices))

    return read


def _path(variable: str, text: str) -> Path:
    return Path(text).expanduser().absolute()


def _program_folder(variable: str, text: str) -> Path:
    folder = _path(variable, text)
    if not (folder / "postgres").is_file():
        raise InvalidSetting(variable, text, "a folder that holds initdb, pg_ctl and postgres")
    return folder


def _postgres_url(variable: str, text: str) -> str:
    if text.startswith(("postgresql://", "postgres://")):
        return text
    # The value may hold a password, so what was found is not repeated.
    raise InvalidSetting(variable, "not a URL", "like postgresql://user@host:5432/database")


def _text(variable: str, text: str) -> str:
    return text


_READERS: dict[str, _Reader] = {
    "home": _path,
    "database_url": _postgres_url,
    "database_connections": _whole_number(1, 500),
    "database_statement_seconds": _whole_number(1, 3600),
    "postgres_bin": _program_folder,
    "postgres_user": _text,
    "postgres_tcp_port": _whole_number(1, 65535),
    "host": _text,
    "port": _whole_number(1, 65535),
    "workers": _whole_number(1, 64),
    "log_level": _one_of(*_LOG_LEVELS),
    "log_format": _one_of(*_LOG_FORMATS),
    "master_key_file": _path,
    "rate_limit_per_minute": _whole_number(1, 10_000_000),
    "request_body_bytes_max": _whole_number(1024, 1_073_741_824),
}
