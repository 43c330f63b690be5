"""Why the engine refuses an event: one class per business refusal, with its data and next step.

A refusal is an answer: `decide` stores it as `Refusal(code, data)` and never raises it to its
caller. Codes are stable for ever. The words here are for a person who reads the answer in English;
`explanation` renders the reader's language from the code and the data. Data are ids, codes and
numbers, never anything personal.

`NotLoaded` is no refusal but a loader's mistake: `needs` asked for something that was not given.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, Final

from regulars.core.decision import Refusal


class NotLoaded(Exception):
    """`decide` was given less of the member than `needs` asks for."""


class Refused(Exception):
    """A business refusal. `code` is stable; `next_step` says what a person can do now."""

    code: ClassVar[str]
    next_step: ClassVar[str]

    def refusal(self) -> Refusal:
        """The form in which the journal keeps it."""
        names = fields(self)  # type: ignore[arg-type]
        return Refusal(self.code, {field.name: getattr(self, field.name) for field in names})


@dataclass(eq=False)
class MemberClosed(Refused):
    """The membership has ended. `into` is the member that this one was merged into, else 0."""

    status: str
    into: int = 0
    code = "member_closed"
    next_step = (
        "Use the member that this one was merged into. After a closure, remove the identifiers of "
        "this one or erase it, then enrol the customer again."
    )


@dataclass(eq=False)
class UnknownCurrency(Refused):
    """The program has no such points currency."""

    currency: str
    code = "unknown_currency"
    next_step = "Use the id of a currency of the program."


@dataclass(eq=False)
class InsufficientPoints(Refused):
    """More units are asked for than are spendable now."""

    currency: str
    needed: int
    available: int
    code = "insufficient_points"
    next_step = "Choose a reward that costs less, or wait until pending points can be spent."


@dataclass(eq=False)
class UnknownPurchase(Refused):
    """The entry is no accepted purchase of this member."""

    purchase_seq: int
    code = "unknown_purchase"
    next_step = "Name the entry of the purchase itself, in this member's journal."


@dataclass(eq=False)
class AlreadyRefunded(Refused):
    """Nothing is left of the purchase."""

    purchase_seq: int
    code = "already_refunded"
    next_step = "Nothing is to be done: all of the purchase has come back before."


@dataclass(eq=False)
class UnknownLine(Refused):
    """The purchase has no line of that id."""

    purchase_seq: int
    line_id: str
    code = "unknown_line"
    next_step = "Use the line ids that the purchase was sent with."


@dataclass(eq=False)
class OverRefund(Refused):
    """More comes back than is left of a line. `of` is `quantity`, `amount_minor` or `shipping`."""

    purchase_seq: int
    line_id: str
    of: str
    asked: int
    left: int
    code = "over_refund"
    next_step = "Refund at most what is left of the line."


@dataclass(eq=False)
class NothingToConfirm(Refused):
    """No points of the purchase wait for a confirmation."""

    purchase_seq: int
    code = "nothing_to_confirm"
    next_step = "Nothing is to be done: its points are active, spent, or were taken back."


@dataclass(eq=False)
class NothingToMove(Refused):
    """The wallet is empty, so there is nothing to move."""

    currency: str
    code = "nothing_to_move"
    next_step = "Choose a wallet that holds points."


@dataclass(eq=False)
class HoldNotOpen(Refused):
    """No open hold of that number. `known_as` is `captured` where it was used a short while ago."""

    hold: int
    known_as: str = ""
    code = "hold_not_open"
    next_step = "Ask for a new quote and hold the reward again."


@dataclass(eq=False)
class HoldExpired(Refused):
    """The hold's time was over; the points are back in the wallet."""

    hold: int
    expired_at: int
    code = "hold_expired"
    next_step = "Hold the reward again; its points are back in the wallet."


@dataclass(eq=False)
class TooManyHolds(Refused):
    """The member has as many open holds as are allowed."""

    limit: int
    code = "too_many_holds"
    next_step = "Capture or void a hold that is open."


@dataclass(eq=False)
class UnknownReward(Refused):
    """The program has no such reward."""

    reward: str
    code = "unknown_reward"
    next_step = "Use the id of a reward of the program."


@dataclass(eq=False)
class RewardUnavailable(Refused):
    """The reward cannot be used on this cart. `reasons`: codes of `redemption/`, with commas."""

    reward: str
    reasons: str
    code = "reward_unavailable"
    next_step = "Ask for a quote: it says what the cart or the member lacks."


@dataclass(eq=False)
class LimitReached(Refused):
    """The member has used the reward as often as the period allows."""

    reward: str
    period: str
    limit: int
    used: int
    code = "limit_reached"
    next_step = "Use the reward again in the next period."


@dataclass(eq=False)
class OutOfStock(Refused):
    """Nothing is left of a reward of which there is only so much. `key` names the counter or pool
    from which a reservation was needed."""

    reward: str
    kind: str
    key: str
    code = "out_of_stock"
    next_step = "Choose another reward, or add stock."


@dataclass(eq=False)
class ClaimMismatch(Refused):
    """What the caller says the reward takes off is not what it takes off."""

    reward: str
    claimed_minor: int
    actual_minor: int
    code = "claim_mismatch"
    next_step = "Ask for a new quote: the cart or the program has changed."


@dataclass(eq=False)
class AmountTooLarge(Refused):
    """A number of the event, or what it adds up to for the member, could not be stored."""

    code = "amount_too_large"
    next_step = "Check the amounts of the event and the rates of the program's rules."


REFUSALS: Final[dict[str, type[Refused]]] = {
    each.code: each
    for each in (
        MemberClosed, UnknownCurrency, InsufficientPoints, UnknownPurchase, AlreadyRefunded,
        UnknownLine, OverRefund, NothingToConfirm, NothingToMove, HoldNotOpen, HoldExpired,
        TooManyHolds, UnknownReward, RewardUnavailable, LimitReached, OutOfStock, ClaimMismatch,
        AmountTooLarge,
    )
}  # fmt: skip
"""Every refusal by its code."""


def refused(refusal: Refusal) -> Refused:
    """The refusal that the journal kept, as the error it was. KeyError for an unknown code."""
    return REFUSALS[refusal.code](**refusal.data)
