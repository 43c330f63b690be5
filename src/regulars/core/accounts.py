"""The accounts that points move between, by their stored code.

A posting debits one and credits another, so it is zero-sum by construction. Member-side accounts
below 10 have a balance per member; program-side codes stand in the member's row too and are summed
over all members when the program's totals are asked for.
"""

from enum import IntEnum


class Account(IntEnum):
    """Balance = credits - debits. DEBT is zero or negative; the other member accounts are never
    negative."""

    PENDING = 1
    ACTIVE = 2
    HELD = 3
    DEBT = 4
    ISSUED = 10
    REDEEMED = 11
    EXPIRED = 12
    REVERSED = 13
    ADJUSTED = 14
    TRANSIT = 15
    FORFEITED = 16
    DONATED = 17
    DUE_TO_PARTNER = 18
