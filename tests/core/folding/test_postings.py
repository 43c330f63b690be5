"""Postings: which effects are rows, and what stands in them."""

from tests.core.folding.entries import OPEN

from regulars.core.accounts import Account
from regulars.core.effects import Counted, Moved
from regulars.core.folding.postings import Posting, postings


def test_postings_are_one_row_per_movement() -> None:
    moved = Moved("p", 3, Account.HELD, Account.REDEEMED)
    assert postings((OPEN, Counted("x/day", 1, 1), moved)) == [
        Posting("p", 10, Account.ISSUED, Account.ACTIVE, 1),
        Posting("p", 3, Account.HELD, Account.REDEEMED, 0),
    ]
