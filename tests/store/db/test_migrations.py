"""A later release can add a migration: older archives are upgraded, newer ones are refused.

There is only one migration, so these tests add a second one.
"""

from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from archive.errors import NewerArchive, StoreError
from archive.store import open_writer
from archive.store.db.connection import open_to_read, open_to_write
from archive.store.db.migrations import first_release, migrations
from tests.support.samples.captures import BASE, capture
from tests.support.tables import derived_rows


@pytest.fixture
def later_steps() -> Migrations:
    """The migrations of a fictitious later release, which adds a column and fills it."""
    steps = Migrations(migrations.name)
    steps(name="0.2.0")(first_release)

    @steps(name="0.3.0")
    def add_language(db: Database) -> None:
        db.execute("ALTER TABLE articles ADD COLUMN language TEXT")
        db.execute("UPDATE articles SET language = 'de'")

    return steps


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0)])
    return tmp_path / "taz.db"


def test_opening_an_older_archive_to_write_applies_the_migration_and_keeps_all_rows(
    path: Path, later_steps: Migrations
) -> None:
    before = derived_rows(path)
    with closing(open_to_write(path, steps=later_steps)) as db:
        assert db.execute("SELECT language FROM articles").fetchall() == [("de",)]
        db.execute("ALTER TABLE articles DROP COLUMN language")
    assert derived_rows(path) == before


def test_a_migration_is_applied_only_once(path: Path, later_steps: Migrations) -> None:
    open_to_write(path, steps=later_steps).close()
    with closing(open_to_write(path, steps=later_steps)) as db:
        assert [step.name for step in later_steps.applied(db)] == ["0.2.0", "0.3.0"]


def test_reading_an_older_archive_is_refused_and_changes_nothing(path: Path, later_steps: Migrations) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match="earlier release; open it once with a command that writes"):
        open_to_read(path, steps=later_steps)
    assert path.read_bytes() == before


def test_a_newer_archive_is_refused_and_stays_unchanged(path: Path, later_steps: Migrations) -> None:
    open_to_write(path, steps=later_steps).close()
    before = path.read_bytes()
    for open_archive in (open_to_read, open_to_write):
        with pytest.raises(NewerArchive, match=r"written by taz-archive 0\.3\.0, newer than this one"):
            open_archive(path)
    assert path.read_bytes() == before
