"""Uplift on the MineThatData experiment: women's e-mail against none, visits, beside scikit-uplift
and causalml on the same halves.

Ten random halvings of 42,693 customers; each learner learns from one half and ranks the other. The
Qini is the area between the curve Q(share) = (Yt - Yc Nt / Nc) / T and the straight line to its
end, per head: Nt, Nc, Yt, Yc are customers and visits of either arm among the best share, T all
treated. Peers' scores are measured by the same sums, and both by scikit-uplift's own curve divided
by customers and treated: that the two agree is a figure too.
"""

import csv
import gzip
import time
from typing import Any

import numpy as np

from bench.report import Figure
from bench.science.environment import PeerFailed, Peers
from bench.science.options import Options, save_arrays, shared_file
from regulars.science.uplift.facade import (
    CANDIDATES,
    evaluate_uplift,
    fit_uplift,
    predict_uplift,
    qini_curve,
)

FIGURES = ("uplift_qini", "uplift_qini_difference", "uplift_top_tenth", "uplift_fit")

SPLITS = 10
ARM, NONE = "Womens E-Mail", "No E-Mail"


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    features, treated, visit = _hillstrom()
    halves = [
        np.array_split(np.random.default_rng(split).permutation(visit.size), 2)
        for split in range(SPLITS)
    ]
    ours, seconds, scores = _ours(features, treated, visit, halves)
    told, differing = _peers(peers, features, treated, visit, halves, scores)
    best = max(ours, key=lambda name: ours[name].mean())
    plain = ours["dr linear"]
    reference = max((float(areas.mean()) for areas in told.values()), default=0.0)
    detail = "; ".join(
        f"{name} {areas.mean():.4f} (sd {areas.std(ddof=1):.4f})"
        for name, areas in {**{f"ours {name}": one for name, one in ours.items()}, **told}.items()
    )
    top = evaluate_uplift(
        scores[0], treated[halves[0][1]], visit[halves[0][1]], seed=1, shares=(0.1,)
    )
    found = [
        Figure(
            "uplift_qini",
            round(float(plain.mean()), 5),
            "per head",
            round(float(reference), 5),
            round(float(plain.mean()) / reference, 3) if reference else 0.0,
            round(float(plain.min()), 5),
            round(float(plain.max()), 5),
            f"dr linear, the default, over {SPLITS} halves, sd {plain.std(ddof=1):.4f}, range over "
            f"halves; our best is {best}; peer: the best of them; {detail}",
        ),
        Figure(
            "uplift_top_tenth",
            round(top.at[0].uplift.value, 4),
            "visits per head",
            low=round(top.at[0].uplift.low, 4),
            high=round(top.at[0].uplift.high, 4),
            detail=f"dr linear, first half; 95 % bootstrap; of all {top.effect.value:.4f}",
        ),
        Figure(
            "uplift_fit",
            round(seconds["dr linear"], 3),
            "s CPU",
            detail="; ".join(f"{name} {one:.2f} s" for name, one in seconds.items()),
        ),
    ]
    if differing is not None:
        found.append(
            Figure(
                "uplift_qini_difference",
                differing,
                "",
                detail="largest difference of our areas from those of scikit-uplift's curve",
            )
        )
    return found


def _ours(
    features: np.ndarray, treated: np.ndarray, visit: np.ndarray, halves: list[Any]
) -> tuple[dict[str, np.ndarray], dict[str, float], list[np.ndarray]]:
    areas: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    kept: list[np.ndarray] = []
    for learner, base in CANDIDATES:
        found, started = [], time.process_time()
        for split, (learnt, new) in enumerate(halves):
            model = fit_uplift(
                features[learnt], treated[learnt], visit[learnt],
                seed=split, learner=learner, base=base,
            )  # fmt: skip
            score = predict_uplift(model, features[new]).uplift
            found.append(area(score, treated[new], visit[new]))
            if (learner, base) == ("dr", "linear"):
                kept.append(score)
        areas[f"{learner} {base}"] = np.array(found)
        seconds[f"{learner} {base}"] = (time.process_time() - started) / SPLITS
    return areas, seconds, kept


def area(score: np.ndarray, treated: np.ndarray, visit: np.ndarray) -> float:
    curve = qini_curve(score, treated, visit)
    return float(np.trapezoid(curve.incremental, curve.share) - curve.incremental[-1] / 2)


def _peers(
    peers: Peers | None,
    features: np.ndarray,
    treated: np.ndarray,
    visit: np.ndarray,
    halves: list[Any],
    scores: list[np.ndarray],
) -> tuple[dict[str, np.ndarray], float | None]:
    """Areas per peer, and how far its curve puts our own areas from ours."""
    if peers is None:
        return {}, None
    arrays = {"features": features, "treated": treated, "visit": visit}
    for split, (learnt, new) in enumerate(halves):
        arrays |= {f"learnt_{split}": learnt, f"new_{split}": new, f"ours_{split}": scores[split]}
    job = {
        "arrays": save_arrays(peers.folder / "uplift.npz", **arrays),
        "answers": str(peers.folder / "uplift_scores.npz"),
        "splits": len(halves),
    }
    try:
        answer = peers.ask("uplift", job)
    except PeerFailed as failure:
        print(f"uplift: {failure}", flush=True)
        return {}, None
    names = ", ".join(f"{name} {number}" for name, number in answer["versions"].items())
    print(f"uplift: peers {names}", flush=True)
    own = [
        area(score, treated[new], visit[new])
        for score, (_, new) in zip(scores, halves, strict=True)
    ]
    with np.load(job["answers"]) as answered:
        told = {
            name: np.array(
                [
                    area(answered[f"{place}_{split}"], treated[new], visit[new])
                    for split, (_, new) in enumerate(halves)
                ]
            )
            for place, name in enumerate(answer["names"])
        }
    return told, float(np.max(np.abs(np.array(own) - np.array(answer["ours"]))))


def _hillstrom() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with gzip.open(shared_file("hillstrom.csv.gz"), "rt", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["segment"] in (ARM, NONE)]
    features = np.array(
        [
            (
                float(row["recency"]), np.log1p(float(row["history"])), float(row["mens"]),
                float(row["womens"]), float(row["newbie"]), row["zip_code"] == "Urban",
                row["zip_code"] == "Rural", row["channel"] == "Web",
                row["channel"] == "Multichannel",
            )
            for row in rows
        ],
        dtype=np.float64,
    )  # fmt: skip
    treated = np.array([row["segment"] == ARM for row in rows])
    return features, treated, np.array([float(row["visit"]) for row in rows])
