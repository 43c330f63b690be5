"""The program document: what a loyalty program is, as data.

Owns the models of every part of the document, how its text is read and checked (`check.py`), and
the published JSON Schema and reference made from the models. It gives the parts no behaviour: the
engine compiles them. Text comes in, findings or a frozen `ProgramDocument` go out.
"""

from regulars.core.document.check import check_document, load_document
from regulars.core.document.findings import DocumentInvalid, Finding
from regulars.core.document.program import ProgramDocument
from regulars.core.document.schema import document_schema

__all__ = [
    "DocumentInvalid",
    "Finding",
    "ProgramDocument",
    "check_document",
    "document_schema",
    "load_document",
]
