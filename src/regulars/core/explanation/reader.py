"""The reader of an explanation: one program version, one language, and how both write things.

Amounts always come with their currency, points with the name that the program gives them, instants
in the program's zone. English is used where a language is not in the catalogue.
"""

from collections.abc import Iterable

from regulars.core.causes import split_causes
from regulars.core.compiled import Program
from regulars.core.document.values import Text, words_in
from regulars.core.explanation.words import CATALOGUE
from regulars.core.money import plain, power_of_ten
from regulars.core.periods import DAY, HOUR, MINUTE, Span, civil
from regulars.core.points import points_text

# A rounding step is shown with so many decimals beyond the point; more are cut and marked.
_EXACT_DECIMALS = 4
_SINGULAR = {
    "coins": "coin",
    "credits": "credit",
    "hearts": "heart",
    "meilen": "meile",
    "miles": "mile",
    "points": "point",
    "punkte": "punkt",
    "stamps": "stamp",
    "stars": "star",
    "stempel": "stempel",
    "sterne": "stern",
}


class Reader:
    """Writes the things of one program in one language. `language` is the language of the words,
    `locale` the one asked for, in which the program's own names are looked up."""

    def __init__(self, program: Program, locale: str) -> None:
        self.program = program
        self.locale = locale
        language = locale.replace("_", "-").partition("-")[0].lower()
        self.language = language if language in ("en", "de") else "en"
        self._words = CATALOGUE

    def say(self, key: str, /, **values: object) -> str:
        """A sentence of the catalogue, filled in. What the catalogue lacks (a later engine may have
        written of it) is called by its own name."""
        words = self._words.get(key)
        if words is None:
            return key.rpartition(".")[2]
        return words[self.language].format(**values)

    def count(self, key: str, count: int, **values: object) -> str:
        """A number of things: `1 unit`, `3 units`."""
        return self.say(f"{key}.{'one' if count == 1 else 'many'}", count=count, **values)

    def knows(self, key: str) -> bool:
        """Whether the catalogue has a sentence."""
        return key in self._words

    def number(self, text: str) -> str:
        """A plain decimal text with this language's separators.

        English groups thousands with a comma, German with a point.
        """
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, _, rest = digits.partition(".")
        grouped = f"{int(whole):,}" if whole.isdecimal() else whole
        if self.language == "de":
            grouped = grouped.replace(",", ".")
        mark = "," if self.language == "de" else "."
        return f"{sign}{grouped}{mark + rest if rest else ''}"

    def money(self, minor: int) -> str:
        """An amount with its currency: `EUR 12.50`, in German `12,50 EUR`."""
        amount = self.number(plain(minor, self.program.money_decimals))
        currency = self.program.money_currency
        return f"{amount} {currency}" if self.language == "de" else f"{currency} {amount}"

    def points(self, units: int, currency: str) -> str:
        """Points with their name: `1.5 Stars`, `1 Star`."""
        known = self.program.currencies.get(currency)
        text = points_text(units, known.decimals if known else 0)
        return f"{self.number(text)} {self._currency(currency, text)}"

    def exact_points(self, numerator: int, denominator: int, currency: str) -> str:
        """A fraction of units as points before rounding, cut after a few decimals."""
        known = self.program.currencies.get(currency)
        whole = denominator * power_of_ten(known.decimals if known else 0)
        shown, rest = divmod(numerator * power_of_ten(_EXACT_DECIMALS), whole)
        text = points_text(shown, _EXACT_DECIMALS)
        name = self._currency(currency, "" if rest else text)
        return f"{self.number(text)}{'…' if rest else ''} {name}"

    def instant(self, at: int) -> str:
        """An instant as local date and time with its zone: `2027-03-02 16:30 (Europe/Berlin)`, in
        German `02.03.2027 16:30 (Europe/Berlin)`."""
        zone = self.program.zone
        local = zone.local(at)
        minute = local % DAY
        time = f"{minute // HOUR:02d}:{minute % HOUR // MINUTE:02d}"
        return f"{self.day(local // DAY)} {time} ({zone.name})"

    def day(self, number: int) -> str:
        """A local day."""
        year, month, day = civil(number)
        if self.language == "de":
            return f"{day:02d}.{month:02d}.{year:04d}"
        return f"{year:04d}-{month:02d}-{day:02d}"

    def span(self, span: Span) -> str:
        """A length of time: `14 days`, `1 Monat`."""
        return self.count(f"span.{span.unit}", span.count)

    def period(self, name: str) -> str:
        """The period of a limit: `per month`, `in 30 days`."""
        if name.endswith("d") and name[:-1].isdecimal():
            return self.count("period.rolling", int(name[:-1]))
        return self.say(f"period.{name}")

    def either(self, words: Iterable[object]) -> str:
        """`a, b or c`."""
        return self._joined(words, self.say("word.or"))

    def both(self, words: Iterable[object]) -> str:
        """`a, b and c`."""
        return self._joined(words, self.say("word.and"))

    def _joined(self, words: Iterable[object], link: str) -> str:
        texts = [str(word) for word in words]
        if len(texts) < 2:
            return "".join(texts)
        return f"{', '.join(texts[:-1])} {link} {texts[-1]}"

    def named(self, text: Text) -> str:
        """The program's own words in the reader's locale."""
        return words_in(text, self.locale)

    def currency(self, id_: str) -> str:
        """The name of a points currency; its id where the program has none of it."""
        known = self.program.document.currencies.get(id_)
        return id_ if known is None else self.named(known.name)

    def _currency(self, id_: str, amount: str) -> str:
        """The name as it stands beside an amount. A program names its points in the plural; beside
        one of them, names in common use stand in the singular."""
        name = self.currency(id_)
        before, _, last = name.rpartition(" ")
        one = _SINGULAR.get(last.lower()) if amount in ("1", "-1") else None
        if one is None:
            return name
        one = one.capitalize() if last[:1].isupper() else one
        return f"{before} {one}".lstrip()

    def rule(self, index: int) -> str:
        """The name of a rule by its index."""
        rules = self.program.document.earning
        return self.named(rules[index].name) if 0 <= index < len(rules) else str(index)

    def rule_by_id(self, id_: str) -> str:
        """The name of what earned or caused something: a rule, a tier's multiplier, an adjustment,
        a move."""
        for rule in self.program.document.earning:
            if rule.id == id_:
                return self.named(rule.name)
        if id_.startswith("tier:"):
            return self.say("rule.tier", tier=self.tier(id_.removeprefix("tier:")))
        return self.say(f"cause.{id_}") if self.knows(f"cause.{id_}") else id_

    def causes(self, cause: str) -> str:
        """The names of all that a lot came from."""
        ids, complete = split_causes(cause)
        names = [self.rule_by_id(id_) for id_ in ids]
        return self.both(names if complete else [*names, self.say("word.others")])

    def tier(self, id_: str) -> str:
        """The name of a tier."""
        tiers = self.program.document.tiers
        for tier in tiers.ladder if tiers else ():
            if tier.id == id_:
                return self.named(tier.name)
        return id_ or self.say("word.none")

    def reward(self, id_: str) -> str:
        """The name of a reward."""
        for reward in self.program.document.rewards:
            if reward.id == id_:
                return self.named(reward.name)
        return id_
