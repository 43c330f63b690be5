"""The report is one page that needs nothing else, says how to read every picture, and is whole."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from regulars.insights.contracts import Fact, Grid, Insight, Plot
from regulars.insights.page import page
from tests.insights.conftest import silent

COMMANDS = (
    "lifetime", "churn", "segments", "recommend", "experiment", "uplift", "bandit", "liability",
)  # fmt: skip
PICTURES = {
    "lifetime": {"tracking", "weekly", "classes", "frequencies", "alive", "cohorts", "deciles"},
    "churn": {"calibration", "deciles", "gains", "spread"},
    "segments": {"map", "shares", "moves", "states", "stability"},
    "recommend": {"kinds", "length", "sources", "reach"},
    "experiment": {"effect-0", "effect-1", "time-0", "time-1", "sizes"},
    "uplift": {"qini", "effects", "policies", "targeting"},
    "bandit": {"policy-0", "policy-3", "effective", "time"},
    "liability": {"band", "cohorts", "tests", "ranges"},
}
PLAIN = Insight("test", "Title", "Summary.", "Source", (), (), (), ("Limit.",), {})


class Parsed(HTMLParser):
    """What stands in a page: elements with their attributes, ids, and whether all were closed."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def pages(insight):
    known = {}

    def made(command):
        if command not in known:
            known[command] = page(insight(command), silent)
        return known[command]

    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_asks_nothing_of_the_network(pages, command):
    text = pages(command)
    addresses = set(re.findall(r"\w+://[^\s\"'<)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    parsed = Parsed(text)
    assert {"script", "link", "img", "iframe"}.isdisjoint({tag for tag, _ in parsed.elements})
    for _, attributes in parsed.elements:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_is_well_formed_and_its_ids_are_unique(pages, command):
    parsed = Parsed(pages(command))
    assert parsed.open == []
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    used = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", pages(command)))
    labels = {
        name
        for _, attributes in parsed.elements
        for name in (attributes.get("aria-labelledby") or "").split()
    }
    assert used | labels <= set(ids)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_picture_has_its_sentence_and_says_what_it_shows(insight, pages, command):
    plots = insight(command).plots
    assert {plot.name for plot in plots} >= PICTURES[command]
    assert len({plot.name for plot in plots}) == len(plots)
    for plot in plots:
        assert re.fullmatch(r"[^.]+(\.\d[^.]*)*\.", plot.reading), plot.reading
        assert plot.shows.endswith("."), plot.shows
        assert plot.title
    parsed = Parsed(pages(command))
    tags = [tag for tag, _ in parsed.elements]
    for tag in ("figure", "figcaption", "svg", "title", "desc"):
        expected = len(plots) + (1 if tag == "title" else 0)
        assert tags.count(tag) == expected, tag


@pytest.mark.parametrize("command", COMMANDS)
def test_no_picture_keeps_a_colour_of_its_own(pages, command):
    drawn = "".join(re.findall(r"<svg.*?</svg>", pages(command), re.DOTALL))
    assert re.findall(r"(?:fill|stroke|color): ?#[0-9a-f]+", drawn) == []
    used = set(re.findall(r"var\((--[\w-]+)\)", drawn))
    for scheme in re.findall(r":root \{(.*?)\}", pages(command), re.DOTALL)[:2]:
        assert used <= set(re.findall(r"(--[\w-]+):", scheme))


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_on_a_page_is_not_a_number(pages, command):
    text = re.sub(r"<style>.*?</style>", "", pages(command), flags=re.DOTALL)
    assert re.findall(r"\b(?:nan|inf)\b|>None<", text) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_limits_are_on_the_page(insight, pages, command):
    assert len(insight(command).limits) >= 4
    assert pages(command).count("<li>") == len(insight(command).limits)


def test_the_page_goes_by_the_reader_s_light_and_width(pages):
    text = pages("lifetime")
    assert "prefers-color-scheme: dark" in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert '<html lang="en">' in text


def test_what_comes_from_the_file_stays_text():
    evil = "<script>alert(1)</script>&\"'$x$"
    grid = Grid(evil, (evil, "b"), ((evil, "1"),), evil)

    def draw(axes):
        axes.set_xlabel(evil)

    plot = Plot("evil", evil, evil, evil, draw, grid)
    text = page(
        replace(
            PLAIN, title=evil, summary=evil, source=evil, facts=(Fact(evil, evil, evil),),
            grids=(grid,), plots=(plot,), limits=(evil + "`<b>`",),
        ),
        silent,
    )  # fmt: skip
    assert "<script" not in text
    assert "<code>&lt;b&gt;</code>" in text
    assert "$x$" in text
    assert Parsed(text).open == []


def test_numbers_stand_to_the_right_and_words_to_the_left():
    rows = (("a", "1", "EUR 3", "12.5% (1% to 2%)", "2024-01-01"), ("b", "—", "-4", "< 0.0001", ""))
    text = page(replace(PLAIN, grids=(Grid("G", tuple("vwxyz"), rows),)), silent)
    heads = re.findall(r'<th scope="col"( class="words")?>', text)
    assert [bool(words) for words in heads] == [True, False, False, False, True]


def test_the_same_answer_makes_the_same_page(insight):
    assert page(insight("uplift"), silent) == page(insight("uplift"), silent)
