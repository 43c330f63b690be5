"""Folding: what a member is after the entries of the journal, and nothing else.

Owns the meaning of every effect. The engine applies each effect with it as it decides, the ledger
writes what the decision left in it, and rebuild and verify fold the journal with the same code; so
the state is the fold of the recorded entries. It decides nothing and refuses nothing; an effect
that does not fit (a draw beyond what remains) is a programmer's mistake.

`fold.py` folds an entry, `applying.py` has one function per effect. They change a `member_copy.py`;
`working.py` is one that keeps what was done to it. `postings.py` moves units between accounts, and
`due.py` says when time will next change something.
"""
