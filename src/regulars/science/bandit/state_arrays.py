"""A state as named arrays, and back: what is stored is plain numbers, nothing is pickled."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from regulars.science import checks
from regulars.science.bandit.contracts import State
from regulars.science.contracts import Booleans, Integers
from regulars.science.errors import NoData, WrongShape

SEED_MOST = 1 << 63


def to_arrays(state: State) -> dict[str, NDArray[Any]]:
    """Every number of the state under its path, as `posterior.gram`; scalars have the shape ().
    What `from_arrays` makes of it chooses and learns exactly as the state does."""
    return dict(_written("", state))


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> State:
    """The state that was written. Refuses a missing array (NoData), shapes that do not fit each
    other (WrongShape), and what is no number of its kind (NotNumbers, NotFinite, OutOfRange)."""
    state: State = _read("", State, arrays)
    arms, draws, size = (
        state.arms.cost.size,
        state.settings.draws,
        state.settings.features + 1,
    )
    waiting = state.pending.id.size
    per_arm = ("arms.cost", "arms.active", "arms.paused", "posterior.squares", "posterior.weight")
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(per_arm, (arms,)),
        **{f"evidence.{column.name}": (arms + 1,) for column in fields(state.evidence)},
        **{f"pending.{column.name}": (waiting,) for column in fields(state.pending)},
        "draws": (size, arms, draws),
        "posterior.gram": (arms, size, size),
        "posterior.projection": (arms, size),
        "pending.probabilities": (waiting, arms + 1),
        "pending.context": (waiting, size - 1),
        "ledger.recent": (len(state.ledger.recent), size - 1),
    }
    for name, shape in shapes.items():
        array = np.asarray(arrays[name])
        if array.shape != shape:
            raise WrongShape(name, array.shape, str(shape))
    return state


def _written(prefix: str, value: Any) -> list[tuple[str, NDArray[Any]]]:
    if is_dataclass(value):
        return [
            pair
            for field in fields(value)
            for pair in _written(
                f"{prefix}.{field.name}" if prefix else field.name, getattr(value, field.name)
            )
        ]
    return [(prefix, np.asarray(value))]


def _read(prefix: str, kind: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return cast(Any, kind)(
            *(
                _read(f"{prefix}.{field.name}" if prefix else field.name, hints[field.name], arrays)
                for field in fields(kind)
            )
        )
    if prefix not in arrays:
        raise NoData(prefix)
    found = _checked(prefix, kind, arrays[prefix])
    if kind in (int, float, bool):
        if found.shape != ():
            raise WrongShape(prefix, found.shape, "()")
        return kind(found.item())
    return found


def _checked(prefix: str, kind: Any, given: NDArray[Any]) -> NDArray[Any]:
    """The array in the dtype that the state has it in; of single numbers infinity is a setting."""
    numbers = checks.numbers(prefix, given)
    flat = numbers.ravel()
    if kind is float:
        checks.finite(prefix, np.where(np.isinf(flat), 0.0, flat), checks.MAGNITUDE_ANY)
        return numbers
    if kind in (bool, Booleans):
        return checks.flags(prefix, flat).reshape(numbers.shape) if flat.size else flat == 1.0
    if kind in (int, Integers):
        whole = checks.read(prefix, given).ravel()
        return checks.codes(prefix, whole, SEED_MOST, least=-1).reshape(numbers.shape)
    checks.finite(prefix, flat, checks.MAGNITUDE_ANY)
    return numbers
