"""The rule of floors and doors, which import-linter applies to every import."""
