"""Structured logs that hold ids, codes and numbers, and nothing personal.

`configure_logging` is called once per process; everyone else takes a logger from `get_logger` and
logs an event name with fields. A field whose name says that it is personal is dropped, at any
depth, and the drop itself is shown, so that a mistake is seen without being spread. Values cannot
be judged by a machine: whoever logs free text breaks the rule unseen. Lines go to standard error.
"""

import json
import logging
import sys
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from io import TextIOBase
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, Processor, WrappedLogger

from regulars.platform.settings import Settings

PERSONAL_FIELDS = frozenset(
    {
        "address",
        "authorization",
        "birth_date",
        "birthday",
        "body",
        "card",
        "city",
        "cookie",
        "date_of_birth",
        "email",
        "first_name",
        "full_name",
        "ip",
        "ip_address",
        "last_name",
        "name",
        "password",
        "payload",
        "phone",
        "postcode",
        "secret",
        "street",
        "surname",
        "token",
        "zip",
    }
)
"""Field names that never reach a log or a metric; also as the last words, as in `member_email`."""

_LOUD_LIBRARIES = ("httpx", "httpcore", "asyncio")


def configure_logging(settings: Settings) -> None:
    """Set up structlog and send the standard library's loggers through the same processors."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_fields,
    ]
    # Local variables in a traceback may be personal; the plain traceback has none.
    plain = structlog.dev.plain_traceback
    renderer: list[Processor] = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    if as_json:
        renderer = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_encode),
        ]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_STANDARD_ERROR),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(_STANDARD_ERROR)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for library in _LOUD_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


class _StandardError(TextIOBase):
    """Standard error as it is at the moment of writing: a logger outlives a redirection of it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_STANDARD_ERROR = cast(TextIO, _StandardError())


def _encode(line: Any, default: Callable[[Any], Any]) -> str:
    """JSON as structlog asks for it; `default` says what stands for a value that JSON lacks."""
    try:
        return msgspec.json.encode(line, enc_hook=default).decode()
    except ValueError:  # a lone surrogate or the like: the standard library escapes it
        return json.dumps(line, default=default)


def get_logger(room: str) -> FilteringBoundLogger:
    """A logger whose lines name the room. Log an event name with fields, not a sentence."""
    return cast(FilteringBoundLogger, structlog.get_logger(room=room))


# Asked for every field of every line, of which there are few different ones.
@lru_cache(maxsize=1024)
def is_personal_field(name: str) -> bool:
    """Whether a field of this name is kept out of logs and metrics.

    >>> is_personal_field("member_email"), is_personal_field("Phone"), is_personal_field("shard")
    (True, True, False)
    """
    lowered = name.lower()
    return lowered in PERSONAL_FIELDS or any(
        lowered.endswith("_" + personal) for personal in PERSONAL_FIELDS
    )


def drop_personal_fields(
    logger: WrappedLogger, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The structlog processor that drops personal fields and lists what it dropped."""
    dropped: list[str] = []
    clean = _without_personal(event, dropped)
    if dropped:
        clean["fields_dropped"] = sorted(set(dropped))
    return clean


def _without_personal(fields: MutableMapping[str, Any], dropped: list[str]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for name, value in fields.items():
        if is_personal_field(str(name)):
            dropped.append(str(name))
        else:
            clean[name] = _clean_value(value, dropped)
    return clean


def _clean_value(value: Any, dropped: list[str]) -> Any:
    if isinstance(value, dict):
        return _without_personal(value, dropped)
    if isinstance(value, list | tuple):
        return [_clean_value(item, dropped) for item in value]
    return value
