"""The pages under test: README and docs, split into what a reader sees as code and as prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block with its language, or an indented one, which shows what to type."""

    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def blocks(self) -> Iterator[Block]:
        """Every block of code, in order of kind."""
        for language, text in _FENCE.findall(self.text):
            yield Block(language, text)
        for text in _INDENTED.findall(_FENCE.sub("", self.text)):
            yield Block("", "\n".join(line[4:] for line in text.splitlines()))

    def spans(self) -> Iterator[str]:
        """Every `code` within the prose; one may run over the end of a line."""
        prose = _INDENTED.sub("", _FENCE.sub("", self.text))
        for span in _SPAN.findall(prose):
            yield " ".join(span.split())

    def prose(self) -> str:
        """The text without any block of code."""
        return _FENCE.sub("", self.text)


def pages() -> list[Page]:
    """README and everything in docs."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [Page(path) for path in found]
