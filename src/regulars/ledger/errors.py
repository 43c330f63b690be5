"""What the ledger refuses."""


class InvalidCursor(ValueError):
    """A cursor that this feed never gave out."""

    def __init__(self, found: str) -> None:
        super().__init__(f"{found[:64]!r} is no cursor of this feed: pass one as it was given")
        self.found = found


class EntryNotFound(LookupError):
    """No such entry in the journal."""

    def __init__(self, member_id: int, seq: int) -> None:
        super().__init__(f"member {member_id} has no entry {seq}")
        self.member_id = member_id
        self.seq = seq
