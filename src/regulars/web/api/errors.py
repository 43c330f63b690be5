"""The one table from the rooms' errors to problems. Nothing else in the product knows HTTP.

A room's error carries a stable code and a next step; most codes are codes of the API as well. What
is not in the table is an error of ours, and is answered with 500.
"""

from collections.abc import Callable

import psycopg
from psycopg import errors as database_errors
from psycopg_pool import PoolTimeout

from regulars.core.document import DocumentInvalid, Finding
from regulars.core.errors import HoldNotOpen
from regulars.intake.errors import NoProgramVersion
from regulars.intake.errors import UnknownMember as UnknownMemberOfEvent
from regulars.intake.facade import RequestConflict, RequestInProgress
from regulars.ledger.errors import EntryNotFound, InvalidCursor
from regulars.members.errors import (
    IdentifierTaken,
    InvalidMemberField,
    MemberErased,
    UnknownMember,
)
from regulars.platform.database import TRANSIENT_ERRORS, DatabaseNotReady
from regulars.programs.errors import (
    EffectiveBeforePublication,
    IncompatibleDocument,
    InvalidKeyRequest,
    UnknownKey,
    UnknownProgram,
    UnknownVersion,
    WrongProgram,
)
from regulars.rewards.errors import BelowUsed, InvalidCode, UnknownCounter
from regulars.web.api.problems import ApiProblem

RETRY_SECONDS = 1


def problem_of(error: BaseException) -> ApiProblem | None:
    """The problem that an error is answered with, None for one that nobody expected."""
    if isinstance(error, ApiProblem):
        return error
    for kind in type(error).__mro__:
        make = _PROBLEMS.get(kind)
        if make is not None:
            return make(error)
    return None


def _same_code(error: BaseException) -> ApiProblem:
    code: str = getattr(error, "code", "internal_error")
    return ApiProblem(code, str(error), next_step=getattr(error, "next_step", ""))


def _taken(error: BaseException) -> ApiProblem:
    assert isinstance(error, IdentifierTaken)
    problem = _same_code(error)
    problem.pointer = f"/{'cards' if error.kind == 'card' else error.kind}"
    return problem


def _member_field(error: BaseException) -> ApiProblem:
    assert isinstance(error, InvalidMemberField)
    problem = _same_code(error)
    problem.pointer, problem.expected = f"/{error.field}", error.expected
    return problem


def _absent(what: str) -> Callable[[BaseException], ApiProblem]:
    def make(error: BaseException) -> ApiProblem:
        return not_found(what)

    return make


def _no_such_member(error: BaseException) -> ApiProblem:
    return ApiProblem("unknown_member", str(error), pointer="/member")


def _no_version(error: BaseException) -> ApiProblem:
    return ApiProblem("no_program_version", str(error))


def _cursor(error: BaseException) -> ApiProblem:
    assert isinstance(error, InvalidCursor)
    return ApiProblem(
        "invalid_cursor", pointer="?after", found=error.found, expected="a cursor of this feed"
    )


def _hold(error: BaseException) -> ApiProblem:
    assert isinstance(error, HoldNotOpen)
    return ApiProblem(
        "hold_not_open", pointer="/order/redemptions", next_step=HoldNotOpen.next_step
    )


def _invalid_document(error: BaseException) -> ApiProblem:
    assert isinstance(error, DocumentInvalid | IncompatibleDocument)
    code = "invalid_program" if isinstance(error, DocumentInvalid) else error.code
    return ApiProblem(
        code,
        f"the document has {len(error.findings)} findings",
        pointer="/document",
        findings=[finding_words(finding) for finding in error.findings],
    )


def _key_request(error: BaseException) -> ApiProblem:
    assert isinstance(error, InvalidKeyRequest)
    problem = _same_code(error)
    problem.pointer, problem.expected = f"/{error.field}", error.expected
    return problem


def finding_words(finding: Finding) -> dict[str, str]:
    """A finding about a document as JSON texts."""
    words = {
        "severity": finding.severity,
        "code": finding.code,
        "pointer": finding.path,
        "line": str(finding.line),
        "column": str(finding.column),
        "found": finding.found,
        "expected": finding.expected,
    }
    if finding.suggestion is not None:
        words["suggestion"] = finding.suggestion
    return words


def _in_progress(error: BaseException) -> ApiProblem:
    problem = _same_code(error)
    problem.headers["Retry-After"] = str(RETRY_SECONDS)
    return problem


def _unavailable(error: BaseException) -> ApiProblem:
    # The driver's words may hold the address or a statement: they are for the log.
    return unavailable("the database cannot be reached at this moment")


def unavailable(detail: str) -> ApiProblem:
    """The problem of a moment; the same request can be sent again."""
    return ApiProblem(
        "unavailable",
        detail,
        next_step="Send the same request again in a moment.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def not_found(what: str) -> ApiProblem:
    """There is no such thing, or it is another program's: the answer is the same."""
    return ApiProblem("not_found", f"the program has no such {what}")


_PROBLEMS: dict[type[BaseException], Callable[[BaseException], ApiProblem]] = {
    IdentifierTaken: _taken,
    InvalidMemberField: _member_field,
    MemberErased: _same_code,
    UnknownMember: _absent("member"),
    UnknownMemberOfEvent: _no_such_member,
    NoProgramVersion: _no_version,
    HoldNotOpen: _hold,
    EntryNotFound: _absent("entry"),
    InvalidCursor: _cursor,
    DocumentInvalid: _invalid_document,
    IncompatibleDocument: _invalid_document,
    WrongProgram: _same_code,
    EffectiveBeforePublication: _same_code,
    InvalidKeyRequest: _key_request,
    UnknownKey: _absent("key"),
    UnknownProgram: _absent("program"),
    UnknownVersion: _absent("version"),
    BelowUsed: _same_code,
    UnknownCounter: _same_code,
    InvalidCode: _same_code,
    RequestConflict: _same_code,
    RequestInProgress: _in_progress,
    DatabaseNotReady: _unavailable,
    PoolTimeout: _unavailable,
    psycopg.OperationalError: _unavailable,
    psycopg.InterfaceError: _unavailable,
    database_errors.QueryCanceled: _unavailable,
    **dict.fromkeys(TRANSIENT_ERRORS, _unavailable),
}
