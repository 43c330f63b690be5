"""What every peer's script does: one JSON job in, one JSON answer out.

Runs in the peers' environment; imports nothing of ours.

    from answering import answer, versions

    def work(job):
        arrays = np.load(job["arrays"])
        return {"seconds": ..., "versions": versions("lifetimes")}

    answer(work)
"""

import json
import sys
from contextlib import redirect_stdout
from importlib.metadata import version


def answer(work):
    """Run `work(job)` with what it prints sent to standard error, and answer what it returns."""
    job = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        result = work(job)
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def versions(*libraries):
    """Names and installed versions, such as {"lifetimes": "0.11.3"}."""
    return {library: version(library) for library in libraries}
