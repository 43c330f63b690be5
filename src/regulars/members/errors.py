"""Why members refuses something: one class per refusal, with a stable code and the next step.

No message and no attribute repeats a personal value or tells whose an identifier is.
"""


class MembersError(Exception):
    """A refusal of this room. `code` is stable; `next_step` is written for a person."""

    code = "members_error"
    next_step = ""


class IdentifierTaken(MembersError):
    """Another member of the program holds an identifier of this kind with this value."""

    code = "identifier_taken"
    next_step = "Look the member up by this identifier, or leave it out."

    def __init__(self, kind: str) -> None:
        super().__init__(f"this {kind} belongs to another member")
        self.kind = kind


class InvalidMemberField(MembersError):
    """A value that cannot be what its field says. `expected` describes what would be right."""

    code = "invalid_member_field"
    next_step = "Correct the field and send it again."

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field} should be {expected}")
        self.field = field
        self.expected = expected


class UnknownMember(MembersError):
    """The program has no such member."""

    code = "unknown_member"
    next_step = "Check the member id and the program that your key belongs to."

    def __init__(self, member_id: int) -> None:
        super().__init__("the program has no such member")
        self.member_id = member_id


class MemberErased(MembersError):
    """The member's personal data was erased, for good; the books go on under the bare id."""

    code = "member_erased"
    next_step = "Enrol the person anew, if they wish so."

    def __init__(self, member_id: int) -> None:
        super().__init__("the member's personal data was erased")
        self.member_id = member_id


class SealBroken(MembersError):
    """A sealed field does not open under the member's key: other member, or damaged bytes."""

    code = "seal_broken"
    next_step = "Run `regulars ledger verify`; restore the database if it reports damage."

    def __init__(self, field: str) -> None:
        super().__init__(f"field {field} does not open under the member's key")
        self.field = field
