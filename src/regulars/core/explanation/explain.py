"""Explain a recorded entry: the one function that turns codes and numbers into words."""

from regulars.core.accounts import Account
from regulars.core.compiled import Program
from regulars.core.decision import Entry, Refusal
from regulars.core.effects import LotDrawn, LotOpened, LotRestored, TierMoved
from regulars.core.events import Refund
from regulars.core.explanation.effects import explain_effects
from regulars.core.explanation.model import Explanation, RefusalExplained
from regulars.core.explanation.reader import Reader
from regulars.core.explanation.rules import explain_rules


def explain(program: Program, entry: Entry, locale: str = "en") -> Explanation:
    """Everything that an entry decided and why, in a language (`en`, `de`; others read English).

    `program` is the version that the entry was decided under (ValueError for another: its numbers
    would be read against the wrong rules).
    """
    if entry.program_version != program.version:
        raise ValueError(
            f"entry of version {entry.program_version} read with version {program.version}"
        )
    reader = Reader(program, locale)
    refusal = None if entry.refusal is None else explain_refusal(reader, entry.refusal)
    return Explanation(
        event=entry.event.type,
        occurred_at=entry.event.occurred_at,
        program_version=entry.program_version,
        summary=_summary(reader, entry, refusal),
        refusal=refusal,
        inputs=_inputs(reader, entry),
        rules=explain_rules(reader, entry),
        due=explain_effects(reader, entry.due),
        effects=explain_effects(reader, entry.effects),
    )


def explain_refusal(reader: Reader, refusal: Refusal) -> RefusalExplained:
    """A refusal in words, with its next step; one that the catalogue lacks by its code."""
    key = f"refusal.{refusal.code}"
    if not reader.knows(key):
        return RefusalExplained(refusal.code, reader.say("refusal.unknown", code=refusal.code), "")
    values = {name: _value(reader, refusal, name) for name in refusal.data}
    try:
        sentence = reader.say(key, **values)
    except KeyError:  # written by an engine whose refusal had other data
        sentence = reader.say("refusal.unknown", code=refusal.code)
    return RefusalExplained(refusal.code, sentence, reader.say(f"next.{refusal.code}"))


def _value(reader: Reader, refusal: Refusal, name: str) -> str:
    """One datum of a refusal as its name says: `_minor` is money, `_at` an instant."""
    value = refusal.data[name]
    if name == "reward":
        return reader.reward(str(value))
    if name == "period":
        return reader.period(str(value))
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    if name.endswith("_minor") or (
        name in ("asked", "left") and refusal.data.get("of") == "amount_minor"
    ):
        return reader.money(value)
    if name.endswith("_at"):
        return reader.instant(value)
    currency = refusal.data.get("currency")
    if isinstance(currency, str) and name in ("needed", "available"):
        return reader.points(value, currency)
    return str(value)


def _inputs(reader: Reader, entry: Entry) -> tuple[str, ...]:
    """What the rules looked at of the member."""
    context = entry.context
    if not entry.trace:
        return ()
    found: list[str] = []
    if context.tier:
        found.append(reader.say("input.tier", tier=reader.tier(context.tier)))
    if context.nth_purchase and entry.awards:
        found.append(reader.say("input.nth", count=context.nth_purchase))
    rules = {rule.id: rule for rule in reader.program.rules}
    for counter, used in context.counters.items():
        kind, _, rest = counter.partition("/")
        rule = rules.get(rest.rpartition("/")[0])
        if rule is None:
            continue
        period = reader.period(counter.rpartition("/")[2])
        name = reader.rule_by_id(rule.id)
        if kind == "uses":
            found.append(reader.count("input.uses", used, rule=name, period=period))
        else:
            points = reader.points(used, rule.currency.id)
            found.append(reader.say("input.points", rule=name, points=points, period=period))
    for attribute, value in context.attributes.items():
        shown = reader.say("word.yes" if value else "word.no") if isinstance(value, bool) else value
        found.append(reader.say("input.attribute", name=attribute, value=shown))
    if context.segments:
        found.append(reader.say("input.segments", words=reader.both(context.segments)))
    return tuple(found)


def _summary(reader: Reader, entry: Entry, refusal: RefusalExplained | None) -> str:
    if refusal is not None:
        return reader.say("summary.refused", why=refusal.sentence)
    if isinstance(entry.event.body, Refund):
        return _refund_summary(reader, entry)
    parts: list[str] = []
    earned: dict[str, int] = {}
    for effect in entry.effects:
        if isinstance(effect, LotOpened) and effect.debit == Account.ISSUED:
            earned[effect.currency] = earned.get(effect.currency, 0) + effect.amount
    if earned:
        points = reader.both([reader.points(units, id_) for id_, units in earned.items()])
        parts.append(reader.say("summary.earned", points=points))
    elif entry.trace:
        parts.append(reader.say("summary.nothing_earned"))
    parts += [
        reader.say("summary.tier", tier=reader.tier(effect.after))
        for effect in entry.effects
        if isinstance(effect, TierMoved)
    ]
    return " ".join(parts) or reader.count("summary.done", len(entry.effects))


def _refund_summary(reader: Reader, entry: Entry) -> str:
    taken: dict[str, int] = {}
    returned: dict[str, int] = {}
    for effect in entry.effects:
        if isinstance(effect, LotDrawn) and effect.credit == Account.REVERSED:
            taken[effect.currency] = taken.get(effect.currency, 0) + effect.amount
        elif isinstance(effect, LotRestored) and effect.debit == Account.REDEEMED:
            returned[effect.currency] = returned.get(effect.currency, 0) + effect.amount
    nothing = reader.say("word.none")
    return reader.say(
        "summary.refund",
        taken=reader.both([reader.points(n, id_) for id_, n in taken.items()]) or nothing,
        returned=reader.both([reader.points(n, id_) for id_, n in returned.items()]) or nothing,
    )
