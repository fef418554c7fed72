"""``export``: what is chosen, and that OUT is whole or not there at all, whatever the format."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from archive.export import jsonl
from archive.export.formats import FORMATS
from archive.shell_commands import install_command
from archive.store import SelectedVersion, Selection, open_reader, open_writer
from archive.timestamps import stamp
from tests.support import ROOT
from tests.support.samples.exported_archive import HOSTILE, LISTED, VISITS, taz_archive
from tests.support.samples.sample_archive import captures_of_the_newspaper, our_own_captures
from tests.support.tables import change

FIRST = stamp(VISITS[0])
Rows = list[dict[str, Any]]


@pytest.fixture
def rows(archive: Path) -> Callable[..., Rows]:
    def rows(*args: object, of: Path = archive) -> Rows:
        ended = taz_archive("export", of, "-", "--format", "jsonl", *args)
        assert (ended.code, ended.stderr) == (0, "")
        return [json.loads(line) for line in ended.lines]

    return rows


def fingerprint(out: Path) -> dict[str, str]:
    """The files at OUT, by name, and what they hold."""
    files = [out, *sorted(out.rglob("*"))] if out.is_dir() else [out]
    return {
        str(file.relative_to(out)): sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()
    }


# -- What is chosen ---------------------------------------------------------------------------------------


def test_the_latest_version_of_each_article_is_exported_unless_all_are_wanted(
    rows: Callable[..., Rows],
) -> None:
    latest, every = rows(), rows("--versions", "all")
    assert [row["id"] for row in latest] == sorted({row["id"] for row in every})
    assert all(row["version"] == row["version_count"] for row in latest)
    assert len(every) > len(latest)


@pytest.mark.parametrize("visit", range(len(VISITS)))
def test_as_of_exports_what_an_export_at_that_time_would_have(
    rows: Callable[..., Rows], visit: int, tmp_path: Path
) -> None:
    at = VISITS[visit]
    captures = [*captures_of_the_newspaper(), *our_own_captures()]
    with open_writer(tmp_path / "then.db") as then:
        then.record([capture for capture in captures if capture.captured_at <= at])
    for which in ("latest", "all"):
        now = rows("--as-of", stamp(at), "--versions", which)
        ours = [row for row in now if row["id"] not in (HOSTILE, HOSTILE + 1)]
        assert settled(ours) == settled(rows("--versions", which, of=tmp_path / "then.db"))


def settled(rows: Rows) -> Rows:
    """Rows without what drifts: of that the archive keeps the first and last time, not each change."""
    return [{name: value for name, value in row.items() if name not in ("tags", "related")} for row in rows]


def test_a_day_is_its_end(rows: Callable[..., Rows]) -> None:
    day = FIRST[:10]
    assert rows("--as-of", day) == rows("--as-of", f"{day}T23:59:59.999")


def test_since_and_until_select_versions_first_seen_between_them(rows: Callable[..., Rows]) -> None:
    since = stamp(VISITS[2])
    chosen = rows("--since", since, "--versions", "all")
    assert chosen == [row for row in rows("--versions", "all") if row["first_seen"] >= since]
    assert chosen
    until = stamp(VISITS[2] - timedelta(milliseconds=1))
    earlier = rows("--until", until, "--versions", "all")
    assert earlier == [row for row in rows("--versions", "all") if row["first_seen"] < since]
    numbers = sorted((row["id"], row["version"]) for row in earlier)
    assert {row["id"]: row["version"] for row in rows("--until", until)} == dict(numbers)
    assert len(earlier) > len(dict(numbers))


@pytest.mark.parametrize("section", ["4611", "!p4611", "verkehr &"])
def test_a_section_selects_the_articles_that_its_menu_has_listed(
    rows: Callable[..., Rows], section: str
) -> None:
    assert [row["id"] for row in rows("--section", section)] == list(LISTED)
    early = rows("--section", section, "--as-of", FIRST)
    assert [row["id"] for row in early] == [LISTED[0]]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--topic", ["Q & ", "80", "!t80"]),
        ("--author", ["o'hara", "79", "!a79"]),
        ("--search", ["hyperlink", "title: hyperlink*"]),
    ],
)
def test_topics_and_authors_are_named_or_numbered_and_words_searched(
    rows: Callable[..., Rows], option: str, values: list[str]
) -> None:
    for value in values:
        assert HOSTILE in {row["id"] for row in rows(option, value)} < {HOSTILE, HOSTILE + 1, 0}


def test_words_are_found_in_other_spellings_and_in_the_version_chosen(rows: Callable[..., Rows]) -> None:
    assert [row["id"] for row in rows("--search", "quarzstrasse")] == [900001, 900002]
    assert rows("--search", "Kiesgrube", "--versions", "all")[0]["version"] == 1
    ended = rows("--search", "Kiesgrube", "--as-of", "2025-03-31")
    assert [row["text"] for row in ended] == ["Die Kiesgrube ist gesperrt."]


def test_a_gone_article_has_the_time_it_was_found_gone(rows: Callable[..., Rows]) -> None:
    gone = {row["id"]: row["gone_since"] for row in rows()}
    assert gone[900004] == stamp(VISITS[-1])
    assert gone[900001] is None
    assert {row["id"]: row["gone_since"] for row in rows("--as-of", FIRST)}[900004] is None


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--as-of", "2020-01-01"], "nothing to export: the archive begins 2025-03-31 08:00 CEST"),
        (["--topic", "Gibtesnicht"], "nothing to export: no article matches"),
        (["--search", "Gibtesnicht"], "nothing to export: no article matches"),
        (["--section", "Gibtesnicht"], 'no section is called "Gibtesnicht"; there are Verkehr & <Wege>'),
        (["--since", "2025-05-01"], "nothing to export: nothing was first seen in that time"),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "warc"])
def test_an_empty_selection_is_reported_and_writes_no_file(
    archive: Path, tmp_path: Path, args: list[str], why: str, form: str
) -> None:
    ended = taz_archive("export", archive, tmp_path / "out", "--format", form, *args)
    assert (ended.code, ended.stderr) == (1, f"taz-archive: {why}\n")
    assert not list(tmp_path.iterdir())


# -- The same bytes ---------------------------------------------------------------------------------------

OUTS = [(name, f"out.{name}") for name in FORMATS if name != "dump"]
OUTS += [(name, "folder") for name in ("jsonl", "csv", "parquet", "dump", "newsedits")]


EXPORT_ALL = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.support.samples.exported_archive import taz_archive
for form, name in {OUTS!r}:
    folder = Path(sys.argv[2], form + name)
    folder.mkdir(parents=True)
    assert taz_archive("export", sys.argv[1], folder / name, "--format", form).code == 0
"""


