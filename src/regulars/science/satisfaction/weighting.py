"""Weights against response bias: those who answer are not those who were asked.

Two ways. Inverse response propensity: a logistic regression of having answered on what is known of
everybody asked; each answer then stands for 1 / p people (Little 1986, International Statistical
Review 54(2), section 3). Post-stratification: each stratum's answers stand for its people (Holt &
Smith 1979, JRSS A 142(1)). Both remove only what the features or strata explain: unhappy customers
who keep silent for no other reason stay unheard, and no weight can show it.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats
from regulars.science.errors import NoData, NoVariation, OutOfRange, TooFew
from regulars.science.satisfaction.contracts import THIN, ResponseWeights
from regulars.science.satisfaction.scores import effective_number

_STEPS = 100
_TOLERANCE = 1e-10
# A chance of 0 that was taken all the same would weigh infinitely.
_PROPENSITY_MIN = 1e-12


def response_weights(
    features: ArrayLike,
    answered: ArrayLike,
    *,
    penalty: float = 1.0,
    weight_max: float = 5.0,
) -> ResponseWeights:
    """Weights of the answers by inverse estimated response propensity.

    `features` (asked, k): what is known of everybody asked, answered or not. `answered` bool
    (asked,). `penalty`: ridge on the coefficients of the standardised features, which keeps them
    finite where a feature separates those who answer; 1 is a standard normal prior. Weights above
    `weight_max` times the median are cut to it (Potter 1990, Proceedings of the Survey Research
    Methods Section, ASA), which trades a little bias for not hanging on a few people.

    Raises OneClass where all or none answered, NoVariation for a constant feature, TooFew for no
    more people than features, NotFinite and WrongShape for what does not fit.
    """
    known = checks.matrix("features", features, magnitude_most=checks.MAGNITUDE_ANY)
    asked, columns = known.shape
    given = checks.flags("answered", answered, length=asked)
    checks.two_classes("answered", given)
    checks.number("penalty", penalty, above=0.0)
    checks.number("weight_max", weight_max, above=1.0)
    if asked <= columns + 1:
        raise TooFew("people asked", asked, columns + 2)
    standard = _standardised(known)
    propensity, is_converged = _propensity(standard, given, penalty)
    raw = 1.0 / np.maximum(propensity[given], _PROPENSITY_MIN)
    weight, trimmed = _trimmed(raw, weight_max)
    return _described(weight, standard, given, propensity, trimmed, is_converged)


def poststratification_weights(stratum: ArrayLike, population: ArrayLike) -> ResponseWeights:
    """Weights of the answers by the known sizes of strata.

    `stratum` int64 (answers,), codes from 0; `population` (strata,), how many people each stratum
    has, all of those asked or all members. The weight of stratum h is (N_h / N) / (n_h / n).
    Raises TooFew for a stratum with people but without an answer: join it to another one.
    """
    sizes = checks.floats(
        "population", population, at_least=0.0, magnitude_most=checks.MAGNITUDE_ANY
    )
    given = checks.codes("stratum", stratum, sizes.size)
    if given.size == 0:
        raise NoData("stratum")
    counts = np.bincount(given, minlength=sizes.size)
    silent = np.flatnonzero((counts == 0) & (sizes > 0))
    if silent.size:
        raise TooFew(f"answers in stratum {int(silent[0])}", 0, 1)
    ghosts = np.flatnonzero((counts > 0) & (sizes == 0))
    if ghosts.size:
        row = int(ghosts[0])
        raise OutOfRange("population", row, 0.0, "above 0 where there are answers")
    ratio = (sizes / sizes.sum()) / np.maximum(counts / given.size, 1.0 / given.size)
    members = np.eye(sizes.size)[given]
    shares = sizes / sizes.sum()
    # A stratum that holds everybody does not differ from itself.
    spread = np.maximum(np.sqrt(shares * (1.0 - shares)), np.finfo(np.float64).eps)
    weight = ratio[given]
    effective = effective_number(weight)
    return ResponseWeights(
        weight=weight,
        propensity=np.empty(0),
        imbalance_before=(members.mean(axis=0) - shares) / spread,
        imbalance_after=(np.average(members, axis=0, weights=weight) - shares) / spread,
        answers=given.size,
        effective_answers=effective,
        design_effect=given.size / effective,
        trimmed=0,
        is_converged=True,
        is_thin=_is_thin(effective, given.size),
    )


def _standardised(known: Floats) -> Floats:
    """Every column with mean 0 and standard deviation 1; refuses constant ones."""
    for column in range(known.shape[1]):
        if np.ptp(known[:, column]) == 0.0:
            raise NoVariation(f"features[:, {column}]", float(known[0, column]))
    # Scaled first, so that squares of large values stay finite.
    scaled = known / np.abs(known).max(axis=0)
    centred = scaled - scaled.mean(axis=0)
    answer: Floats = centred / centred.std(axis=0)
    return answer


def _propensity(standard: Floats, answered: Booleans, penalty: float) -> tuple[Floats, bool]:
    """The chance to answer, by penalised logistic regression, and whether the fit got there.

    Newton steps (iteratively reweighted least squares: McCullagh & Nelder 1989, Generalized Linear
    Models, section 2.5), halved while they would lower the penalised likelihood, which is strictly
    concave; the intercept is not penalised.
    """
    design = np.column_stack((np.ones(len(standard)), standard))
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0
    outcome = answered.astype(np.float64)
    share = outcome.mean()
    beta = np.zeros(design.shape[1])
    beta[0] = special.logit(share)
    best = _objective(design, outcome, ridge, beta)
    for _ in range(_STEPS):
        chance = special.expit(design @ beta)
        gradient = design.T @ (outcome - chance) - ridge * beta
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        gain = float(gradient @ step)
        if gain < _TOLERANCE * max(1.0, abs(best)):
            # So near the top the whole step squares what is left of the error.
            return special.expit(design @ (beta + step)), True
        length = 1.0
        while (found := _objective(design, outcome, ridge, beta + length * step)) < best:
            length /= 2.0
            if length < _TOLERANCE:
                return special.expit(design @ beta), False
        beta, best = beta + length * step, found
    return special.expit(design @ beta), False


def _objective(design: Floats, outcome: Floats, ridge: Floats, beta: Floats) -> float:
    linear = design @ beta
    likelihood = (outcome * linear - np.logaddexp(0.0, linear)).sum()
    return float(likelihood - 0.5 * (ridge * beta**2).sum())


def _trimmed(raw: Floats, weight_max: float) -> tuple[Floats, int]:
    """Weights of mean 1, none of which was above `weight_max` times their median; how many were
    cut. The median, because one huge weight would lift a mean, and with it its own bound."""
    bound = weight_max * float(np.median(raw))
    cut = raw > bound
    weight = np.minimum(raw, bound)
    return weight / weight.mean(), int(cut.sum())


def _described(
    weight: Floats,
    standard: Floats,
    answered: Booleans,
    propensity: Floats,
    trimmed: int,
    is_converged: bool,
) -> ResponseWeights:
    effective = effective_number(weight)
    heard = standard[answered]
    return ResponseWeights(
        weight=weight,
        propensity=propensity,
        imbalance_before=heard.mean(axis=0),
        imbalance_after=np.average(heard, axis=0, weights=weight),
        answers=weight.size,
        effective_answers=effective,
        design_effect=weight.size / effective,
        trimmed=trimmed,
        is_converged=is_converged,
        is_thin=_is_thin(effective, weight.size),
    )


def _is_thin(effective: float, answers: int) -> bool:
    return effective < THIN or effective < 0.5 * answers
