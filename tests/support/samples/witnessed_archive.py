"""An archive whose roots were published, and an owner who changes captures and hides it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.store import open_writer
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of

HIDING = (
    *("DELETE FROM roots", "DELETE FROM capture_periods", "DELETE FROM added_captures"),
    "INSERT INTO added_captures SELECT id, id FROM captures",
)
RUNS = 3  # each with two captures, after which the root is published


def taz_archive(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)


def one_capture(path: Path) -> Path:
    return archive_of(path, [capture_of(BRIDGE, at=NOON)])


def witnessed_archive(path: Path) -> Path:
    """Make an archive of three runs, whose roots are in the folder next to it."""
    for run in range(RUNS):
        with open_writer(path) as archive:
            at = NOON + timedelta(days=run)
            archive.record([capture_of(BRIDGE, at=at), absence_of(700002, at + HOUR)])
        assert taz_archive("witness", path).exit_code == 0
    return path


def tamper(path: Path, *statements: str) -> None:
    """Change an archive, and compute its tree and roots again, as its owner could."""
    change(path, *statements, *HIDING)
    with open_writer(path):
        pass  # stores the root of what is there


def change(path: Path, *statements: str) -> None:
    """Change an archive as another program could, and nothing else in it."""
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def records_of(path: Path) -> Iterator[Path]:
    return iter(sorted(path.with_name(f"{path.name}.roots").glob("*.json")))
