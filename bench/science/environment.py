"""The peers' environment: other people's libraries, installed from `requirements-peers.lock` into
`build/science-peers`, apart from ours, so that neither bends the other's versions.

A peer is a script of `peers/`: it reads one JSON job on standard input (arrays as paths of .npz
files) and answers one JSON document on standard output, the versions of its libraries among it. An
environment that cannot be installed, or a script that fails, is said in the table, never hidden:
`Peers.ask` raises PeerFailed with the last line of what went wrong.
"""

import json
import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / "build" / "science-peers"
LOCK = HERE / "requirements-peers.lock"
SCRIPTS = HERE / "peers"
_INSTALL = (
    "-m", "pip", "install", "-qq", "--disable-pip-version-check",
    "--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(LOCK),
)  # fmt: skip


class PeerFailed(Exception):
    """A peer gave no answer: its environment, its library or its script failed."""


class Peers:
    """The installed environment. Use `open_peers`, which installs it first.

    `folder` is a temporary place for the arrays of jobs (`options.save_arrays`).
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self.folder = folder

    def ask(
        self, script: str, job: dict[str, Any], *, seconds: float = 1_800.0, threads: int = 1
    ) -> dict[str, Any]:
        """The answer of `peers/<script>.py` to a job; PeerFailed says why there is none.

        Numeric libraries get `threads` threads, as ours are told to use.
        """
        environment = dict(os.environ) | {
            name: str(threads)
            for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        }
        # Only what the lock installs is imported, whatever this process was started with.
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
            environment.pop(name, None)
        try:
            done = subprocess.run(
                [str(self.python), str(SCRIPTS / f"{script}.py")],
                input=json.dumps(job),
                capture_output=True,
                text=True,
                timeout=seconds,
                env=environment,
                cwd=self.folder,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"peer {script} gave no answer within {seconds:.0f} s") from None
        if done.returncode:
            raise PeerFailed(f"peer {script} failed: {_last_line(done.stderr)}")
        # A library may have printed something before: the answer is the last line.
        answer: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
        return answer


def open_peers() -> Peers:
    """Install the environment where the lock has changed since; PeerFailed where that fails."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / ".installed"
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("peers: installing requirements-peers.lock", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
        _run([str(python), *_INSTALL])
        stamp.write_text(wanted)
    return Peers(python, Path(tempfile.mkdtemp(prefix="science-peers-")))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerFailed(f"the peers cannot be installed: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:300] or "it said nothing"