@pytest.mark.slow
def test_the_same_archive_and_options_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    """In any time zone, whatever the order of sets, and at any time: the two runs are seconds apart."""
    for zone, seed in (("UTC", "1"), ("Asia/Kolkata", "2")):
        env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", EXPORT_ALL, archive, tmp_path / seed], env=env, check=True)
    made = fingerprint(tmp_path / "1")
    assert made == fingerprint(tmp_path / "2")
    assert len(made) >= len(OUTS)


@pytest.mark.parametrize(
    ("form", "name"), [(form, name) for form, name in OUTS if form not in ("warc", "wacz", "sqlite")]
)
def test_the_order_of_captures_does_not_change_the_bytes(
    both_orders: tuple[Path, Path], tmp_path: Path, form: str, name: str
) -> None:
    for number, archive in enumerate(both_orders):
        (tmp_path / str(number)).mkdir()
        assert taz_archive("export", archive, tmp_path / str(number) / name, "--format", form).code == 0
    assert fingerprint(tmp_path / "0") == fingerprint(tmp_path / "1")


@pytest.fixture(scope="module")
def both_orders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two archives of the same captures, the second recorded backwards."""
    folder = tmp_path_factory.mktemp("orders")
    captures = [*captures_of_the_newspaper(), *our_own_captures()]
    archives = folder / "forwards.db", folder / "backwards.db"
    for path, order in zip(archives, (captures, captures[::-1]), strict=True):
        with open_writer(path) as archive:
            archive.record(order)
    return archives


@pytest.mark.parametrize("form", ["jsonl", "csv", "atom", "warc"])
def test_a_stream_has_the_bytes_of_the_file(archive: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"taz.{form}.gz"
    taz_archive("export", archive, out, "--format", form)
    assert taz_archive("export", archive, "-", "--format", form).streamed == out.read_bytes()


@pytest.mark.parametrize(("form", "name"), OUTS)
def test_every_format_describes_its_content(archive: Path, tmp_path: Path, form: str, name: str) -> None:
    taz_archive("export", archive, tmp_path / name, "--format", form)
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    files = [unpacked(file) for file in files]
    for word in (b"taz, die tageszeitung", b"2025-04-04", b"newspaper's", b"taz-archive 0."):
        assert any(word in file for file in files), word


def unpacked(packed: bytes) -> bytes:
    if not packed.startswith(b"PK"):
        return packed
    with zipfile.ZipFile(BytesIO(packed)) as pack:
        return b"".join(gunzipped(pack.read(name)) for name in pack.namelist())


def gunzipped(packed: bytes) -> bytes:
    return gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed


# -- Whole or not at all ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "name"), [out for out in OUTS if out[0] != "captures"])
def test_existing_output_is_kept_unless_replace_is_given(
    archive: Path, tmp_path: Path, form: str, name: str
) -> None:
    out = tmp_path / name
    assert taz_archive("export", archive, out, "--format", form, "--search", "quarzstrasse").code == 0
    before = fingerprint(tmp_path)
    ended = taz_archive("export", archive, out, "--format", form)
    assert ended.code == 1
    assert ended.stderr.endswith("already exists; use --replace to overwrite it\n")
    assert fingerprint(tmp_path) == before
    assert taz_archive("export", archive, out, "--format", form, "--replace").code == 0
    assert fingerprint(tmp_path) != before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_archive_itself_is_never_written_over(archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    (tmp_path / "link.db").symlink_to(archive)
    for out in (archive, tmp_path / "link.db"):
        ended = taz_archive("export", archive, out, "--format", "sqlite", "--replace")
        assert (ended.code, ended.stderr) == (1, f"taz-archive: {out}: is the archive itself\n")
    assert archive.read_bytes() == before


def test_a_folder_that_no_export_made_is_kept(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "folder"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    for form, said in (("dump", "is a folder that no export made"), ("sqlite", "is a folder that no export")):
        ended = taz_archive("export", archive, out, "--format", form, "--replace")
        assert ended.code == 1
        assert said in ended.stderr
    assert [file.name for file in tmp_path.rglob("*")] == ["folder", "thesis.txt"]


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("missing/out.csv", "csv", "does not exist"),
        ("/proc/out.csv", "csv", "cannot be written"),
        ("/dev/null", "csv", "is neither a file nor a folder"),
    ],
)
def test_a_place_where_nothing_can_be_is_one_line(
    archive: Path, tmp_path: Path, name: str, form: str, said: str
) -> None:
    ended = taz_archive("export", archive, tmp_path / name, "--format", form, "--replace")
    assert ended.code == 1
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_read_only_folder_is_one_line(archive: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        name = "/sys/out.jsonl"  # root may write anywhere, but not there
    else:
        tmp_path.chmod(0o500)
        name = str(tmp_path / "out.jsonl")
    ended = taz_archive("export", archive, name, "--format", "jsonl")
    assert ended.code == 1
    assert ended.stderr.startswith(f"taz-archive: {name}: cannot be written: ")


ROOM = 33 * 1024  # the file by which SQLite's readers of an archive know of each other has 32 KiB


@pytest.fixture
def little_room() -> Iterator[None]:
    """A disk that fills: no file may grow further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("form", "name"), [out for out in OUTS if out[0] not in ("dump", "captures")])
