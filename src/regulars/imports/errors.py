"""What can be wrong with an import before any event is sent. Each error carries its data, a stable
`code` and says what would be right; a single bad line is never an error (it is reported)."""

from regulars.platform.counting import counted
from regulars.platform.strict_documents import Misfit


class ImportRefused(Exception):
    """Nothing was imported, and nothing was changed."""

    code = "import_refused"


class MappingInvalid(ImportRefused):
    """The mapping file cannot be used. Carries every problem found, not just the first."""

    code = "mapping_invalid"

    def __init__(self, name: str, problems: tuple[Misfit, ...]) -> None:
        super().__init__("\n".join([f"{name} is no usable mapping:", *map(str, problems)]))
        self.name = name
        self.problems = problems


class ExportUnreadable(ImportRefused):
    """The export as a whole cannot be read: no header, another encoding, a broken archive."""

    code = "export_unreadable"

    def __init__(self, name: str, reason: str, next_step: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.next_step = next_step


class CurrencyMismatch(ImportRefused):
    """The export's money is not the program's, and an import never guesses a rate."""

    code = "currency_mismatch"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(
            f"the mapping says that amounts are in {found}, the program counts in {expected}. "
            f"Import into a program in {found}, or export the orders in {expected}."
        )
        self.found = found
        self.expected = expected


class EventsFailed(ImportRefused):
    """One event after the other met an error of the product's own, which no retry mends."""

    code = "events_failed"

    def __init__(self, recorded: int, event_id: str) -> None:
        super().__init__(
            f"recorded so far: {counted(recorded, 'event')}; others, the first {event_id}, meet an "
            "error in the program, not in your file: report it with the log lines `event_failed`. "
            "Once it is mended start the same import again; what is recorded stays."
        )
        self.recorded = recorded
        self.event_id = event_id


class IntakeUnavailable(ImportRefused):
    """The database did not answer although it was asked again. What was recorded stays; starting
    the same import again continues where this one stopped."""

    code = "intake_unavailable"

    def __init__(self, recorded: int, waiting: int) -> None:
        super().__init__(
            f"recorded: {counted(recorded, 'event')}, not recorded: {waiting:,}; the database does "
            "not answer. "
            "Start the same import again; what is recorded stays and counts as unchanged."
        )
        self.recorded = recorded
        self.waiting = waiting
