"""One module per room of the science. Each says in FIGURES what it measures and has

    def measure(peers: Peers | None, options: Options) -> list[Figure]

which raises `bench.science.options.Skipped` where what it needs is not there. A new module is found
by its name; its goals, where it has some, stand in `bench.science.report.GOALS`.
"""
