"""What the application's role may do with every table, and that nobody else may do anything.

A new table stands in the table below before it ships. The journal can be read and appended to; what
was appended is for ever.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from regulars.platform.database import APPLICATION_ROLE, connect_owner

Ask = Callable[..., Awaitable[list[tuple[Any, ...]]]]

READ = "SELECT"
APPEND = "INSERT SELECT"
CHANGE = "INSERT SELECT UPDATE"
ANYTHING = "DELETE INSERT SELECT UPDATE"

RIGHTS = {
    # the journal and what must not be rewritten
    "entry": APPEND,
    "posting": APPEND,
    "outbox": APPEND,
    "checkpoint": APPEND,
    "program_version": APPEND,
    "erasure": APPEND,
    # what changes and stays
    "program": CHANGE,
    "api_key": CHANGE,
    "member": CHANGE,
    "member_state": CHANGE,
    "event_claim": CHANGE,
    "counter": CHANGE,
    "reservation": CHANGE,
    "voucher": CHANGE,
    "voucher_pool": CHANGE,
    "account_total": CHANGE,
    "account_watermark": CHANGE,
    # what also ends
    "refund_progress": ANYTHING,
    "request_claim": ANYTHING,
    "parked": ANYTHING,
    "lot": ANYTHING,
    "member_profile": ANYTHING,
    "identifier": ANYTHING,
    "name_word": ANYTHING,
    "open_move": ANYTHING,
    # what only owners change
    "feed_generation": READ,
}

RELATIONS = """
SELECT c.relname, c.relkind::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""

GRANTS = """
SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT * FROM aclexplode(c.relacl)
    UNION ALL
    SELECT e.* FROM pg_attribute AS t, aclexplode(t.attacl) AS e WHERE t.attrelid = c.oid
) AS a
LEFT JOIN pg_roles AS r ON r.oid = a.grantee
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.grantee <> c.relowner
"""

SCHEMA_RIGHTS = """
SELECT s.role, has_schema_privilege(s.role, n.oid, 'CREATE')
FROM pg_namespace AS n, (VALUES ('public'), (%(application)s)) AS s (role)
WHERE n.nspname = 'public'
"""


@pytest.fixture
async def ask(database_url: str) -> AsyncIterator[Ask]:
    owner = await connect_owner(database_url)

    async def rows(statement: str, **parameters: str) -> list[tuple[Any, ...]]:
        cursor = await owner.execute(statement.encode(), parameters or None)
        return await cursor.fetchall()

    async with owner:
        yield rows


async def test_the_application_has_exactly_the_rights_of_the_table(ask: Ask) -> None:
    found: dict[str, set[str]] = {}
    for table, kind in await ask(RELATIONS):
        if kind != "S":
            found[table] = set()
    for table, role, right, _ in await ask(GRANTS):
        if role == APPLICATION_ROLE:
            found.setdefault(table, set()).add(right)
    expected = {table: set(rights.split()) for table, rights in RIGHTS.items()}
    assert found == expected | {"schema_migration": set()}


async def test_nobody_else_has_any_right(ask: Ask) -> None:
    others = [row[:3] for row in await ask(GRANTS) if row[1] != APPLICATION_ROLE]
    # Which migrations were applied is no secret; it is granted before the role is made.
    assert others == [("schema_migration", "PUBLIC", "SELECT")]


async def test_no_right_can_be_passed_on(ask: Ask) -> None:
    assert not [row for row in await ask(GRANTS) if row[3]]


async def test_the_application_makes_no_tables_and_is_nobody_special(ask: Ask) -> None:
    assert not [row for row in await ask(SCHEMA_RIGHTS, application=APPLICATION_ROLE) if row[1]]
    (role,) = await ask(
        "SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
        " rolbypassrls, (SELECT count(*) FROM pg_auth_members AS m WHERE m.member = r.oid)"
        " FROM pg_roles AS r WHERE rolname = %(application)s",
        application=APPLICATION_ROLE,
    )
    assert role == (False, True, False, False, False, False, False, 0)


async def test_there_are_no_functions_to_get_around_it(ask: Ask) -> None:
    functions = await ask(
        "SELECT p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert functions == []
