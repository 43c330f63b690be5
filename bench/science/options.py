"""What is measured, how often, and where the public files lie."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_ROOT = Path(__file__).parents[2]
SHARED_DATA = Path(os.environ.get("REGULARS_SHARED_DATA", _ROOT.parent / "shared" / "data"))


class Skipped(Exception):
    """A figure that cannot be measured here, and why; the table says so."""


@dataclass(frozen=True)
class Options:
    """`wanted` names the figures asked for, so that a module can leave the others out; the best of
    `runs` is a time; `customers` are in the synthetic shop; `seeds` make simulations."""

    wanted: frozenset[str] = frozenset()
    runs: int = 3
    customers: int = 1_000_000
    seeds: int = 200

    def wants(self, *figures: str) -> bool:
        """Whether any of the figures was asked for; all are where none was named."""
        return not self.wanted or not self.wanted.isdisjoint(figures)


def shared_file(name: str) -> Path:
    """A file of the public data; Skipped says that it is not there."""
    path = SHARED_DATA / name
    if not path.exists():
        raise Skipped(f"{name} is not there; REGULARS_SHARED_DATA says where")
    return path


def save_arrays(path: Path, **arrays: np.ndarray) -> str:
    """Write arrays to an .npz file for a peer's job; answers its path as the job names it."""
    np.savez(path, allow_pickle=False, **arrays)
    return str(path)
