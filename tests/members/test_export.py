"""The document that tells a person what is held about them."""

import json

import pytest

from regulars.members.errors import UnknownMember
from regulars.platform.clock import to_rfc3339
from regulars.platform.ids import format_member_id

PROGRAM = 7
NOW = 1_800_000_000_000_000


async def history(*items):
    for item in items:
        yield item


async def test_the_export_holds_everything_as_json(members, anna):
    enrolled = await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
    document = await members.export(
        PROGRAM, enrolled.member_id, history({"seq": 1}, {"seq": 2}), now=NOW + 1
    )
    profile = document["profile"]
    assert json.loads(json.dumps(document)) == {
        "format": 1,
        "exported_at": to_rfc3339(NOW + 1),
        "member": {
            "id": format_member_id(enrolled.member_id),
            "enrolled_at": to_rfc3339(NOW),
            "erased_at": None,
        },
        "profile": {
            "number": profile["number"],
            "external_id": "shop-1",
            "cards": ["290000000017"],
            "email": "anna.berg@example.org",
            "phone": "+4930901820",
            "given_name": "Anna-Lena",
            "family_name": "Bérg",
            "birthday": "1990-05-31",
            "locale": "de-DE",
        },
        "identifiers": ["card", "email", "external_id", "number", "phone"],
        "history": [{"seq": 1}, {"seq": 2}],
    }


async def test_an_erased_members_export_holds_the_books_only(members, anna):
    enrolled = await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
    await members.erase(PROGRAM, enrolled.member_id, now=NOW + 1)
    document = await members.export(PROGRAM, enrolled.member_id, history({"seq": 1}), now=NOW + 2)
    assert document["profile"] == {}
    assert document["identifiers"] == []
    assert document["member"]["erased_at"] == to_rfc3339(NOW + 1)
    assert document["history"] == [{"seq": 1}]


async def test_another_programs_member_is_not_exported(members, anna):
    enrolled = await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
    with pytest.raises(UnknownMember):
        await members.export(PROGRAM + 1, enrolled.member_id, history(), now=NOW)
