"""`regulars member`: show, explain, export and erase a member."""

from typing import Annotated, Any

import msgspec
import typer

from regulars.cli.output import CommandFailed, Exit, Json, ProgramOption, fields, say, show
from regulars.cli.session import program_named, with_services
from regulars.core.explanation import Explanation, explain
from regulars.core.lots import available
from regulars.core.points import points_text
from regulars.core.tiers import tier_of
from regulars.ledger.contracts import StoredEntry
from regulars.ledger.errors import EntryNotFound
from regulars.ledger.facade import read_entry, read_history, read_member
from regulars.members.contracts import KINDS
from regulars.platform.clock import to_rfc3339
from regulars.platform.ids import InvalidId, format_entry_id, format_member_id, parse_member_id
from regulars.web.api.memberships import shown_history
from regulars.web.api.services import Services

app = typer.Typer(help="Members: show, explain, export, erase.", no_args_is_help=True)

MemberArgument = Annotated[
    str,
    typer.Argument(
        help="mem_..., or kind:value: " + ", ".join(f"{kind}:..." for kind in sorted(KINDS))
    ),
]


@app.command("show")
def show_member(member: MemberArgument, program: ProgramOption = "", json: Json = False) -> None:
    """Who a member is and what they have."""

    async def work(opened: Services) -> dict[str, Any]:
        program_id, member_id = await _find(opened, program, member)
        found = await read_member(opened.pool, member_id)
        assert found is not None, "found in the program just now"
        loaded, lots = found
        state = loaded.state
        rules = opened.program(program_id)
        known = (await opened.members.memberships(program_id, [member_id]))[member_id]
        profiles = await opened.members.profiles(program_id, [member_id])
        profile = msgspec.to_builtins(profiles[member_id]) if member_id in profiles else {}
        wallets = {}
        for currency, now in available(state, lots, opened.clock.now()).items():
            decimals = rules.currencies[currency].decimals
            wallets[currency] = {
                "active": points_text(now.spendable, decimals),
                "pending": points_text(sum(units for _, units in now.pending), decimals),
                "held": points_text(now.held, decimals),
                "debt": points_text(now.debt, decimals),
            }
        return {
            "id": format_member_id(member_id),
            "status": state.status,
            "enrolled_at": to_rfc3339(known.enrolled_at),
            "erased_at": None if known.erased_at is None else to_rfc3339(known.erased_at),
            "tier": tier_of(rules, state),
            "entries": loaded.seq,
            "profile": profile,
            "wallets": wallets,
        }

    answer = with_services(work)

    def in_words() -> None:
        plain = {name: value for name, value in answer.items() if not isinstance(value, dict)}
        fields({**plain, **answer["profile"]})
        for currency, wallet in answer["wallets"].items():
            parts = ", ".join(f"{value} {name}" for name, value in wallet.items() if value != "0")
            say(f"{currency}: {parts or '0 active'}")

    show(answer, json, in_words)


@app.command("explain")
def explain_entry(
    member: MemberArgument,
    entry: Annotated[
        int | None, typer.Argument(help="The entry's number; default: the last.")
    ] = None,
    language: Annotated[str, typer.Option(help="en or de.")] = "en",
    program: ProgramOption = "",
    json: Json = False,
) -> None:
    """Why an entry of a member is as it is, in words."""

    async def work(opened: Services) -> tuple[StoredEntry, Explanation]:
        program_id, member_id = await _find(opened, program, member)
        async with opened.pool.connection() as connection:
            if entry is not None:
                stored = await read_entry(connection, member_id, entry)
            else:
                page = await read_history(connection, member_id, most=1)
                if not page:
                    raise CommandFailed("nothing is recorded of this member yet")
                stored = page[0]
        version = opened.cache.versions(program_id)[stored.entry.program_version]
        return stored, explain(version, stored.entry, language)

    try:
        stored, explanation = with_services(work)
    except EntryNotFound as error:
        raise CommandFailed(str(error)) from None
    show(explanation, json, lambda: _explained(stored, explanation))


@app.command()
def export(member: MemberArgument, program: ProgramOption = "", json: Json = False) -> None:
    """Everything that is held about a member, as JSON."""

    async def work(opened: Services) -> dict[str, object]:
        program_id, member_id = await _find(opened, program, member)
        decimals = opened.decimals(program_id)
        history = shown_history(opened.pool, member_id, decimals)
        now = opened.clock.now()
        return await opened.members.export(program_id, member_id, history, now=now)

    answer = with_services(work)
    show(answer, True, lambda: None)


@app.command()
def erase(
    member: MemberArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    program: ProgramOption = "",
    json: Json = False,
) -> None:
    """Erase a member's personal data, for good; the books stay."""
    if not yes:
        typer.confirm(f"Erase the personal data of {member} for good?", abort=True, err=True)

    async def work(opened: Services) -> tuple[str, str]:
        program_id, member_id = await _find(opened, program, member)
        erasure = await opened.members.erase(program_id, member_id, now=opened.clock.now())
        return format_member_id(member_id), to_rfc3339(erasure.erased_at)

    member_id, erased_at = with_services(work)
    answer = {"id": member_id, "erased_at": erased_at}
    show(answer, json, lambda: say(f"{member_id} was erased at {erased_at}"))


async def _find(opened: Services, program: str, member: str) -> tuple[int, int]:
    """Program and member id of what was typed."""
    program_id = (await program_named(opened, program)).program_id
    kind, separator, value = member.partition(":")
    if separator and kind in KINDS:
        found = await opened.members.find_many(program_id, [(kind, value)])
        member_id = found.get((kind, value))
    else:
        try:
            member_id = parse_member_id(member)
        except InvalidId as error:
            raise CommandFailed(f"{error}, nor kind:value", Exit.USAGE) from None
        if member_id not in await opened.members.memberships(program_id, [member_id]):
            member_id = None
    if member_id is None:
        raise CommandFailed("the program has no such member")
    return program_id, member_id


def _explained(stored: StoredEntry, explanation: Explanation) -> None:
    say(f"{format_entry_id(stored.member_id, stored.seq)}  {to_rfc3339(stored.occurred_at)}")
    say(explanation.summary)
    if explanation.refusal is not None and explanation.refusal.next_step:
        say(explanation.refusal.next_step)
    for heading, sentences in (
        ("looked at", explanation.inputs),
        ("due before", [one.sentence for one in explanation.due]),
    ):
        for number, sentence in enumerate(sentences):
            say(f"{heading if not number else '':<11}{sentence}")
    for rule in explanation.rules:
        say(f"- {rule.name}: {' '.join(rule.sentences)}")
    for effect in explanation.effects:
        say(f"= {effect.sentence}")
