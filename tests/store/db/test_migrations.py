"""Archives of every release there was are brought up to date, with nothing lost; newer ones are left alone.

``tests/archives/`` holds one file of each, written by that release: the sample newspaper over five days.
"""

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.model import Capture, Kind, Outcome, PageKey
from archive.store import open_reader, open_writer
from archive.store.db.connection import open_of_any_age
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp
from tests.support import ROOT
from tests.support.samples.captures import contents, writing

OLD = sorted((ROOT / "tests" / "archives").glob("*.db.gz"))
FACTS = (
    "SELECT source, rendition, url, captured_at, digest, outcome, problem FROM captures c"
    " LEFT JOIN payloads p ON p.id = c.payload ORDER BY c.id"
)


@pytest.fixture(params=OLD, ids=lambda path: path.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with gzip.open(request.param) as packed, (tmp_path / "taz.db").open("wb") as file:
        shutil.copyfileobj(packed, file)
    return tmp_path / "taz.db"


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def facts(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(FACTS).fetchall()


def captures(path: Path) -> list[Capture]:
    """As they were when they were recorded."""
    with closing(open_of_any_age(path)) as db:
        rows = db.execute(
            "SELECT source, rendition, url, captured_at, payload, outcome, problem, kind, number"
            " FROM captures c JOIN pages p ON p.id = c.page ORDER BY c.id"
        ).fetchall()
        return [
            Capture(
                source=source,
                rendition=rendition,
                url=url,
                captured_at=parse_stamp(at),
                body=None if payload is None else payloads.load(db, payload),
                outcome=Outcome.OK if payload else Outcome(outcome),
                problem=None if payload else problem,
                key=PageKey(Kind(kind), number),
            )
            for source, rendition, url, at, payload, outcome, problem, kind, number in rows
        ]


def test_there_is_a_file_of_every_release_before_this() -> None:
    assert [path.name for path in OLD] == ["0.1.0.db.gz"]


def test_who_only_reads_is_told_to_have_it_brought_up_to_date(old: Path) -> None:
    before = old.read_bytes()
    for command in ("list", "status", "verify"):
        done = run(command, old)
        assert done.exit_code == 1
        assert "an archive of an earlier release" in done.stderr
    assert old.read_bytes() == before


def test_what_was_recorded_stays_and_what_follows_is_what_this_release_makes_of_it(old: Path) -> None:
    before, found = facts(old), captures(old)
    with writing(old.with_name("new.db")) as archive:
        archive.record(found)
        expected = contents(archive.db)
    assert run("reparse", old).exit_code == 0
    assert facts(old) == before
    assert run("verify", "--all", old).output.startswith("sound: ")
    with open_reader(old) as opened:
        told = contents(opened.db)
    assert told.keys() == expected.keys()
    for name, rows in expected.items():
        assert told[name] == rows, name


def test_until_it_is_reparsed_verify_and_status_say_that_this_is_due(old: Path) -> None:
    with open_writer(old):
        pass
    done = run("verify", "--all", old)
    assert (done.exit_code, f"as `taz-archive reparse {old}` is due before" in done.stdout) == (0, True)
    assert f"`taz-archive reparse {old}` does it" in run("status", old).stdout
    assert "parsed again" in run("reparse", old).stdout
    assert "` does it" not in run("status", old).stdout
    assert "58 of 58 articles derived again" in run("verify", "--all", old).stdout


def test_it_can_be_backed_up_and_merged_as_it_is(old: Path) -> None:
    before = old.read_bytes()
    assert run("backup", old, old.with_name("backup.db")).exit_code == 0
    assert run("merge", old.with_name("all.db"), old).exit_code == 0
    assert sorted(facts(old.with_name("all.db")), key=repr) == sorted(facts(old), key=repr)
    assert old.read_bytes() == before
    assert run("verify", "--all", old.with_name("all.db")).output.startswith("sound: ")
