"""Refusals that only churn has."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.science.errors import ScienceRefused


@dataclass(eq=False)
class HorizonNotObserved(ScienceRefused):
    """Outcomes were asked for that lie beyond what has been seen."""

    end: float
    observed_until: float
    code: ClassVar[str] = "horizon_not_observed"
    remedy: ClassVar[str] = "Take an earlier cut or a shorter horizon."

    def __str__(self) -> str:
        return f"the horizon ends on day {self.end}, but orders are known to {self.observed_until}"


@dataclass(eq=False)
class OtherFeatures(ScienceRefused):
    """A model was given other measures than it was fitted on."""

    expected: tuple[str, ...]
    found: tuple[str, ...]
    code: ClassVar[str] = "other_features"
    remedy: ClassVar[str] = "Compute the features as for the fit, or fit again on these."

    def __str__(self) -> str:
        return f"the features are {', '.join(self.found)}; fitted on {', '.join(self.expected)}"


@dataclass(eq=False)
class LabelsPastCut(ScienceRefused):
    """A model would be tried on a date that its own outcomes reach beyond."""

    end: float
    cut: float
    code: ClassVar[str] = "labels_past_cut"
    remedy: ClassVar[str] = "Learn at least one horizon before the day that is tested."

    def __str__(self) -> str:
        return f"outcomes learned from reach to day {self.end}, the test starts on day {self.cut}"
