"""The JSON of the API: what is read, what is answered, and how each becomes a core type."""
