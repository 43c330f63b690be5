"""Redemption: what rewards take off a cart, who may use them, and holds from open to closed."""
