"""Runs a scenario: steps in a manager's words through the engine, purely in memory.

Reads the files of this folder (docs/scenarios.md), makes each step's event, lets the engine decide
it for a member that is stored as its journal (`journal.py`), and compares what was found with what
the step expects. Every failure names the file, the case and the step.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.scenarios.expectations import Found, differences
from tests.scenarios.journal import BooksBroken, MemberJournal, Shelf
from tests.scenarios.language import VERBS, Language, ScenarioUnclear

from regulars.core.decision import Decision
from regulars.core.document import DocumentInvalid, load_document
from regulars.core.document.reading import Unreadable, read_tree
from regulars.core.events import Event, Refund
from regulars.core.moves import arrival, destination
from regulars.core.program import Program, compile_program
from regulars.programs.zones import zone_names, zone_table

FOLDER = Path(__file__).parent
_PROGRAM_FOLDERS = (FOLDER / "programs", FOLDER.parents[1] / "examples" / "programs")
_CASE_KEYS = {"name", "reflects", "program", "joined", "vouchers", "steps",
              "expected_to_fail_reason"}  # fmt: skip
_STEP_KEYS = {"at", "as", "member", "refused", "then", *VERBS}
_FIRST_MEMBER = "Ada"


class ScenarioFailed(AssertionError):
    """A scenario's step did something else than it expects."""


@dataclass(frozen=True)
class Scenario:
    """One case of a scenario file."""

    file: str
    name: str
    content: dict[str, Any]
    program: dict[str, Any]

    @property
    def expected_to_fail_reason(self) -> str:
        """Why the case fails for now; empty for all others."""
        return str(self.content.get("expected_to_fail_reason", ""))


def scenarios() -> Iterator[Scenario]:
    """All cases of all files."""
    for path in sorted(FOLDER.glob("*.yaml")):
        content = _read(path)
        for case in content["cases"]:
            _allow(case, _CASE_KEYS, f"{path.name}: {case.get('name')}")
            program = _merged(content.get("program", {}), case.get("program", {}))
            yield Scenario(path.name, case["name"], case, program)


def run(scenario: Scenario) -> str:
    """Run one case; the SHA-256 of all that its members' journals hold then. Raises ScenarioFailed
    with the file, the case and the step."""
    place = f"{scenario.file}: {scenario.name}"
    try:
        running = _Running(scenario)
    except (ScenarioUnclear, DocumentInvalid, KeyError) as error:
        raise ScenarioFailed(f"{place}\n  the program: {error}") from error
    for number, step in enumerate(scenario.content["steps"], 1):
        told = ", ".join(f"{key} {step[key]}" for key in step if key not in ("then", "as"))
        where = f"{place}\n  step {number}: {told}"
        try:
            _allow(step, _STEP_KEYS, "a step")
            wrong = list(running.step(step))
        except (ScenarioUnclear, BooksBroken) as error:
            raise ScenarioFailed(f"{where}\n  {error}") from error
        except Exception as error:
            raise ScenarioFailed(f"{where}\n  {type(error).__name__}: {error}") from error
        if wrong:
            lines = [f"{words}\n      expected: {a}\n      found:    {b}" for words, a, b in wrong]
            raise ScenarioFailed("\n    ".join([where, *lines]))
    return running.digest()


