"""Regulars: a loyalty program is a document, what a member does is an event."""

from pathlib import Path

from regulars.platform.engine_build import require_current

require_current(Path(__file__).parent / "core")
