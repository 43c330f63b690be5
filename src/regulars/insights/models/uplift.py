"""`uplift`: whom a treatment changes, and what it is worth to treat only them.

One half of the file teaches, the other half judges; the customers of both are then scored by a
model of all. Only an experiment can teach this: the groups have to be drawn by chance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Floats, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.phrasing import between, listed, number, percent, plain, plain_interval
from regulars.insights.trials import Trial
from regulars.science.contracts import Booleans
from regulars.science.uplift import facade as uplift
from regulars.science.uplift.contracts import (
    Learner,
    PolicyValue,
    ResponseKinds,
    TargetingComparison,
    UpliftEvaluation,
    UpliftScores,
)

_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_LIMITS = (
    "It needs an experiment: where people were chosen for the treatment, a model learns how they "
    "were chosen and calls it an effect.",
    "The effect on one customer is never seen, only that on groups. A score orders people; its "
    "value for one of them is very uncertain.",
    "Another offer, another season or another channel has other persuadables: learn anew, and keep "
    "a random group untreated and another treated to go on learning.",
    "Where nearly everybody reacts alike there is nothing to rank, and treating all or nobody by "
    "the average effect is right.",
)


@dataclass(frozen=True, slots=True)
class UpliftOptions:
    """`outcome` to learn, the first of the mapping if empty; what a unit of it is worth and what a
    treatment costs, in money; the share that is to be treated; which learner; the seed."""

    outcome: str = ""
    value: float = 1.0
    cost: float = 0.0
    share: float = 0.3
    learner: Learner = "dr"
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Found:
    outcome: str
    judged: UpliftEvaluation
    policies: tuple[PolicyValue, ...]
    targeting: TargetingComparison
    kinds: ResponseKinds
    scores: UpliftScores
    learnt: int
    judged_on: int


def uplift_insight(trial: Trial, options: UpliftOptions, tell: Tell) -> Insight:
    """Whom the treatment of the file changes."""
    found = _found(trial, options, tell)
    qini = found.judged.qini
    best = max(found.policies, key=lambda policy: policy.value.value)
    told = (
        "ranks customers by how much they are changed better than chance"
        if qini.low > 0
        else "cannot be told from ranking by chance"
    )
    summary = (
        f"On customers it had not seen, the model {told} (Qini {qini.value:.4f}, "
        f"{between(qini)}). Treating everybody moved {found.outcome} by "
        f"{number(found.judged.effect.value)} per head; of the policies looked at, treating the "
        f"best {percent(best.share, 0)} is worth most."
    )
    return Insight(
        "uplift",
        "Whom it changes",
        summary,
        f"{trial.name}: “{trial.groups[trial.treatment]}” against “{trial.groups[0]}” on "
        f"{found.outcome}; learnt on {found.learnt:,} customers, judged on {found.judged_on:,}",
        _facts(found, options),
        (_by_share(found), _kinds(found)),
        _plots(found, options),
        (*_findings(trial, found), *_LIMITS),
        _data(trial, found),
        {
            "customer": list(trial.units or range(1, trial.rows.count + 1)),
            "group": [trial.groups[code] for code in trial.group],
            "uplift": found.scores.uplift.tolist(),
            "baseline": found.scores.baseline.tolist(),
        },
    )


def _found(trial: Trial, options: UpliftOptions, tell: Tell) -> _Found:
    name = options.outcome or next(iter(trial.outcomes))
    if name not in trial.outcomes:
        raise Unfit(
            f"{name} is no outcome of the mapping", f"Give one of: {', '.join(trial.outcomes)}."
        )
    features = trial.features
    if trial.before is not None:
        features = np.column_stack([trial.before, features])
    if not features.shape[1]:
        raise Unfit(
            "the mapping names no features",
            "Name the columns that were known before under columns.features.",
        )
    among = (trial.group == 0) | (trial.group == trial.treatment)
    treated: Booleans = trial.group[among] == trial.treatment
    outcome, known = trial.outcomes[name][among], features[among]
    teaches = np.random.default_rng(options.seed).permutation(treated.size) < treated.size // 2
    tell("learning from one half", 0, 3)
    model = uplift.fit_uplift(
        known[teaches], treated[teaches], outcome[teaches],
        seed=options.seed, learner=options.learner,
    )  # fmt: skip
    tell("judging on the other", 1, 3)
    judge = ~teaches
    scored = uplift.predict_uplift(model, known[judge])
    seen = (treated[judge], outcome[judge])
    judged = uplift.evaluate_uplift(scored.uplift, *seen, seed=options.seed, shares=_SHARES)
    policies = uplift.policy_values(
        scored.uplift, *seen, shares=_SHARES, value=options.value, cost=options.cost
    )
    targeting = uplift.compare_targeting(
        scored.uplift, scored.baseline, *seen, share=options.share, seed=options.seed
    )
    tell("scoring everybody", 2, 3)
    whole = uplift.fit_uplift(known, treated, outcome, seed=options.seed, learner=options.learner)
    scores = uplift.predict_uplift(whole, features)
    kinds = uplift.response_kinds(
        scores.uplift, scores.baseline, worthwhile=options.cost / options.value
    )
    return _Found(
        name, judged, policies, targeting, kinds, scores, int(teaches.sum()), int(judge.sum())
    )


def _facts(found: _Found, options: UpliftOptions) -> tuple[Fact, ...]:
    judged, aimed = found.judged, found.targeting
    return (
        Fact(
            "Qini",
            f"{judged.qini.value:.4f}",
            f"{judged.qini.low:.4f} to {judged.qini.high:.4f}; 0 is ranking by chance",
        ),
        Fact("Effect on all", number(judged.effect.value), between(judged.effect)),
        Fact(
            f"Effect on the best {percent(options.share, 0)}",
            number(aimed.by_uplift.uplift.value),
            between(aimed.by_uplift.uplift),
        ),
        Fact(
            "Effect on likely buyers",
            number(aimed.by_likelihood.uplift.value),
            f"as many; {percent(aimed.overlap, 0)} are in both groups",
        ),
        Fact(
            "Persuadable",
            f"{int(found.kinds.worth_treating.sum()):,}",
            "customers with more uplift than a treatment costs",
        ),
    )


def _by_share(found: _Found) -> Grid:
    return Grid(
        "Treating only the best",
        ("share", "treated", "effect on them", "from", "to", "worth per head", "over nobody",
         "over everybody", "over as many at random"),
        tuple(
            (
                percent(at.share, 0),
                f"{at.customers:,}",
                number(at.uplift.value),
                number(at.uplift.low),
                number(at.uplift.high),
                number(policy.value.value, 4),
                f"{policy.over_nobody.value:+.4f}",
                f"{policy.over_everybody.value:+.4f}",
                f"{policy.over_random.value:+.4f}",
            )
            for at, policy in zip(found.judged.at, found.policies, strict=True)
        ),
        "Worth per head of all customers, in money by --value and --cost; on customers that the "
        "model had not seen.",
    )  # fmt: skip


def _kinds(found: _Found) -> Grid:
    words = {
        "persuadable": "act because of the treatment",
        "sure thing": "act anyway",
        "lost cause": "do not act anyway",
        "sleeping dog": "act less because of it",
    }
    total = max(int(found.kinds.count.sum()), 1)
    return Grid(
        "Who is worth a treatment",
        ("kind", "what they do", "customers", "share"),
        tuple(
            (
                name.replace("_", " "),
                words.get(name.replace("_", " "), ""),
                f"{count:,}",
                percent(count / total),
            )
            for name, count in zip(found.kinds.names, found.kinds.count.tolist(), strict=True)
        ),
        "By estimates: near a limit the kind of one customer is a coin's toss.",
    )


def _plots(found: _Found, options: UpliftOptions) -> tuple[Plot, ...]:
    return (_qini(found), _effects(found), _policies(found), _targeting(found, options))


def _qini(found: _Found) -> Plot:
    curve = found.judged.curve
    places = np.unique(np.linspace(0, curve.share.size - 1, 201).astype(np.int64))
    share, gained = curve.share[places] * 100, curve.incremental[places]
    chance = curve.share[places] * curve.incremental[-1]
    return Plot(
        "qini",
        "Qini curve",
        "The further the line runs above the dashed one, the more of the effect sits with the "
        "customers whom the model treats first; a line on it is no better than chance.",
        f"Incremental {found.outcome} per treated head by share treated; Qini "
        f"{found.judged.qini.value:.4f}.",
        lambda axes: charts.curves(
            axes, share, {"by the model": gained, "at random": chance},
            x_label="% of customers treated, best first",
            y_label=f"incremental {found.outcome} per head",
        ),
        Grid(
            "Qini curve",
            ("treated", "by the model", "at random"),
            tuple(
                (percent(part / 100, 0), number(float(value)), number(float(line)))
                for part, value, line in zip(share[::20], gained[::20], chance[::20], strict=True)
            ),
        ),
    )  # fmt: skip


def _effects(found: _Found) -> Plot:
    at = found.judged.at
    share = np.array([one.share for one in at]) * 100
    value: Floats = np.array([one.uplift.value for one in at])
    low = np.array([one.uplift.low for one in at])
    high = np.array([one.uplift.high for one in at])
    return Plot(
        "effects",
        "The effect on the best of them",
        "A line that falls from left to right says that the model finds first whom the treatment "
        "changes most; the band is what is not known.",
        f"Effect among the best share, from {number(float(value[0]))} at 10% to "
        f"{number(float(value[-1]))} at 90%, with intervals.",
        lambda axes: charts.curves(
            axes, share, {"effect": value}, spans={"effect": charts.Span(low, high)},
            x_label="% of customers treated, best first", y_label=f"effect on {found.outcome}",
            markers=True,
        ),
    )  # fmt: skip


def _policies(found: _Found) -> Plot:
    share = np.array([policy.share for policy in found.policies]) * 100
    gain = [policy.over_nobody for policy in found.policies]
    value: Floats = np.array([one.value for one in gain])
    low, high = np.array([one.low for one in gain]), np.array([one.high for one in gain])

    def draw(axes: Any) -> None:
        charts.curves(
            axes, share, {"gain": value}, spans={"gain": charts.Span(low, high)},
            x_label="% of customers treated, best first", y_label="money per head, over nobody",
            markers=True,
        )  # fmt: skip
        charts.level(axes, 0.0)

    return Plot(
        "policies",
        "What treating the best is worth",
        "Treat as many as the highest point says, and none where the band lies below the dashed "
        "zero; a flat line says that the number hardly matters.",
        "Gain per head over treating nobody, by share treated, with intervals.",
        draw,
    )


def _targeting(found: _Found, options: UpliftOptions) -> Plot:
    aimed = found.targeting
    names = ("most changed", "likeliest buyers", "difference")
    shown = (aimed.by_uplift.uplift, aimed.by_likelihood.uplift, aimed.gain)
    return Plot(
        "targeting",
        f"Persuadable or likely: the best {percent(options.share, 0)} of each",
        "The first line right of the second says that treating who is changed beats treating who "
        "buys anyway; the third has to leave zero out before you rely on it.",
        listed("Effects on the most changed and the likeliest buyers", names, map(between, shown)),
        lambda axes: charts.intervals(
            axes, names, [one.value for one in shown], [one.low for one in shown],
            [one.high for one in shown], x_label=f"effect on {found.outcome}", reference=0.0,
        ),
        height=2.4,
    )  # fmt: skip


def _findings(trial: Trial, found: _Found) -> list[str]:
    notes = []
    if found.judged.qini.low <= 0:
        notes.append(
            "The ranking cannot be told from chance on this file: treat all or nobody by the "
            "average effect, or test with more customers."
        )
    if len(trial.groups) > 2:
        others = ", ".join(trial.groups[1 : trial.treatment] + trial.groups[trial.treatment + 1 :])
        notes.append(f"Left out: {others}. `experiment.treatment` says whom to learn from.")
    if trial.units is None:
        notes.append(
            "The file has no customers (columns.customer): rows of --out are numbered as in it."
        )
    return notes


def _data(trial: Trial, found: _Found) -> dict[str, Any]:
    curve = found.judged.curve
    places = np.unique(np.linspace(0, curve.share.size - 1, 101).astype(np.int64))
    return {
        "treatment": trial.groups[trial.treatment],
        "control": trial.groups[0],
        "outcome": found.outcome,
        "learnt_on": found.learnt,
        "judged_on": found.judged_on,
        "qini": plain_interval(found.judged.qini),
        "auuc": plain_interval(found.judged.auuc),
        "effect": plain_interval(found.judged.effect),
        "at": [{"share": at.share, **plain_interval(at.uplift)} for at in found.judged.at],
        "policies": [
            {"share": one.share, "over_nobody": plain_interval(one.over_nobody),
             "over_everybody": plain_interval(one.over_everybody)}
            for one in found.policies
        ],
        "curve": {"share": plain(curve.share[places]),
                  "incremental": plain(curve.incremental[places])},
        "kinds": dict(zip(found.kinds.names, found.kinds.count.tolist(), strict=True)),
    }  # fmt: skip
