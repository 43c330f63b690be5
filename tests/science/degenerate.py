"""Degenerate inputs for any public function: each argument in turn is spoilt in every way that the
room names, and what comes back has to be a refusal that says what to do, or finite numbers.

A `Case` is a call that works. `spoilt` makes the bad ones of it: arrays that are empty, constant,
zero, NaN, infinite, huge, tiny, negative, of another shape or dtype; numbers outside of their
meaning; and tables cut to no, one or two rows. `offences` runs them with warnings as errors.
`Promises` are the tests that every room runs on its cases.
"""

import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from regulars.science import checks
from regulars.science.errors import ScienceRefused

SECONDS_MOST = 20
"""A call on a few dozen rows that takes longer has lost its way."""


@dataclass(frozen=True)
class Case:
    """A public function with arguments that it answers.

    `rows`: places of arrays that have one row per customer, cut together. `whole`: places that are
    left alone (fitted models, seeds). `may_be_infinite`: fields of results that say so in their
    docstrings.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    rows: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    may_be_infinite: frozenset[str] = frozenset()
    name: str = field(default="")

    def __str__(self) -> str:
        return self.name or self.function.__name__

    def call(self) -> Any:
        """The answer to the arguments as they are."""
        return self.function(**self.arguments)


class Promises:
    """What a room promises of each of its `cases`: a test file derives a class that names them.

    `goes_by_row`: cases, by name, whose answer depends on the sequence of the rows.
    `moved_by_narrowing`: places of answers that single precision may change.
    """

    cases: ClassVar[Sequence[Case]]
    goes_by_row: ClassVar[frozenset[str]] = frozenset()
    moved_by_narrowing: ClassVar[frozenset[str]] = frozenset()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each promise on the cases that its argument names."""
        for name, cases in self.chosen().items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, cases, ids=str)

    def chosen(self) -> dict[str, list[Case]]:
        """The cases by the name of the argument that takes them."""
        return {
            "case": list(self.cases),
            "sequenceless": [
                case for case in self.cases if case.rows and str(case) not in self.goes_by_row
            ],
        }

    def test_degenerate_input_is_refused_with_a_next_step_or_answered_with_finite_numbers(
        self, case: Case
    ) -> None:
        case.call()
        assert not offences(case)

    def test_inputs_are_never_written_to_and_may_be_lists_or_of_small_types(
        self, case: Case
    ) -> None:
        told = case.call()
        assert not unlike(told, case.function(**read_only(case)))
        moved = unlike(told, case.function(**narrowed(case)), tolerance=1e-3)
        assert not [place for place in moved if place not in self.moved_by_narrowing]

    def test_the_sequence_of_the_rows_does_not_matter(self, sequenceless: Case) -> None:
        order, arguments = reordered(sequenceless)
        answer = sequenceless.function(**arguments)
        assert not unlike(sequenceless.call(), answer, tolerance=1e-9, rows=order)


class SeededPromises(Promises):
    """What a room that draws promises beside them.

    `seed_unseen`: cases, by name, that are answered alike whatever the seed.
    """

    seed_unseen: ClassVar[frozenset[str]] = frozenset()

    def chosen(self) -> dict[str, list[Case]]:
        """Cases with a seed, and of these the ones in which it is seen."""
        seeded = [case for case in self.cases if "seed" in case.arguments]
        drawn = [case for case in seeded if str(case) not in self.seed_unseen]
        return super().chosen() | {"seeded": seeded, "drawn": drawn}

    def test_the_same_seed_gives_the_same_to_the_last_digit(self, seeded: Case) -> None:
        assert not unlike(seeded.call(), seeded.call())

    def test_another_seed_gives_another_answer(self, drawn: Case) -> None:
        assert unlike(drawn.call(), drawn.function(**{**drawn.arguments, "seed": 99}))


def offences(case: Case) -> list[str]:
    """Every spoilt call that neither refuses properly nor answers finite numbers."""
    found = []
    for label, arguments in spoilt(case):
        told = _told(case, arguments)
        if told:
            found.append(f"{label}: {told}")
    return found


