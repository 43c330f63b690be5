"""How long and how often a figure is measured, and with how much data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`runs` of `seconds` each; `members` of an ordinary shop and `members_many` of a large one;
    `deep_members` members have `deep_events` past events, and for comparison `shallow_events`.
    Before anything is measured the server's log is written for `run_in_megabytes`."""

    runs: int = 5
    seconds: float = 5.0
    members: int = 100_000
    members_many: int = 2_000_000
    deep_members: int = 1_000
    deep_events: int = 1_000
    shallow_events: int = 10
    run_in_megabytes: int = 3_072
