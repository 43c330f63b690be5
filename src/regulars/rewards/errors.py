"""Why rewards refuses something: one class per refusal, with a stable code and the next step."""


class RewardsError(Exception):
    """A refusal of this room. `code` is stable; `next_step` is written for a person."""

    code = "rewards_error"
    next_step = ""


class OutOfStock(RewardsError):
    """Less is left than was asked for. Near the end it may be refused although another taker is
    about to give back what it has reserved."""

    code = "out_of_stock"
    next_step = "Offer another reward, or raise the total of this one."

    def __init__(self, kind: str, key: str, asked: int, left: int) -> None:
        super().__init__(f"{kind} {key}: {asked} asked for, {left} left")
        self.kind = kind
        self.key = key
        self.asked = asked
        self.left = left


class UnknownCounter(RewardsError):
    """No total was ever set for this counter."""

    code = "unknown_counter"
    next_step = "Set its total, or publish the program version that declares it."

    def __init__(self, name: str) -> None:
        super().__init__(f"no counter {name}")
        self.name = name


class BelowUsed(RewardsError):
    """A total may not become smaller than what is used and reserved already."""

    code = "total_below_used"
    next_step = "Set the total to at least what is used."

    def __init__(self, name: str, asked: int, used: int) -> None:
        super().__init__(f"{name}: total {asked} asked for, {used} used")
        self.name = name
        self.asked = asked
        self.used = used


class ReservationLost(RewardsError):
    """A reservation that was to be used is no longer reserved: it took too long and was swept, or
    a parallel attempt of the same event gave it back. Reserve again and decide again."""

    code = "reservation_lost"
    next_step = "Reserve again and decide again."

    def __init__(self, reservations: tuple[str, ...]) -> None:
        super().__init__(f"{len(reservations)} reservations are no longer reserved")
        self.reservations = reservations


class InvalidCode(RewardsError):
    """A voucher code that cannot be imported. `position` is its place in the list."""

    code = "invalid_code"
    next_step = "Codes have 4 to 64 printable characters without blanks."

    def __init__(self, position: int) -> None:
        super().__init__(f"the code at position {position} cannot be a voucher code")
        self.position = position
