"""The words of a scenario: what a step says, made into the event that the engine decides on.

docs/scenarios.md describes them. Everything that cannot be understood is a ScenarioUnclear that
says what was expected in its place.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.core.compiled import Program
from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Exchange,
    Hold,
    Line,
    MoveOut,
    Payment,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)
from regulars.core.money import AmountError, to_units
from regulars.core.periods import DAY, MINUTE, ZoneTable, day_number
from regulars.core.points import points_units

NOON = 12 * 60


class ScenarioUnclear(ValueError):
    """Something in a scenario file that the runner does not understand."""


Named = Callable[[str], int]
"""The entry of what an earlier step called so with `as`."""


class Language:
    """Reads the steps of one scenario in terms of its program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    # Moments and amounts ----------------------------------------------------------------------

    def instant(self, text: Any) -> int:
        """`2027-01-31 10:00` in the program's zone, or with an offset: `2027-10-31 02:30 +01:00`.
        A date alone is its midnight."""
        return read_instant(self.program.zone, text)

    def money(self, text: Any) -> int:
        """Minor units of an amount of the program's money."""
        try:
            return to_units(_number(text), self.program.money_decimals)
        except AmountError as error:
            raise ScenarioUnclear(str(error)) from None

    def points(self, text: Any, currency: str) -> int:
        """Units of a number of points."""
        if currency not in self.program.currencies:
            raise ScenarioUnclear(f"the program has no currency {currency!r}")
        try:
            return points_units(_number(text), self.program.currencies[currency].decimals)
        except AmountError as error:
            raise ScenarioUnclear(str(error)) from None

    # Steps ------------------------------------------------------------------------------------

    def event(self, verb: str, content: Any, named: Named) -> tuple[str, Body]:
        """The type and body of the event that a step tells of."""
        read = getattr(self, f"_{verb.replace(' ', '_')}", None)
        if verb not in VERBS or read is None:
            raise ScenarioUnclear(f"{verb!r} is no step; one of: {', '.join(VERBS)}")
        kind, body = read(content, named)
        return kind, body

    def purchase(self, content: Any, named: Named) -> Purchase:
        """An order: a list of lines, or an object with `lines` and more."""
        if isinstance(content, list):
            content = {"lines": content}
        told = _object(content, "lines", "channel", "store", "tax", "shipping", "paid", "coupons",
                       "using")  # fmt: skip
        shipping, shipping_tax = self._shipping(told.get("shipping", "0"))
        lines = tuple(self._line(str(at), text) for at, text in enumerate(told["lines"], 1))
        return Purchase(
            lines=lines,
            channel=told.get("channel", ""),
            store=told.get("store", ""),
            tax_included={"included": True, "on top": False}[told.get("tax", "included")],
            shipping_minor=shipping,
            shipping_tax_minor=shipping_tax,
            payments=tuple(
                Payment(method, self.money(amount))
                for method, amount in told.get("paid", {}).items()
            ),
            coupons=tuple(told.get("coupons", ())),
            redemptions=tuple(named(name) for name in told.get("using", ())),
            currency=self.program.money_currency,
        )

    def _line(self, line_id: str, text: str) -> Line:
        """`bath 25.00 x2 off 5.00 tax 3.19 sku SOAP brand Fa tag new`: the category, the price of
        the whole line before discounts, then what else there is."""
        category, price, *words = str(text).split()
        more = _pairs(text, words, ("x", "off", "tax", "sku", "brand", "tag"))
        return Line(
            line_id=line_id,
            sku=more.get("sku", [category.upper()])[0],
            quantity=int(more.get("x", ["1"])[0]),
            gross_minor=self.money(price),
            discount_minor=self.money(more.get("off", ["0"])[0]),
            tax_minor=self.money(more.get("tax", ["0"])[0]),
            category=category,
            brand=more.get("brand", [""])[0],
            tags=tuple(more.get("tag", ())),
        )

    def _shipping(self, text: Any) -> tuple[int, int]:
        amount, *words = str(text).split()
        tax = _pairs(text, words, ("tax",)).get("tax", ["0"])[0]
        return self.money(amount), self.money(tax)

    def _buy(self, content: Any, named: Named) -> tuple[str, Body]:
        return "purchase", self.purchase(content, named)

    def _does(self, content: Any, _named: Named) -> tuple[str, Body]:
        told = dict(content) if isinstance(content, dict) else {"event": content}
        kind = told.pop("event")
        channel, store = told.pop("channel", ""), told.pop("store", "")
        fields = {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in told.items()
        }
        return kind, Activity(fields, channel, store)

    def _refund(self, content: Any, named: Named) -> tuple[str, Body]:
        return "refund", self._returned(content, named)

    def _returned(self, content: Any, named: Named) -> Refund:
        if isinstance(content, str):
            return Refund(named(content))
        told = _object(content, "of", "lines", "shipping")
        lines = []
        for text in told.get("lines", ()):
            line_id, *words = str(text).split()
            more = _pairs(text, words, ("x", "paid"))
            paid = self.money(more["paid"][0]) if "paid" in more else -1
            lines.append(ReturnedLine(line_id, int(more.get("x", ["0"])[0]), paid))
        return Refund(named(told["of"]), tuple(lines), told.get("shipping", False))

    def _exchange(self, content: Any, named: Named) -> tuple[str, Body]:
        told = _object(content, "back", "for")
        back = self._returned(told["back"], named)
        return "exchange", Exchange(back, self.purchase(told["for"], named))

    def _hold(self, content: Any, named: Named) -> tuple[str, Body]:
        told = _object(content, "reward", "cart", "points", "quantity", "beside", "claiming")
        reward = self.program.rewards.get(told["reward"])
        currency = reward.currency.id if reward else next(iter(self.program.currencies))
        cart = told["cart"] if isinstance(told["cart"], dict) else {"lines": told["cart"]}
        cart = {**cart, "using": told.get("beside", ())}
        return "hold", Hold(
            told["reward"],
            self.purchase(cart, named),
            self.points(told.get("points", "0"), currency),
            told.get("quantity", 1),
            self.money(told["claiming"]) if "claiming" in told else -1,
        )

    def _capture(self, content: str, named: Named) -> tuple[str, Body]:
        return "capture", Capture(named(content))

    def _void(self, content: str, named: Named) -> tuple[str, Body]:
        return "void", Void(named(content))

    def _give(self, content: Any, _named: Named) -> tuple[str, Body]:
        return "adjustment", self._adjustment(content, 1)

    def _take(self, content: Any, _named: Named) -> tuple[str, Body]:
        return "adjustment", self._adjustment(content, -1)

    def _adjustment(self, content: Any, sign: int) -> Adjustment:
        content = content if isinstance(content, dict) else {"points": content}
        told = _object(content, "points", "currency", "until")
        currency = told.get("currency", next(iter(self.program.currencies)))
        until = self.instant(told["until"]) if "until" in told else 0
        points = sign * self.points(told["points"], currency)
        return Adjustment(currency, points, "goodwill", "actor-1", until)

    def _delivered(self, content: str, named: Named) -> tuple[str, Body]:
        return "order.delivered", Confirm(named(content))

    def _wait_until(self, _content: Any, _named: Named) -> tuple[str, Body]:
        return "due", Due()

    def _move(self, content: Any, named: Named) -> tuple[str, Body]:
        told = _object(content, "to", "points", "currency", "close")
        currency = told.get("currency", "" if told.get("close") else "points")
        points = self.points(told["points"], currency) if "points" in told else 0
        why = "merge" if told.get("close") else "transfer"
        return "move.out", MoveOut(
            named(f"member {told['to']}"), why, told.get("close", False), currency, points
        )

    def _merge_into(self, content: str, named: Named) -> tuple[str, Body]:
        return self._move({"to": content, "close": True}, named)

    def _close(self, content: str, _named: Named) -> tuple[str, Body]:
        return "close", Close(content)

    def _know(self, content: Any, _named: Named) -> tuple[str, Body]:
        told = _object(content, "attributes", "segments")
        segments = tuple(told["segments"]) if "segments" in told else None
        return "attributes", Attributes(dict(told.get("attributes", {})), segments)


