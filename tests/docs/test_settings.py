"""Every setting that a page names exists, and docs/settings.md names every setting and default."""

import re
from dataclasses import fields

import pytest

from regulars.platform.settings import Settings, setting_variables
from tests.docs.pages import ROOT, pages

_NAMED = re.compile(r"\bREGULARS_[A-Z_]*[A-Z]\b")
FOR_TESTS = {"REGULARS_TEST_DATABASE_URL", "REGULARS_SHARED_DATA"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_setting_named_exists(page):
    assert set(_NAMED.findall(page.text)) - set(setting_variables()) - FOR_TESTS == set()


def test_the_settings_page_has_every_setting_with_its_default():
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(REGULARS_\w+)` \| (.*?) \|", text, re.MULTILINE))
    defaults = Settings()
    wanted = {
        variable: getattr(defaults, field.name)
        for variable, field in zip(setting_variables(), fields(Settings), strict=True)
    }
    assert set(rows) == set(wanted)
    differing = {
        variable: rows[variable]
        for variable, default in wanted.items()
        if variable != "REGULARS_HOME"
        and rows[variable] != ("unset" if default is None else f"`{default}`")
    }
    assert differing == {}
