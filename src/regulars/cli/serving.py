"""`regulars serve` and `regulars up`: run the server; `up` brings all that it needs along."""

import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvicorn
from msgspec import Struct
from uvicorn.supervisors import Multiprocess

from regulars.app import open_services
from regulars.cli.answering import HttpProtocol
from regulars.cli.listening import PortShare
from regulars.cli.loading import import_plan
from regulars.cli.output import CommandFailed, Exit, Json, messages, progress, say, show
from regulars.cli.own_database import own_database
from regulars.cli.session import run, settings
from regulars.cli.sources import ImportSource, demo_document, import_source
from regulars.core.document import load_document
from regulars.imports.facade import describe, describe_result, read_and_match
from regulars.platform.clock import MICROSECONDS_PER_DAY, SystemClock
from regulars.platform.ids import format_member_id
from regulars.platform.migrate import migrate
from regulars.platform.settings import Settings
from regulars.programs.contracts import SCOPES
from regulars.programs.errors import InvalidApiKey, UnknownProgram
from regulars.simulations.facade import LoadProgress, load_demo
from regulars.web.api.services import Services

GRACE_SECONDS = 10
KEY_BACKDATE_DAYS = 365
IMPORT_BACKDATE_DAYS = 100 * 365

Host = Annotated[str, typer.Option(help="Address to listen on; default: REGULARS_HOST.")]
Port = Annotated[int, typer.Option(help="Port to listen on; default: REGULARS_PORT.", max=65535)]
Workers = Annotated[int, typer.Option(help="Processes; default: REGULARS_WORKERS.", max=64)]


class Started(Struct, frozen=True):
    """What a first start has left for the next ones, in `up.json` below the home folder."""

    program: str
    member: str
    about: str


def serve(host: Host = "", port: Port = 0, workers: Workers = 0) -> None:
    """Run the server. It says so, and tries again, while its database is away."""
    given = _listening(settings(), host, port, workers)
    with own_database(given):
        _serve(given)


def up(
    host: Host = "",
    port: Port = 0,
    workers: Workers = 0,
    people: Annotated[int, typer.Option(help="Members of the demo shop.", min=1)] = 2_000,
    days: Annotated[int, typer.Option(help="Days of the demo shop.", min=30, max=3_660)] = 365,
    data: Annotated[
        Path | None,
        typer.Option(help="Import this export of orders instead of the demo.", exists=True),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            "-m",
            help="What its columns mean; default: the example mapping that fits.",
            exists=True,
        ),
    ] = None,
    document: Annotated[
        Path | None,
        typer.Option(
            help="The program document; default: the demo's, in the export's currency.",
            exists=True,
        ),
    ] = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="Prepare everything, do not serve.")
    ] = False,
    json: Json = False,
) -> None:
    """Everything at once: database, migrations, a demo with a year of data, the server.

    The second start keeps the data and takes seconds.
    """
    if data is None and mapping is not None:
        raise CommandFailed("--mapping is about --data", Exit.USAGE)
    given = _listening(settings(), host, port, workers)
    export = None if data is None else import_source(data, mapping, document)
    with own_database(given) as url:

        async def prepare() -> tuple[Started, str, str]:
            with progress("preparing the database"):
                await migrate(url)
            async with open_services(given, SystemClock(), url=url) as opened:
                started = _read_started(given)
                if started is None:
                    if export is not None:
                        started = await _import(opened, export, tell=not json)
                    else:
                        started = await _demo(opened, demo_document(document), people, days)
                    _started_file(given).write_bytes(msgspec.json.encode(started))
                program = await opened.programs.find(started.program)
                currency = opened.program(program.program_id).money_currency
                return started, await _key(opened, given, started.program), currency

        started, key, currency = run(prepare())
        answer = {"started": started, "key": key, "address": _address(given)}
        show(answer, json, lambda: _what_to_try(given, started, key, currency))
        sys.stdout.flush()
        if not prepare_only:
            _serve(given)


def _listening(given: Settings, host: str, port: int, workers: int) -> Settings:
    return replace(
        given,
        host=host or given.host,
        port=port or given.port,
        workers=workers or given.workers,
    )


