"""The door of the bandit: offers that learn, with propensities that can be evaluated afterwards.

Life of a decision: `begin` once; `choose` with contexts, ids and a seed; store the decisions and
`record` them before anything is shown; `learn` when rewards come in, in batches. Every function is
pure: a frozen state in, a new one out; `to_arrays` and `from_arrays` store it. Afterwards
`inverse_propensity`, `self_normalised`, `direct` and `doubly_robust` say from the log what another
policy would have earned. The types stand in `contracts`.
"""

from regulars.science.bandit.begin import add_arm, begin, resume, retire_arm, return_arm
from regulars.science.bandit.choose import choose
from regulars.science.bandit.guardrail import bounds as guardrail_bounds
from regulars.science.bandit.learn import NO_REWARDS, learn
from regulars.science.bandit.off_policy import (
    direct,
    doubly_robust,
    inverse_propensity,
    offered_log,
    self_normalised,
)
from regulars.science.bandit.probabilities import chances
from regulars.science.bandit.ranks import beta_place_probabilities
from regulars.science.bandit.record import record
from regulars.science.bandit.reward_model import direct_refitted, expected_rewards
from regulars.science.bandit.simulation import Played, World, make_world, play
from regulars.science.bandit.state_arrays import from_arrays, to_arrays

__all__ = [
    "NO_REWARDS",
    "Played",
    "World",
    "add_arm",
    "begin",
    "beta_place_probabilities",
    "chances",
    "choose",
    "direct",
    "direct_refitted",
    "doubly_robust",
    "expected_rewards",
    "from_arrays",
    "guardrail_bounds",
    "inverse_propensity",
    "learn",
    "make_world",
    "offered_log",
    "play",
    "record",
    "resume",
    "retire_arm",
    "return_arm",
    "self_normalised",
    "to_arrays",
]
