"""What can be wrong with a file before any model sees it. Each error carries its data, a stable
`code` and what a person can do; a mapping that cannot be used is `regulars.imports.errors`'."""

from dataclasses import dataclass

from regulars.platform.counting import counted


class InsightRefused(Exception):
    """Nothing was learnt from the file, and nothing was written."""

    code = "insight_refused"
    next_step = ""


class FileUnreadable(InsightRefused):
    """The file as a whole cannot be read: no header, another encoding, a line of another width."""

    code = "file_unreadable"

    def __init__(self, name: str, reason: str, next_step: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class BadCell:
    """One cell that does not say what its column should: `place` is "line 17" or, in a file
    without lines, "row 16"."""

    place: str
    column: str
    found: str
    remedy: str

    def __str__(self) -> str:
        found = f'"{self.found}"' if self.found else "nothing"
        return f"{self.place}, column {self.column}: found {found}; {self.remedy}"


class CellsUnreadable(InsightRefused):
    """Some cells cannot be read; the first of each column are named, all are counted."""

    code = "cells_unreadable"

    def __init__(self, name: str, cells: tuple[BadCell, ...], count: int) -> None:
        head = f"{name}: {counted(count, 'cell')} cannot be read"
        more = ["..."] if count > len(cells) else []
        super().__init__("\n".join([head, *map(str, cells), *more]))
        self.cells = cells
        self.count = count


class NothingLeft(InsightRefused):
    """Every row was left out."""

    code = "nothing_left"
    next_step = "Look at the columns and the rules of the mapping."

    def __init__(self, name: str, reasons: str) -> None:
        super().__init__(f"{name}: no row is left ({reasons or 'it has none'})")


class Unfit(InsightRefused):
    """The file can be read, but not for what was asked."""

    code = "unfit"

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step
