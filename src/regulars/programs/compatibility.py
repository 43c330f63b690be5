"""Whether a document can follow on the version before it, given that members hold things by it.

Balances, tiers and attributes outlive a version: what they refer to may not vanish or change its
unit. Errors keep a version from being published; warnings say what its change does to members.
"""

from regulars.core.document import Finding, ProgramDocument
from regulars.core.document.findings import Severity, pointer
from regulars.core.document.reading import Node, Path, read_tree

_PERSONAL = "a change that keeps what is personal as it is: what is stored already stays as it is"


class _Comparison:
    """Two documents, the text of the newer one, and what was found."""

    def __init__(self, before: ProgramDocument, after: ProgramDocument, root: Node) -> None:
        self.before = before
        self.after = after
        self.findings: list[Finding] = []
        self._root = root

    def find(
        self, path: Path, code: str, found: str, expected: str, severity: Severity = "error"
    ) -> None:
        """Add a finding at the path, or at what stands above it in the newer text."""
        node = self._root
        for segment in path:
            node = node.child(segment) or node
        place = pointer(path)
        line, column = node.line, node.column
        self.findings.append(Finding(severity, code, place, line, column, found, expected))

    def warn(self, path: Path, code: str, found: str, expected: str) -> None:
        """Add a warning."""
        self.find(path, code, found, expected, "warning")


def compare_with_previous(
    before: ProgramDocument, after: ProgramDocument, text: str
) -> list[Finding]:
    """Errors and warnings of `after` as the version that follows `before`; `text` is its text."""
    comparison = _Comparison(before, after, read_tree(text)[0])
    _compare_money(comparison)
    _compare_currencies(comparison)
    _compare_tiers(comparison)
    _compare_values(comparison)
    _compare_rules(comparison)
    return comparison.findings


def _compare_money(comparison: _Comparison) -> None:
    before, after = comparison.before, comparison.after
    if before.money != after.money:
        expected = f"{before.money.currency}, in which members' spending is counted"
        comparison.find(["money"], "money_changed", after.money.currency, expected)
    if before.time_zone != after.time_zone:
        expected = f"{before.time_zone}: limits and periods under way were counted in its days"
        comparison.warn(["time_zone"], "time_zone_changed", after.time_zone, expected)


def _compare_currencies(comparison: _Comparison) -> None:
    for name, old in comparison.before.currencies.items():
        path: Path = ["currencies", name]
        new = comparison.after.currencies.get(name)
        if new is None:
            expected = f"the currency {name}, which members hold; it needs no rules to stay"
            comparison.find(path, "currency_removed", f"no currency {name}", expected)
            continue
        if new.decimals != old.decimals:
            comparison.find(
                [*path, "decimals"], "currency_decimals", str(new.decimals),
                f"{old.decimals}: balances are counted in its units",
            )  # fmt: skip
        if old.redeemable and not new.redeemable:
            comparison.warn(
                [*path, "redeemable"], "currency_not_redeemable", "false",
                "true: members hold points that they could spend until now",
            )  # fmt: skip


def _compare_tiers(comparison: _Comparison) -> None:
    before, after = comparison.before.tiers, comparison.after.tiers
    if before is None:
        return
    left = [tier.id for tier in after.ladder] if after is not None else []
    for tier in before.ladder:
        if tier.id not in left:
            expected = f"the tier {tier.id}: members are in it; its threshold may change"
            comparison.find(["tiers", "ladder"], "tier_removed", f"no tier {tier.id}", expected)
    if after is not None and before.by != after.by:
        comparison.warn(
            ["tiers", "by"], "tier_metric_changed", "another measure",
            "the measure as it was: the new one begins at zero for every member",
        )  # fmt: skip


def _compare_values(comparison: _Comparison) -> None:
    for name, old in comparison.before.attributes.items():
        path: Path = ["attributes", name]
        new = comparison.after.attributes.get(name)
        if new is None:
            expected = f"the attribute {name}, or that its values are no longer wanted"
            comparison.warn(path, "attribute_removed", f"no attribute {name}", expected)
        elif new.personal != old.personal:
            comparison.find([*path, "personal"], "personal_changed", _flag(new), _PERSONAL)
        elif new.type != old.type:
            expected = f"{old.type}, as the values that members have"
            comparison.warn([*path, "type"], "attribute_type", new.type, expected)
    for event_type, declared in comparison.before.event_types.items():
        still = comparison.after.event_types.get(event_type)
        for name, field in declared.fields.items() if still is not None else ():
            now = still.fields.get(name) if still is not None else None
            if now is not None and now.personal != field.personal:
                place: Path = ["event_types", event_type, "fields", name, "personal"]
                comparison.find(place, "personal_changed", _flag(now), _PERSONAL)


def _compare_rules(comparison: _Comparison) -> None:
    earned = {rule.id: rule.earn.currency for rule in comparison.before.earning}
    for index, rule in enumerate(comparison.after.earning):
        currency = earned.get(rule.id)
        if currency is not None and currency != rule.earn.currency:
            comparison.warn(
                ["earning", index, "earn", "currency"], "rule_currency_changed",
                rule.earn.currency, f"{currency}, or a new id for what is a new rule",
            )  # fmt: skip


def _flag(value: object) -> str:
    return "personal" if getattr(value, "personal", False) else "not personal"
