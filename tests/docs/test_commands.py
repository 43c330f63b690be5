"""Every `regulars ...` command that a page shows exists, with the options that it shows."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from regulars.cli.reference import commands
from tests.docs.pages import Page, pages

_KNOWN: dict[str, Any] = dict(commands())
_PREFIX = re.compile(r"^(?:\.venv/bin/|\S*/\.venv/bin/|REGULARS_\w+=\S* +)*(?=regulars )")


def shown(page: Page) -> Iterator[str]:
    """The command lines of a page: in what is to be typed, and in the prose."""
    for block in page.blocks():
        if block.language not in ("", "sh", "shell", "ini"):
            continue
        joined = re.sub(r"\\\n\s*", " ", block.text)
        for line in joined.splitlines():
            line = re.sub(r"^\w+=(?=/)", "", line.strip())
            found = _PREFIX.sub("", line)
            if found.startswith("regulars "):
                yield found
    for span in page.spans():
        if span.startswith("regulars "):
            yield span


def wrong(line: str) -> str:
    """What is wrong with a command line, or nothing."""
    words = shlex.split(line, comments=True)
    if words[1].startswith("-"):
        return "" if words[1] == "--version" else "no such option"
    name = next(
        (candidate for size in (3, 2) if (candidate := " ".join(words[:size])) in _KNOWN), None
    )
    if name is None:
        groups = {" ".join(known.split()[:2]) for known in _KNOWN if len(known.split()) == 3}
        return "" if " ".join(words) in groups else "no such command"
    known = {option for one in _KNOWN[name].params for option in (*one.opts, *one.secondary_opts)}
    for word in words[len(name.split()) :]:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known and option != "--help":
            return f"no such option: {option}"
    return ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_shown_is_real(page):
    assert [(line, fault) for line in shown(page) if (fault := wrong(line))] == []


def test_commands_are_found_in_the_pages():
    lines = {line for page in pages() for line in shown(page)}
    assert "regulars ledger verify" in lines
    assert any("--prepare-only" in line for line in lines)
    assert any(line.startswith("regulars db migrate") for line in lines)


@pytest.mark.parametrize(
    "line", ["regulars ledger verif", "regulars import x.csv --maping y", "regulars --no-such"]
)
def test_a_command_that_is_not_there_is_noticed(line):
    assert wrong(line)
