"""Documents that the tests of this folder edit."""

from functools import lru_cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = REPOSITORY / "examples" / "programs"
ZONES = frozenset(("Europe/Berlin", "Asia/Tokyo", "Europe/Stockholm", "Asia/Bahrain", "UTC"))

SMALL = """\
regulars: 1
program: small
name: Small
money: {currency: EUR, decimals: 2}
time_zone: UTC
currencies:
  points: {name: Points, value: "0.01", breakage: "0.1"}
"""
"""The smallest sound document, in seven lines; tests add parts from line 8 on."""


@lru_cache
def example(name: str) -> str:
    return (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")


def edited(text: str, before: str, after: str) -> str:
    """The text with its first `before` replaced; fails where there is none."""
    assert before in text, f"the example no longer says {before!r}"
    return text.replace(before, after, 1)
