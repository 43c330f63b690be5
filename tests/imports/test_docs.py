"""docs/importing.md names every reason, and the code gives no other."""

import re
from pathlib import Path

from regulars.imports.contracts import REASONS

ROOT = Path(__file__).parents[2]


def test_every_reason_is_documented_with_its_words():
    text = (ROOT / "docs" / "importing.md").read_text()
    assert dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", text, re.MULTILINE)) == REASONS


def test_the_code_gives_the_documented_reasons_only():
    room = ROOT / "src" / "regulars" / "imports"
    given = set()
    for name in ("orders.py", "matching.py"):
        text = (room / name).read_text()
        given |= set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', text))
    assert set(REASONS) <= given
    fields = {"return_of", "unit_price", "line_total", "shipping_tax", "half_up", "half_even"}
    assert given - fields == set(REASONS)
