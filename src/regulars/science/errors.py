"""Why a model refuses its input: one class per mistake, with its data and what to do about it.

Each refusal names the argument, what was found and what would be right, and raises before
anything is computed: no result of this room is ever made of a NaN that nobody noticed. A model that
ran and did not get there (a fit without convergence, an estimate on too few effective rows) is no
error: its result says so in a field.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class ScienceRefused(Exception):
    """Input that no result can be made of. `code` is stable; `remedy` a pattern over the data."""

    code: ClassVar[str]
    remedy: ClassVar[str]

    @property
    def next_step(self) -> str:
        """What a person can do now."""
        return self.remedy.format(**vars(self))


@dataclass(eq=False)
class NoData(ScienceRefused):
    """There is nothing to learn from: `argument` is empty."""

    argument: str
    code: ClassVar[str] = "no_data"
    remedy: ClassVar[str] = (
        "Give at least one row; look whether a filter or a date has taken them all away."
    )

    def __str__(self) -> str:
        return f"{self.argument} is empty"


@dataclass(eq=False)
class TooFew(ScienceRefused):
    """There are fewer `what` than the model needs."""

    what: str
    found: int
    needed: int
    code: ClassVar[str] = "too_few"
    remedy: ClassVar[str] = "Wait for more {what}, take a longer period, or use a simpler model."

    def __str__(self) -> str:
        return f"{self.found} {self.what}, at least {self.needed} are needed"


@dataclass(eq=False)
class NotFinite(ScienceRefused):
    """A value is NaN or infinite; `row` is the first such, counted from 0."""

    argument: str
    row: int
    found: float
    code: ClassVar[str] = "not_finite"
    remedy: ClassVar[str] = "Leave the row out, or give the value that is missing."

    def __str__(self) -> str:
        return f"{self.argument}[{self.row}] is {self.found}"


@dataclass(eq=False)
class NotNumbers(ScienceRefused):
    """Something else stands where numbers belong: `found` is its dtype, or what is wrong."""

    argument: str
    found: str
    code: ClassVar[str] = "not_numbers"
    remedy: ClassVar[str] = "Convert {argument} to numbers first: days, amounts, codes, 0 and 1."

    def __str__(self) -> str:
        return f"{self.argument} holds {self.found}, not numbers"


@dataclass(eq=False)
class OutOfRange(ScienceRefused):
    """A value is outside of what it means; `row` is the first such, counted from 0, or -1 for a
    single number."""

    argument: str
    row: int
    found: float
    expected: str
    code: ClassVar[str] = "out_of_range"
    remedy: ClassVar[str] = "Look at where {argument} comes from: it has to be {expected}."

    def __str__(self) -> str:
        place = self.argument if self.row < 0 else f"{self.argument}[{self.row}]"
        return f"{place} is {self.found}; it has to be {self.expected}"


@dataclass(eq=False)
class WrongShape(ScienceRefused):
    """An array does not fit the others."""

    argument: str
    found: tuple[int, ...]
    expected: str
    code: ClassVar[str] = "wrong_shape"
    remedy: ClassVar[str] = "Give {argument} as {expected}."

    def __str__(self) -> str:
        return f"{self.argument} has the shape {self.found}; it has to be {self.expected}"


@dataclass(eq=False)
class OneClass(ScienceRefused):
    """All outcomes are the same, so that there is nothing to tell apart."""

    argument: str
    found: float
    code: ClassVar[str] = "one_class"
    remedy: ClassVar[str] = "Take a period or an audience in which both outcomes occur."

    def __str__(self) -> str:
        return f"all of {self.argument} are {self.found}"


@dataclass(eq=False)
class NoVariation(ScienceRefused):
    """All values are the same where the model learns from their differences."""

    argument: str
    found: float
    code: ClassVar[str] = "no_variation"
    remedy: ClassVar[str] = "Leave {argument} out, or take rows in which it differs."

    def __str__(self) -> str:
        return f"all values of {self.argument} are {self.found}"


@dataclass(eq=False)
class TooLarge(ScienceRefused):
    """More `what` than the method can hold in memory or time."""

    what: str
    found: int
    limit: int
    code: ClassVar[str] = "too_large"
    remedy: ClassVar[str] = (
        "Keep the {limit} {what} that matter most, or raise the limit knowingly."
    )

    def __str__(self) -> str:
        return f"{self.found} {self.what}, at most {self.limit} are possible"
