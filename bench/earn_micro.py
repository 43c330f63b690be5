"""How long the engine's parts take: `python -m bench.earn_micro`, one core, best of several.

Five lines and the eleven rules of examples/programs/meadow_club.yaml (eight of them for purchases),
once with most of them earning and once for an ordinary basket; with the trace, always.
"""

import timeit
from collections.abc import Callable
from pathlib import Path

from regulars.core.codec import decode_entry, encode_entry
from regulars.core.compiled import Program
from regulars.core.conditions.subject import Subject
from regulars.core.decide import decide
from regulars.core.decision import ENGINE_VERSION, Entry
from regulars.core.document import load_document
from regulars.core.earning import earn
from regulars.core.events import Event, Line, Payment, Purchase
from regulars.core.expiry import lot_terms
from regulars.core.program import compile_program
from regulars.core.state import Member, MemberState
from regulars.platform.clock import parse_rfc3339
from regulars.programs.facade import zone_table

MEADOW = Path(__file__).parents[1] / "examples" / "programs" / "meadow_club.yaml"

CALLS = 3_000
REPEATS = 15

LINES = (
    Line("1", "SOAP-1", 1, 1299, 0, 207, "bath", "Wiese"),
    Line("2", "SOAP-7", 2, 2598, 300, 367, "bath", "Wiese", ("new",)),
    Line("3", "CLOTH-2", 3, 1497, 0, 239, "kitchen", "Hof"),
    Line("4", "SEEDS-4", 1, 3990, 400, 573, "garden", "Hof", ("no-points",)),
    Line("5", "BOARD-1", 1, 899, 0, 144, "kitchen", "Hof"),
)


def meadow() -> Program:
    document = load_document(MEADOW.read_text(encoding="utf-8"))
    return compile_program(document, 1, zone_table(document.time_zone))


def subjects() -> dict[str, Subject]:
    counters = {
        "purchases/lifetime": (0, 4),
        "spend/365d": tuple(n for week in range(40) for n in (20_500 + 8 * week, 3_000)),
        "points/three-kitchen/30d": (20_870, 280),
    }
    store = Purchase(LINES, "store", "B1", payments=(Payment("card", 9_583),), coupons=("SPRING",))
    web = Purchase(LINES, "web", payments=(Payment("card", 9_583),))
    joined = parse_rfc3339("2025-05-01T10:00:00+02:00")
    return {
        "seven of eight rules earn": Subject(
            "purchase", parse_rfc3339("2027-03-02T16:30:00+01:00"), store, "gold", 5, joined,
            {"newsletter": True}, (), counters,
        ),
        "ordinary": Subject(
            "purchase", parse_rfc3339("2027-05-06T10:30:00+02:00"), web, "silver", 7, joined, {},
            (), counters,
        ),
    }  # fmt: skip


def entry_of(program: Program, subject: Subject) -> Entry:
    state = MemberState(
        enrolled_at=subject.enrolled_at,
        tier=subject.tier,
        counters={**subject.counters},
        attributes={**subject.attributes},
        next_lot=100,
    )
    event = Event("purchase", "till-7", "01JABCDEFGHJKMNPQRSTVWXYZ0", subject.at, subject.body)
    found = decide(program, Member(1024, 57, state), event)
    return Entry(
        1, ENGINE_VERSION, "2026a", event, None, (), found.effects, found.awards,
        found.trace, found.context, seq=57,
    )  # fmt: skip


def best(call: Callable[[], object]) -> float:
    """Microseconds of one call, the best of several rounds: the machine does other things too."""
    return min(timeit.repeat(call, number=CALLS, repeat=REPEATS)) / CALLS * 1e6


def main() -> None:
    program = meadow()
    for name, subject in subjects().items():
        entry = entry_of(program, subject)
        data = encode_entry(entry)
        measured = {
            "earn": best(lambda subject=subject: earn(program, subject)),
            "measure": best(lambda subject=subject: program.measures.measure(subject.body)),
            "lot_terms": best(
                lambda subject=subject: lot_terms(program, "points", subject.tier, subject.at)
            ),
            "encode": best(lambda entry=entry: encode_entry(entry)),
            "decode": best(lambda data=data: decode_entry(data)),
        }
        print(f"{name}: {len(entry.awards)} awards, {len(data)} bytes")
        for part, took in measured.items():
            print(f"  {part:<10}{took:8.2f} us")


if __name__ == "__main__":
    main()
