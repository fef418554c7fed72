"""``export --format captures`` adds to a dataset what is new, and ``import`` takes all of it back."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from archive.bulk.captures.dataset import capture_files, read_facts
from archive.bulk.storage import open_storage
from archive.export.captures import add_captures
from archive.model import Capture
from archive.store import CaptureFact, Selection, open_reader, open_writer
from tests.support import ROOT
from tests.support.running.maintenance import contents, verify
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, NUMBER, absence_of, capture, failure_of
from tests.support.samples.exported_archive import VISITS, make_archive, taz_archive
from tests.support.tables import change, derived_rows, rows

LATER = VISITS[-1] + timedelta(days=1)


def more_captures() -> Iterator[Capture]:
    """Yield captures without a page, a failure with bytes, and one with an unreadable page."""
    yield from (capture(BASE, hours, None) for hours in (1, 5))
    yield capture(BASE, 1)
    yield failure_of(NUMBER, "refused\r\nInjected: yes \x1b[31m", LATER)
    yield absence_of(NUMBER, LATER + timedelta(hours=1))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("sample") / "taz.db")
    with open_writer(path) as opened:
        opened.record(more_captures())
    return path


@pytest.fixture
def archive(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample, tmp_path / "taz.db"))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return tmp_path / "captures"


def export(archive: Path, place: object, *args: object) -> None:
    ended = taz_archive("export", archive, place, "--format", "captures", *args)
    assert (ended.code, ended.streamed, ended.stderr) == (0, b"", "")


def import_(archive: Path, *places: object) -> str:
    ended = taz_archive("import", archive, *places)
    assert (ended.code, ended.stderr) == (0, "")
    return ended.lines[-1]


def facts(place: object) -> list[CaptureFact]:
    storage = open_storage(str(place))
    return [one for files in capture_files(storage).values() for one in read_facts(storage, files)]


def names(dataset: Path) -> set[str]:
    return {str(path.relative_to(dataset)) for path in dataset.rglob("*") if path.is_file()}


# -- Round trips ------------------------------------------------------------------------------------------


def test_a_dataset_makes_the_same_archive(archive: Path, dataset: Path, tmp_path: Path) -> None:
    export(archive, dataset)
    import_(tmp_path / "new.db", dataset)
    before, after = contents(archive), contents(tmp_path / "new.db")
    pages = [[(*row[:3], *row[4:]) for row in found.pop("pages")] for found in (before, after)]
    assert after == before
    assert pages[1] == pages[0]  # when each is due depends on the order of recording
    assert verify(tmp_path / "new.db").exit_code == 0


def test_a_dataset_of_the_imported_archive_has_the_same_files(
    archive: Path, dataset: Path, tmp_path: Path
) -> None:
    export(archive, dataset)
    import_(tmp_path / "new.db", dataset)
    export(tmp_path / "new.db", tmp_path / "again")
    assert names(tmp_path / "again") == names(dataset)


def test_importing_again_adds_nothing(archive: Path, dataset: Path, tmp_path: Path) -> None:
    export(archive, dataset)
    import_(tmp_path / "new.db", dataset)
    before = derived_rows(tmp_path / "new.db")
    assert "imported before" in import_(tmp_path / "new.db", dataset)
    assert derived_rows(tmp_path / "new.db") == before


def test_the_union_of_two_datasets_makes_the_whole(archive: Path, dataset: Path, tmp_path: Path) -> None:
    export(archive, dataset, "--as-of", VISITS[2].isoformat())
    export(archive, tmp_path / "others", "--since", VISITS[1].isoformat())
    shutil.copytree(tmp_path / "others", dataset, dirs_exist_ok=True)
    import_(tmp_path / "new.db", dataset)
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


def test_two_datasets_are_imported_at_once_in_any_order(archive: Path, tmp_path: Path) -> None:
    export(archive, tmp_path / "1", "--as-of", VISITS[1].isoformat())
    export(archive, tmp_path / "2", "--since", VISITS[1].isoformat())
    import_(tmp_path / "new.db", tmp_path / "2", tmp_path / "1")
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


# -- What is added ----------------------------------------------------------------------------------------


def test_nothing_is_written_if_nothing_is_new(archive: Path, dataset: Path) -> None:
    export(archive, dataset)
    before = names(dataset)
    export(archive, dataset)
    assert names(dataset) == before


def test_only_new_captures_are_added(archive: Path, dataset: Path) -> None:
    export(archive, dataset)
    before = names(dataset)
    with open_writer(archive) as opened:
        opened.record([capture(BASE, 9, 900_001)])
    export(archive, dataset)
    assert len(names(dataset) - before) == 2  # a file and a manifest
    listed = capture_files(open_storage(str(dataset))).values()
    assert sum(file.rows for files in listed for file in files) == len(facts(dataset))


def test_captures_that_were_added_later_and_are_earlier_are_added_too(archive: Path, dataset: Path) -> None:
    export(archive, dataset)
    with open_writer(archive) as opened:
        opened.record([capture(BASE, -9_000, NUMBER)])
    export(archive, dataset)
    export(archive, dataset.with_name("whole"))
    assert facts(dataset) == facts(dataset.with_name("whole"))


def test_a_dataset_that_has_more_is_not_changed(archive: Path, dataset: Path) -> None:
    export(archive, dataset)
    before = names(dataset)
    export(archive, dataset, "--as-of", VISITS[1].isoformat())
    export(archive, dataset, "--topic", "Verkehr")
    assert names(dataset) == before


def test_captures_of_chosen_articles_are_exported(archive: Path, dataset: Path) -> None:
    export(archive, dataset, "--topic", "Verkehr", "--since", VISITS[0].isoformat())
    numbers = {one.number for one in facts(dataset)}
    assert numbers == {900_001, 900_002, 900_003, 900_004}
    assert min(one.captured_at for one in facts(dataset)) >= VISITS[0].isoformat()[:19]


def test_a_choice_without_captures_is_said(archive: Path, dataset: Path) -> None:
    ended = taz_archive("export", archive, dataset, "--format", "captures", "--since", "2030-01-01")
    assert (ended.code, ended.stderr) == (
        1,
        "taz-archive: nothing to export: the archive has no such captures\n",
    )
    assert not dataset.exists()


def test_how_much_was_added_is_said(archive: Path, dataset: Path) -> None:
    with open_reader(archive) as opened:
        many, none = (
            add_captures(opened, str(dataset), Selection(), watching=_unwatched, warn=print) for _ in range(2)
        )
    assert many.sentence == f"{len(facts(dataset))} captures in {many.files} files added to {dataset}"
    assert none.sentence == f"{dataset} has these captures already: nothing was added"


@contextmanager
def _unwatched(_: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def test_statements_follow_indexes(archive: Path) -> None:
    """A part is read without a look at any other, and is not sorted."""
    with open_reader(archive) as opened:
        seen: list[str] = []
        opened.facts._db.conn.set_trace_callback(seen.append)
        part = next(opened.facts.parts())
        list(opened.facts.of(part))
        opened.facts._db.conn.set_trace_callback(None)
        plans = [row[3] for query in seen for row in opened.rows(f"EXPLAIN QUERY PLAN {query}")]
    assert [plan for plan in plans if plan.startswith("SCAN") or "TEMP" in plan] == []
    assert [plan for plan in plans if plan.startswith("SEARCH c ")]


def test_a_damaged_page_is_reported_and_left_out(archive: Path, dataset: Path) -> None:
    [(payload, url)] = rows(archive, "SELECT payload_id, url FROM captures WHERE source = 'gopher' LIMIT 1")
    change(archive, "UPDATE payloads SET body = x'00' WHERE id = ?", payload)
    ended = taz_archive("export", archive, dataset, "--format", "captures")
    assert ended.code == 5
    damaged = rows(archive, "SELECT url FROM captures WHERE payload_id = ?", payload)
    assert len(ended.stderr.splitlines()) >= len(damaged)
    assert f"{url}, " in ended.stderr
    assert "cannot be decompressed" in ended.stderr
    (captures,) = rows(archive, "SELECT count(*) FROM captures")[0]
    assert len(facts(dataset)) == captures - len(ended.stderr.splitlines())


def test_a_folder_may_have_any_name(archive: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a::b [1] *~ä"
    export(archive, odd)
    export(archive, tmp_path / "plain")
    assert names(odd) == names(tmp_path / "plain")
    assert facts(odd) == facts(tmp_path / "plain")


# -- Refusals ---------------------------------------------------------------------------------------------


def test_a_folder_that_is_something_else_is_refused(archive: Path, dataset: Path) -> None:
    dataset.mkdir()
    (dataset / "letters.txt").write_text("Dear")
    ended = taz_archive("export", archive, dataset, "--format", "captures")
    assert ended.code == 1
    assert f"{dataset}: is not a dataset of captures: it has letters.txt" in ended.stderr
    assert names(dataset) == {"letters.txt"}


def test_a_file_is_refused(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Dear")
    ended = taz_archive("export", archive, tmp_path / "file", "--format", "captures")
    assert ended.code == 1
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("s3://bucket/x", "--format", "jsonl"), "jsonl cannot be written to a URL"),
        (("out", "--format", "captures", "--replace"), "--replace does not apply to captures"),
        (("-", "--format", "captures"), "captures cannot be written to stdout"),
        (("out", "--format", "captures", "--versions", "all"), "--versions does not apply to captures"),
    ],
)
def test_wrong_usage_is_refused(archive: Path, args: tuple[str, ...], message: str) -> None:
    ended = taz_archive("export", archive, *args)
    assert ended.code == 2
    assert message in ended.stderr


def test_a_url_of_an_unknown_kind_is_refused(archive: Path) -> None:
    ended = taz_archive("export", archive, "nowhere://bucket/x", "--format", "captures")
    assert ended.code == 1
    assert ended.stderr.count("\n") == 1
    assert "nowhere://bucket/x: " in ended.stderr


def test_a_page_number_does_not_apply_to_a_dataset(archive: Path, dataset: Path, tmp_path: Path) -> None:
    export(archive, dataset)
    ended = taz_archive("import", tmp_path / "new.db", dataset, "--id", "6081430")
    assert ended.code == 2
    assert "do not apply to captures" in ended.stderr


def test_a_damaged_dataset_makes_no_archive(archive: Path, dataset: Path, tmp_path: Path) -> None:
    export(archive, dataset)
    for file in dataset.glob("*/*.parquet"):
        file.write_bytes(file.read_bytes()[:-1])
    ended = taz_archive("import", tmp_path / "new.db", dataset)
    assert ended.code == 1
    assert "its digest differs from its name" in ended.stderr
    assert not (tmp_path / "new.db").exists()


# -- Stores that fail -------------------------------------------------------------------------------------


def test_a_full_disk_leaves_nothing_half_written(archive: Path, dataset: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, before[1]))
    try:
        ended = taz_archive("export", archive, dataset, "--format", "captures")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ended.code == 1
    assert ended.stderr.count("\n") == 1
    assert ".parquet: File too large" in ended.stderr
    assert not any(".part-" in name for name in names(dataset))
    export(archive, dataset)
    export(archive, dataset.with_name("whole"))
    assert facts(dataset) == facts(dataset.with_name("whole"))


KILLED = """
import os, sys
from archive.cli.main import cli

