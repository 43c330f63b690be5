"""Finding the condition that a trace names: the reader beside `compile.py`, which numbers them."""

from collections.abc import Iterator

from regulars.core.document.conditions import Condition, parts_of


def in_preorder(condition: Condition) -> Iterator[Condition]:
    """A condition and all inside it, in the order in which compiling numbers them."""
    yield condition
    for part in parts_of(condition):
        yield from in_preorder(part)


def condition_at(condition: Condition, number: int) -> Condition | None:
    """The condition of a preorder number, None where the document has none of it."""
    for at, found in enumerate(in_preorder(condition)):
        if at == number:
            return found
    return None
