"""The figures of `src/regulars/science/`: how good and how fast the models are, beside their peers.

`python -m bench.science` measures. Each module of `figures/` measures one room of the science; the
peers (`peers/`) are other people's libraries, which run in an environment of their own.
"""
