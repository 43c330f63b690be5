"""The benchmarks and the crash test: how fast the product is, and that it never loses an event.

Not a part of the product: nothing in `src/` imports it. `python -m bench` measures,
`python -m bench.crash` kills.
"""
