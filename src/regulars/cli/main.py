"""The command `regulars`: every command, and the one boundary where errors become exit codes."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from regulars.cli import database, keys, ledger, loading, members, programs, serving
from regulars.cli.output import Exit, messages, say
from regulars.cli.science import commands as science
from regulars.cli.session import expected, settings
from regulars.platform.logging import configure_logging

app = typer.Typer(
    name="regulars",
    help="Regulars turns customers into regulars: a loyalty platform of your own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command("serve")(serving.serve)
app.command("up")(serving.up)
app.command("import")(loading.import_orders)
app.command("simulate-shop")(loading.simulate)
app.command("due")(ledger.due)
app.add_typer(programs.app, name="program")
app.add_typer(members.app, name="member")
app.add_typer(ledger.app, name="ledger")
app.add_typer(keys.app, name="key")
app.add_typer(database.app, name="db")
app.add_typer(science.app, name="science")


def _show_version(wanted: bool) -> None:
    if wanted:
        say(version("regulars"))
        raise typer.Exit


@app.callback()
def main(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """What stands before every command: the log is set up before anything is done."""
    configure_logging(settings())


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    sys.exit(outcome(arguments))


def outcome(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        app(args=arguments)
    except SystemExit as ended:
        # How typer ends, also after a mistake in the call, which it has explained by then.
        return ended.code if isinstance(ended.code, int) else Exit.OK
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        return Exit.OK
    except Exception as error:
        failed = expected(error)
        if failed is None:
            raise
        messages.print(f"regulars: {failed}", markup=False, soft_wrap=True)
        return failed.code
    return Exit.OK
