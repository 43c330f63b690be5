"""The crash test: kills the product and its database in the middle of their work, and counts."""