def _told(case: Case, arguments: Mapping[str, Any]) -> str:
    """What is wrong with the answer to these arguments; nothing where nothing is."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS_MOST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answer = case.function(**arguments)
    except ScienceRefused as refusal:
        return "" if str(refusal) and refusal.next_step else "a refusal without words"
    except Exception as error:  # noqa: BLE001 - whatever comes out is what is told
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ", ".join(not_finite(answer, case.may_be_infinite))


def not_finite(answer: Any, may_be_infinite: frozenset[str] = frozenset()) -> list[str]:
    """Places of the answer that hold NaN, or infinity where it is not documented."""
    return list(_not_finite("", answer, may_be_infinite, set()))


def _too_long(*_: Any) -> None:
    raise TimeoutError(f"no answer within {SECONDS_MOST} seconds")


def _not_finite(place: str, value: Any, infinite: frozenset[str], seen: set[int]) -> Iterator[str]:
    last = place.rpartition(".")[2]
    if is_dataclass(value) and not isinstance(value, type):
        if id(value) not in seen:
            seen.add(id(value))
            for one in fields(value):
                inner = f"{place}.{one.name}" if place else one.name
                yield from _not_finite(inner, getattr(value, one.name), infinite, seen)
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _not_finite(f"{place}.{key}", inside, infinite, seen)
    elif isinstance(value, tuple | list):
        for number, inside in enumerate(value):
            yield from _not_finite(f"{place}[{number}]", inside, infinite, seen)
    elif isinstance(value, float | np.ndarray | np.floating):
        array = np.asarray(value)
        if array.dtype.kind == "f":
            bad = np.isnan(array) if last.split("[")[0] in infinite else ~np.isfinite(array)
            if bad.any():
                yield f"{place or 'the answer'} is {array[bad].ravel()[0]}"


def spoilt(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The bad calls, each with a label."""
    arguments = dict(case.arguments)
    for place in _places(arguments, case.whole):
        value = _get(arguments, place)
        kinds = _arrays if isinstance(value, np.ndarray) else _numbers
        for label, bad in kinds(value):
            yield f"{place} {label}", _set(arguments, place, bad)
    for seed in (-1, 0.5, None, 2**32, 2**63) if "seed" in arguments else ():
        yield f"seed {seed}", arguments | {"seed": seed}
    for count in (0, 1, 2, 3) if case.rows else ():
        cut = arguments
        for place in case.rows:
            cut = _set(cut, place, _get(arguments, place)[:count])
        yield f"only {count} rows", cut


def _arrays(value: np.ndarray) -> Iterator[tuple[str, Any]]:
    yield "empty", value[:0]
    yield "one longer", np.concatenate([value, value[:1]])
    yield "one shorter", value[:-1]
    yield "one more dimension", value[..., None]
    yield "a single number", np.asarray(value.ravel()[0])
    yield "words", np.full(value.shape, "many")
    yield "nothings", np.full(value.shape, None, dtype=object)
    yield "complex", value + 1j
    yield "no array", None
    yield "all equal", np.broadcast_to(value[:1], value.shape).copy()
    yield "zeros", np.zeros_like(value)
    if value.ndim == 2:
        yield "transposed", value.T
        yield "without columns", value[:, :0]
        constant = value.copy()
        constant[:, 0] = value[0, 0]
        yield "a constant column", constant
        yield "equal columns", np.repeat(value[:, :1], value.shape[1], axis=1)
    if value.dtype == np.float32:
        value = value.astype(np.float64)
    if value.dtype.kind == "b":
        yield "ones", np.ones_like(value)
        yield "a two", np.where(np.arange(value.size) == 0, 2, value.ravel()).reshape(value.shape)
        yield "NaN", _first(value, np.nan)
        return
    for label, bad in (("NaN", np.nan), ("infinity", np.inf), ("-infinity", -np.inf),
                       ("1e300", 1e300), ("-1e300", -1e300), ("1e18", 1e18), ("a half", 0.5),
                       ("1e-300", 1e-300), ("1e8", 1e8), ("-1", -1)):  # fmt: skip
        yield f"first {label}", _first(value, bad)
        if np.isfinite(bad):
            yield f"all {label}", np.full(value.shape, float(bad))
    yield "negative", -value
    yield "large as integers", _first(value, 0).astype(np.uint64) + np.uint64(2**63)
    if value.dtype.kind == "f":
        for factor in (1e-300, 1e-160, 1e-60, 1e160, 1e300):
            yield f"times {factor}", value * factor
        largest = checks.MAGNITUDE_MOST / max(float(np.abs(value).max()), 1e-9)
        yield "as large as is let in", np.clip(0.999 * largest * value, -9e59, 9e59)
        yield "of all sizes", _first(value * 1e-300, 9e59)
        yield "first as large as is let in", _first(value, 9e59)


