"""The reference of the command line as Markdown, made from the commands themselves.

`python -m regulars.cli.reference docs/cli.md` writes the generated section anew; a test compares.
"""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from regulars.cli.main import app
from regulars.cli.output import EXIT_MEANINGS
from regulars.platform.settings import Settings, setting_variables

BEGIN = "<!-- generated: begin -->"
END = "<!-- generated: end -->"


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its whole name, in the order of the help."""
    root: Any = typer.main.get_command(app)
    yield from _below("regulars", root)


def reference() -> str:
    """The generated section: commands, exit codes, settings."""
    parts = ["## Commands", ""]
    for name, command in commands():
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        shown = " ".join([name, *(_argument(one) for one in arguments)])
        parts += [f"### `{shown}`", "", (command.help or "").strip(), ""]
        rows = [_row(one) for one in command.params if getattr(one, "help", None)]
        if rows:
            parts += ["| | |", "|---|---|", *rows, ""]
    parts += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    parts += [f"| {code.value} | {meaning} |" for code, meaning in EXIT_MEANINGS.items()]
    parts += ["", "## Settings", "", "| variable | default |", "|---|---|"]
    for variable, item in zip(setting_variables(), fields(Settings), strict=True):
        default = getattr(_DEFAULTS, item.name)
        words = "`.regulars` in the folder it is started in" if item.name == "home" else default
        parts.append(f"| `{variable}` | {'unset' if default is None else words} |")
    return "\n".join(parts)


def with_reference(text: str) -> str:
    """A document whose generated section is made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


_DEFAULTS = Settings()


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", None)
    if not inside:
        yield name, command
        return
    for part, one in inside.items():
        yield from _below(f"{name} {part}", one)


def _argument(parameter: Any) -> str:
    name = parameter.name.upper()
    return str(name if parameter.required else f"[{name}]")


def _row(parameter: Any) -> str:
    names = ", ".join(f"`{one}`" for one in parameter.opts if one.startswith("-"))
    return f"| {names or f'`{parameter.name.upper()}`'} | {parameter.help} |"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_reference(document.read_text(encoding="utf-8")), encoding="utf-8")
