"""What an experiment refuses beyond the shared mistakes."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.science.errors import ScienceRefused


@dataclass(eq=False)
class WrongDesign(ScienceRefused):
    """An experiment's design contradicts itself."""

    design: str
    reason: str
    code: ClassVar[str] = "wrong_design"
    remedy: ClassVar[str] = (
        "Name at least two different arms, give each a share above 0 so that the shares "
        "add up to 1, and a traffic above 0 and at most 1."
    )

    def __str__(self) -> str:
        return f"the design {self.design!r} {self.reason}"


@dataclass(eq=False)
class WeakKey(ScienceRefused):
    """The key of the assignment hash is too short to be secret, or too long for the hash."""

    found: int
    least: int
    most: int
    code: ClassVar[str] = "weak_key"
    remedy: ClassVar[str] = "Give {least} to {most} random bytes, and keep them for good."

    def __str__(self) -> str:
        return f"the key has {self.found} bytes, {self.least} to {self.most} are needed"
