"""The form of an event that its digest is made of: the same for the same words, in every release.

Owns which fields of the event types have always been written, in the order of the type. A field
that came later stands at the end of its type (`core/events.py`) and is written only where it says
something: an event sent before an upgrade and again after it is the same event. It decides nothing
about the journal, whose entries are written as they are and never compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import astuple, fields

from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Capture,
    Close,
    Confirm,
    Due,
    Event,
    Exchange,
    Hold,
    Line,
    MovedClawback,
    MovedLot,
    MoveIn,
    MoveOut,
    Payment,
    Purchase,
    Refund,
    ReturnedLine,
    Void,
)

ALWAYS_WRITTEN: Mapping[type[Struct], int] = {
    Activity: 3,
    Adjustment: 5,
    Attributes: 2,
    Capture: 1,
    Close: 2,
    Confirm: 1,
    Due: 0,
    Event: 5,
    Exchange: 2,
    Hold: 5,
    Line: 9,
    MoveIn: 8,
    MoveOut: 5,
    MovedClawback: 3,
    MovedLot: 6,
    Payment: 2,
    Purchase: 12,
    Refund: 5,
    ReturnedLine: 3,
    Void: 2,
}
"""How many fields of each type are always written. Never changed: what a type has more is left out
at its default, and so is every default of a type that is not named here."""


class _Plan(NamedTuple):
    """How a type is written that has grown, or holds one that has: `tag` before its fields, the
    `defaults` of those that may be left out, and the places where other such types stand."""

    tag: tuple[object, ...]
    always: int
    defaults: tuple[object, ...]
    nested: tuple[int, ...]


class CanonicalForm:
    """Writes events canonically; as they are, at no cost, where no type of theirs has grown."""

    def __init__(self, always_written: Mapping[type[Struct], int] = ALWAYS_WRITTEN) -> None:
        self._always = always_written
        self._plans: dict[type, _Plan | None] = {}
        plan = self._plan(Event)
        bodies = get_args(get_type_hints(Event)["body"])
        grown = plan is not None and len(plan.defaults) > 0
        self._plain = frozenset(kind for kind in bodies if not grown and not self._plan(kind))

    def of(self, event: Event) -> object:
        """What to encode in the event's place."""
        return event if type(event.body) in self._plain else self._written(event)

    def _written(self, value: Any) -> object:
        if isinstance(value, tuple):
            return [self._written(part) for part in value]
        plan = self._plans.get(type(value))
        if plan is None:
            return value
        parts = list(astuple(value))
        while len(parts) > plan.always and parts[-1] == plan.defaults[len(parts) - 1 - plan.always]:
            parts.pop()
        for place in plan.nested:
            if place < len(parts):
                parts[place] = self._written(parts[place])
        return [*plan.tag, *parts]

    def _plan(self, kind: type[Struct]) -> _Plan | None:
        """The plan of a type, made once; None where it is written as it is."""
        if kind in self._plans:
            return self._plans[kind]
        defaults = [_default(field) for field in fields(kind)]
        required = defaults.count(NODEFAULT)
        always = self._always.get(kind, required)
        hints = list(get_type_hints(kind).values())
        plans = [[self._plan(inner) for inner in _structs(hint)] for hint in hints]
        nested = tuple(place for place, inner in enumerate(plans) if any(inner))
        tag = kind.__struct_config__.tag
        plan = None
        if nested or len(defaults) > always:
            plan = _Plan(() if tag is None else (tag,), always, tuple(defaults[always:]), nested)
        self._plans[kind] = plan
        return plan


def _default(field: Any) -> object:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _structs(hint: Any) -> Sequence[type[Struct]]:
    """The struct types that a type hint names, at whatever depth."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return [hint]
    return [kind for part in get_args(hint) for kind in _structs(part)]
