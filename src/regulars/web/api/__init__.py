"""The HTTP API `/v1`: wire formats, problems, authentication, operations and their description."""
