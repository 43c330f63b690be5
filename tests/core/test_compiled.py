"""The compiled engine decides as the one in Python does, byte for byte.

A copy of the package is built as `make compiled` builds it; then the engine's own tests and all
scenarios, with the digests of what they record, run on the copy.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PYTHON_HEADER = Path(sysconfig.get_path("include"), "Python.h")
_MODULES_MIN = 30


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that runs a compiled copy of the package."""
    if shutil.which("cc") is None or not _PYTHON_HEADER.exists():
        pytest.skip("to compile the engine takes a C compiler and Python's headers")
    folder = tmp_path_factory.mktemp("compiled")
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "src",
        folder / "src",
        ignore=shutil.ignore_patterns("*.so", "compiled_from.txt", "__pycache__"),
    )
    environment = {**os.environ, "MYPYPATH": "src", "REGULARS_COMPILE": "1"}
    _run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], folder, environment)
    return {**os.environ, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{ROOT}"}


def test_the_copy_is_compiled(built: dict[str, str]) -> None:
    code = (
        "import sys, regulars.core.facade; "
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('regulars.core')))"
    )
    files = _run([sys.executable, "-c", code], ROOT, built).split()
    compiled = [Path(each) for each in files if Path(each).suffix in (".so", ".pyd")]
    assert len(compiled) >= _MODULES_MIN
    assert not any(each.is_relative_to(ROOT) for each in compiled)


def test_the_compiled_engine_passes_what_the_engine_passes(built: dict[str, str]) -> None:
    of_the_engine = ["tests/core", "tests/scenarios", f"--ignore={Path(__file__)}"]
    pytest_quietly = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    told = _run([*pytest_quietly, *of_the_engine], ROOT, built)
    assert " passed" in told and "failed" not in told


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
