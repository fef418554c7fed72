"""The root over all captures depends on the captures only, and follows each change of one."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.cli.main import cli
from archive.errors import NothingFound
from archive.model import Capture
from archive.proofs.proof import read_proof, write_proof
from archive.store import open_reader, open_writer
from tests.support import ROOT
from tests.support.samples.captures import BRIDGE, NOON, absence_of, archive_of, capture_of

# Captures of one minute, of one hour, of one day, of one month and of other months, two of which are equal.
AGES = [timedelta(), timedelta(seconds=20), timedelta(minutes=50), timedelta(hours=9), timedelta(days=12)]
CAPTURES = [
    *(capture_of(BRIDGE, at=NOON + age) for age in AGES),
    *(absence_of(700002, NOON + timedelta(days=days, minutes=days % 3)) for days in range(40, 400, 7)),
]


def root(path: Path) -> tuple[bytes, int]:
    with open_reader(path) as archive:
        return archive.tree.root()


@settings(max_examples=15, deadline=None)
@given(st.permutations(CAPTURES), st.integers(0, len(CAPTURES)))
def test_archives_of_the_same_captures_have_the_same_root_in_whatever_order_and_runs_they_came(
    tmp_path_factory: pytest.TempPathFactory, captures: Sequence[Capture], first: int
) -> None:
    folder = tmp_path_factory.mktemp("roots")
    once, twice = archive_of(folder / "once.db", CAPTURES), folder / "twice.db"
    for part in (captures[:first], captures[first:], captures[:3]):
        with open_writer(twice) as archive:
            archive.record(part)
    assert root(once) == root(twice)
    with open_reader(once) as one, open_reader(twice) as other:
        assert one.rows("SELECT * FROM capture_periods") == other.rows("SELECT * FROM capture_periods")


def test_a_root_as_of_a_time_is_that_of_the_captures_until_then(tmp_path: Path) -> None:
    whole = archive_of(tmp_path / "whole.db", CAPTURES)
    for at, capture in enumerate(CAPTURES):
        if at in (0, 1, 2, 4, 30):
            part = archive_of(tmp_path / f"{at}.db", CAPTURES[: at + 1])
            with open_reader(whole) as archive:
                assert archive.tree.root(capture.captured_at) == root(part)
    with open_reader(whole) as archive:
        assert archive.tree.root(NOON - timedelta(days=9))[1] == 0


def test_captures_of_a_run_that_failed_are_in_the_root(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    with suppress(KeyboardInterrupt), open_writer(path) as archive:
        archive.record([absence_of(700003, NOON)])
        raise KeyboardInterrupt
    with open_reader(path) as archive:
        stored = archive.tree.last_stored()
        assert stored
        assert (stored.digest, stored.captures) == archive.tree.root()
        assert stored.captures == len(CAPTURES) + 1


KILLED = """
import os, sys
from pathlib import Path
from archive.store import open_writer
from tests.support.samples.captures import NOON, absence_of
with open_writer(Path(sys.argv[1])) as archive:
    archive.record([absence_of(700003, NOON)])
    os._exit(9)
