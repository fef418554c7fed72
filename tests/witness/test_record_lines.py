"""A file of records: each root once, and what is not a file of records is not touched."""

import fcntl
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from archive.proofs.root_record import read_record
from tests.support import ROOT
from tests.support.samples.witnessed_archive import one_capture, records_of, taz_archive, witnessed_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return witnessed_archive(tmp_path_factory.mktemp("lines") / "taz.db")


def test_a_root_is_appended_once(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "roots.jsonl"
    first = taz_archive("witness", archive, "--file", file)
    assert f"{file}: appended" in first.output
    newest = list(records_of(archive))[-1].read_bytes()
    assert file.read_bytes() == newest
    again = taz_archive("witness", archive, "--file", file)
    assert again.exit_code == 0
    assert f"{file}: published before" in again.output
    other = one_capture(tmp_path / "other.db")
    assert taz_archive("witness", other, "--file", file, "--quiet").output == ""
    assert [read_record(line).captures for line in file.read_bytes().splitlines()] == [6, 1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{}\n", "line 1: this is not a record of a root"),
        (b"# my notes\n", "line 1: this is not a record"),
        (b"half", "line 1 is not complete"),
        (b"\0" * 5000, "line 1: this is not a record of a root: it is too long"),
    ],
)
def test_what_is_no_file_of_records_is_not_touched(
    archive: Path, tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "notes"
    file.write_bytes(content)
    done = taz_archive("witness", archive, "--file", file)
    assert done.exit_code == 3
    assert problem in done.output
    assert "mend it, or give another file" in done.output
    assert file.read_bytes() == content


def test_a_half_line_after_records_is_not_touched(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "roots.jsonl"
    whole = next(records_of(archive)).read_bytes()
    file.write_bytes(whole + whole[:40])
    done = taz_archive("witness", archive, "--file", file)
    assert done.exit_code == 3
    assert f"taz-archive: {file}: line 2 is not complete" in done.output
    assert file.read_bytes() == whole + whole[:40]


def test_a_witness_that_fails_does_not_stop_the_others(archive: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    held = tmp_path / "held"
    with held.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files = [tmp_path / "no" / "such", tmp_path / "fifo", held, tmp_path / "fine"]
        done = taz_archive("witness", archive, *(word for one in files for word in ("--file", one)))
    assert done.exit_code == 3
    for message in (
        f"{files[0]}: cannot be written: No such file or directory",
        f"{files[1]}: is not a file",
        f"{files[2]}: another run is writing to it",
        f"{files[3]}: appended",
    ):
        assert message in done.output


FULL = """
import resource, signal, sys
from archive.__main__ import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
sys.argv[1:] = ["witness", {1!r}, "--file", {2!r}]
main()
"""


def test_a_full_disk_leaves_no_half_line(archive: Path, tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's."""
    file = tmp_path / "roots.jsonl"
    whole = next(records_of(archive)).read_bytes()
    file.write_bytes(whole)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    script = FULL.format(len(whole) + 10, str(archive), str(file))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 3, done.stderr
    assert f"{file}: cannot be written: the disk is full" in done.stderr
    assert file.read_bytes() == whole


def test_an_archive_without_captures_has_nothing_to_publish(tmp_path: Path) -> None:
    from tests.support.samples.captures import archive_of  # noqa: PLC0415 - of this test only

    empty = archive_of(tmp_path / "taz.db", [])
    done = taz_archive("witness", empty, "--file", tmp_path / "roots.jsonl")
    assert done.exit_code == 0
    assert "has no captures yet" in done.output
    assert not (tmp_path / "roots.jsonl").exists()
    assert taz_archive("witness", empty, "--json").exit_code == 0
    assert taz_archive("witness", empty, "--quiet").output == ""
    assert taz_archive("verify", empty).exit_code == 0


def test_a_folder_that_cannot_be_written_is_reported(archive: Path, tmp_path: Path) -> None:
    archived = one_capture(tmp_path / "taz.db")
    (tmp_path / "taz.db.roots").write_text("not a folder")
    done = taz_archive("witness", archived)
    assert done.exit_code == 3
    assert "taz.db.roots: cannot be read: Not a directory" in done.output
