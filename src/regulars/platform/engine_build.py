"""Whether a compiled engine was built from the sources that lie beside it (docs/decisions/0019).

An extension goes before its `.py`. After an upgrade that forgot to build it again, a server would
decide by yesterday's rules on today's types; so the package refuses to be imported then.
"""

from hashlib import sha256
from pathlib import Path

BUILT_FROM = "compiled_from.txt"


class EngineOutOfDate(ImportError):
    """The compiled engine is not of its sources. The message says the next step."""


def sources_digest(core: Path) -> str:
    """SHA-256 over names and contents of all sources in the engine's folder."""
    digest = sha256()
    for path in sorted(core.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(core).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def note_sources(core: Path) -> None:
    """Write down what the extensions that have just been built were built from."""
    (core / BUILT_FROM).write_text(sources_digest(core) + "\n")


def require_current(core: Path) -> None:
    """Raise EngineOutOfDate where the engine was compiled from other sources than these."""
    try:
        built_from = (core / BUILT_FROM).read_text().strip()
    except FileNotFoundError:
        return
    if built_from != sources_digest(core):
        raise EngineOutOfDate(
            "the compiled engine was not built from these sources: "
            "run `make compiled`, or `make in-python` to do without it"
        )
