"""Members: who they are, how they are found, and how they are forgotten."""
