"""Every relative link of README and docs leads to a file, and to a heading that is there."""

import re

import pytest

from tests.docs.pages import ROOT, Page, pages

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


def anchors(page: Page) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    words = (heading.replace("`", "").lower() for heading in _HEADING.findall(page.prose()))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in words}


def broken_links(page: Page) -> list[str]:
    broken = []
    for target in _LINK.findall(_CODE.sub("", page.prose())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (page.path.parent / file).resolve() if file else page.path
        inside = found.is_relative_to(ROOT) and found.exists()
        if not inside or (anchor and anchor not in anchors(Page(found))):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_relative_link_resolves(page):
    assert broken_links(page) == []


def test_every_page_stands_in_the_index():
    index = Page(ROOT / "docs/README.md")
    linked = {(index.path.parent / target).resolve() for target in _LINK.findall(index.text)}
    assert {page.path for page in pages()} - linked == {index.path}


def test_a_link_to_nowhere_is_noticed(tmp_path):
    page = Page(ROOT / "docs/README.md")
    assert "concepts" in anchors(Page(ROOT / "docs/glossary.md")) or anchors(page)
    bad = tmp_path / "bad.md"
    bad.write_text("[a](missing.md) [b](bad.md#no-such-heading) [c](https://example.org)")
    assert broken_links(Page(bad)) == ["missing.md", "bad.md#no-such-heading"]