left = int(sys.argv[1])

def count(event, _):
    global left
    left -= event == "os.rename"
    if left < 0:
        os._exit(9)

sys.addaudithook(count)
cli(sys.argv[2:])
"""


def test_an_export_that_is_killed_is_completed_by_the_next(archive: Path, dataset: Path) -> None:
    command = ["export", str(archive), str(dataset), "--format", "captures"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "3", *command], cwd=ROOT, timeout=LONGEST, check=False
    )
    assert killed.returncode == 9
    assert len(list(dataset.glob("*/*.parquet"))) == 3
    assert facts(dataset) == []
    export(archive, dataset)
    export(archive, dataset.with_name("whole"))
    assert facts(dataset) == facts(dataset.with_name("whole"))


def test_what_an_export_that_was_killed_left_is_removed(archive: Path, dataset: Path) -> None:
    export(archive, dataset)
    complete = names(dataset)
    folder = next(dataset.glob("article-*"))
    left, in_use = (folder / f".{'0' * 64}.parquet.part-{name}" for name in ("left", "used"))
    for file in (left, in_use):
        file.write_bytes(b"half")
    os.utime(left, (0, 0))
    export(archive, dataset)
    assert names(dataset) - complete == {str(in_use.relative_to(dataset))}


def test_two_exports_at_the_same_time_do_no_harm(archive: Path, dataset: Path) -> None:
    command = [sys.executable, "-m", "archive", "export", str(archive), str(dataset), "--format", "captures"]
    running = [subprocess.Popen(command, cwd=ROOT, env=os.environ) for _ in range(2)]
    assert [process.wait(LONGEST) for process in running] == [0, 0]
    export(archive, dataset.with_name("whole"))
    assert facts(dataset) == facts(dataset.with_name("whole"))