class _Running:
    """One case while it runs: its members, what its steps were called, and the time."""

    def __init__(self, scenario: Scenario) -> None:
        self.program = _program(json.dumps(scenario.program, default=str))
        self.language = Language(self.program)
        content = scenario.content
        first = content["steps"][0]
        self.now = self.language.instant(first.get("at") or first.get("wait until"))
        joined = content.get("joined")
        self._joined = self.now if joined is None else self.language.instant(joined)
        self._shelf = Shelf(self.program, content.get("vouchers", {}))
        self._members: dict[str, MemberJournal] = {}
        self._named: dict[str, tuple[str, int]] = {}
        self._events = 0

    def step(self, step: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        """Take a step; what was expected and not found."""
        verbs = [key for key in step if key in VERBS]
        if len(verbs) != 1:
            raise ScenarioUnclear(f"a step does one thing; one of: {', '.join(VERBS)}")
        verb = verbs[0]
        moment = step["wait until"] if verb == "wait until" else step.get("at")
        if moment is not None:
            self.now = self.language.instant(moment)
        owner = step.get("member", _FIRST_MEMBER)
        journal = self._member(owner)
        if "as" in step:
            self._named[step["as"]] = (owner, journal.next_seq)
        kind, body = self.language.event(verb, step[verb], lambda name: self._seq(owner, name))
        decision = self._decide(journal, kind, body)
        yield from _refusal(step.get("refused"), decision, self.language)
        if "then" in step:
            names = {seq: name for name, (who, seq) in self._named.items() if who == owner}
            at = max(self.now, journal.state.latest_occurred_at)
            found = Found(self.language, journal, decision, self._shelf, at, names)
            yield from differences(step["then"], found)

    def digest(self) -> str:
        """SHA-256 over the members' journals, in the order in which the members came up."""
        stored = (each.stored for each in self._members.values())
        return sha256(b"".join(sha256(each).digest() for each in stored)).hexdigest()

    def _decide(self, journal: MemberJournal, kind: str, body: Any) -> Decision:
        if isinstance(body, Refund) and journal.state.merged_into:
            body = replace(body, into=self._member_of_today(journal).member_id)
        event = self._event(kind, body)
        member, decision = journal.decide(event)
        if destination(event) and decision.refusal is None:
            other = self._by_id(destination(event))
            other.decide(self._event("move.in", arrival(member, event, decision)))
        return decision

    def _member_of_today(self, journal: MemberJournal) -> MemberJournal:
        while journal.state.merged_into:
            journal = self._by_id(journal.state.merged_into)
        return journal

    def _by_id(self, member_id: int) -> MemberJournal:
        return next(each for each in self._members.values() if each.member_id == member_id)

    def _event(self, kind: str, body: Any) -> Event:
        self._events += 1
        return Event(kind, "scenario", f"event-{self._events}", self.now, body)

    def _member(self, name: str) -> MemberJournal:
        if name not in self._members:
            number = len(self._members) + 1
            self._members[name] = MemberJournal(self.program, number, self._joined, self._shelf)
        return self._members[name]

    def _seq(self, owner: str, name: str) -> int:
        if name.startswith("member "):
            return self._member(name.removeprefix("member ")).member_id
        if name not in self._named:
            raise ScenarioUnclear(f"no step before this one is called {name!r}")
        return self._named[name][1]


def _refusal(wanted: Any, decision: Decision, language: Language) -> Iterator[tuple[str, Any, Any]]:
    """An expected refusal and its data, as far as these are named."""
    found = decision.refusal
    told = {"code": wanted} if isinstance(wanted, str) else dict(wanted or {})
    if found is None or not told:
        code = None if found is None else f"{found.code} {found.data}"
        if told or found:
            yield "refused", told.get("code"), code
        return
    actual = {"code": found.code, **found.data}
    for key, value in told.items():
        if actual.get(key) != value:
            yield f"refused: {key}", value, actual


def _read(path: Path) -> dict[str, Any]:
    try:
        root, findings = read_tree(path.read_text(encoding="utf-8"))
    except Unreadable as error:
        raise ScenarioUnclear(f"{path.name}: {error}") from None
    if findings:
        raise ScenarioUnclear(f"{path.name}: {'; '.join(map(str, findings))}")
    content: dict[str, Any] = root.plain()
    return content


@lru_cache(maxsize=256)
def _program(written: str) -> Program:
    changes = json.loads(written)
    name = changes.pop("like", "plain")
    path = next(
        (path for folder in _PROGRAM_FOLDERS if (path := folder / f"{name}.yaml").exists()), None
    )
    if path is None:
        raise ScenarioUnclear(f"no program {name!r} in programs/ or examples/programs/")
    more = changes.pop("more", {})
    content = _merged(_read(path), changes)
    for part, added in more.items():
        content[part] = [*content.get(part, []), *added]
    document = load_document(json.dumps(content, default=str), zones=zone_names())
    return compile_program(document, 1, zone_table(document.time_zone))


def _merged(below: Any, above: Any) -> Any:
    """What a program says, with changes: objects are merged, all else is replaced. An object that
    names its `kind` replaces too, nothing removes."""
    if not isinstance(below, dict) or not isinstance(above, dict) or "kind" in above:
        return above
    result = {**below}
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(below[key], value) if key in below else value
    return result


def _allow(content: dict[str, Any], allowed: set[str], what: str) -> None:
    unknown = set(content) - allowed
    if unknown:
        known = ", ".join(sorted(allowed))
        raise ScenarioUnclear(f"{what} says {', '.join(sorted(unknown))}; it may say: {known}")