"""


def test_captures_of_a_run_that_was_killed_are_in_the_next_root(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    before = root(path)
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, cwd=ROOT)
    assert root(path) != before
    with open_writer(path):
        pass
    with open_reader(path) as archive:
        stored = archive.tree.last_stored()
        assert stored
        assert (stored.digest, stored.captures) == root(path)
    assert CliRunner().invoke(cli, ["verify", "--all", str(path)]).exit_code == 0


def test_every_capture_has_a_small_proof_that_leads_to_the_root(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    with open_reader(path) as archive:
        digest, captures = archive.tree.root()
        for capture in range(1, len(CAPTURES) + 1):
            text = write_proof(archive.tree.proof(capture))
            assert len(text) < 4096
            found = read_proof(text).root()
            assert (found.root, found.captures) == (digest.hex(), captures)
        with pytest.raises(NothingFound):
            archive.tree.proof(0)


def test_a_proof_as_of_a_time_leads_to_the_root_of_that_time(tmp_path: Path) -> None:
    with open_reader(archive_of(tmp_path / "taz.db", CAPTURES)) as archive:
        for at in (0, 1, 2, 4, 30):
            time = CAPTURES[at].captured_at
            digest, captures = archive.tree.root(time)
            for capture in range(1, at + 2):
                found = read_proof(write_proof(archive.tree.proof(capture, time))).root()
                assert (found.root, found.captures) == (digest.hex(), captures)
            with pytest.raises(NothingFound, match="later than"):
                archive.tree.proof(at + 2, time)


def test_digest_proves_the_text_as_of_a_time_in_a_root_that_was_published_then(tmp_path: Path) -> None:
    path, proof = archive_of(tmp_path / "taz.db", CAPTURES[:2]), tmp_path / "proof.json"
    published = root(path)[0].hex()
    with open_writer(path) as archive:
        archive.record(CAPTURES[2:])
    words = ["digest", str(path), "--proof", "700001", "--as-of", "2025-04-10T12:00:20.000Z"]
    proof.write_text(CliRunner().invoke(cli, words, catch_exceptions=False).stdout, encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", str(proof), "--root", published], catch_exceptions=False)
    assert done.stdout.endswith("\nholds\n")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE captures SET captured_at = '2025-04-10T12:00:00.001Z' WHERE id = 1",
        "UPDATE captures SET source = 'gemini' WHERE id = 1",
        "UPDATE captures SET url = url || '/' WHERE id = 1",
        "UPDATE captures SET payload_id = NULL WHERE id = 1",
        "UPDATE payloads SET digest = zeroblob(32) WHERE id = 1",
        "DELETE FROM captures WHERE id = 1",
    ],
)
def test_a_changed_capture_changes_the_root(tmp_path: Path, change: str) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    before = root(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.execute("DELETE FROM roots")  # so that all is derived again
        db.execute("DELETE FROM capture_periods")
        db.commit()
    assert root(path) != before


NEXT = "'2025-04-10T12:00:00.001Z'"
LATER = "'2031-01-01T00:00:00.000Z'"
FOUND = {
    f"UPDATE captures SET captured_at = {NEXT} WHERE id = 1": "a capture of 2025-04-10T12:00 UTC was changed",
    f"UPDATE captures SET captured_at = {LATER} WHERE id = 3": "of 2025-04-10T12:50 UTC are missing",
    "UPDATE captures SET source = 'gemini' WHERE id = 1": "captures of that minute: 1,",
    "UPDATE captures SET url = url || '/' WHERE id = 4": "captures of that minute: 4",
    "UPDATE captures SET payload_id = NULL WHERE id = 5": "captures of that minute: 5",
    "UPDATE payloads SET digest = zeroblob(32) WHERE id = 1": "was changed in its bytes",
    "DELETE FROM captures WHERE id = 1": "2 captures of 2025-04-10T12:00 UTC were added, 1 are there",
    "UPDATE capture_periods SET root = zeroblob(32) WHERE level = 10": "root of 2025-04-10 does not follow",
    "UPDATE capture_periods SET capture_count = 1 WHERE level = 0": "root of all captures does not follow",
    "DELETE FROM capture_periods WHERE level = 7": "the stored root of 2025-04 does not follow",
    "UPDATE roots SET digest = zeroblob(32)": "is not that of its periods",
}


@pytest.mark.parametrize("change", FOUND)
def test_verify_finds_and_names_what_was_changed(tmp_path: Path, change: str) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    assert CliRunner().invoke(cli, ["verify", "--again", str(path)], catch_exceptions=False).exit_code == 0
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
    done = CliRunner().invoke(cli, ["verify", "--again", str(path)], catch_exceptions=False)
    assert done.exit_code == 5
    assert any(line.startswith("captures: ") and FOUND[change] in line for line in done.stdout.splitlines())


def test_verify_finds_a_capture_that_was_inserted_among_the_others(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE captures SET id = id + 1000000 WHERE id = 7")
        db.execute(
            "INSERT INTO captures (id, source, url, captured_at, outcome)"
            " SELECT 7, source, url, captured_at, outcome FROM captures WHERE id = 8"
        )
        db.commit()
    done = CliRunner().invoke(cli, ["verify", "--again", str(path)], catch_exceptions=False)
    assert done.exit_code == 5
    assert "captures of 2025-07" in done.stdout or "captures of 2025-06" in done.stdout


INSERT = (
    "INSERT INTO captures (id, source, url, captured_at, outcome)"
    " SELECT {}, source, url, captured_at, outcome FROM captures WHERE id = 8"
)
IDS_FOUND = {
    INSERT.format(len(CAPTURES) + 1): f"capture {len(CAPTURES) + 1} was inserted by another program",
    INSERT.format(60): "capture 60 was inserted by another program",
    INSERT.format(-7): "capture -7 was inserted by another program",
    "DELETE FROM captures WHERE id = 3": "capture 3 was deleted by another program",
    "DELETE FROM captures WHERE id > 8": "captures were deleted by another program: captures 9, 10, 11",
}


@pytest.mark.parametrize("change", IDS_FOUND)
@pytest.mark.parametrize("then", [[], CAPTURES[:1], [absence_of(700003, NOON)]])
def test_captures_that_another_program_inserted_or_deleted_are_named_also_after_the_next_run(
    tmp_path: Path, change: str, then: Sequence[Capture]
) -> None:
    path = archive_of(tmp_path / "taz.db", CAPTURES)
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
    with open_writer(path) as archive:
        archive.record(then)
    done = CliRunner().invoke(cli, ["verify", str(path)], catch_exceptions=False)
    assert done.exit_code == 5
    assert IDS_FOUND[change] in done.stdout


def test_verify_finds_that_a_capture_is_not_what_an_earlier_proof_says(tmp_path: Path) -> None:
    path, file = archive_of(tmp_path / "taz.db", CAPTURES), tmp_path / "proof.json"
    with open_reader(path) as archive:
        file.write_text(write_proof(archive.tree.proof(3)), encoding="utf-8")
    verify = ["verify", str(path), "--proof", str(file)]
    done = CliRunner().invoke(cli, verify, catch_exceptions=False)
    assert (done.exit_code, "proven: 1 of 1 capture as the proofs say" in done.stdout) == (0, True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE captures SET source = 'gemini' WHERE id = 3")
        db.commit()
    with open_writer(path) as archive:  # which hides it from the stored root
        archive.record([absence_of(700009, CAPTURES[2].captured_at)])
    done = CliRunner().invoke(cli, verify, catch_exceptions=False)
    assert done.exit_code == 5
    assert f"captures: {file}: the archive does not have the capture of 2025-04-10T12:50" in done.stdout
    file.write_text("{}", encoding="utf-8")
    assert CliRunner().invoke(cli, verify, catch_exceptions=False).exit_code == 1
