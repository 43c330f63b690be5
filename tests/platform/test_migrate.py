"""Migrations are applied once, in order, whole, by one starter at a time."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from regulars.platform.database import connect_owner
from regulars.platform.migrate import (
    MigrationRefused,
    migrate,
    migration_status,
    migrations_folder,
    read_migrations,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (x int); CREATE TABLE b (x int);")
    (tmp_path / "0002_second.sql").write_text("ALTER TABLE a ADD COLUMN y int;")
    return tmp_path


async def count(url: str, query: str) -> int:
    async with await connect_owner(url) as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return int(row[0])


async def test_files_are_applied_once_and_in_order(empty_database_url: str, folder: Path) -> None:
    before = await migration_status(empty_database_url, folder)
    assert [m.name for m in before.pending] == ["first", "second"]
    assert [m.version for m in await migrate(empty_database_url, folder)] == [1, 2]
    assert await migrate(empty_database_url, folder) == []
    after = await migration_status(empty_database_url, folder)
    assert ([m.name for m in after.applied], after.pending) == (["first", "second"], ())


async def test_two_starters_do_not_race(empty_database_url: str, folder: Path) -> None:
    both = await asyncio.gather(*(migrate(empty_database_url, folder) for _ in range(2)))
    assert sorted(len(applied) for applied in both) == [0, 2]


async def test_a_failing_file_leaves_nothing_and_earlier_ones_stay(
    empty_database_url: str, folder: Path
) -> None:
    (folder / "0003_third.sql").write_text("CREATE TABLE c (x int); SELECT 1/0;")
    with pytest.raises(MigrationRefused, match="0003_third failed and left nothing: division"):
        await migrate(empty_database_url, folder)
    assert await count(empty_database_url, "SELECT count(*) FROM schema_migration") == 2
    assert await count(empty_database_url, "SELECT count(to_regclass('c'))") == 0


async def test_a_changed_file_is_refused(empty_database_url: str, folder: Path) -> None:
    await migrate(empty_database_url, folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE a (x bigint);")
    with pytest.raises(MigrationRefused, match=r"migration 1 \(first\) was applied with other"):
        await migrate(empty_database_url, folder)
    with pytest.raises(MigrationRefused, match=r"migration 1 \(first\)"):
        await migration_status(empty_database_url, folder)


async def test_a_database_newer_than_the_code_is_refused(
    empty_database_url: str, folder: Path
) -> None:
    await migrate(empty_database_url, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(MigrationRefused, match="the database is at migration 2"):
        await migrate(empty_database_url, folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("0002_again.sql", "without gap"), ("0004_gap.sql", "without gap"), ("3.sql", "not named")],
)
def test_misnumbered_files_are_refused(folder: Path, name: str, reason: str) -> None:
    (folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationRefused, match=reason):
        read_migrations(folder)


async def test_the_application_role_can_read_what_was_applied(
    empty_database_url: str, folder: Path
) -> None:
    await migrate(empty_database_url, folder)
    query = "SELECT has_table_privilege('public', 'schema_migration', 'SELECT')::int"
    assert await count(empty_database_url, query) == 1


async def test_the_product_s_migrations_apply_to_an_empty_database(
    empty_database_url: str,
) -> None:
    expected = read_migrations(migrations_folder())
    assert await migrate(empty_database_url) == expected
    assert expected


async def test_an_owner_who_may_not_make_the_role_is_told_what_to_do(
    postgres, empty_database_url: str
) -> None:
    parts = urlsplit(empty_database_url)
    database = parts.path[1:]
    owner = f"owner_of_{database}"
    postgres.execute(f"CREATE ROLE {owner} LOGIN")
    try:
        query = f"{parts.query}&options=-crole%3D{owner}".lstrip("&")
        acting = urlunsplit(parts._replace(query=query))
        with pytest.raises(MigrationRefused, match=f"ALTER DATABASE {database} OWNER TO {owner}"):
            await migrate(acting)
        postgres.execute(f"ALTER DATABASE {database} OWNER TO {owner}")
        with pytest.raises(MigrationRefused) as caught:
            await migrate(acting)
        said = str(caught.value)
        assert f"ALTER ROLE {owner} CREATEROLE" in said
        assert f"GRANT regulars_app TO {owner} WITH ADMIN OPTION" in said
        assert "\n" not in said
    finally:
        postgres.drop_database(empty_database_url)
        postgres.execute(f"DROP ROLE {owner}")
