"""API keys: made once, recognised, revoked, never told apart from wrong ones."""

import pytest

from regulars.platform.clock import FixedClock
from regulars.platform.database import Pool
from regulars.platform.keys import Keyring
from regulars.programs.contracts import SCOPES
from regulars.programs.errors import InvalidApiKey, InvalidKeyRequest, UnknownKey, UnknownProgram
from regulars.programs.facade import ApiKeys, Programs
from regulars.programs.keys import BACKDATE_MAX_US, REMEMBERED_SECONDS


@pytest.fixture
def keys(pool: Pool, clock: FixedClock) -> ApiKeys:
    return ApiKeys(pool, Keyring.generate(), clock)


@pytest.fixture
async def program_id(programs: Programs) -> int:
    return (await programs.create("coffee")).program_id


async def test_key_is_recognised_with_its_scopes(keys: ApiKeys, program_id: int) -> None:
    made = await keys.create(program_id, "till", ["quotes:read", "events:write"], backdate_us=7)
    caller = await keys.authenticate(made.text)
    assert (caller.key_id, caller.program_id) == (made.info.key_id, program_id)
    assert caller.scopes == {"events:write", "quotes:read"}
    assert caller.backdate_us == 7
    assert await keys.list_keys(program_id) == [made.info]
    assert made.text not in repr(made)


async def test_secret_is_nowhere_in_the_database(
    keys: ApiKeys, pool: Pool, program_id: int
) -> None:
    made = await keys.create(program_id, "till", ["events:write"])
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT row_to_json(k)::text FROM api_key AS k")
        row = await cursor.fetchone()
    secret = made.text.rpartition("_")[2]
    assert row is not None
    assert secret not in row[0] and secret.encode().hex() not in row[0]


@pytest.mark.parametrize("spoil", [
    lambda text: "",
    lambda text: "rk_nonsense",
    lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
    lambda text: "rk_00000000" + text[11:],
    lambda text: text + "0",
])  # fmt: skip
async def test_wrong_keys_are_refused_alike(keys: ApiKeys, program_id: int, spoil) -> None:  # type: ignore[no-untyped-def]
    made = await keys.create(program_id, "till", ["events:write"])
    with pytest.raises(InvalidApiKey) as refused:
        await keys.authenticate(spoil(made.text))
    assert str(refused.value) == "the API key is not valid"


async def test_key_of_another_installation_is_refused(
    keys: ApiKeys, pool: Pool, clock: FixedClock, program_id: int
) -> None:
    made = await keys.create(program_id, "till", ["events:write"])
    with pytest.raises(InvalidApiKey):
        await ApiKeys(pool, Keyring.generate(), clock).authenticate(made.text)


async def test_revocation_reaches_every_process_within_seconds(
    keys: ApiKeys, pool: Pool, clock: FixedClock, program_id: int
) -> None:
    made = await keys.create(program_id, "till", ["events:write"])
    elsewhere = ApiKeys(pool, keys._keyring, clock)
    await elsewhere.authenticate(made.text)
    revoked = await keys.revoke(program_id, made.info.key_id)
    assert revoked.revoked_at == clock.now()
    with pytest.raises(InvalidApiKey):
        await keys.authenticate(made.text)
    await elsewhere.authenticate(made.text)
    clock.advance(seconds=REMEMBERED_SECONDS)
    with pytest.raises(InvalidApiKey):
        await elsewhere.authenticate(made.text)
    assert (await keys.revoke(program_id, made.info.key_id)) == revoked


async def test_key_of_another_program_is_unknown(
    keys: ApiKeys, programs: Programs, program_id: int
) -> None:
    made = await keys.create(program_id, "till", ["events:write"])
    other = await programs.create("other")
    with pytest.raises(UnknownKey):
        await keys.revoke(other.program_id, made.info.key_id)
    assert (await keys.authenticate(made.text)).program_id == program_id


@pytest.mark.parametrize(
    ("name", "scopes", "backdate_us", "field"),
    [
        ("", ["events:write"], 0, "name"),
        ("x" * 101, ["events:write"], 0, "name"),
        ("till", [], 0, "scopes"),
        ("till", ["events:write", "everything"], 0, "scopes"),
        ("till", ["events:write"], -1, "backdate"),
        ("till", ["events:write"], BACKDATE_MAX_US + 1, "backdate"),
    ],
)
async def test_keys_that_cannot_be_made(
    keys: ApiKeys, program_id: int, name: str, scopes: list[str], backdate_us: int, field: str
) -> None:
    with pytest.raises(InvalidKeyRequest) as refused:
        await keys.create(program_id, name, scopes, backdate_us=backdate_us)
    assert refused.value.field == field
    assert await keys.list_keys(program_id) == []


async def test_key_needs_a_program(keys: ApiKeys) -> None:
    with pytest.raises(UnknownProgram):
        await keys.create(99, "till", list(SCOPES))
