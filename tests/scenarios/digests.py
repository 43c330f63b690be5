"""What the engine has decided before, as one digest per scenario.

    python -m tests.scenarios.digests    # write digests.json anew

The same engine version promises the same bytes. A change of the engine that changes a digest is
either a mistake or a new version: then ENGINE_VERSION rises, and the file is written anew.
"""

import json

from tests.scenarios.runner import FOLDER, run, scenarios

from regulars.core.decision import ENGINE_VERSION

FILE = FOLDER / "digests.json"


def digests() -> dict[str, dict[str, str]]:
    """By scenario, the digest of what the engine records, below the engine's version."""
    found = {f"{each.file}: {each.name}": run(each) for each in scenarios()}
    return {f"engine {ENGINE_VERSION}": found}


if __name__ == "__main__":
    FILE.write_text(json.dumps(digests(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
