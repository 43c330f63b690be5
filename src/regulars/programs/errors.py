"""Why programs refuses something: one class per refusal, a stable code and the next step."""

from collections.abc import Iterable, Sequence

from regulars.core.document import DocumentInvalid, Finding
from regulars.platform.clock import Instant, to_rfc3339

__all__ = [
    "DocumentInvalid",
    "EffectiveBeforePublication",
    "IncompatibleDocument",
    "InvalidApiKey",
    "InvalidKeyRequest",
    "InvalidSlug",
    "ProgramsError",
    "SlugTaken",
    "UnknownKey",
    "UnknownProgram",
    "UnknownVersion",
    "WrongProgram",
]


class ProgramsError(Exception):
    """A refusal of this room. `code` is stable; `next_step` is written for a person."""

    code = "programs_error"
    next_step = ""


class UnknownProgram(ProgramsError):
    """There is no such program."""

    code = "unknown_program"
    next_step = "Check the program's slug, or create it first."

    def __init__(self, program: int | str) -> None:
        super().__init__(f"there is no program {program}")
        self.program = program


class UnknownVersion(ProgramsError):
    """The program has no such version."""

    code = "unknown_version"
    next_step = "List the versions of the program and name one of them."

    def __init__(self, version: int) -> None:
        super().__init__(f"the program has no version {version}")
        self.version = version


class SlugTaken(ProgramsError):
    """Another program has this slug."""

    code = "slug_taken"
    next_step = "Choose another slug."

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is a program {slug} already")
        self.slug = slug


class InvalidSlug(ProgramsError):
    """No document could name a program so."""

    code = "invalid_slug"
    next_step = "Write small letters, digits and hyphens, a letter first, 40 characters at most."

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug[:60]!r} is no slug of a program")
        self.slug = slug


class WrongProgram(ProgramsError):
    """The document is that of another program."""

    code = "wrong_program"
    next_step = "Publish it to the program it names, or correct its `program` field."

    def __init__(self, slug: str, document_slug: str) -> None:
        super().__init__(f"the document is of program {document_slug}, not of {slug}")
        self.slug = slug
        self.document_slug = document_slug


class EffectiveBeforePublication(ProgramsError):
    """A version other than the first would change what has been decided already."""

    code = "effective_before_publication"
    next_step = "Leave effective_from out, or name an instant to come."

    def __init__(self, effective_from: Instant, now: Instant) -> None:
        super().__init__(
            f"effective from {to_rfc3339(effective_from)}, which lies before the publication "
            f"at {to_rfc3339(now)}"
        )
        self.effective_from = effective_from
        self.now = now


class IncompatibleDocument(ProgramsError):
    """The document would break what members have. `findings` says what, each with its place."""

    code = "incompatible_document"
    next_step = "Keep what the findings name, or start another program."

    def __init__(self, findings: Sequence[Finding]) -> None:
        lines = "\n".join(f"  {finding}" for finding in findings)
        super().__init__(f"the document does not follow on the version before:\n{lines}")
        self.findings = tuple(findings)


class InvalidApiKey(ProgramsError):
    """The key does not exist, is revoked, or its secret is wrong; which of them is not said."""

    code = "invalid_api_key"
    next_step = "Send a valid key as `Authorization: Bearer rk_...`."

    def __init__(self) -> None:
        super().__init__("the API key is not valid")


class UnknownKey(ProgramsError):
    """The program has no such key."""

    code = "unknown_key"
    next_step = "List the keys of the program."

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the program has no key {key_id[:20]}")
        self.key_id = key_id


class InvalidKeyRequest(ProgramsError):
    """A key cannot be made so. `field` and `expected` say what would be right."""

    code = "invalid_key_request"
    next_step = "Correct the field and ask again."

    def __init__(self, field: str, expected: str | Iterable[str]) -> None:
        right = expected if isinstance(expected, str) else "some of " + ", ".join(expected)
        super().__init__(f"{field} should be {right}")
        self.field = field
        self.expected = right
