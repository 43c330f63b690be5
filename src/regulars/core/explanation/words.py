"""The catalogue: every sentence of an explanation, in English and German.

Keys name what is said; both languages use the same placeholders (a test holds this). Refusals stand
under `refusal.<code>` and `next.<code>`, with the data of their class in `core/errors.py`.
"""

from regulars.core.explanation.words_of_effects import EFFECTS, REFUSALS

_UNITS = {
    "second": ("second", "seconds", "Sekunde", "Sekunden"),
    "minute": ("minute", "minutes", "Minute", "Minuten"),
    "hour": ("hour", "hours", "Stunde", "Stunden"),
    "day": ("day", "days", "Tag", "Tage"),
    "week": ("week", "weeks", "Woche", "Wochen"),
    "month": ("month", "months", "Monat", "Monate"),
    "quarter": ("quarter", "quarters", "Quartal", "Quartale"),
    "year": ("year", "years", "Jahr", "Jahre"),
}
_WEEKDAYS = {
    "mon": ("Monday", "Montag"),
    "tue": ("Tuesday", "Dienstag"),
    "wed": ("Wednesday", "Mittwoch"),
    "thu": ("Thursday", "Donnerstag"),
    "fri": ("Friday", "Freitag"),
    "sat": ("Saturday", "Samstag"),
    "sun": ("Sunday", "Sonntag"),
}

