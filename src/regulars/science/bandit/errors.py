"""Refusals of the bandit."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.science.errors import ScienceRefused


@dataclass(eq=False)
class RepeatedId(ScienceRefused):
    """An id occurs twice where it names one decision."""

    argument: str
    id: int
    code: ClassVar[str] = "repeated_id"
    remedy: ClassVar[str] = "Give every decision an id of its own and each reward once per call."

    def __str__(self) -> str:
        return f"{self.argument} names {self.id} more than once"


@dataclass(eq=False)
class TimeRunsBack(ScienceRefused):
    """A day lies before the one that the state has already learnt from."""

    found: float
    reached: float
    code: ClassVar[str] = "time_runs_back"
    remedy: ClassVar[str] = "Learn in the order of time: give a day not before {reached}."

    def __str__(self) -> str:
        return f"day {self.found} is before day {self.reached}"
