"""`regulars key`: API keys of a program."""

from typing import Annotated

import typer

from regulars.cli.output import Json, ProgramOption, say, show, table
from regulars.cli.rotation import rotate_master
from regulars.cli.session import program_named, with_services
from regulars.platform.clock import MICROSECONDS_PER_DAY, to_rfc3339
from regulars.programs.contracts import SCOPES, KeyInfo, NewKey
from regulars.web.api.services import Services

app = typer.Typer(
    help="API keys: create, list, revoke; the master key: rotate-master.", no_args_is_help=True
)
app.command("rotate-master")(rotate_master)

ALL = "all"


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", "-s", help="A scope, once for each; default: all."),
    ] = None,
    backdate_days: Annotated[
        int, typer.Option(help="How far back it may date events.", min=0, max=36_500)
    ] = 30,
    program: ProgramOption = "",
    json: Json = False,
) -> None:
    """Make a key. Its text is shown once, now."""

    async def work(opened: Services) -> NewKey:
        found = await program_named(opened, program)
        return await opened.api_keys.create(
            found.program_id,
            name,
            scope or tuple(SCOPES),
            backdate_us=backdate_days * MICROSECONDS_PER_DAY,
        )

    made = with_services(work)
    answer = {"id": made.info.key_id, "key": made.text, "scopes": list(made.info.scopes)}
    show(answer, json, lambda: say(made.text))


@app.command("list")
def list_keys(program: ProgramOption = "", json: Json = False) -> None:
    """The keys of a program, without their secrets."""

    async def work(opened: Services) -> list[KeyInfo]:
        return await opened.api_keys.list_keys((await program_named(opened, program)).program_id)

    answer = [
        {
            "id": one.key_id,
            "name": one.name,
            "scopes": list(one.scopes),
            "created_at": to_rfc3339(one.created_at),
            "revoked_at": None if one.revoked_at is None else to_rfc3339(one.revoked_at),
        }
        for one in with_services(work)
    ]
    rows = [
        (one["id"], one["name"], "revoked" if one["revoked_at"] else "valid", one["created_at"])
        for one in answer
    ]
    show(answer, json, lambda: table("API keys", ("id", "name", "state", "created"), rows))


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, the first part after rk_.")],
    program: ProgramOption = "",
    json: Json = False,
) -> None:
    """End a key; every server refuses it after five seconds at the latest."""

    async def work(opened: Services) -> KeyInfo:
        program_id = (await program_named(opened, program)).program_id
        return await opened.api_keys.revoke(program_id, key)

    info = with_services(work)
    show({"id": info.key_id, "revoked": True}, json, lambda: say(f"{info.key_id} is revoked"))
