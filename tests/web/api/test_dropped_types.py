"""A later version of the program drops a field of an event type: what came before still counts."""

import pytest

from tests.web.api.server import MEADOW, NOW, Server

DAY = 86_400_000_000
WITHOUT_FEEDBACK = MEADOW.replace("      feedback: {type: string, personal: true}\n", "")


def attended(member: str, event_id: str, **more: object) -> dict[str, object]:
    fields = {"topic": "soap", "minutes": 90, "feedback": "lovely"}
    return {
        "type": "workshop.attended",
        "id": event_id,
        "member": {"id": member},
        "fields": fields,
        **more,
    }


@pytest.fixture(scope="module")
async def dropped(server: Server) -> str:
    """A member with an event recorded, by a version that knew its fields, and a day later the
    version without one of them."""
    member = await server.enrol()
    answer = await server.ask("POST", "/v1/events", attended(member, "before"))
    assert answer.status_code == 200, answer.text
    services = server.app.services
    server.clock.instant = NOW + DAY
    await services.publish(server.program_id, WITHOUT_FEEDBACK, actor="test", effective_from=None)
    return member


async def test_a_new_event_is_read_by_the_version_of_today(server: Server, dropped: str) -> None:
    answer = await server.ask("POST", "/v1/events", attended(dropped, "after"))
    assert (answer.status_code, answer.json()["code"]) == (422, "undeclared_field"), answer.text


async def test_a_retry_gets_its_stored_answer(server: Server, dropped: str) -> None:
    answer = await server.ask("POST", "/v1/events", attended(dropped, "before"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["replayed"] is True
    batch = {"events": [attended(dropped, "before"), attended(dropped, "after")]}
    first, second = (await server.ask("POST", "/v1/events", batch)).json()["outcomes"]
    assert (first["status"], first["replayed"]) == ("accepted", True)
    assert second["problem"]["code"] == "undeclared_field"


async def test_another_body_under_the_same_id_is_a_conflict(server: Server, dropped: str) -> None:
    other = attended(dropped, "before") | {"fields": {"minutes": 30, "feedback": "lovely"}}
    answer = await server.ask("POST", "/v1/events", other)
    assert (answer.status_code, answer.json()["code"]) == (409, "event_conflict"), answer.text


async def test_what_no_version_reads_is_refused_as_of_today(server: Server, dropped: str) -> None:
    other = attended(dropped, "before") | {"fields": {"feedback": 5}}
    answer = await server.ask("POST", "/v1/events", other)
    assert (answer.status_code, answer.json()["code"]) == (422, "undeclared_field"), answer.text


async def test_a_late_event_is_read_by_the_version_of_its_time(
    server: Server, dropped: str
) -> None:
    late = attended(dropped, "late", occurred_at="2027-06-15T09:00:00Z")
    answer = await server.ask("POST", "/v1/events", late)
    assert answer.status_code == 200, answer.text
    assert answer.json()["program_version"] == 1
