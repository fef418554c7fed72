"""The migrations of an archive's schema: each is named for a release and never edited after it."""

from sqlite_utils import Database, Migrations

from archive.store.db.schema import CREATE_SEARCH_INDEX, CREATE_TABLES, MIGRATION_NAMES, statements
from archive.store.db.schema_views import CREATE_VIEWS

migrations = Migrations("taz-archive")


@migrations(name=MIGRATION_NAMES[0])
def first_release(db: Database) -> None:
    for statement in statements(CREATE_TABLES + CREATE_SEARCH_INDEX + CREATE_VIEWS):
        db.execute(statement)
