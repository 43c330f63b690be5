"""The command line for operators: arguments in, a room's answer out, in words or as JSON."""
