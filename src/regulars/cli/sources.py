"""What a first start is filled from: the program document, a shop's export and its mapping.

What is not named is taken from the examples that come with the package: the mapping whose columns
stand in the export's header, and the demo's program, counted in the export's currency.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from regulars.cli.output import CommandFailed, Exit
from regulars.core.document import load_document
from regulars.imports.errors import CurrencyMismatch
from regulars.imports.facade import Mapping, fits, load_mapping, parse_mapping

_EXAMPLES = files("regulars") / "examples"
_DEMO = "meadow_club.yaml"


@dataclass(frozen=True)
class ImportSource:
    """An export of orders, what its columns mean, and the text of the program to import into."""

    data: Path
    mapping: Mapping
    document: str


def import_source(data: Path, mapping: Path | None, document: Path | None) -> ImportSource:
    """Everything that an import needs, before anything is started for it."""
    meaning = _fitting(data) if mapping is None else load_mapping(mapping)
    text = demo_document(document)
    if document is None:
        text = _in_currency(text, meaning)
    counted = load_document(text).money.currency
    if counted != meaning.money.currency:
        # Found out now: a program that was published in another currency would stay.
        raise CurrencyMismatch(meaning.money.currency, counted)
    return ImportSource(data, meaning, text)


def demo_document(document: Path | None) -> str:
    """The text of a program document: the one that is named, or the demo's."""
    if document is not None:
        return document.read_text(encoding="utf-8")
    return (_EXAMPLES / "programs" / _DEMO).read_text(encoding="utf-8")


def _fitting(data: Path) -> Mapping:
    """The example mapping whose columns are those of the export."""
    for file in sorted((_EXAMPLES / "imports").iterdir(), key=lambda one: one.name):
        mapping = parse_mapping(file.read_text(encoding="utf-8"), file.name)
        if fits(data, mapping):
            return mapping
    raise CommandFailed(
        f"no example mapping fits the columns of {data.name}: say with --mapping "
        "(make up: MAPPING=) what they mean",
        Exit.USAGE,
    )


def _in_currency(text: str, mapping: Mapping) -> str:
    """The document with its money in the export's currency, where that has as many decimals; else
    as it is, and the import says what does not fit."""
    money = load_document(text).money
    if money.decimals != mapping.money.decimals:
        return text
    return text.replace(f"currency: {money.currency}", f"currency: {mapping.money.currency}", 1)
