"""Refusals of this room alone, beside those that all of science shares."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.science.errors import ScienceRefused


@dataclass(eq=False)
class NotIdentified(ScienceRefused):
    """The data do not determine `what`: its likelihood has no peak with a curvature to read."""

    what: str
    why: str
    code: ClassVar[str] = "not_identified"
    remedy: ClassVar[str] = (
        "Use the point estimates with care; for intervals fit more customers or a longer period."
    )

    def __str__(self) -> str:
        return f"{self.what} cannot be given: {self.why}"


@dataclass(eq=False)
class OtherUnit(ScienceRefused):
    """A model was fitted in one time unit and is asked in another."""

    fitted_days: float
    asked_days: float
    code: ClassVar[str] = "other_unit"
    remedy: ClassVar[str] = "Summarise the orders with unit_days={fitted_days}, or fit again."

    def __str__(self) -> str:
        return (
            f"the model counts time in {self.fitted_days} days, "
            f"the histories in {self.asked_days} days"
        )
