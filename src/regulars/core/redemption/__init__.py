"""Redemption: what rewards take off a cart, who may use them, and holds from opening to their end."""
