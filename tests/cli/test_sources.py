"""A first start on a shop's own orders: what is not named is found or refused before it begins."""

from pathlib import Path

import pytest

from regulars.cli.output import CommandFailed
from regulars.cli.sources import demo_document, import_source
from regulars.core.document import load_document
from regulars.imports.errors import CurrencyMismatch

EXAMPLES = Path(__file__).parents[2] / "examples"
RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text(RETAIL)
    return file


def test_the_example_mapping_whose_columns_the_export_has_is_taken(export):
    assert import_source(export, None, None).mapping.source == "online-retail"


def test_the_demo_program_is_counted_in_the_exports_currency(export):
    found = load_document(import_source(export, None, None).document)
    demo = load_document(demo_document(None))
    assert (demo.money.currency, found.money.currency) == ("EUR", "GBP")
    assert found.program == demo.program


def test_an_export_that_no_example_fits_needs_a_mapping(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("a,b,c\n")
    with pytest.raises(CommandFailed, match="--mapping"):
        import_source(file, None, None)


def test_a_document_in_another_currency_is_refused_before_anything_is_published(export):
    with pytest.raises(CurrencyMismatch):
        import_source(export, None, EXAMPLES / "programs/meadow_club.yaml")