@pytest.mark.usefixtures("little_room")
def test_a_disk_that_fills_is_one_line_and_leaves_nothing(
    archive: Path, tmp_path: Path, form: str, name: str
) -> None:
    ended = taz_archive("export", archive, tmp_path / name, "--format", form)
    assert ended.code == 1
    assert ended.stderr.startswith(f"taz-archive: {tmp_path / name}: "), ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["csv", "warc"])
def test_a_closed_pipe_is_not_an_error(archive: Path, form: str) -> None:
    program = f"{sys.executable} -m archive export {archive} - --format {form} | head -c 1"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", program], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr.replace(b"taz-archive: 6 cells", b"")[:1]) == (0, b"")


def test_a_stdout_that_is_closed_is_one_line(archive: Path) -> None:
    program = f"{sys.executable} -m archive export {archive} - --format csv >&-"
    ended = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        1,
        "taz-archive: -: stdout is closed; give a file name, or redirect stdout\n",
    )


def test_sigterm_leaves_nothing_half_made(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = jsonl.line

    def terminated(version: SelectedVersion) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return line(version)

    monkeypatch.setattr(jsonl, "line", terminated)
    assert taz_archive("export", archive, tmp_path / "taz.jsonl", "--format", "jsonl").code == 143
    assert not list(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-", "--format", "epub"], "epub cannot be written to stdout"),
        (
            ["out", "--format", "warc", "--versions", "all"],
            "--versions does not apply to warc, which holds captures",
        ),
        (["out", "--format", "jsonl", "--spreadsheet"], "--spreadsheet only applies to csv"),
        (["out", "--format", "docx"], "'docx' is not one of"),
        (["out"], "Missing option '--format'"),
    ],
)
def test_misuse_is_wrong_usage(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = taz_archive("export", archive, *args)
    assert ended.code == 2
    assert said in ended.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("form", "library"), [(name, need) for name, form in FORMATS.items() for need in form.needs]
)
def test_a_library_that_is_missing_is_named_with_what_to_install(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, library: str
) -> None:
    ours = ("archive.export.", "archive.bulk.")
    for module in [name for name in sys.modules if name.split(".")[0] == library or name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Without(library), *sys.meta_path])
    ended = taz_archive("export", archive, tmp_path / "out.x", "--format", form)
    said = f"taz-archive: {form} needs {library}: {install_command(library)}\n"
    assert (ended.code, ended.stderr) == (1, said)
    assert f"'{library}>=" in said


class Without:
    """Finds one library nowhere."""

    def __init__(self, library: str) -> None:
        self.library = library

    def find_spec(self, name: str, *_: object) -> None:
        if name.split(".", maxsplit=1)[0] == self.library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=self.library)


def test_an_export_does_not_see_a_concurrent_crawl(archive: Path, tmp_path: Path) -> None:
    """All rows are of the moment when the export began."""
    copy = tmp_path / "taz.db"
    copy.write_bytes(archive.read_bytes())
    with open_reader(copy) as reading, reading.snapshot():
        counted = reading.export.select_versions(Selection())
        versions = reading.export.versions()
        first = next(versions)
        with open_writer(copy) as writing:
            change(writing, "UPDATE versions SET title = 'changed'")
        assert [row.title for row in versions].count("changed") == 0
        assert first.title != "changed"
        assert counted.versions == 60
