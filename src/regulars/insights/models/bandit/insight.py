"""`bandit`: the report on what other choices would have brought."""

import numpy as np

from regulars.insights.contracts import Insight, Tell
from regulars.insights.errors import Unfit
from regulars.insights.models.bandit import computing, pictures, sections
from regulars.insights.models.bandit.computing import BanditOptions
from regulars.insights.models.bandit.log import Decided
from regulars.insights.phrasing import between, number

_LIMITS = (
    "It can only speak of choices that the log made too: what was never tried, or hardly ever, has "
    "no value here, however good it may be.",
    "The propensities have to be the true ones, written down when the choice was made. Made up "
    "afterwards they give any answer.",
    "Each decision is judged alone. A policy that tires people or fills a shelf has effects that "
    "no single row shows.",
    "A policy that was made to look good on these rows looks better than it is; those that learn "
    "from the log are judged on rows that they had not seen.",
)


def bandit_insight(
    decided: Decided, target: Decided | None, options: BanditOptions, tell: Tell
) -> Insight:
    """What other policies would have brought on the log."""
    judged = computing.judge(decided, target, options, tell)
    logged = float(decided.log.reward.mean())
    error = float(decided.log.reward.std(ddof=1) / np.sqrt(len(decided.log.reward)))
    answered = [one for one in judged if one.estimates]
    if not answered:
        raise Unfit(judged[0].refused, "Look at the propensities and the rewards of the log.")
    trusted = [one for one in answered if not computing.at_odds(one)] or answered
    best = max(trusted, key=lambda one: one.estimates[-1].value.value)
    value = best.estimates[-1].value
    sure = "more" if value.low > logged else "not surely more"
    summary = (
        f"The logged choices brought {number(logged)} per decision. Of the policies looked at, "
        f"“{best.name}” would have brought {number(value.value)} ({between(value)}), which is "
        f"{sure}."
    )
    return Insight(
        "bandit",
        "What other choices would have brought",
        summary,
        f"{decided.name}: {len(decided.log.arm):,} decisions among {len(decided.arms):,} arms",
        sections.facts_of(decided, logged, error, judged),
        (sections.estimates(judged), sections.arms(decided)),
        pictures.plots_of(decided, logged, judged),
        (*sections.findings(decided, judged), *_LIMITS),
        sections.data_of(decided, logged, judged),
    )
