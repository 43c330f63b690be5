"""Personal data stays out of logs, errors and representations, whatever happens."""

import logging

import pytest
import structlog

from regulars.members.contracts import Enrolment, Profile, ProfileChange
from regulars.members.errors import IdentifierTaken, InvalidMemberField
from regulars.platform.database import connect_owner

PROGRAM = 7
NOW = 1_800_000_000_000_000
SECRETS = ("anna", "berg", "example.org", "shop-1", "290000000017", "901820", "1990-05-31")


async def test_no_log_line_and_no_error_holds_personal_data(members, anna, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        enrolled = await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
        with pytest.raises(IdentifierTaken) as taken:
            await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
        with pytest.raises(InvalidMemberField) as invalid:
            await members.find_by_name(PROGRAM, "anna berg")
            await members.update_profile(
                PROGRAM, enrolled.member_id, ProfileChange(email="anna(at)example.org")
            )
        await members.erase(PROGRAM, enrolled.member_id, now=NOW)
    said = [repr(lines), caplog.text, *capfd.readouterr()]
    said += [repr(error.value) + str(error.value) for error in (taken, invalid)]
    assert not [secret for secret in SECRETS if secret in "".join(said).casefold()]


@pytest.mark.parametrize("kind", [Enrolment, Profile, ProfileChange])
def test_the_representation_of_a_person_says_nothing(kind):
    assert repr(kind(email="anna@example.org")) == f"{kind.__name__}(...)"
    assert str(kind(given_name="Anna")) == f"{kind.__name__}(...)"


async def test_a_find_leaves_no_value_in_the_statements_that_the_database_shows(
    members, database_url, anna
):
    await members.enrol(PROGRAM, anna, first_tier="", now=NOW)
    await members.find(PROGRAM, "email", anna.email)
    async with await connect_owner(database_url) as owner:
        cursor = await owner.execute("SELECT query FROM pg_stat_activity")
        shown = repr(await cursor.fetchall()).casefold()
    assert "members.find_identifiers" in shown or "commit" in shown
    assert not [secret for secret in SECRETS if secret in shown]
