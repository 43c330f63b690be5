"""What the bandit takes and answers: settings, the frozen state, decisions, rewards, logs.

Arms are codes from 0; `NOTHING` (-1) is "no arm was offered": the holdout, and where no arm could
be. Days are float64 since an origin of the caller's; money is float64 in major units. Arrays in a
state are never written to: every function answers a new state.
"""

from dataclasses import dataclass
from enum import StrEnum

from regulars.science.contracts import Booleans, Floats, Integers, Interval

NOTHING = -1


@dataclass(frozen=True, slots=True)
class Settings:
    """How a bandit explores, forgets, waits and guards itself.

    `features`: numbers in a context, without the constant, which is added here.
    `floor`: the least probability of an eligible arm among those who are offered something; at most
    1 / arms is given. It bounds the weights of later off-policy estimates by 1 / floor.
    `holdout_share`: the share that is offered nothing, at random; the guardrail compares with it.
    `draws`: posterior draws per model version; the arm probabilities are counted over them.
    `exploration`: factor on the posterior's standard deviation; 1 is Thompson sampling as it was
    conceived, less earns more within a campaign (Chapelle & Li 2011, section 4, "posterior
    reshaping"), and 0 leaves exploring to the floor.
    `prior_precision`: of a coefficient, in units of the noise variance; `noise_shape` and
    `noise_scale`: the inverse gamma prior of the noise variance, in squared units of the reward.
    `half_life_days`: after so long an observation counts half; infinite forgets nothing.
    `expires_after_days`: a decision without a reward is given up after that; `unrewarded_is_zero`
    says whether it then counts as a reward of zero or not at all. `waits_until_expiry` learns
    rewards only then too: without it the quick successes are learnt before the failures.
    `guard_level`: probability of ever pausing an arm, or all, that does no harm; `guard_tolerance`:
    margin per offer that an arm may lose against the holdout; `guard_rows`: no test before so many
    decisions, nor before `guard_each` of them were held out and as many offered the arm.
    """

    features: int
    floor: float = 0.01
    holdout_share: float = 0.05
    draws: int = 500
    exploration: float = 0.5
    prior_precision: float = 1.0
    noise_shape: float = 1.0
    noise_scale: float = 1.0
    half_life_days: float = float("inf")
    expires_after_days: float = 7.0
    unrewarded_is_zero: bool = True
    waits_until_expiry: bool = False
    guard_level: float = 0.05
    guard_tolerance: float = 0.0
    guard_rows: int = 500
    guard_each: int = 30


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent from `start_day` until `end_day`, and how many decisions a day are expected
    before there are any to count. What is spent and reserved never exceeds the total as long as no
    cost turns out higher than its reservation; pacing spreads it over the time."""

    total: float = float("inf")
    start_day: float = 0.0
    end_day: float = float("inf")
    decisions_per_day: float = 1.0


@dataclass(frozen=True, slots=True)
class Arms:
    """The arms, float64 and bool (arms,): `cost` reserved per offer, whether it is `active`
    (retired ones are not), whether the guardrail has `paused` it. `all_paused`: the guardrail has
    stopped the whole policy."""

    cost: Floats
    active: Booleans
    paused: Booleans
    all_paused: bool


@dataclass(frozen=True, slots=True)
class Posterior:
    """What was learnt per arm, discounted to `day`: sums over observations with weight w.

    `gram`: w x x', (arms, features + 1, features + 1). `projection`: w x r, (arms, features + 1).
    `squares`: w r r, (arms,). `weight`: w, (arms,). The constant is the last feature.
    """

    gram: Floats
    projection: Floats
    squares: Floats
    weight: Floats
    day: float


@dataclass(frozen=True, slots=True)
class Pending:
    """Decisions that wait for their reward, ascending by `id`; `known` where it has come but is
    learnt at expiry. Arrays (n,), `context` (n, features), `probabilities` (n, arms + 1)."""

    id: Integers
    context: Floats
    arm: Integers
    probabilities: Floats
    cost: Floats
    day: Floats
    known: Booleans
    reward: Floats
    margin: Floats


@dataclass(frozen=True, slots=True)
class Evidence:
    """The guardrail's running sums per arm and, last, for the whole policy, (arms + 1,): terms,
    their sum and squares; of them offered (`treated`) and held out (`held`)."""

    rows: Floats
    total: Floats
    squares: Floats
    treated: Floats
    held: Floats


@dataclass(frozen=True, slots=True)
class Ledger:
    """The budget's account. `spent` is settled, `reserved` belongs to pending decisions,
    `settled_reserved` is what the settled ones had reserved. `price`: what a unit of cost is worth
    in reward. `decisions` were recorded; `recent` holds the contexts of the last of them."""

    spent: float
    reserved: float
    settled_reserved: float
    price: float
    decisions: int
    recent: Floats


@dataclass(frozen=True, slots=True)
class State:
    """Everything a bandit knows. `draws`: float64 (features + 1, arms, draws), the posterior draws
    of this `version`, which every learning renews from `seed` and version."""

    settings: Settings
    budget: Budget
    arms: Arms
    posterior: Posterior
    draws: Floats
    pending: Pending
    evidence: Evidence
    ledger: Ledger
    seed: int
    version: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was chosen for n contexts, to be stored before it is shown.

    `id`: int64, the caller's. `arm`: int64, NOTHING where none was offered. `propensity`: float64,
    the probability with which exactly this was chosen. `probabilities`: float64 (n, arms + 1), of
    every arm and, last, of nothing. `cost`: float64, reserved. `version`: of the state.
    """

    id: Integers
    arm: Integers
    propensity: Floats
    probabilities: Floats
    context: Floats
    cost: Floats
    day: float
    version: int


