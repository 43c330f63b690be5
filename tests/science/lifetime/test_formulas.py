"""The formulas against 60-digit arithmetic, a slow textbook form, and their own differences."""

import numpy as np
import pytest
from scipy import special

from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.beta_geometric_likelihood import BetaGeometricLikelihood
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.gamma_gamma_likelihood import GammaGammaLikelihood
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.models.pareto_likelihood import ParetoLikelihood
from regulars.science.lifetime.numerics import quadrature
from regulars.science.lifetime.rows import Rows
from tests.science.lifetime import high_precision

MODELS = [
    pytest.param(BetaGeometric, BetaGeometricLikelihood, high_precision.BETA_GEOMETRIC, id="bg"),
    pytest.param(Pareto, ParetoLikelihood, high_precision.PARETO, id="pareto"),
]
NEAR = 1e-11


def one(frequency: int, recency: float, age: float) -> Rows:
    return Rows(np.array([frequency]), np.array([recency]), np.array([age]), np.ones(1))


@pytest.mark.parametrize(("kind", "likelihood", "table"), MODELS)
def test_likelihood_and_alive_agree_with_high_precision(kind, likelihood, table):
    for parameters, history, (log_likelihood, alive), *_rest in table:
        model, row = kind(*parameters), one(*history)
        found = likelihood(row)(np.log(model.parameters))[0]
        assert found == pytest.approx(log_likelihood, rel=NEAR, abs=1e-13)
        found = model.alive(row.frequency, row.recency, row.age)[0]
        assert found == pytest.approx(alive, rel=NEAR, abs=0)


@pytest.mark.parametrize(("kind", "likelihood", "table"), MODELS)
def test_expectations_agree_with_high_precision(kind, likelihood, table):
    for parameters, history, _, expected, _, _ in table:
        model, row = kind(*parameters), one(*history)
        horizons = np.array([0.01, 39.0, 1000.0])
        found = model.expected_if_alive(row.frequency, row.age, horizons)
        assert found == pytest.approx(expected, rel=NEAR, abs=0)


@pytest.mark.parametrize(("kind", "likelihood", "table"), MODELS)
def test_count_probabilities_agree_with_high_precision(kind, likelihood, table):
    for parameters, history, _, _, probabilities, _ in table:
        model, row = kind(*parameters), one(*history)
        for count, expected in zip((0, 1, 3, 20), probabilities, strict=True):
            found = model.count_probability_if_alive(
                count, row.frequency, row.age, np.array([39.0])
            )
            assert found[0] == pytest.approx(expected, rel=NEAR, abs=0)


@pytest.mark.parametrize(("kind", "likelihood", "table"), MODELS)
def test_discounted_orders_agree_with_high_precision(kind, likelihood, table):
    for parameters, history, _, _, _, discounted in table:
        model, row = kind(*parameters), one(*history)
        cases = ((0.0027, np.inf), (0.0027, 52.0), (0.02, np.inf))
        for (rate, horizon), expected in zip(cases, discounted, strict=bool(discounted)):
            found = model.discounted_if_alive(row.frequency, row.age, rate, horizon)
            assert found[0] == pytest.approx(expected, rel=NEAR, abs=0)


def random_rows(seed: int, count: int = 60) -> Rows:
    chance = np.random.default_rng(seed)
    frequency = chance.geometric(0.3, count) - 1
    age = chance.uniform(1.0, 100.0, count)
    recency = np.where(frequency > 0, age * chance.uniform(0.05, 1.0, count), 0.0)
    return Rows(frequency, recency, age, chance.integers(1, 9, count).astype(float))


def test_beta_geometric_likelihood_is_the_textbook_product_of_beta_functions():
    rows, (r, alpha, a, b) = random_rows(1), (0.7, 9.0, 1.3, 2.0)
    x, recency, age = rows.frequency, rows.recency, rows.age
    slow = special.beta(a, b + x) / special.beta(a, b) * special.gamma(r + x) * alpha**r
    slow /= special.gamma(r) * (alpha + age) ** (r + x)
    left = special.beta(a + 1, b + x - 1) / special.beta(a, b) * special.gamma(r + x) * alpha**r
    left /= special.gamma(r) * (alpha + recency) ** (r + x)
    slow += np.where(x > 0, left, 0.0)
    found = BetaGeometricLikelihood(rows)(np.log([r, alpha, a, b]))[0]
    assert found == pytest.approx(rows.weight @ np.log(slow), rel=1e-13)


