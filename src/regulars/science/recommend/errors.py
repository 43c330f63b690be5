"""Refusals that only recommending knows."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.science.errors import ScienceRefused


@dataclass(eq=False)
class HalfConstraint(ScienceRefused):
    """One half of a constraint was given, the half that it is compared with was not."""

    given: str
    missing: str
    code: ClassVar[str] = "half_constraint"
    remedy: ClassVar[str] = "Give {missing} too, or leave {given} out."

    def __str__(self) -> str:
        return f"{self.given} is compared with {self.missing}, which is not given"
