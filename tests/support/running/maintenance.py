"""Run maintenance commands on archives of captures, damage these archives and compare what they hold."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.store import Writer, open_writer
from archive.store.rederivation.reparsing import Reparse
from tests.support.tables import DERIVED, Rows, is_sound, rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Whatever a merge makes of archives.
ALL = {
    **DERIVED,
    "pages": "SELECT kind, number, priority, due_at, discovered_at, checked_at, changed_at,"
    " failure_count FROM pages"
    " ORDER BY 1, 2",
    "certificates": "SELECT * FROM certificates ORDER BY 1",
}
FOLLOWING = [name for name in DERIVED if name != "pages"]  # from captures only
# Many small archives: files in memory do not wait for a disk.
MEMORY = next((str(folder) for folder in [Path("/dev/shm")] if os.access(folder, os.W_OK)), None)


def contents(path: Path) -> Rows:
    """Return what a merge makes of an archive that is sound; set a log aside that is not its own."""
    with open_writer(path) as archive:
        assert is_sound(archive)
        return {name: rows(archive, query) for name, query in ALL.items()}


def merge(into: Path, *others: Path, words: Sequence[str] = ()) -> Result:
    return CliRunner().invoke(cli, ["merge", str(into), *map(str, others), *words])


def verify(path: Path) -> Result:
    return CliRunner().invoke(cli, ["verify", "--all", str(path)])


def reparse(archive: Writer, jobs: int = 1) -> Reparse:
    """Parse all captures again, as of :data:`NOW`."""
    going = archive.reparsing.begin(at=NOW, restart=False, jobs=jobs)
    while archive.reparsing.step(going):
        pass
    archive.reparsing.finish(going, at=NOW)
    return going


def copy(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def backup(path: Path, out: Path) -> Result:
    return CliRunner().invoke(cli, ["backup", str(path), str(out)])


def damage(path: Path, query: str, *values: object) -> Path:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(query, values).rowcount > 0
        db.commit()
    return path


FLIP = (
    "UPDATE payloads SET body = CAST(substr(body, 1, 20) || x'00112233' || substr(body, 25) AS BLOB)"
    " WHERE id = ?"
)

# Records captures until it is killed: argument ARCHIVE.
WRITER = """
import sys
from pathlib import Path
from archive.store import open_writer
from tests.support.samples.captures import BASE, capture
with open_writer(Path(sys.argv[1])) as archive:
    for n in range(100000):
        archive.record([capture(BASE, n, 6080000 + n), capture(BASE, n, 7080000 + n)])
"""
