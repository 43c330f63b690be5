"""Rewards: what there is only so much of. Stock, budgets, seats and voucher codes."""
