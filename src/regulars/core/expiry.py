"""When a lot becomes spendable and when it ends.

Owns the calendars of pending periods and expiry: none, fixed, rounded, sliding, date, and those of
a tier. Times run from the instant at which the points were earned, in the program's zone. A rounded
expiry and one on a date end with a local day: the instant is the midnight after it.
"""

from collections.abc import Callable
from typing import Final

from regulars.core.compiled import Program, Terms
from regulars.core.conditions.compile import span_of
from regulars.core.document import currencies as written
from regulars.core.effects import SLIDING, WAITING
from regulars.core.periods import (
    DAY,
    Span,
    ZoneTable,
    add_span,
    add_span_days,
    day_number,
    first_after,
    midnight,
)

# The memo of a rounded expiry has one item per day of earning; a long replay starts it anew.
_MEMO_DAYS_MAX: Final = 4096


def lot_terms(program: Program, currency: str, tier: str, occurred_at: int) -> tuple[int, int]:
    """(active_at, expires_at) of a lot earned at `occurred_at` by a member in `tier`.

    `active_at`: 0 at once, WAITING (-1) until a confirmation that has no time limit, else the
    instant; a currency with `confirmed_by` may be confirmed before it. `expires_at`: 0 never,
    SLIDING (-1) with the wallet's last activity, else the first instant at which it is expired.
    """
    terms = program.currencies[currency].terms
    found = terms.get(tier)
    return found(occurred_at) if found is not None else terms[""](occurred_at)


def slides_until(program: Program, currency: str, tier: str, touched_at: int) -> int:
    """When a wallet last active at `touched_at` expires if it sees no more activity; 0 where the
    currency does not slide for the tier."""
    sliding = program.currencies[currency].sliding
    span = sliding.get(tier, sliding.get(""))
    return 0 if span is None or span.count == 0 else add_span(program.zone, touched_at, span)


def compile_terms(currency: written.Currency, zone: ZoneTable) -> dict[str, Terms]:
    """The terms of a currency by tier id, `""` for all other tiers."""
    active = _active(currency.pending, zone)
    kinds = {"": currency.expiry, **currency.expiry_by_tier}
    return {tier: _terms(active, _expires(expiry, zone)) for tier, expiry in kinds.items()}


def compile_sliding(currency: written.Currency) -> dict[str, Span]:
    """After which time without activity a wallet expires, by tier id like the terms; a count of 0
    for a tier whose points do not slide. Empty where nothing slides."""
    kinds = {"": currency.expiry, **currency.expiry_by_tier}
    spans = {
        tier: span_of(expiry.after) if isinstance(expiry, written.SlidingExpiry) else Span(0, "day")
        for tier, expiry in kinds.items()
    }
    return spans if any(span.count for span in spans.values()) else {}


def confirmed_by(currency: written.Currency) -> str:
    """The event type that makes waiting points spendable, empty where none does."""
    pending = currency.pending
    return pending.until if isinstance(pending, written.PendingUntil) else ""


def _terms(active: Callable[[int], int], expires: Callable[[int], int]) -> Terms:
    # All lots of one event have the same terms, so the last answer is often asked for again.
    last = (-1, (0, 0))

    def terms(occurred_at: int) -> tuple[int, int]:
        nonlocal last
        at, answer = last
        if at == occurred_at:
            return answer
        answer = active(occurred_at), expires(occurred_at)
        last = occurred_at, answer
        return answer

    return terms


def _active(pending: written.Pending, zone: ZoneTable) -> Callable[[int], int]:
    if pending is None:
        return _always(0)
    wait = pending.at_most if isinstance(pending, written.PendingUntil) else pending
    return _always(WAITING) if wait is None else _later(zone, span_of(wait))


def _always(instant: int) -> Callable[[int], int]:
    def same(_at: int) -> int:
        return instant

    return same


def _later(zone: ZoneTable, span: Span) -> Callable[[int], int]:
    def later(at: int) -> int:
        return add_span(zone, at, span)

    return later


def _expires(expiry: written.Expiry, zone: ZoneTable) -> Callable[[int], int]:
    match expiry:
        case written.NoExpiry():
            return _always(0)
        case written.SlidingExpiry():
            return _always(SLIDING)
        case written.DateExpiry(on=on):
            return _always(midnight(zone, day_number(on.year, on.month, on.day) + 1))
        case written.FixedExpiry(after=after):
            return _later(zone, span_of(after))
        case written.RoundedExpiry(after=after, round_to=round_to):
            return _rounded(zone, span_of(after), round_to)
    raise TypeError(f"unknown expiry: {type(expiry).__name__}")


def _rounded(zone: ZoneTable, after: Span, round_to: str) -> Callable[[int], int]:
    by_day: dict[int, int] = {}

    def expires(at: int) -> int:
        day = zone.local(at) // DAY
        found = by_day.get(day)
        if found is None:
            if len(by_day) >= _MEMO_DAYS_MAX:
                by_day.clear()
            found = midnight(zone, first_after(round_to, add_span_days(day, after)))
            by_day[day] = found
        return found

    return expires