def test_pareto_likelihood_is_the_textbook_difference_of_hypergeometric_functions():
    rows, (r, alpha, s, beta) = random_rows(2), (0.7, 9.0, 0.8, 12.0)
    x, power = rows.frequency, r + s + rows.frequency

    def part(time):
        ratio = (beta - alpha) / (beta + time)
        return special.hyp2f1(power, r + x, power + 1, ratio) / (beta + time) ** power

    slow = 1 / ((alpha + rows.age) ** (r + x) * (beta + rows.age) ** s)
    slow += s / power * (part(rows.recency) - part(rows.age))
    slow *= special.gamma(r + x) * alpha**r * beta**s / special.gamma(r)
    found = ParetoLikelihood(rows)(np.log([r, alpha, s, beta]))[0]
    assert found == pytest.approx(rows.weight @ np.log(slow), rel=1e-11)


def random_spend(seed: int) -> GammaGammaLikelihood:
    chance = np.random.default_rng(seed)
    return GammaGammaLikelihood(chance.integers(1, 20, 50), chance.gamma(3.0, 10.0, 50))


@pytest.mark.parametrize(
    ("likelihood", "parameters"),
    [
        (BetaGeometricLikelihood(random_rows(3)), (0.4, 6.0, 0.9, 3.0)),
        (BetaGeometricLikelihood(random_rows(4)), (5.0, 80.0, 20.0, 0.3)),
        (ParetoLikelihood(random_rows(3)), (0.4, 6.0, 0.9, 3.0)),
        (ParetoLikelihood(random_rows(4)), (5.0, 4.0, 0.3, 80.0)),
        (random_spend(5), (4.0, 3.0, 20.0)),
        (random_spend(6), (0.3, 9.0, 2.0)),
    ],
)
def test_gradient_and_hessian_are_the_differences_of_the_likelihood(likelihood, parameters):
    at, step = np.log(parameters), 1e-4
    _, gradient, hessian = likelihood(at)
    shifts = step * np.eye(at.shape[0])
    ahead = [likelihood(at + shift) for shift in shifts]
    behind = [likelihood(at - shift) for shift in shifts]
    slopes = [(up[0] - down[0]) / (2 * step) for up, down in zip(ahead, behind, strict=True)]
    bends = [(up[1] - down[1]) / (2 * step) for up, down in zip(ahead, behind, strict=True)]
    scale = np.abs(hessian).max()
    assert gradient == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-6 * scale)
    assert hessian == pytest.approx(np.array(bends), rel=1e-6, abs=1e-6 * scale)
    assert hessian == pytest.approx(hessian.T)


@pytest.mark.parametrize(
    ("first", "second"), [(0.02, 0.05), (0.79, 2.4), (1.0, 1.0), (0.3, 900.0), (400.0, 700.0)]
)
def test_beta_rule_knows_the_moments_of_its_density(first, second):
    p, weights = quadrature.beta_rule(np.array([first]), np.array([second]))
    mean = first / (first + second)
    square = mean * (first + 1) / (first + second + 1)
    assert np.sum(weights) == pytest.approx(1.0, rel=1e-14)
    assert np.sum(weights * p) == pytest.approx(mean, rel=1e-12)
    assert np.sum(weights * p**2) == pytest.approx(square, rel=1e-12)


@pytest.mark.parametrize(
    "model", [BetaGeometric(0.24, 4.4, 0.8, 2.4), Pareto(0.55, 10.6, 0.6, 11.7)]
)
def test_count_probabilities_sum_to_one_with_the_expected_mean(model):
    frequency, age, horizon = np.array([3]), np.array([30.0]), np.array([12.0])
    counts = np.arange(150)
    found = [
        model.count_probability_if_alive(int(count), frequency, age, horizon)[0] for count in counts
    ]
    assert sum(found) == pytest.approx(1.0, abs=1e-10)
    expected = model.expected_if_alive(frequency, age, horizon)[0]
    assert counts @ found == pytest.approx(expected, rel=1e-8)


def test_expected_value_moves_from_the_population_to_the_own_mean_with_every_order():
    model = GammaGamma(6.25, 3.74, 15.44)
    population = model.p * model.v / (model.q - 1)
    found = model.expected_value(np.array([0, 1, 10, 10_000]), np.array([0.0, 90.0, 90.0, 90.0]))
    assert found[0] == pytest.approx(population)
    assert (np.diff(found) > 0).all()
    assert found[-1] == pytest.approx(90.0, rel=1e-3)
