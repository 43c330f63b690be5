"""Reads a query string: strict UTF-8, no NUL; a problem rather than a guess."""

from urllib.parse import parse_qsl

from regulars.web.api.problems import ApiProblem

PARAMETERS_MAX = 20


def query_pairs(raw: bytes) -> list[tuple[str, str]]:
    """The parameters in their order. Raises ApiProblem (malformed_request)."""
    try:
        return parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            encoding="utf-8",
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except (UnicodeError, ValueError):
        raise ApiProblem("malformed_request", "the query string cannot be read") from None
