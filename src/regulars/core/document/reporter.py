"""What the checks across a document's parts look things up in, and where they put findings.

`Names` holds every name that the text declares, also those of parts that have errors of their own:
a rule is not blamed for naming a currency whose value is misspelt.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from regulars.core.document.event_types import BUILT_IN_EVENT_TYPES
from regulars.core.document.findings import Finding, Severity, closest, one_of, pointer
from regulars.core.document.program import ProgramDocument
from regulars.core.document.reading import Node, Path
from regulars.core.document.values import decimals_of


@dataclass(frozen=True)
class Sound:
    """The part of a document that has no error in itself.

    `indexes` gives, for each list that may have lost elements, their places in the text;
    `stood_in` names the top-level fields that the text does not soundly have.
    """

    document: ProgramDocument
    root: Node
    indexes: dict[str, list[int]]
    stood_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Names:
    """The names that the text declares, in order, by what they name.

    None where the part that declares them is misshapen: then no name is called unknown.
    """

    currency: list[str] | None
    event_type: list[str] | None
    attribute: list[str] | None
    segment: list[str] | None
    group: list[str] | None
    rule: list[str] | None
    tier: list[str] | None


@dataclass
class Reporter:
    """Collects findings at paths of the document."""

    sound: Sound
    names: Names = field(init=False)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = _names_of(self.sound.root)

    @property
    def document(self) -> ProgramDocument:
        """The sound part of the document."""
        return self.sound.document

    def report(
        self,
        path: Path,
        code: str,
        expected: str,
        *,
        found: str = "",
        suggestion: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add a finding at the value of `path`, or at the nearest thing above that is written."""
        node = self._nearest(path)
        self.findings.append(
            Finding(
                severity,
                code,
                pointer(path),
                node.line,
                node.column,
                found or node.words(),
                expected,
                suggestion,
            )
        )

    def warn(self, path: Path, code: str, expected: str, *, found: str = "") -> None:
        """Add a warning."""
        self.report(path, code, expected, found=found, severity="warning")

    def known(self, path: Path, noun: str, name: str, names: Iterable[str] | None) -> bool:
        """Whether `name` is one of `names`; a finding `unknown_<noun>` if it is not."""
        allowed = list(names or ())
        if names is None or name in allowed:
            return True
        expected = f"a declared {noun.replace('_', ' ')}: {one_of(allowed)}"
        self.report(
            path,
            f"unknown_{noun}",
            expected,
            found=f'"{name}"',
            suggestion=closest(name, allowed),
        )
        return False

    def unique(self, noun: str, entries: Iterable[tuple[Path, str]]) -> None:
        """A finding `duplicate_id` for every name that was used before."""
        seen: Counter[str] = Counter()
        for path, name in entries:
            seen[name] += 1
            if seen[name] > 1:
                self.report(path, "duplicate_id", f"another id: this {noun} exists above")

    def points(self, path: Path, points: Decimal | None, currency: str) -> None:
        """A finding if points have more decimals than their currency."""
        declared = self.document.currencies.get(currency)
        if points is None or declared is None or decimals_of(points) <= declared.decimals:
            return
        has = f"{declared.decimals} decimals" if declared.decimals else "no decimals"
        self.report(path, "points_decimals", f"points of {currency}, which has {has}")

    def money(self, path: Path, amount: Decimal | None) -> None:
        """A finding if an amount has more decimals than the program's money."""
        money = self.document.money
        if amount is None or "money" in self.sound.stood_in:
            return
        if decimals_of(amount) > money.decimals:
            has = f"{money.decimals} decimals" if money.decimals else "no decimals"
            self.report(path, "money_decimals", f"an amount of {money.currency}, which has {has}")

    def _nearest(self, path: Path) -> Node:
        """The node at the path; a key is pointed at where its value is an object of its own."""
        node = self.sound.root
        for segment in path:
            below = node.child(segment)
            if below is None:
                break
            node = below
        return node


def _names_of(root: Node) -> Names:
    declared = _keys(root.child("event_types"))
    event_types = (
        None if declared is None else list(dict.fromkeys([*BUILT_IN_EVENT_TYPES, *declared]))
    )
    return Names(
        currency=_keys(root.child("currencies")) or None,  # missing ones are a finding already
        event_type=event_types,
        attribute=_keys(root.child("attributes")),
        segment=_each(root.child("segments")),
        group=_keys(root.child("groups")),
        rule=_ids(root.child("earning")),
        tier=_ladder_ids(root.child("tiers")),
    )


def _keys(node: Node | None) -> list[str] | None:
    if node is None:
        return []
    return list(node.content) if isinstance(node.content, dict) else None


def _each(node: Node | None) -> list[str] | None:
    if node is None:
        return []
    return [one.written for one in node.content] if isinstance(node.content, list) else None


def _ids(node: Node | None) -> list[str] | None:
    if node is None:
        return []
    if not isinstance(node.content, list):
        return None
    ids = (one.child("id") for one in node.content)
    return [id_.written for id_ in ids if id_ is not None]


def _ladder_ids(tiers: Node | None) -> list[str] | None:
    if tiers is None:
        return []
    ladder = tiers.child("ladder")
    return None if ladder is None else _ids(ladder)