def _numbers(value: float) -> Iterator[tuple[str, Any]]:
    for bad in (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, 9e59, 1e-300, 1e8, 1e-3, 1.0 - 2.0**-53):
        if isinstance(value, float):
            yield str(bad), bad
    if not isinstance(value, float):
        yield "0", 0
        yield "-1", -1
        yield "1", 1


def _first(value: np.ndarray, bad: float) -> np.ndarray:
    changed = value.astype(np.float64)
    changed.flat[0] = bad
    return changed


def _places(arguments: Mapping[str, Any], whole: frozenset[str]) -> Iterator[str]:
    for name, value in arguments.items():
        if name == "seed" or name in whole:
            continue
        if is_dataclass(value) and not isinstance(value, type):
            inner = {one.name: getattr(value, one.name) for one in fields(value)}
            left = frozenset(one.partition(".")[2] for one in whole if one.startswith(name + "."))
            yield from (f"{name}.{place}" for place in _places(inner, left))
        elif isinstance(value, np.ndarray) or (
            isinstance(value, int | float) and not isinstance(value, bool)
        ):
            yield name


def _get(arguments: Mapping[str, Any], place: str) -> Any:
    name, _, rest = place.partition(".")
    value = arguments[name]
    for part in rest.split(".") if rest else ():
        value = getattr(value, part)
    return value


def _set(arguments: Mapping[str, Any], place: str, value: Any) -> dict[str, Any]:
    name, _, rest = place.partition(".")
    return dict(arguments) | {name: _replaced(arguments[name], rest, value) if rest else value}


def _replaced(owner: Any, place: str, value: Any) -> Any:
    name, _, rest = place.partition(".")
    return replace(owner, **{name: _replaced(getattr(owner, name), rest, value) if rest else value})


def unlike(first: Any, second: Any, *, tolerance: float = 0.0, rows: Any = None) -> list[str]:
    """Places where two answers differ; arrays of one row per customer are compared in the order
    `rows` of the first."""
    flat = [dict(_leaves("", answer)) for answer in (first, second)]
    if flat[0].keys() != flat[1].keys():
        return [f"other places: {sorted(flat[0].keys() ^ flat[1].keys())}"]
    found = []
    for place, one in flat[0].items():
        other = flat[1][place]
        if isinstance(one, np.ndarray):
            aligned = rows is not None and one.ndim > 0 and one.shape[0] == len(rows)
            expected = one[rows] if aligned else one
            same = expected.shape == other.shape and (
                np.allclose(expected, other, rtol=tolerance, atol=tolerance, equal_nan=True)
                if one.dtype.kind in "fiub"
                else np.array_equal(expected, other)
            )
        else:
            same = one == other
        if not same:
            found.append(place or "the answer")
    return found


def reordered(case: Case, seed: int = 1) -> tuple[Any, dict[str, Any]]:
    """The case with its rows in another order, and which."""
    count = len(_get(case.arguments, case.rows[0]))
    order = np.random.default_rng(seed).permutation(count)
    arguments = dict(case.arguments)
    for place in case.rows:
        arguments = _set(arguments, place, _get(arguments, place)[order])
    return order, arguments


def read_only(case: Case) -> dict[str, Any]:
    """The arguments in arrays that refuse to be written to."""
    arguments = dict(case.arguments)
    for place in _places(arguments, case.whole):
        value = _get(arguments, place)
        if isinstance(value, np.ndarray):
            locked = value.copy()
            locked.setflags(write=False)
            arguments = _set(arguments, place, locked)
    return arguments


def narrowed(case: Case) -> dict[str, Any]:
    """The arguments with arrays as lists, floats in single precision, small integers."""
    arguments = dict(case.arguments)
    narrow = {"f": np.float32, "i": np.int32, "b": np.int8}
    for place in _places(arguments, case.whole):
        value = _get(arguments, place)
        if isinstance(value, np.ndarray):
            smaller = value.astype(narrow[value.dtype.kind])
            arguments = _set(arguments, place, smaller if "." in place else smaller.tolist())
    return arguments


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _leaves(f"{place}.{one.name}", getattr(value, one.name))
    elif isinstance(value, tuple | list):
        for number, inside in enumerate(value):
            yield from _leaves(f"{place}[{number}]", inside)
    elif isinstance(value, int | float | np.ndarray | np.generic) and not isinstance(value, bool):
        yield place, np.asarray(value)
    elif not callable(value):
        yield place, value
