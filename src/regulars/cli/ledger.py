"""`regulars ledger` and `regulars due`: check the books, rebuild, post what is due."""

import typer

from regulars.cli.output import Exit, Json, fields, progress, say, show
from regulars.cli.session import with_books, with_services
from regulars.intake.facade import MEMBERS_PER_ROUND, finish_moves, finish_parked, post_due
from regulars.ledger.facade import RebuildReport, VerifyReport
from regulars.ledger.facade import rebuild as rebuild_ledger
from regulars.ledger.facade import verify as verify_ledger
from regulars.platform.counting import counted
from regulars.platform.database import Pool
from regulars.web.api.services import Services

app = typer.Typer(help="The books: verify and rebuild.", no_args_is_help=True)


@app.command()
def verify(json: Json = False) -> None:
    """Recompute hashes, balances, lots and totals, and say where anything differs."""

    async def work(pool: Pool) -> VerifyReport:
        with progress("verifying members") as tell:
            return await verify_ledger(pool, lambda done: tell("", done, 0))

    report = with_books(work)

    def in_words() -> None:
        fields({"members": report.members, "entries": report.entries, "postings": report.postings})
        for finding in report.findings:
            say(finding)
        if report.more:
            say(f"and {report.more} more")
        say("the books are in order" if report.is_clean else "the books are NOT in order")

    show(report, json, in_words)
    if not report.is_clean:
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def rebuild(json: Json = False) -> None:
    """Fold states, lots and refund progress anew from the journal; never decides again."""

    async def work(pool: Pool) -> RebuildReport:
        with progress("folding members") as tell:
            return await rebuild_ledger(pool, lambda done: tell("", done, 0))

    report = with_books(work)

    def in_words() -> None:
        say(f"{counted(report.members, 'member')} folded, {report.changed:,} written anew")
        for line in report.broken:
            say(f"left alone: {line}")

    show(report, json, in_words)
    if report.broken:
        raise typer.Exit(Exit.PROBLEM)


def due(json: Json = False) -> None:
    """Post what time has made due, end interrupted moves, let parked refunds expire."""

    async def work(opened: Services) -> dict[str, int]:
        now = opened.clock.now()
        members = 0
        with progress("posting what is due") as tell:
            while True:
                posted = await post_due(opened.pool, opened.intake, now)
                members += posted
                tell("", members, 0)
                if posted < MEMBERS_PER_ROUND:
                    break
        moves = await finish_moves(opened.pool, opened.intake, now)
        came, expired = await finish_parked(opened.pool, opened.intake, now)
        return {
            "members_looked_at": members,
            "moves_ended": moves,
            "parked_recorded": came,
            "parked_expired": expired,
        }

    answer = with_services(work)
    show(answer, json, lambda: fields(dict(answer)))
