"""Why a demo program cannot be filled, with a stable code and the next step."""


class DemoRefused(Exception):
    """The first load cannot go on; what is recorded stays."""

    code = "demo_refused"


class NoDemoProgram(DemoRefused):
    """The program exists, but its first version does not reach back over the simulated time."""

    code = "no_demo_program"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"program {slug} exists and was not made for the demo: its first version begins too "
            "late for a simulated year. Use an installation without it, or another slug."
        )
        self.slug = slug


class DemoInterrupted(DemoRefused):
    """The database did not answer. Starting again continues where this stopped."""

    code = "demo_interrupted"

    def __init__(self, done: int, all_: int) -> None:
        super().__init__(
            f"{done} of {all_} happenings are recorded; then the database did not answer. "
            "Start again: what is recorded stays."
        )
        self.done = done
        self.all = all_


class DemoFailed(DemoRefused):
    """An event of the demo met an error of the product's own, which no retry mends."""

    code = "demo_failed"

    def __init__(self, event_id: str) -> None:
        super().__init__(
            f"event {event_id} met an error in the program: report it with the log lines "
            "`event_failed` above. Once it is mended start again: what is recorded stays."
        )
        self.event_id = event_id
