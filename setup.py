"""Builds the engine as C extensions where REGULARS_COMPILE=1 asks for it (docs/decisions/0019).

Everything else about the package stands in pyproject.toml. What is compiled are the functions of
`regulars.core`; its types are msgspec's, which are C already, and the document and the words of
explanations are not worth it.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

CORE = Path("src/regulars/core")
NOT_COMPILED = {
    CORE / name
    for name in (
        "accounts.py", "compiled.py", "decision.py", "effects.py", "errors.py", "events.py",
        "facade.py", "redemption/discounts.py", "redemption/quote.py", "state.py",
    )
}  # fmt: skip
ROOMS_NOT_COMPILED = {CORE / "document", CORE / "explanation"}


def engine() -> list[Extension]:
    """One extension per module of the engine, and the library that they share."""
    from mypyc.build import mypycify

    modules = [
        str(path)
        for path in sorted(CORE.rglob("*.py"))
        if path.name != "__init__.py"
        and path not in NOT_COMPILED
        and not ROOMS_NOT_COMPILED.intersection(path.parents)
    ]
    return mypycify(
        ["--config-file=", *modules], opt_level="3", debug_level="0", group_name="regulars_core"
    )


if os.environ.get("REGULARS_COMPILE") == "1":
    sys.path.insert(0, "src")
    from regulars.platform.engine_build import note_sources

    setup(ext_modules=engine())
    if "--inplace" in sys.argv:  # a wheel's extensions do not lie beside these sources
        note_sources(CORE)
else:
    setup()
