"""Conditions: what a rule or reward asks of the order, the member and the moment.

Owns how the document's conditions are run (`compile.py`), what they are run on (`subject.py`), how
lines are selected and orders measured (`measures.py`), and how a failing one is read back in words
(`reading.py`). The document's models say which conditions exist; none is added here.
"""