VERBS = (
    "buy", "does", "refund", "exchange", "hold", "capture", "void", "give", "take", "delivered",
    "wait until", "move", "merge into", "close", "know",
)  # fmt: skip


def read_instant(zone: ZoneTable, text: Any) -> int:
    """See Language.instant."""
    words = str(text).replace("T", " ").split()
    try:
        moment = datetime.fromisoformat(" ".join(words[:2]))
    except ValueError:
        raise ScenarioUnclear(f"no moment: {text!r}; write it like 2027-01-31 10:00") from None
    day = day_number(moment.year, moment.month, moment.day)
    minutes = moment.hour * 60 + moment.minute
    local = day * DAY + minutes * MINUTE + moment.second * 1_000_000
    if len(words) < 3:
        return zone.instant(local)
    hours, _, rest = words[2].partition(":")
    sign = -1 if hours.startswith("-") else 1
    return local - sign * (abs(int(hours)) * 60 + int(rest)) * MINUTE


def _number(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise ScenarioUnclear(f"no number: {text!r}") from None


def _object(content: Any, *allowed: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise ScenarioUnclear(f"expected an object with {', '.join(allowed)}: {content!r}")
    unknown = [key for key in content if key not in allowed]
    if unknown:
        raise ScenarioUnclear(f"{unknown[0]!r} is not known here; one of: {', '.join(allowed)}")
    return content


def _pairs(text: Any, words: list[str], allowed: tuple[str, ...]) -> dict[str, list[str]]:
    """Words after the first ones of a line: `x3` alone, all others with what follows them."""
    found: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if word[0] == "x" and word[1:].isdecimal():
            found.setdefault("x", []).append(word[1:])
            continue
        value = next(rest, None)
        if word not in allowed or value is None:
            raise ScenarioUnclear(f"{word!r} in {text!r} is not understood; one of: {allowed}")
        found.setdefault(word, []).append(value)
    return found
