"""``derive``: which options go together, which folders it refuses, and what it needs."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.storage import open_storage
from archive.cli.main import cli
from tests.support.running.crawls import run_fresh_script
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, capture


def derive(*words: object) -> Result:
    return CliRunner().invoke(cli, ["derive", *map(str, words)])


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    folder = tmp_path / "captures"
    for part, facts in facts_by_part([capture(BASE, 0)]).items():
        write_manifest(open_storage(str(folder)), write_facts(open_storage(str(folder)), part, facts))
    return folder


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--scheduler", "tcp://10.0.0.5:8786"], "use tls://, or --insecure"),
        (["--scheduler", "bulk.example"], 'invalid scheduler "bulk.example"'),
        (["--scheduler", "tls://bulk.example:8786"], "needs --tls-ca, --tls-cert and --tls-key"),
        (["--scheduler", "tls://bulk.example:8786", "--tls-ca", __file__], "are needed together"),
        (["--scheduler", "tls://bulk.example:8786", "--tls-ca", "nowhere.pem"], "does not exist"),
        (["--tls-ca", __file__], "need --scheduler"),
        (["--insecure"], "need --scheduler"),
        (
            ["--scheduler", "tcp://127.0.0.1:8786", "--workers", "2"],
            "--workers does not apply to --scheduler",
        ),
        (["--workers", "0"], "0 is not in the range"),
    ],
)
def test_options_that_do_not_fit_are_refused(words: list[str], problem: str) -> None:
    done = derive("captures", "derived", *words)
    assert done.exit_code == 2
    assert problem in " ".join(done.stderr.split())


def test_captures_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    done = derive(tmp_path / "captures", tmp_path / "derived")
    assert done.exit_code == 1
    where = tmp_path / "captures"
    assert done.stderr == (
        f"taz-archive: {where}: not a dataset of captures; `export --format captures` writes one\n"
    )


def test_a_folder_of_something_else_is_not_written_to(captures: Path, tmp_path: Path) -> None:
    (tmp_path / "photos" / "2025").mkdir(parents=True)
    (tmp_path / "photos" / "2025" / "murr.jpg").touch()
    done = derive(captures, tmp_path / "photos")
    assert done.exit_code == 1
    assert 'photos: not a derived dataset, since it has "2025"; give a new folder' in done.stderr
    assert "captures: not a derived dataset" in derive(captures, captures).stderr
    assert "murr.jpg: is a file" in derive(captures, tmp_path / "photos" / "2025" / "murr.jpg").stderr


def test_a_first_run_that_was_killed_before_any_record_is_resumed(captures: Path, tmp_path: Path) -> None:
    (tmp_path / "derived" / "versions").mkdir(parents=True)
    unfinished = tmp_path / "derived" / "versions" / ".article-00006080000.parquet.part-x"
    unfinished.touch()
    assert derive(captures, tmp_path / "derived", "--workers", 1).exit_code == 0
    assert not unfinished.exists()


def test_parts_without_captures_are_removed(captures: Path, tmp_path: Path) -> None:
    out = tmp_path / "derived"
    derive(captures, out, "--workers", 1)
    names = {file.name for file in out.rglob("*.*")}
    for file in list(out.rglob("*.*")):
        (file.parent / file.name.replace("6080", "6060")).write_bytes(
            file.read_bytes().replace(b"6080", b"6060")
        )
    done = derive(captures, out, "--workers", 1)
    assert done.stdout == "nothing to do, 1 part unchanged, 1 removed\n"
    assert {file.name for file in out.rglob("*.*")} == names


def test_a_damaged_file_of_captures_fails_its_part_only(captures: Path, tmp_path: Path) -> None:
    for part, facts in facts_by_part([capture(BASE, 0, 6090001)]).items():
        write_manifest(open_storage(str(captures)), write_facts(open_storage(str(captures)), part, facts))
    [damaged] = captures.glob("article-00006090000/*.parquet")
    damaged.write_bytes(b"PAR1")
    done = derive(captures, tmp_path / "derived", "--workers", 1)
    assert done.exit_code == 3
    assert done.stderr.startswith("taz-archive: not derived: article-00006090000: ")
    assert damaged.name in done.stderr
    assert done.stdout.endswith(", 1 version, 1 part failed, and `assemble` needs them\n")


def test_quiet_prints_nothing(captures: Path, tmp_path: Path) -> None:
    assert derive(captures, tmp_path / "derived", "--workers", 1, "--quiet").output == ""


LIBRARIES = ("pyarrow", "fsspec", "distributed", "dask")


def test_a_missing_library_is_named_with_what_to_install(captures: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules[sys.argv.pop()] = None; from archive.cli.main import main; main()"
    for library in LIBRARIES[:3]:
        done = run_fresh_script(code, "derive", str(captures), str(tmp_path / "derived"), library)
        assert done.returncode == 1
        assert done.stderr.startswith(f"taz-archive: derive needs {library}: ")
        assert "install" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_help_and_other_commands_load_none_of_these_libraries() -> None:
    code = f"""
import sys
from click.testing import CliRunner
from archive.cli.main import cli
for name in cli.list_commands(None):
    CliRunner().invoke(cli, [name, "--help"])
print([name for name in {LIBRARIES} if name in sys.modules])
"""
    assert run_fresh_script(code).stdout == "[]\n"


def test_files_that_derive_does_not_write_are_kept(captures: Path, tmp_path: Path) -> None:
    out = tmp_path / "derived"
    kept = [
        out / "pages" / "2025-04" / "!6080001.txt",
        out / "parts" / "notes.txt",
        out / "tags" / "mine.csv",
    ]
    for file in kept:
        file.parent.mkdir(parents=True)
        file.touch()
    assert derive(captures, out, "--workers", 1).exit_code == 0
    assert all(file.exists() for file in kept)