@dataclass(frozen=True, slots=True)
class Rewards:
    """What came of decisions, (m,) each: `id` of the decision, `reward` to be learnt, `margin` for
    the guardrail (the reward where None), `cost` that arose (what was reserved where None)."""

    id: Integers
    reward: Floats
    margin: Floats | None = None
    cost: Floats | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """The guardrail stopped `arm` (NOTHING: the whole policy): its margin against the holdout, per
    decision in which it could be offered, is below the tolerance at the always-valid bound."""

    arm: int
    margin: float
    upper: float
    rows: int


@dataclass(frozen=True, slots=True)
class Learned:
    """The next state and what became of the rewards: `learnt` (expired ones included), `waiting`
    for their expiry, `expired` without a reward, `unknown` ids (never recorded, already learnt or
    expired before: nothing is learnt twice), and who was paused."""

    state: State
    learnt: int
    waiting: int
    expired: int
    unknown: int
    pauses: tuple[Pause, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """Logged decisions, (n,) each: `arm` int64 from 0, `reward` float64, `propensity` float64 in
    (0, 1], with which that arm was chosen when it was. `offered_log` makes it of decisions."""

    arm: Integers
    reward: Floats
    propensity: Floats


class Warned(StrEnum):
    """Why an off-policy estimate deserves distrust."""

    FEW_EFFECTIVE_ROWS = "few_effective_rows"
    ONE_ROW_DECIDES = "one_row_decides"
    WEIGHTS_OFF_ONE = "weights_off_one"
    FEW_REWARDS = "few_rewards"
    MODEL_TAKEN_AS_TRUE = "model_taken_as_true"

    @property
    def words(self) -> str:
        """What is wrong and what can be done."""
        return _WORDS[self]


_WORDS = {
    Warned.FEW_EFFECTIVE_ROWS: (
        "The policy differs so much from what was logged that few rows speak for it; log more, or"
        " evaluate a policy closer to the logged one."
    ),
    Warned.ONE_ROW_DECIDES: (
        "One row carries more than a tenth of all weight; raise the exploration floor of the log."
    ),
    Warned.WEIGHTS_OFF_ONE: (
        "The weights do not average one: the propensities are not those of the choices, or the"
        " policy goes where the log never went."
    ),
    Warned.FEW_REWARDS: (
        "Fewer than twenty rows with a reward speak for the policy; the interval is only a hint."
    ),
    Warned.MODEL_TAKEN_AS_TRUE: (
        "The interval takes the reward model as true; its own error is not in it."
    ),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """The value of a policy, reward per decision, and how far it can be trusted.

    `effective_rows`: (sum of weights)^2 / sum of squared weights (Kish 1965); `weight_mean` should
    be 1. The direct method weights nothing: all rows, 1.
    """

    method: str
    value: Interval
    standard_error: float
    rows: int
    effective_rows: float
    weight_mean: float
    weight_largest: float
    warnings: tuple[Warned, ...]