_PLAIN: dict[str, tuple[str, str]] = {
    "word.and": ("and", "und"),
    "word.or": ("or", "oder"),
    "word.yes": ("yes", "ja"),
    "word.no": ("no", "nein"),
    "word.none": ("nothing", "nichts"),
    "word.others": ("others", "weitere"),
    "period.day": ("per day", "pro Tag"),
    "period.week": ("per week", "pro Woche"),
    "period.month": ("per month", "pro Monat"),
    "period.quarter": ("per quarter", "pro Quartal"),
    "period.year": ("per year", "pro Jahr"),
    "period.lifetime": ("in all", "insgesamt"),
    "period.rolling.one": ("in a day", "an einem Tag"),
    "period.rolling.many": ("in {count} days", "in {count} Tagen"),
    # bounds and selectors
    "bounds.at_least": ("at least {low}", "mindestens {low}"),
    "bounds.at_most": ("at most {high}", "höchstens {high}"),
    "bounds.between": ("{low} to {high}", "{low} bis {high}"),
    "items.sku": ("article {words}", "Artikel {words}"),
    "items.category": ("category {words}", "Kategorie {words}"),
    "items.brand": ("brand {words}", "Marke {words}"),
    "items.tag": ("tag {words}", "Kennzeichen {words}"),
    "items.units": ("a quantity of {bounds}", "{bounds} Stück"),
    "items.worth": ("worth {bounds}", "im Wert von {bounds}"),
    # what conditions require
    "required.not": ("not: {what}", "nicht: {what}"),
    "required.subtotal": ("an order of {bounds}", "ein Einkauf von {bounds}"),
    "required.quantity": ("an order with a quantity of {bounds}", "{bounds} Stück im Einkauf"),
    "required.items": ("items of {items}: {bounds}", "Ware: {items}: {bounds}"),
    "required.channel": ("channel {words}", "Kanal {words}"),
    "required.store": ("store {words}", "Filiale {words}"),
    "required.payment": ("paid with {words}", "bezahlt mit {words}"),
    "required.coupon": ("one of the rule's coupon codes", "einer der Gutscheincodes der Regel"),
    "required.tier": ("tier {words}", "Stufe {words}"),
    "required.segment": ("segment {words}", "Segment {words}"),
    "required.attribute": ("attribute {name}: {bounds}", "Merkmal {name}: {bounds}"),
    "required.field": ("field {name}: {bounds}", "Feld {name}: {bounds}"),
    "required.member_for": ("a member for {bounds}", "Mitglied seit {bounds}"),
    "required.nth_every": ("every purchase number {count}", "jeder {count}. Einkauf"),
    "required.nth_one_of": ("purchase number {words}", "Einkauf Nummer {words}"),
    "required.nth": ("purchase number {bounds}", "Einkauf Nummer {bounds}"),
    "required.from": ("from {start} on", "ab {start}"),
    "required.before": ("before {until}", "vor {until}"),
    "required.between": (
        "from {start} until before {until}",
        "von {start} bis vor {until}",
    ),
    "required.dates": ("on {words}", "am {words}"),
    "required.weekly": (
        "on {days} from {start} until {until}",
        "am {days} von {start} bis {until}",
    ),
    # what was there, and what is missing
    "actual.moment": ("{day}, {at}", "{day}, {at}"),
    "actual.not_shown": ("absent or not shown", "nicht vorhanden oder nicht gezeigt"),
    "actual.units.one": ("1 unit", "1 Stück"),
    "actual.units.many": ("{count} units", "{count} Stück"),
    "actual.coupons.one": ("1 other coupon", "1 anderer Gutschein"),
    "actual.coupons.many": ("{count} other coupons", "{count} andere Gutscheine"),
    "actual.days.one": ("1 day", "1 Tag"),
    "actual.days.many": ("{count} days", "{count} Tage"),
    "actual.nth": ("purchase number {count}", "Einkauf Nummer {count}"),
    "missing.purchases.one": ("1 more purchase", "noch 1 Einkauf"),
    "missing.purchases.many": ("{count} more purchases", "noch {count} Einkäufe"),
    # rules
    "rule.tier": ("Tier {tier}", "Stufe {tier}"),
    "rule.earned": ("{points} earned.", "{points} gesammelt."),
    "rule.not_held": (
        "Required: {required}; found: {actual}.",
        "Nötig: {required}; vorhanden: {actual}.",
    ),
    "rule.none_held": (
        "None of these alternatives holds.",
        "Keine dieser Möglichkeiten trifft zu.",
    ),
    "rule.missing": ("Missing: {missing}.", "Es fehlt: {missing}."),
    "rule.no_lines": (
        "Nothing earned: no line of the order matches {items}.",
        "Nichts gesammelt: Keine Zeile des Einkaufs passt zu: {items}.",
    ),
    "rule.nothing": ("Nothing earned.", "Nichts gesammelt."),
    "rule.outstacked": (
        "{points} not added: in the same group, {rule} earns instead.",
        "{points} kommen nicht hinzu: In derselben Gruppe sammelt stattdessen {rule}.",
    ),
    "rule.excluded": (
        "{points} not added: {rule} earns alone.",
        "{points} kommen nicht hinzu: {rule} gilt allein.",
    ),
    "rule.used_up": (
        "Nothing earned: {used} of {most} uses {period}.",
        "Nichts gesammelt: {used} von {most} Nutzungen {period}.",
    ),
    "rule.rejected": (
        "Nothing earned: {points} is more than the limit of {most} per purchase.",
        "Nichts gesammelt: {points} ist mehr als die Grenze von {most} pro Einkauf.",
    ),
    "rule.clipped_transaction": (
        "Cut from {points} to {earned}: at most {most} per purchase.",
        "Von {points} auf {earned} gekürzt: höchstens {most} pro Einkauf.",
    ),
    "rule.clipped_member": (
        "Cut from {points} to {earned}: at most {most} {period}, {used} were used before.",
        "Von {points} auf {earned} gekürzt: höchstens {most} {period}, {used} waren verbraucht.",
    ),
    "rule.multiplied": (
        "The tier adds {points} to {base}.",
        "Die Stufe gibt {points} zu {base} dazu.",
    ),
    "rule.late": (
        "The event of {occurred} came after {latest} was decided and too late to revise it: it was"
        " decided on what held then.",
        "Das Ereignis vom {occurred} kam, nachdem {latest} entschieden war, zu spät für eine"
        " Berichtigung: Es wurde nach dem damaligen Stand entschieden.",
    ),
    # formulas
    "formula.fixed": ("A fixed {points}.", "Fest {points}."),
    "formula.per_money": (
        "{rate} for every {each}: {basis} gives {exact}.",
        "{rate} je {each}: {basis} ergibt {exact}.",
    ),
    "formula.per_quantity": (
        "{rate} for every {each}; {quantity}: {exact}.",
        "{rate} je {each}; {quantity}: {exact}.",
    ),
    "formula.bands": (
        "{amount} reaches the step from {start}: {points}.",
        "{amount} erreicht die Stufe ab {start}: {points}.",
    ),
    "formula.bands_below": (
        "{amount} is below the first step from {start}.",
        "{amount} liegt unter der ersten Stufe ab {start}.",
    ),
    "formula.multiply": (
        "{by} times what {rule} earned: {other} once more gives {exact}.",
        "Das {by}-Fache dessen, was {rule} ergab: Zu {other} kommen {exact} dazu.",
    ),
    "formula.choice": ("Choice {number} applies.", "Auswahl {number} gilt."),
    "formula.no_choice": ("None of the choices applies.", "Keine Auswahl gilt."),
    "formula.rounded": ("Rounded {how} to {points}.", "{how} gerundet auf {points}."),
    "rounding.down": ("down", "Abwärts"),
    "rounding.up": ("up", "Aufwärts"),
    "rounding.half_up": ("to the nearest, halves up", "Kaufmännisch"),
    "rounding.half_even": ("to the nearest, halves to even", "Zur nächsten geraden Einheit"),
    # inputs
    "input.tier": ("Tier before: {tier}.", "Stufe vorher: {tier}."),
    "input.nth": ("Purchase number {count}.", "Einkauf Nummer {count}."),
    "input.uses.one": (
        "{rule}: used once before ({period}).",
        "{rule}: vorher einmal genutzt ({period}).",
    ),
    "input.uses.many": (
        "{rule}: used {count} times before ({period}).",
        "{rule}: vorher {count} Mal genutzt ({period}).",
    ),
    "input.points": (
        "{rule}: {points} before ({period}).",
        "{rule}: vorher {points} ({period}).",
    ),
    "input.attribute": ("{name}: {value}.", "{name}: {value}."),
    "input.segments": ("In segments {words}.", "In den Segmenten {words}."),
    # summaries
    "summary.refused": ("Refused: {why}", "Abgelehnt: {why}"),
    "summary.earned": ("{points} earned.", "{points} gesammelt."),
    "summary.nothing_earned": ("Nothing was earned.", "Es wurde nichts gesammelt."),
    "summary.tier": ("Now in tier {tier}.", "Jetzt in Stufe {tier}."),
    "summary.refund": (
        "Refund: {taken} taken back, {returned} returned.",
        "Rückgabe: {taken} zurückgenommen, {returned} zurückgegeben.",
    ),
    "summary.done.one": ("Done, with 1 effect.", "Erledigt, mit 1 Wirkung."),
    "summary.done.many": ("Done, with {count} effects.", "Erledigt, mit {count} Wirkungen."),
}


def _catalogue() -> dict[str, dict[str, str]]:
    pairs = dict(_PLAIN) | EFFECTS | REFUSALS
    for unit, (one, many, eins, viele) in _UNITS.items():
        pairs[f"span.{unit}.one"] = (f"{{count}} {one}", f"{{count}} {eins}")
        pairs[f"span.{unit}.many"] = (f"{{count}} {many}", f"{{count}} {viele}")
    for day, names in _WEEKDAYS.items():
        pairs[f"weekday.{day}"] = names
    return {key: {"en": english, "de": german} for key, (english, german) in pairs.items()}


CATALOGUE = _catalogue()
"""By key, by language."""
