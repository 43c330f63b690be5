"""scikit-uplift and causalml on the halves given: scores of the second half by the first, with
LightGBM and, where it takes one, logistic regression; and the area under our scores by
scikit-uplift's Qini curve."""

import logging
import warnings

import numpy as np
from answering import answer, versions
from causalml.inference.meta import BaseDRLearner, BaseTClassifier, BaseXClassifier
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklift.metrics import qini_curve
from sklift.models import ClassTransformation, SoloModel, TwoModels


def work(job):
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with np.load(job["arrays"]) as given:
        arrays = dict(given)
    learners = {
        "sklift solo": with_sklift(lambda: SoloModel(boosted())),
        "sklift class transformation": with_sklift(lambda: ClassTransformation(boosted())),
        "sklift two models": with_sklift(lambda: TwoModels(boosted(), boosted())),
        "sklift two models logistic": with_sklift(lambda: TwoModels(linear(), linear())),
        "causalml T": with_causalml(lambda: BaseTClassifier(boosted(), control_name=0)),
        "causalml X": with_causalml(
            lambda: BaseXClassifier(
                outcome_learner=boosted(), effect_learner=regressor(), control_name=0
            ),
            propensity=True,
        ),
        "causalml DR": with_causalml(
            lambda: BaseDRLearner(
                learner=regressor(), treatment_effect_learner=regressor(), control_name=0
            ),
            propensity=True,
        ),
    }
    answers, ours = {}, []
    for split in range(job["splits"]):
        learnt, new = arrays[f"learnt_{split}"], arrays[f"new_{split}"]
        first = [arrays[name][learnt] for name in ("features", "treated", "visit")]
        for place, score in enumerate(learners.values()):
            answers[f"{place}_{split}"] = score(*first, arrays["features"][new])
        ours.append(area(arrays[f"ours_{split}"], arrays["treated"][new], arrays["visit"][new]))
    np.savez(job["answers"], **answers)
    return {
        "names": list(learners),
        "ours": ours,
        "versions": versions("scikit-uplift", "causalml", "lightgbm"),
    }


def boosted():
    return LGBMClassifier(n_estimators=100, learning_rate=0.05, num_leaves=8, verbose=-1, n_jobs=1)


def regressor():
    return LGBMRegressor(n_estimators=100, learning_rate=0.05, num_leaves=8, verbose=-1, n_jobs=1)


def linear():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def with_sklift(make):
    def score(features, treated, visit, new):
        model = make().fit(features, visit.astype(int), treated.astype(int))
        return np.asarray(model.predict(new), dtype=float)

    return score


def with_causalml(make, propensity=False):
    def score(features, treated, visit, new):
        share = {"p": np.full(treated.size, treated.mean())} if propensity else {}
        later = {"p": np.full(new.shape[0], treated.mean())} if propensity else {}
        model = make()
        model.fit(features, treated.astype(int), visit, **share)
        return np.asarray(model.predict(new, **later, verbose=False), dtype=float).ravel()

    return score


def area(score, treated, visit):
    """The area over the random line, per head: their curve counts visits over customers."""
    customers, gained = qini_curve(visit.astype(int), score, treated.astype(int))
    share, per_head = customers / visit.size, gained / treated.sum()
    return float(np.trapezoid(per_head, share) - per_head[-1] / 2)


answer(work)
