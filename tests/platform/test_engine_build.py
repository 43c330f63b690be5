"""A compiled engine is used with its own sources only."""

from pathlib import Path

import pytest

from regulars.platform.engine_build import EngineOutOfDate, note_sources, require_current


@pytest.fixture
def core(tmp_path: Path) -> Path:
    (tmp_path / "folding").mkdir()
    (tmp_path / "decide.py").write_text("def decide(): ...\n")
    (tmp_path / "folding" / "fold.py").write_text("def fold(): ...\n")
    return tmp_path


def test_an_engine_in_python_needs_no_note(core: Path) -> None:
    require_current(core)


def test_a_compiled_engine_with_its_sources_is_used(core: Path) -> None:
    note_sources(core)
    require_current(core)


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed"])
def test_a_compiled_engine_with_other_sources_is_refused(core: Path, change: str) -> None:
    note_sources(core)
    fold = core / "folding" / "fold.py"
    if change == "edited":
        fold.write_text("def fold(): return 1\n")
    elif change == "added":
        (core / "due.py").write_text("")
    elif change == "removed":
        fold.unlink()
    else:
        fold.rename(core / "fold.py")
    with pytest.raises(EngineOutOfDate, match="make compiled"):
        require_current(core)
