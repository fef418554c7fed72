"""Columns of the tables of SQLite and sqlite-utils."""

from typing import Annotated, NamedTuple

from archive.store.data_dictionary.column import Stamp


class SearchIndexRow(NamedTuple):
    """Full-text index of `versions` (FTS5), kept current by triggers. rowid is `versions.id`."""

    title: Annotated[str, "As in `versions`."]
    lead: Annotated[str | None, "As in `versions`."]
    caption: Annotated[str | None, "As in `versions`."]
    text: Annotated[str, "As in `versions`."]
    search_spellings: Annotated[str, "As in `versions`."]


class MigrationRow(NamedTuple):
    """Migrations applied to this archive (sqlite-utils)."""

    id: Annotated[int, "Numbered in the order of application."]
    migration_set: Annotated[str | None, "Always `taz-archive`."]
    name: Annotated[str | None, "Name of the migration: its release."]
    applied_at: Annotated[Stamp | None, "When the migration was applied, UTC."]
