"""The house rule as an import-linter contract: floors, rooms and doors.

A room may import the doors (facade, contracts, errors) of rooms on lower floors, and the contracts
and errors of any room. Open rooms (platform, core, science) hold no state of their own: every
module of theirs may be imported from above, and they import nothing from above at all. Entrances
(cli, app, web) mount each other from the top down, and have no doors. Every room has a floor.
Imports that only a type checker sees count like others. Direct imports are all that is looked at:
a chain is as good as its links.
"""

from collections.abc import Mapping

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

DOORS = frozenset({"facade", "contracts", "errors"})
WORDS = frozenset({"contracts", "errors"})


class RoomsContract(Contract):
    """Options: `floors`, highest first and `|` within one; `open_rooms`; `entrances`."""

    type_name = "rooms"

    floors = fields.ListField(subfield=fields.StringField())
    open_rooms = fields.ListField(subfield=fields.StringField())
    entrances = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every direct import between two rooms."""
        root = "regulars"
        floor_of = _floors(list(self.floors))  # type: ignore[call-overload]
        open_rooms = frozenset(self.open_rooms)  # type: ignore[call-overload]
        entrances = frozenset(self.entrances)  # type: ignore[call-overload]
        rooms = {child.removeprefix(root + ".") for child in graph.find_children(root)}
        broken = [
            f"{root}.{room} stands on no floor: name it in pyproject.toml"
            for room in sorted(rooms - floor_of.keys())
        ]
        for importer in sorted(graph.modules):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if not imported.startswith(root + "."):
                    continue
                reason = refusal(importer, imported, floor_of, open_rooms, entrances)
                if reason is not None:
                    details = graph.get_import_details(importer=importer, imported=imported)
                    lines = ", ".join(str(detail["line_number"]) for detail in details)
                    broken.append(f"{importer} -> {imported} (line {lines}): {reason}")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line per import that breaks the rule, and why."""
        for line in check.metadata["broken"]:
            output.print_error(line, bold=False)
        output.new_line()


def refusal(
    importer: str,
    imported: str,
    floor_of: Mapping[str, int],
    open_rooms: frozenset[str],
    entrances: frozenset[str],
) -> str | None:
    """Why one import is refused, or None. Module names are absolute; unknown rooms pass here."""
    room, other = _room(importer), _room(imported)
    if room == other or room not in floor_of or other not in floor_of:
        return None
    below = floor_of[other] < floor_of[room]
    if other in open_rooms:
        return None if below else f"{other} is not below {room}"
    if room in open_rooms:
        return f"{room} imports no room above it"
    parts = imported.split(".")
    part = parts[2] if len(parts) > 2 else None
    if part in WORDS:
        return None
    if not below:
        return f"{other} is not below {room}: only its contracts and errors may be imported"
    if part not in DOORS and other not in entrances:
        return f"{other} is entered through its facade, contracts or errors"
    return None


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _floors(lines: list[str]) -> dict[str, int]:
    """Each room's floor number; the last line is floor 0."""
    return {
        room.strip(): floor
        for floor, line in enumerate(reversed(lines))
        for room in line.split("|")
    }
