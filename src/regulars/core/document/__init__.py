"""The program document: what a loyalty program is, as data.

Owns the models of every part of the document, how its text is read and checked (`check.py`), and
the published JSON Schema and reference made from the models. It gives the parts no behaviour: the
engine compiles them. Text comes in, findings or a frozen `ProgramDocument` go out.
"""

from regulars.core.document.program import ProgramDocument

__all__ = ["ProgramDocument"]
