"""What every command shares: exit codes, results in words or JSON, progress, expected errors.

Results go to standard output, everything else to standard error, so that `--json` can be piped. An
expected error is one sentence and an exit code; a traceback is always a fault of ours.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    UNAVAILABLE = 3
    INTERRUPTED = 130


EXIT_MEANINGS: dict[Exit, str] = {
    Exit.OK: "done, and nothing is wrong; a server that was stopped with Ctrl-C too",
    Exit.PROBLEM: "done or refused, and something is wrong: findings, differences, not found",
    Exit.USAGE: "the command was not given as it should be",
    Exit.UNAVAILABLE: "the database, the keys, a file or an extra cannot be used at this moment",
    Exit.INTERRUPTED: "stopped with Ctrl-C before it was done",
}
"""What each exit code means; the reference is made from it."""

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
ProgramOption = Annotated[
    str, typer.Option("--program", "-p", help="The program's slug; needed if there are several.")
]

messages = Console(stderr=True, highlight=False)


class CommandFailed(Exception):
    """An expected error: one sentence for a person, and the exit code."""

    def __init__(self, sentence: str, code: Exit = Exit.PROBLEM) -> None:
        super().__init__(sentence)
        self.code = code


def show(result: Any, as_json: bool, in_words: Callable[[], None]) -> None:
    """The result of a command: as JSON, or as `in_words` prints it."""
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(result, enc_hook=str), indent=2)
        sys.stdout.write(text.decode() + "\n")
    else:
        in_words()


def say(text: str = "") -> None:
    """One line for a person, on standard output; never read as markup."""
    sys.stdout.write(text + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows for a person; plain and unshortened where it is no terminal."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(str(cell) for cell in row))
        return
    shown = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    Console().print(shown, markup=False)


def fields(values: Mapping[str, object]) -> None:
    """Names and values, one pair a line; what is empty is left out."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        if value not in ("", None, [], {}):
            say(f"{name.ljust(width)}  {value}")


@contextmanager
def progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error while the block runs, told of (step, done, all); all 0: not known.
    Nothing is shown where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda step, done, all_: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        task = bars.add_task(what, total=None)

        def tell(step: str, done: int, all_: int) -> None:
            bars.update(task, description=step or what, completed=done, total=all_ or None)

        yield tell
