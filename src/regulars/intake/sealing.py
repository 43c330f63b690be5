"""Seals the personal fields of events under their members' keys before anything is stored."""

from collections.abc import Sequence

import msgspec

from regulars.core.events import Activity
from regulars.intake.pending import Pending
from regulars.members.facade import Members, seal_fields
from regulars.platform.database import Pool, transaction


async def seal_personal(pool: Pool, members: Members, items: Sequence[Pending]) -> None:
    """Give each event with personal fields its sealed form; the engine still decides on the plain
    one. A member who was erased has no key: their personal fields are dropped."""
    wanted: dict[int, list[Pending]] = {}
    for item in items:
        if item.submission.personal and item.member_id and isinstance(item.plain.body, Activity):
            wanted.setdefault(item.submission.program_id, []).append(item)
    for program_id, mine in wanted.items():
        async with transaction(pool) as connection:
            keys = await members.data_keys(
                connection, program_id, sorted({item.member_id for item in mine}), create=True
            )
        for item in mine:
            body = item.plain.body
            assert isinstance(body, Activity), "chosen above"
            personal = item.submission.personal
            key = keys.get(item.member_id)
            if key is None:
                kept = {name: v for name, v in body.fields.items() if name not in personal}
            else:
                kept = seal_fields(key, body.fields, personal)
            sealed = msgspec.structs.replace(body, fields=kept)
            item.sealed = msgspec.structs.replace(item.plain, body=sealed)
