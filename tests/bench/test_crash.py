"""The quick form of the crash test, and that its judge sees what a broken ledger would leave."""

from types import SimpleNamespace

import psycopg
import pytest
from bench.crash.__main__ import PROGRAM, main
from bench.crash.clients import Answered, Asked, Record
from bench.crash.oracle import compare
from bench.world import open_world

# After the kills between a commit and its answer comes the loss of that answer alone.
SEED = "2"


def test_nothing_is_lost_and_nothing_is_twice_after_three_rounds(capsys):
    code = main(["--rounds", "3", "--seed", SEED])
    told = capsys.readouterr().out
    assert code == 0, told
    assert "1 x server killed between commit and answer" in told
    assert "1 x commit's answer lost" in told
    assert "nothing lost, nothing twice" in told


@pytest.fixture(scope="module")
def shop():
    with open_world() as world:
        yield world.shop(2, PROGRAM)


def acknowledged(member, points):
    asked = Asked("/v1/events", b"{}", ("crash", "event-1"), member)
    return Answered(asked, "ent_0000000000101_1", "00" * 32, points)


def test_an_acknowledged_event_that_is_not_there_is_noticed(shop):
    member = shop.members.read_text().split()[0]
    wrong = compare(shop, Record([acknowledged(member, 7)]))
    assert wrong == [
        "('crash', 'event-1') was acknowledged as ent_0000000000101_1: it is not there",
        "('crash', 'event-1') is recorded 0 times",
        f"{member} has 0 points, the answers say 7",
    ]


def test_an_entry_that_nobody_was_told_of_is_noticed(shop, monkeypatch):
    event = SimpleNamespace(source="crash", event_id="event-2")
    monkeypatch.setattr(
        "bench.crash.oracle.decode_entry", lambda body: SimpleNamespace(event=event)
    )
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        for seq in (1, 2):
            connection.execute(
                "INSERT INTO entry VALUES (1025, 0, 0, %s, 1, %s, %s)", [seq, b"h", b"b"]
            )
        wrong = compare(shop, Record())
        connection.execute("DELETE FROM entry")
    assert wrong == [
        "event ('crash', 'event-2') has 2 entries",
        "2 entries that nobody was told of, such as ent_0000000000101_1",
    ]
