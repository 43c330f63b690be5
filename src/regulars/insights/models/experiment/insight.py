"""`experiment`: the report on whether a treatment made a difference."""

from regulars.insights.contracts import Insight, Tell
from regulars.insights.models.experiment import computing, pictures, sections
from regulars.insights.models.experiment.computing import ExperimentOptions, Found
from regulars.insights.phrasing import between, number
from regulars.insights.trials import Trial

_LIMITS = (
    "An effect is that of having been assigned. Who was in the treatment and never saw it counts "
    "as treated, and should.",
    "It holds for these people in this time. People talk to each other, novelty wears off, and a "
    "season is not a year.",
    "The always-valid interval may be looked at every day and acted on when it leaves zero. The "
    "narrower, fixed one is for one look at an end that was chosen before.",
    "What is taken for known before has to be measured before: a covariate that the treatment "
    "moved takes part of the effect away.",
)


def experiment_insight(trial: Trial, options: ExperimentOptions, tell: Tell) -> Insight:
    """What the experiment in the file found."""
    found = computing.find(trial, options, tell)
    outcome = next(iter(trial.outcomes))
    return Insight(
        "experiment",
        "Did it make a difference",
        _summary(trial, found),
        f"{trial.name}: {trial.rows.count:,} units in {len(trial.groups)} groups, control "
        f"“{trial.groups[0]}”; first outcome {outcome}",
        sections.facts_of(trial, found, options),
        (sections.effects(found), *sections.adjusted(found), *sections.returns(trial, found)),
        pictures.plots_of(trial, found),
        (*sections.findings(trial, found), *_LIMITS),
        sections.data_of(trial, found),
    )


def _summary(trial: Trial, found: Found) -> str:
    if found.mismatch.mismatch:
        return (
            "The groups do not have the sizes that they should have: something went wrong in "
            "assigning or recording, and no difference below can be read as an effect."
        )
    hits = [one for one in found.comparisons if one.found]
    if not hits:
        return (
            f"None of the {len(found.comparisons)} differences can be told from zero. That does "
            "not say that there is no effect, only that it is smaller than the intervals below."
        )
    first = next((one for one in hits if one.outcome == next(iter(trial.outcomes))), hits[0])
    effect = first.effect
    return (
        f"{len(hits)} of {len(found.comparisons)} differences are there beyond chance. "
        f"{first.group} moved {first.outcome} from {number(effect.control)} to "
        f"{number(effect.treatment)} per head"
        + (f" ({effect.relative.value:+.0%})" if effect.relative is not None else "")
        + f", a difference of {number(effect.difference.value)} ({between(effect.difference)})."
    )
