"""Idempotency keys: one request under one key, answered once and remembered for seven days."""
