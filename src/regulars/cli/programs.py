"""`regulars program`: check, publish, show and list program documents."""

from pathlib import Path
from typing import Annotated

import typer

from regulars.cli.output import CommandFailed, Exit, Json, ProgramOption, messages, say, show, table
from regulars.cli.session import program_named, with_services
from regulars.core.document import Finding, load_document
from regulars.platform.clock import InvalidInstant, parse_rfc3339, to_rfc3339
from regulars.platform.counting import counted
from regulars.programs.contracts import ProgramInfo, Publication
from regulars.programs.errors import UnknownProgram
from regulars.programs.facade import check as check_text
from regulars.web.api.services import Services

app = typer.Typer(help="Program documents: check, publish, show, list.", no_args_is_help=True)

DocumentFile = Annotated[
    Path, typer.Argument(help="The document, YAML or JSON.", exists=True, dir_okay=False)
]


@app.command()
def check(document: DocumentFile, json: Json = False) -> None:
    """Say everything that is wrong or doubtful about a document. Needs no database."""
    findings = check_text(_read(document))
    errors = sum(finding.severity == "error" for finding in findings)

    def in_words() -> None:
        for finding in findings:
            say(f"{document}:{finding}")
        warnings = len(findings) - errors
        say(
            f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
            if findings
            else "nothing is wrong"
        )

    show({"valid": not errors, "findings": findings}, json, in_words)
    if errors:
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def publish(
    document: DocumentFile,
    effective_from: Annotated[
        str, typer.Option(help="From when on it rules (RFC 3339); default: now.")
    ] = "",
    actor: Annotated[str, typer.Option(help="Who publishes.")] = "operator",
    json: Json = False,
) -> None:
    """Publish a document as the next version of the program it names, made if it is new."""
    text = _read(document)
    slug = load_document(text).program
    begins = _instant(effective_from) if effective_from else None

    async def work(opened: Services) -> Publication:
        try:
            program = await opened.programs.find(slug)
        except UnknownProgram:
            program = await opened.programs.create(slug)
        return await opened.publish(program.program_id, text, actor=actor, effective_from=begins)

    published = with_services(work)

    def in_words() -> None:
        for warning in published.warnings:
            messages.print(f"{document}:{warning}", markup=False, soft_wrap=True)
        word = "is" if published.created else "was already"
        say(f"{slug} version {published.version} {word} published")
        say(f"in force from {to_rfc3339(published.effective_from)}")

    answer = {
        "program": slug,
        "version": published.version,
        "created": published.created,
        "effective_from": to_rfc3339(published.effective_from),
        "warnings": list(published.warnings),
    }
    show(answer, json, in_words)


@app.command("list")
def list_programs(json: Json = False) -> None:
    """The programs of this installation."""

    async def work(opened: Services) -> list[ProgramInfo]:
        return await opened.programs.list_programs()

    found = with_services(work)
    rows = [(one.slug, one.version, to_rfc3339(one.created_at)) for one in found]
    answer = [
        {"program": slug, "version": version, "created_at": created_at}
        for slug, version, created_at in rows
    ]
    show(answer, json, lambda: table("Programs", ("program", "version", "created"), rows))


@app.command("show")
def show_document(
    version: Annotated[
        int, typer.Option(help="Which version; default: the one in force.", min=0)
    ] = 0,
    program: ProgramOption = "",
    json: Json = False,
) -> None:
    """Print the document of a version, as it was published."""

    async def work(opened: Services) -> tuple[ProgramInfo, int, str]:
        found = await program_named(opened, program)
        wanted = version or await opened.programs.version_in_force(
            found.program_id, opened.clock.now()
        )
        if wanted is None:
            raise CommandFailed(f"no version of {found.slug} is in force yet: name one")
        return found, wanted, await opened.programs.text(found.program_id, wanted)

    found, number, text = with_services(work)
    answer = {"program": found.slug, "version": number, "document": text}
    show(answer, json, lambda: say(text.removesuffix("\n")))


def _read(document: Path) -> str:
    try:
        return document.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommandFailed(f"{document} is not UTF-8 text") from None


def _instant(text: str) -> int:
    try:
        return parse_rfc3339(text)
    except InvalidInstant as error:
        raise CommandFailed(str(error), Exit.USAGE) from None


__all__ = ["Finding", "app"]
