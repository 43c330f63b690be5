"""What the intake cannot answer a read-only question with. Events get an Outcome instead."""


class UnknownMember(LookupError):
    """No member of this program has this id or identifier."""

    def __init__(self) -> None:
        super().__init__("no such member in this program")


class NoProgramVersion(LookupError):
    """No version of the program is in force at the instant asked for."""

    def __init__(self, at: int) -> None:
        super().__init__("no version of the program is in force at that time")
        self.at = at
