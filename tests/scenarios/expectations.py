"""What a scenario may expect after a step, and how what was found is said in the same words.

Each expectation finds what is there and returns it in the form of the file; the runner compares the
two, so that a failure shows both in a manager's words. docs/scenarios.md describes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.scenarios.journal import MemberJournal, Shelf
from tests.scenarios.language import Language, ScenarioUnclear

from regulars.core.decision import Award, Considered, Decision
from regulars.core.document.conditions import Condition, parts_of
from regulars.core.document.earning import Rule
from regulars.core.effects import HoldOpened, Revised
from regulars.core.lots import expiry
from regulars.core.money import plain
from regulars.core.periods import DAY, MINUTE, ZoneTable, civil
from regulars.core.points import points_text
from regulars.core.state import Lot, Wallet
from regulars.core.tiers import progress, tier_of
from regulars.core.trace import NAMES, NO_RULE, failures


@dataclass(frozen=True)
class Found:
    """All that can be looked at after a step."""

    language: Language
    journal: MemberJournal
    decision: Decision
    shelf: Shelf
    at: int
    names: dict[int, str]
    """What earlier steps called their entries, by sequence number."""

    def points(self, units: int, currency: str) -> str:
        """Units as points."""
        return points_text(units, self.language.program.currencies[currency].decimals)

    def money(self, minor: int) -> str:
        """Minor units as money."""
        return plain(minor, self.language.program.money_decimals)

    @property
    def first_currency(self) -> str:
        """The currency that an expectation is about if it names none."""
        return next(iter(self.language.program.currencies))


def differences(expected: dict[str, Any], found: Found) -> Iterator[tuple[str, Any, Any]]:
    """What was expected and not found: the words of the expectation, expected, found."""
    for words, wanted in expected.items():
        name, currency = _split(words, found)
        if name not in EXPECTATIONS:
            known = ", ".join((*found.language.program.currencies, *EXPECTATIONS))
            raise ScenarioUnclear(f"{words!r} cannot be expected; one of: {known}")
        find, tidy = EXPECTATIONS[name]
        actual = find(found, currency, wanted)
        wanted = tidy(found, currency, wanted)
        if actual != wanted:
            yield words, wanted, actual


def local_text(zone: ZoneTable, at: int) -> str:
    """An instant as a scenario writes it: its local time, a date alone for midnight."""
    day, time_of_day = divmod(zone.local(at), DAY)
    year, month, day_of_month = civil(day)
    text = f"{year}-{month:02d}-{day_of_month:02d}"
    minutes, rest = divmod(time_of_day, MINUTE)
    seconds = f":{rest // 1_000_000:02d}" if rest else ""
    if time_of_day:
        text += f" {minutes // 60:02d}:{minutes % 60:02d}{seconds}"
    if zone.instant(zone.local(at)) != at:  # the second of two equal local times
        offset = (zone.local(at) - at) // MINUTE
        text += f" {'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    return text


def _split(words: str, found: Found) -> tuple[str, str]:
    """`points` is the balance of that currency, `expires stars` the expiry of stars."""
    currencies = found.language.program.currencies
    if words in currencies:
        return "balance", words
    name, _, last = words.rpartition(" ")
    return (name, last) if name and last in currencies else (words, found.first_currency)


# Balances and lots ----------------------------------------------------------------------------

_PARTS = ("active", "pending", "held", "owed")


def _wallet(found: Found, currency: str) -> Wallet:
    return found.journal.state.wallets.get(currency, Wallet())


def _balance(found: Found, currency: str, _wanted: Any) -> dict[str, str]:
    wallet = _wallet(found, currency)
    values = (wallet.active, wallet.pending, wallet.held, -wallet.debt)
    return {
        part: found.points(units, currency)
        for part, units in zip(_PARTS, values, strict=True)
        if units
    }


def _tidy_balance(found: Found, currency: str, wanted: Any) -> dict[str, str]:
    """`25 active, 10 pending`; what is not named is nothing, and a number alone is active."""
    parts: dict[str, str] = {}
    for text in str(wanted).split(","):
        amount, _, part = text.strip().partition(" ")
        if part not in ("", *_PARTS):
            raise ScenarioUnclear(f"{part!r} is no part of a balance; one of: {', '.join(_PARTS)}")
        units = found.language.points(amount, currency)
        if units:
            parts[part or "active"] = found.points(units, currency)
    return parts


def _own_lots(found: Found, currency: str) -> list[Lot]:
    lots = found.journal.lots
    return [lots[number] for number in sorted(lots) if lots[number].currency == currency]


def _expires(found: Found, currency: str, _wanted: Any) -> dict[str, str]:
    sums: dict[int, int] = {}
    for lot in _own_lots(found, currency):
        at = expiry(lot, _wallet(found, currency))
        sums[at] = sums.get(at, 0) + lot.remaining
    return _by_moment(found, currency, sums, "never")


def _pending(found: Found, currency: str, _wanted: Any) -> dict[str, str]:
    sums: dict[int, int] = {}
    for lot in _own_lots(found, currency):
        if lot.pending:
            sums[lot.active_at] = sums.get(lot.active_at, 0) + lot.remaining
    return _by_moment(found, currency, sums, "confirmed")


def _by_moment(found: Found, currency: str, sums: dict[int, int], other: str) -> dict[str, str]:
    zone = found.language.program.zone
    return {
        local_text(zone, at) if at > 0 else other: found.points(units, currency)
        for at, units in sorted(sums.items(), key=lambda item: (item[0] <= 0, item[0]))
    }


def _tidy_moments(found: Found, currency: str, wanted: Any) -> dict[str, str]:
    zone = found.language.program.zone
    return {
        words
        if words in ("never", "confirmed")
        else local_text(zone, found.language.instant(words)): _tidy_points(found, currency, points)
        for words, points in (wanted or {}).items()
    }


def _lots(found: Found, currency: str, _wanted: Any) -> list[str]:
    return [
        f"{lot.rule} {found.points(lot.remaining, currency)}" for lot in _own_lots(found, currency)
    ]


def _tidy_points(found: Found, currency: str, wanted: Any) -> str:
    return found.points(found.language.points(wanted, currency), currency)


def _tidy_money(found: Found, _currency: str, wanted: Any) -> str:
    return found.money(found.language.money(wanted))


def _as_it_is(_found: Found, _currency: str, wanted: Any) -> Any:
    return wanted


# What the event did ---------------------------------------------------------------------------


def _earned(found: Found, currency: str, _wanted: Any) -> dict[str, str]:
    return {
        _rule_name(found, award): found.points(award.points, award.currency)
        for award in found.decision.awards
    }


def _rule_name(found: Found, award: Award) -> str:
    if award.rule >= 0:
        return found.language.program.rules[award.rule].id
    return "tier" if award.currency == found.first_currency else f"tier {award.currency}"


def _tidy_earned(found: Found, _currency: str, wanted: Any) -> dict[str, str]:
    currencies = {rule.id: rule.currency.id for rule in found.language.program.rules}
    tidy: dict[str, str] = {}
    for name, points in (wanted or {}).items():
        currency = currencies.get(name) or _split(name, found)[1]
        tidy[name] = _tidy_points(found, currency, points)
    return tidy


def _why(found: Found, _currency: str, wanted: dict[str, str]) -> dict[str, str]:
    verdicts = dict.fromkeys(wanted, "not looked at")
    for considered in found.decision.trace:
        name = _considered_name(found, considered)
        if name in wanted:
            verdicts[name] = NAMES[considered.verdict].replace("_", " ")
    return verdicts


def _considered_name(found: Found, considered: Considered) -> str:
    if considered.rule == NO_RULE:
        return NAMES[considered.verdict]
    return found.language.program.rules[considered.rule].id


def _missing(found: Found, _currency: str, wanted: dict[str, Any]) -> dict[str, list[str]]:
    rules = {rule.id: rule for rule in found.language.program.document.earning}
    missing: dict[str, list[str]] = {name: [] for name in wanted}
    for considered in found.decision.trace:
        name = _considered_name(found, considered)
        if name in wanted:
            leaves = list(_preorder(rules[name]))
            for number, actual in failures(considered):
                missing[name].append(_leaf_text(found, leaves[number], actual))
    return missing


def _preorder(rule: Rule) -> Iterator[Condition]:
    def walk(condition: Condition) -> Iterator[Condition]:
        yield condition
        for part in parts_of(condition):
            yield from walk(part)

    assert rule.when is not None, f"{rule.id} has no condition that could fail"
    yield from walk(rule.when)


def _leaf_text(found: Found, leaf: Condition, actual: Any) -> str:
    if leaf.kind == "subtotal" or (leaf.kind == "items" and getattr(leaf, "amount", None)):
        actual = found.money(actual)
    if isinstance(actual, bool):
        actual = str(actual).lower()
    return leaf.kind if actual is None else f"{leaf.kind} {actual}".strip()


def _tidy_missing(_found: Found, _currency: str, wanted: Any) -> dict[str, list[str]]:
    return {
        name: [str(each) for each in (texts if isinstance(texts, list) else [texts])]
        for name, texts in wanted.items()
    }


def _revised(found: Found, currency: str, _wanted: Any) -> dict[str, str]:
    return {
        found.names.get(effect.seq, f"entry {effect.seq}"): found.points(effect.points, currency)
        for effect in found.decision.effects
        if isinstance(effect, Revised) and effect.currency == currency and effect.points
    }


def _tidy_revised(found: Found, currency: str, wanted: Any) -> dict[str, str]:
    return {name: _tidy_points(found, currency, points) for name, points in (wanted or {}).items()}


def _opened(found: Found) -> HoldOpened:
    for effect in found.decision.effects:
        if isinstance(effect, HoldOpened):
            return effect
    raise ScenarioUnclear("takes off, per line, costs and held until are about a step that holds")


def _per_line(found: Found, _currency: str, wanted: Any) -> list[str]:
    by_line = dict(_opened(found).line_discounts)
    return [found.money(by_line.pop(str(at), 0)) for at in range(1, len(wanted) + 1)] + [
        f"line {line_id}: {found.money(minor)}" for line_id, minor in by_line.items()
    ]


def _tidy_per_line(found: Found, currency: str, wanted: Any) -> list[str]:
    return [_tidy_money(found, currency, each) for each in wanted]


def _needed(found: Found, _currency: str, _wanted: Any) -> str:
    program = found.language.program
    missing = progress(program, found.journal.state, found.at).needed
    ladder = program.ladder
    if ladder is None or ladder.metric == "spend":
        return found.money(missing)
    return found.points(missing, ladder.currency)


def _tidy_needed(found: Found, currency: str, wanted: Any) -> str:
    ladder = found.language.program.ladder
    if ladder is None or ladder.metric == "spend":
        return _tidy_money(found, currency, wanted)
    return _tidy_points(found, ladder.currency, wanted)


def _tidy_moment(found: Found, _currency: str, wanted: Any) -> str:
    return local_text(found.language.program.zone, found.language.instant(wanted))


def _status(found: Found, _currency: str, _wanted: Any) -> str:
    return found.journal.state.status


def _tier(found: Found, _currency: str, _wanted: Any) -> str:
    return tier_of(found.language.program, found.journal.state)


def _lifetime(field: str) -> Callable[[Found, str, Any], str]:
    return lambda found, currency, _wanted: found.points(
        getattr(_wallet(found, currency), field), currency
    )


Finder = Callable[[Found, str, Any], Any]
EXPECTATIONS: dict[str, tuple[Finder, Finder]] = {
    "balance": (_balance, _tidy_balance),
    "expires": (_expires, _tidy_moments),
    "pending until": (_pending, _tidy_moments),
    "lots": (_lots, lambda _found, _currency, wanted: [str(each) for each in wanted]),
    "earned": (_earned, _tidy_earned),
    "why": (_why, _as_it_is),
    "missing": (_missing, _tidy_missing),
    "tier": (_tier, _as_it_is),
    "to next tier": (_needed, _tidy_needed),
    "revised": (_revised, _tidy_revised),
    "takes off": (lambda found, _c, _w: found.money(_opened(found).discount_minor), _tidy_money),
    "per line": (_per_line, _tidy_per_line),
    "costs": (
        lambda found, currency, _w: found.points(_opened(found).points, currency),
        _tidy_points,
    ),
    "held until": (
        lambda found, _c, _w: local_text(found.language.program.zone, _opened(found).expires_at),
        _tidy_moment,
    ),
    "earned in all": (_lifetime("earned"), _tidy_points),
    "redeemed in all": (_lifetime("redeemed"), _tidy_points),
    "expired in all": (_lifetime("expired"), _tidy_points),
    "status": (_status, _as_it_is),
    "left": (
        lambda found, _c, wanted: {key: found.shelf.left(key) for key in wanted},
        _as_it_is,
    ),
}
"""By the words of the expectation: how to find it, and how to read what was expected."""
