"""Whatever is done to a document, the check answers with findings and never crashes."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.document.documents import EXAMPLES, SMALL, ZONES, example

from regulars.core.document import DocumentInvalid, Finding, check_document, load_document
from regulars.core.document.check import read_published

TEXTS = [example(path.stem) for path in sorted(EXAMPLES.glob("*.yaml"))]
# A part of the tour with one of nearly everything, short enough to be parsed many times.
SHORT = SMALL + TEXTS[0][TEXTS[0].index("\nevent_types:") : TEXTS[0].index("\n  - id: midsummer")]
WORDS = st.sampled_from(
    ["", "null", "[]", "{}", "-1", "0", "1.5", "1e9", "007", "true", "~", "*a", "&a", "!t x", "- ",
     "? ", ": ", "|", ">", "%", "@", "'", '"', "\\", "#", "\t", "\n", "\r\n", "  ", "{", "}", "[",
     "]", ",", "none", "lifetime", "30 days", "2027-02-30", "02-29", "99:99", "subtotal", "all",
     "not", "points", "base", "\u2028", "\ufeff", "\ud83c", "\x07", "9" * 400, "<<", "...", "---"]
)  # fmt: skip


def answers(text: str) -> list[Finding]:
    """Check, and hold the promises of the check whatever the text is."""
    found = check_document(text, zones=ZONES)
    for one in found:
        assert one.line >= 1 and one.column >= 1
        assert one.code and one.found and one.expected
        assert one.path == "" or one.path.startswith("/")
        assert str(one)
    sound = not any(one.severity == "error" for one in found)
    try:
        document = load_document(text, zones=ZONES)
    except DocumentInvalid as invalid:
        assert not sound and list(invalid.findings) == found
    else:
        assert sound
        assert read_published(document.canonical()) == document
    return found


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """An example with some of its pieces cut out, doubled, or replaced by something odd."""
    text = draw(st.sampled_from([SHORT, SMALL]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        kind = draw(st.sampled_from(["replace", "double", "line"]))
        if kind == "replace":
            text = text[:start] + draw(WORDS) + text[end:]
        elif kind == "double":
            text = text[:end] + text[start:]
        else:
            lines = text.split("\n")
            place = draw(st.integers(0, len(lines) - 1))
            lines.insert(draw(st.integers(0, len(lines))), lines.pop(place))
            text = "\n".join(lines)
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_documents_are_answered_with_findings(text: str) -> None:
    answers(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    assert answers(text), "no random text is a program"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**6) | st.text(max_size=5)
    | st.sampled_from(["points", "1.50", "30 days", "none", "base", "purchase", "2027-01-01"]),
    lambda inside: st.lists(inside, max_size=3)
    | st.dictionaries(
        st.sampled_from(["all", "not", "subtotal", "items", "at_least", "kind", "id", "earn",
                         "currency", "fixed", "name", "on", "when", "type", "ladder", "x/y~"]),
        inside, max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip
PARTS = ["name", "money", "basis", "currencies", "event_types", "attributes", "segments", "groups",
         "earning", "tiers", "rewards"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), values, min_size=1, max_size=3))
def test_values_of_any_shape_are_answered(parts: dict[str, Any]) -> None:
    document = {
        "regulars": 1,
        "program": "small",
        "name": "Small",
        "money": {"currency": "EUR", "decimals": 2},
        "time_zone": "UTC",
        "currencies": {"points": {"name": "Points", "value": "0.01", "breakage": "0"}},
    }
    answers(json.dumps(document | parts))
