"""The declaration of personal data agrees with the database and with the documentation."""

from pathlib import Path

from regulars.members.personal_columns import FREE, PERSONAL, personal_data_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "personal-data.md"


async def test_every_column_is_declared_personal_or_free_of_personal_data(pool):
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT c.relname::text, a.attname::text FROM pg_attribute AS a"
            " JOIN pg_class AS c ON c.oid = a.attrelid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
        )
        existing = {tuple(row) for row in await cursor.fetchall()}
    personal = {(table, column) for table, columns in PERSONAL.items() for column in columns}
    free = {(table, column) for table, columns in FREE.items() for column in columns}
    assert personal & free == set()
    assert personal | free == existing


def test_the_documentation_holds_the_declaration_as_it_is():
    assert personal_data_table() in DOCUMENT.read_text(encoding="utf-8")
