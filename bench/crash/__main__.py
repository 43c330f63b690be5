"""`python -m bench.crash`: kill the product in the middle of its work, again and again.

    python -m bench.crash [--rounds 50] [--seed N]

Clients send events until each is acknowledged, while in every round something is killed or an
answer is lost at a random moment. At the end no acknowledged event may be missing, none may be
there twice, the balances must be what the answers say, and `ledger verify` must be clean. The same
seed does the same things; their exact moment is the machine's. Ends with 1 where anything is wrong.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, quote, urlsplit

from bench.crash.clients import Client, Record
from bench.crash.faults import Faults
from bench.crash.oracle import compare
from bench.crash.proxies import AnswerProxy, CommitProxy
from bench.serving import Server
from bench.world import BenchFailed, Shop, World, open_world

PROGRAM = Path(__file__).parent / "program.yaml"
CLIENTS = 24
MEMBERS = 40
_CALM_SECONDS = (0.2, 1.2)
_END_SECONDS_MAX = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds and judge; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, printed")
    given = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}, {given.rounds} rounds, {CLIENTS} clients, {MEMBERS} members", flush=True)
    started = time.monotonic()
    with open_world() as world:
        shop = world.shop(MEMBERS, PROGRAM)
        record, done = Record(), Counter[str]()
        wrong: list[str] = []
        try:
            asyncio.run(_rounds(world, shop, given.rounds, seed, record, done))
        except Exception as failure:  # noqa: BLE001 - whatever it is, the books are looked at too
            wrong.append(f"{type(failure).__name__}: {failure}")
        wrong += compare(shop, record)
        try:
            books = world.verify(shop, "crash")
        except BenchFailed as failure:
            wrong.append(str(failure))
            books = "verify found differences"
    for kind, count in sorted(done.items()):
        print(f"  {count:3d} x {kind}")
    print(
        f"{len(record.answered):,} requests acknowledged, {record.retries:,} tries again, "
        f"{record.replayed_at_first_answer:,} found recorded by a lost try, "
        f"{record.repeats:,} repeats answered as before; the longest wait for an answer was "
        f"{record.longest_seconds:.1f} s; {books}; "
        f"{time.monotonic() - started:.0f} s"
    )
    for text in wrong[:20]:
        print(f"WRONG {text}")
    print(f"{len(wrong)} wrong (seed {seed})" if wrong else "nothing lost, nothing twice")
    return 1 if wrong else 0


async def _rounds(
    world: World, shop: Shop, rounds: int, seed: int, record: Record, done: Counter[str]
) -> None:
    random = Random(seed)
    folder = shop.home / "proxy"
    folder.mkdir(exist_ok=True)
    commits = CommitProxy(folder, _socket_of(shop.database_url))
    await commits.listen()
    server = Server(shop, url=_through(shop.database_url, folder))
    answers = AnswerProxy(server.port)
    await answers.listen()
    server.start()
    try:
        await asyncio.to_thread(server.wait_until_ready)
        faults = Faults(world, server, answers, commits, random)
        members = shop.members.read_text().split()
        clients = [
            Client(f"c{number}", answers.port, shop.api_key, members, seed + number, record)
            for number in range(CLIENTS)
        ]
        working = [asyncio.create_task(client.run()) for client in clients]
        try:
            await _inject(faults, random, rounds, record, done, working)
        finally:
            for client in clients:
                client.stop()
            finished, stuck = await asyncio.wait(working, timeout=_END_SECONDS_MAX)
            for task in stuck:
                task.cancel()
        for task in finished:
            task.result()
        if stuck:
            raise TimeoutError(f"{len(stuck)} clients were not answered in {_END_SECONDS_MAX:g} s")
    finally:
        await asyncio.to_thread(server.stop)
        await answers.close()
        await commits.close()


async def _inject(
    faults: Faults,
    random: Random,
    rounds: int,
    record: Record,
    done: Counter[str],
    working: Sequence[asyncio.Task[None]],
) -> None:
    """One fault a round, each kind once before any comes again; then work must go on."""
    deck: list[str] = []
    for number in range(1, rounds + 1):
        if not deck:
            deck = list(faults.kinds)
            random.shuffle(deck)
        kind = deck.pop()
        await asyncio.sleep(random.uniform(*_CALM_SECONDS))
        began = time.monotonic()
        await faults.kinds[kind]()
        done[kind] += 1
        healed = len(record.answered)
        while len(record.answered) < healed + CLIENTS:
            if any(task.done() for task in working):
                return  # A client found something wrong, or broke; its error is raised below.
            if time.monotonic() > began + _END_SECONDS_MAX:
                raise TimeoutError(f"round {number}, {kind}: the work does not go on")
            await asyncio.sleep(0.02)
        took = time.monotonic() - began
        print(f"round {number}: {kind}, {took:.1f} s until work went on", flush=True)


def _socket_of(url: str) -> Path:
    query = parse_qs(urlsplit(url).query)
    return Path(query["host"][0]) / f".s.PGSQL.{query['port'][0]}"


def _through(url: str, folder: Path) -> str:
    """The same database, reached through the proxy's socket in `folder`."""
    parts = urlsplit(url)
    port = parse_qs(parts.query)["port"][0]
    return parts._replace(query=f"host={quote(str(folder), safe='')}&port={port}").geturl()


if __name__ == "__main__":
    sys.exit(main())
