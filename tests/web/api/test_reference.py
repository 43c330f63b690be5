"""docs/api.md says what the API is: its generated section is what would be generated now."""

from pathlib import Path

from regulars.web.api.reference import with_reference

DOCUMENT = Path(__file__).parents[3] / "docs/api.md"


def test_every_operation_scope_and_code_is_documented():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_reference(text) == text, "run `python -m regulars.web.api.reference docs/api.md`"