def _serve(given: Settings) -> None:
    """Listen until Ctrl-C or SIGTERM; each worker that dies is replaced."""
    _require_free(given)
    # uvicorn hands a signal on when it has shut down: then our own endings still have to run.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(Exit.OK))
    config = uvicorn.Config(
        "regulars.app:create_app",
        factory=True,
        host=given.host,
        port=given.port,
        workers=given.workers,
        loop="uvloop",
        http=HttpProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        if given.workers == 1:
            server = uvicorn.Server(config)
            server.run()
            if not server.started:
                sys.exit(Exit.UNAVAILABLE)
        else:
            with PortShare(_family(given), given.host, given.port) as port:
                Multiprocess(config, sockets=[port]).run()


def _require_free(given: Settings) -> None:
    """Say that a port is taken before anything else is begun on it."""
    with socket.socket(_family(given), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((given.host, given.port))
        except OSError as error:
            raise CommandFailed(
                f"cannot listen on {given.host}:{given.port} ({error.strerror}): "
                "name another one with --port",
                Exit.UNAVAILABLE,
            ) from None


def _family(given: Settings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in given.host else socket.AF_INET


async def _demo(opened: Services, text: str, people: int, days: int) -> Started:
    """Fill the demo program; interrupted, the next start goes on."""
    with progress("loading the demo") as tell:

        def on_progress(made: LoadProgress) -> None:
            tell(made.step, made.done, made.all)

        loaded = await load_demo(
            text,
            programs=opened.programs,
            cache=opened.cache,
            rewards=opened.rewards,
            members=opened.members,
            intake=opened.intake,
            now=opened.clock.now(),
            people=people,
            days=days,
            on_progress=on_progress,
        )
    program = await opened.programs.find(loaded.program_id)
    first = loaded.showcase[0] if loaded.showcase else None
    member = "" if first is None else format_member_id(first.member_id)
    about = f"{loaded.members} members, {sum(loaded.outcomes.values())} events"
    return Started(program.slug, member, about)


async def _import(opened: Services, export: ImportSource, *, tell: bool) -> Started:
    """Publish the program from before the first order on, and import the orders; `tell` says what
    became of every line."""
    with progress("reading the orders"):
        plan = read_and_match(export.data, export.mapping)
    if tell:
        for line in describe(plan.reconciliation):
            say(line)
    slug = load_document(export.document).program
    try:
        program = await opened.programs.find(slug)
    except UnknownProgram:
        program = await opened.programs.create(slug)
    if program.version == 0:
        begins = opened.clock.now() - IMPORT_BACKDATE_DAYS * MICROSECONDS_PER_DAY
        await opened.publish(
            program.program_id, export.document, actor="operator", effective_from=max(0, begins)
        )
    result = await import_plan(opened, plan, slug)
    if tell:
        say()
        for line in describe_result(result, plan.reconciliation.decimals):
            say(line)
        say()
    member = ""
    if plan.customers:
        identifier = (plan.identifier, plan.customers[0][0])
        found = await opened.members.find_many(program.program_id, [identifier])
        member = format_member_id(found[identifier]) if identifier in found else ""
    events = f"{result.recorded.events} events from {export.data.name}"
    return Started(slug, member, f"{result.members_enrolled} members, {events}")


async def _key(opened: Services, given: Settings, slug: str) -> str:
    """The key that the lines to try use: kept beside the master keys, made again when revoked."""
    file = given.home / "keys" / "demo_key"
    with suppress(FileNotFoundError, InvalidApiKey):
        kept = file.read_text().strip()
        await opened.api_keys.authenticate(kept)
        return kept
    program = await opened.programs.find(slug)
    made = await opened.api_keys.create(
        program.program_id,
        "to try things out",
        tuple(SCOPES),
        backdate_us=KEY_BACKDATE_DAYS * MICROSECONDS_PER_DAY,
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(made.text + "\n")
    return made.text


def _started_file(given: Settings) -> Path:
    return given.home / "up.json"


def _read_started(given: Settings) -> Started | None:
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(_started_file(given).read_bytes(), type=Started)
    return None


def _address(given: Settings) -> str:
    host = f"[{given.host}]" if ":" in given.host else given.host
    return f"http://{'127.0.0.1' if given.host in ('0.0.0.0', '::') else host}:{given.port}"  # noqa: S104


def _what_to_try(given: Settings, started: Started, key: str, currency: str) -> None:
    address = _address(given)
    order = msgspec.json.encode(
        {
            "type": "purchase",
            "id": "hello-1",
            "member": {"id": started.member},
            "currency": currency,
            "channel": "web",
            "lines": [
                {
                    "id": "1",
                    "sku": "SOAP-1",
                    "quantity": 2,
                    "gross_minor": 2580,
                    "category": "bath",
                }
            ],
        }
    ).decode()
    say(f"{started.program}: {started.about}")
    say()
    say("Try this:")
    say(f"  curl -H 'Authorization: Bearer {key}' {address}/v1/members/{started.member}/balance")
    say(
        f"  curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' "
        f"-d '{order}' '{address}/v1/events?explain=true'"
    )
    say(f"  curl -H 'Authorization: Bearer {key}' '{address}/v1/feed?limit=2'")
    say()
    say(f"The API's reference: {address}/docs")
    messages.print("Ctrl-C stops everything; the data stays.", markup=False)
