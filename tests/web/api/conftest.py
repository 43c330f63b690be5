"""One application per module: its tests use members of their own and never disturb each other."""

from collections.abc import AsyncIterator

import pytest

from regulars.platform.settings import Settings
from tests.web.api.server import Server, running


@pytest.fixture(scope="module")
async def server(module_database_url, tmp_path_factory) -> AsyncIterator[Server]:
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        database_url=module_database_url,
        log_level="warning",
        rate_limit_per_minute=1_000_000,
    )
    async with running(settings) as server:
        yield server


@pytest.fixture(scope="module")
async def member(server: Server) -> str:
    return await server.enrol(external_id="first", email="first@example.org")
