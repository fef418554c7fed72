"""A PostgreSQL server for all tests of a session, and a database for each test."""

from collections.abc import Iterator

import pytest

from crawler.postgres.connection import SharedDatabase
from crawler.postgres.schema import create_schema, open_shared
from tests.support.servers.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _template(postgres: PostgresServer) -> str:
    """Return the name of a database with a frontier that is empty."""
    url = postgres.new_database()
    database = SharedDatabase(url)
    database.run(create_schema)
    database.close()
    return url.rpartition("/")[2]


@pytest.fixture
def frontier_url(postgres: PostgresServer, _template: str) -> str:
    """Return the URL of a database of its own with a frontier that is empty."""
    return postgres.new_database(_template)


@pytest.fixture
def database(frontier_url: str) -> Iterator[SharedDatabase]:
    """Connect to the test's own frontier."""
    opened = open_shared(frontier_url)
    yield opened
    opened.close()
