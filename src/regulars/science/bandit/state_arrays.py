"""A state as named arrays, and back: what is stored is plain numbers, nothing is pickled."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from regulars.science.bandit.contracts import State
from regulars.science.errors import NoData, WrongShape


def to_arrays(state: State) -> dict[str, NDArray[Any]]:
    """Every number of the state under its path, as `posterior.gram`; scalars have the shape ().
    What `from_arrays` makes of it chooses and learns exactly as the state does."""
    return dict(_written("", state))


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> State:
    """The state that was written. Refuses a missing array (NoData) and shapes that do not fit each
    other (WrongShape)."""
    state: State = _read("", State, arrays)
    arms, draws, size = (
        state.arms.cost.shape[0],
        state.settings.draws,
        state.settings.features + 1,
    )
    waiting = state.pending.id.shape[0]
    for name, array, shape in (
        ("draws", state.draws, (size, arms, draws)),
        ("posterior.gram", state.posterior.gram, (arms, size, size)),
        ("posterior.projection", state.posterior.projection, (arms, size)),
        ("evidence.rows", state.evidence.rows, (arms + 1,)),
        ("pending.probabilities", state.pending.probabilities, (waiting, arms + 1)),
        ("pending.context", state.pending.context, (waiting, size - 1)),
    ):
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
    found = np.asarray(arrays[prefix])
    if kind in (int, float, bool):
        if found.shape != ():
            raise WrongShape(prefix, found.shape, "()")
        return kind(found.item())
    return found
