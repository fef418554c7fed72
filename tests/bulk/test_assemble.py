"""An archive made of derived parts is the one that recording their captures makes."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.bulk.assemble import assemble as make
from archive.bulk.assemble import shard_path
from archive.bulk.derive.derived_dataset import note_unfinished
from archive.bulk.storage import open_storage
from archive.cli.main import cli
from archive.errors import DatasetError
from archive.model import Author, Capture, Kind, Link, PageKey, Tag, Teaser
from archive.pagekey import ROOT
from archive.policy.revisit import PageHistory, appearance_time, next_due
from archive.store import Part, change_rates, open_writer
from archive.timestamps import parse_stamp, stamp
from tests.support.running.maintenance import MEMORY, merge, reparse, verify
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, NUMBER, START, archive_of, capture
from tests.support.samples.derived_datasets import change_part, derived_dataset
from tests.support.samples.histories import ABSENT, FAILED, LONG, histories
from tests.support.samples.menus import menu_capture
from tests.support.servers.object_stores import BUCKET, rclone_store
from tests.support.tables import derived_rows, is_sound, rows

FAR = NUMBER + 10_000  # in another part than NUMBER
PART, FAR_PART, SECTION_PART = (
    Part.of(PageKey(Kind.ARTICLE, NUMBER)),
    Part.of(PageKey(Kind.ARTICLE, FAR)),
    Part.of(PageKey(Kind.SECTION, 4611)),
)
LINKED = replace(
    BASE,
    lead="Am Dienstag stand das Wasser höher.",
    authors=(Author("Ada Beispiel", 22350), Author("Änne Groß")),
    tags=(Tag("Hafen", 5008003), Tag("Regen")),
    related=(Teaser("Fern", "Weit weg.", f"/Fern/!{FAR}"), Teaser("Fehlt", None, "/Fehlt/!6000001")),
    links=(Link(1, f"/Fern/!{FAR}", "Hafen"),),
)
PAPER = [
    capture(BASE, 0),
    capture(LINKED, 1),
    capture(LONG, 30),
    capture(replace(LONG, authors=(Author("Änne Groß", 21999),)), 31, FAR),
    capture(replace(LONG, authors=(Author("Änne Groß", 21999),), tags=(Tag("Regen", 5008009),)), 40, FAR),
    capture(BASE, 41, FAR + 1, **ABSENT),
    capture(BASE, 42, NUMBER + 1, **ABSENT),  # the same bytes in two parts
    capture(BASE, 43, NUMBER + 2, **FAILED),
    menu_capture([NUMBER, FAR, NUMBER + 7], 2),
    menu_capture([FAR, NUMBER], 26),
    menu_capture([FAR, 6000001], 27, ROOT),
]


def assemble(out: Path, derived: Path | str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["assemble", str(out), str(derived), *words])


def unwatched(_what: str, _total: int) -> AbstractContextManager[Callable[..., object]]:
    return nullcontext(lambda *_: None)


def unscheduled(archive: Path) -> list[tuple[Any, ...]]:
    """Return the frontier without what depends on when each capture was recorded."""
    return rows(
        archive,
        "SELECT kind, number, discovered_at, checked_at, changed_at, check_count, failure_count FROM pages"
        " ORDER BY 1, 2",
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms())
def test_it_is_the_archive_that_recorded_the_captures(found: list[Capture], dice: Any) -> None:
    numbers = {6081430: dice.choice([6081430, 6091430]), 6080001: 6080001}
    found = [
        replace(one, key=PageKey(Kind.ARTICLE, numbers[one.key.number]))
        if one.key and one.key.number in numbers
        else one
        for one in found
    ]
    facts = {fact for facts in facts_by_part(found).values() for fact in facts}
    in_time = sorted(facts, key=lambda fact: (fact.captured_at, fact.order))  # as a crawl records them
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        recorded = archive_of(folder / "recorded.db", (fact.capture for fact in in_time))
        done = assemble(folder / "taz.db", derived_dataset(folder / "derived", found))
        assert done.exit_code == 0, done.output
        assert derived_rows(folder / "taz.db") == derived_rows(recorded)
        assert unscheduled(folder / "taz.db") == unscheduled(recorded)


@pytest.fixture
def derived(tmp_path: Path) -> Path:
    return derived_dataset(tmp_path / "derived", PAPER)


@pytest.fixture
def assembled(tmp_path: Path, derived: Path) -> Path:
    done = assemble(tmp_path / "taz.db", derived)
    assert done.exit_code == 0, done.output
    return tmp_path / "taz.db"


def test_it_has_no_fault(assembled: Path) -> None:
    done = verify(assembled)
    assert (done.exit_code, done.output) == (0, "sound: 9 pages stored, 2 of 2 articles derived again\n")
    assert is_sound(assembled)


def test_bytes_of_several_parts_are_stored_once(assembled: Path) -> None:
    found = rows(
        assembled, "SELECT count(*), count(DISTINCT payload_id) FROM captures WHERE outcome = 'absent'"
    )
    assert found == [(2, 1)]


def test_links_lead_to_articles_of_other_parts(assembled: Path) -> None:
    assert rows(assembled, "SELECT DISTINCT article_id, article_number FROM links") == [
        (None, 6080001),
        (FAR, FAR),
    ]
    related = rows(assembled, "SELECT DISTINCT related_id, related_number FROM related_articles ORDER BY 2")
    assert related == [(None, 6000001), (None, 6080002), (FAR, FAR)]
    placed = rows(assembled, "SELECT DISTINCT article_id, article_number FROM placements ORDER BY 2")
    assert placed == [(None, 6000001), (NUMBER, NUMBER), (None, NUMBER + 7), (FAR, FAR)]


def test_a_name_has_the_lowest_number_that_any_part_knows(assembled: Path) -> None:
    assert rows(assembled, "SELECT number FROM authors WHERE name = 'Änne Groß'") == [(21999,)]
    assert rows(assembled, "SELECT number FROM tags WHERE name = 'Regen'") == [(5008009,)]


def test_an_article_is_due_as_its_checks_in_all_parts_say(assembled: Path) -> None:
    rates = change_rates(rows(assembled, "SELECT * FROM change_rates"))
    assert sum(rates.hours) > 20
    [(due, checked, changes, score)] = rows(
        assembled, "SELECT due_at, checked_at, change_count, change_score FROM pages WHERE number = ?", FAR
    )
    [seen] = rows(assembled, "SELECT first_seen FROM articles WHERE id = ?", FAR)
    first = parse_stamp(seen[0])
    history = PageHistory(
        appeared_at=appearance_time(LONG.published, first),
        first_checked_at=first,
        change_count=changes,
        change_score=score,
    )
    assert due == stamp(next_due(Kind.ARTICLE, history, now=parse_stamp(checked), change_rates=rates))


def test_a_page_that_no_part_has_captures_of_is_due_since_it_was_discovered(assembled: Path) -> None:
    query = "SELECT priority, due_at, discovered_at, checked_at FROM pages WHERE number = ?"
    at = stamp(START + timedelta(hours=2))
    assert rows(assembled, query, NUMBER + 7) == [(4, at, at, None)]


def test_it_can_be_searched_and_written_to(assembled: Path) -> None:
    found = CliRunner().invoke(cli, ["search", str(assembled), "Hafenstrasse", "--json"])
    assert {hit["id"] for hit in json.loads(found.stdout)} == {NUMBER, FAR}
    new = capture(replace(LONG, lead="Neu."), 50, FAR)
    with open_writer(assembled) as archive:
        archive.record([new])
        assert not reparse(archive).lost
    recorded = archive_of(
        assembled.with_name("recorded.db"), [*PAPER, capture(replace(LONG, lead="Neu."), 50, FAR)]
    )
    assert derived_rows(assembled) == derived_rows(recorded)
    assert verify(assembled).exit_code == 0


def test_another_process_builds_the_same_search_index(tmp_path: Path, derived: Path, assembled: Path) -> None:
    in_two = partial(make, url=str(derived), watch=unwatched, jobs=2, min_rows_for_two=0)
    in_two(tmp_path / "meanwhile.db")
    assert is_sound(tmp_path / "meanwhile.db")
    terms = "SELECT rowid, rank FROM versions_fts WHERE versions_fts MATCH 'regen' ORDER BY 1"
    assert rows(tmp_path / "meanwhile.db", terms) == rows(assembled, terms) != []
    assert not (tmp_path / "meanwhile.db.part.search").exists()
    (derived / "versions" / f"{FAR_PART.name}.parquet").unlink()
    with pytest.raises(DatasetError, match=rf"{FAR_PART.name}\.parquet: is missing"):
        in_two(tmp_path / "other.db")
    assert [file.name for file in tmp_path.glob("other.db*")] == ["other.db.lock"]


def test_files_without_a_number_are_matched_to_articles_of_any_part(tmp_path: Path) -> None:
    files = [
        capture(LONG, 5, None, url="a.txt"),
        capture(replace(BASE, title="Nirgends: Ein Blatt"), 6, None, url="b.txt"),
    ]
    recorded = archive_of(tmp_path / "recorded.db", [capture(LONG, 31, FAR), *files])
    derived = derived_dataset(tmp_path / "derived", [capture(LONG, 31, FAR), *files])
    assert assemble(tmp_path / "taz.db", derived).exit_code == 0
    merge(tmp_path / "canonical.db", recorded)
    assert derived_rows(tmp_path / "taz.db") == derived_rows(tmp_path / "canonical.db")
    assert rows(tmp_path / "taz.db", "SELECT article_id FROM captures WHERE url = 'a.txt'") == [(FAR,)]
    assert verify(tmp_path / "taz.db").exit_code == 0


def test_a_dataset_can_be_in_an_object_store(tmp_path: Path, derived: Path, assembled: Path) -> None:
    bucket = tmp_path / "store" / BUCKET
    bucket.mkdir(parents=True)
    derived.rename(bucket / "captures")
    with rclone_store(tmp_path / "store") as store, store.in_environment() as url:
        assert assemble(tmp_path / "stored.db", url).exit_code == 0
    assert derived_rows(tmp_path / "stored.db") == derived_rows(assembled)


# -- Shards -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_shards_merge_into_the_same_archive(
    tmp_path: Path, assembled: Path, derived: Path, jobs: str
) -> None:
    assert assemble(tmp_path / "part.db", derived, "--shards", "2", "--jobs", jobs).exit_code == 0
    shards = [shard_path(tmp_path / "part.db", number, 2) for number in (1, 2)]
    assert [shard.name for shard in shards] == ["part-1-of-2.db", "part-2-of-2.db"]
    assert [rows(shard, "SELECT id FROM articles") for shard in shards] == [[(NUMBER,)], [(FAR,)]]
    assert [rows(shard, "SELECT count(*) FROM sections") for shard in shards] == [[(2,)], [(2,)]]
    assert [verify(shard).exit_code for shard in shards] == [0, 0]
    merge(tmp_path / "whole.db", *shards)
    assert derived_rows(tmp_path / "whole.db") == derived_rows(assembled)


# -- What goes wrong --------------------------------------------------------------------------------------


def _replaced(**values: Any) -> Callable[[list[Any]], object]:
    """Change the first row of a table."""
    return lambda table: table.__setitem__(0, table[0]._replace(**values))


def _twice(table: list[Any]) -> None:
    table.append(table[0])


FAULTS: list[tuple[Part, str, Callable[[list[Any]], object], str]] = [
    (PART, "articles", _replaced(id=FAR), "id"),
    (PART, "articles", _replaced(latest_version_id=FAR * 10_000 + 1), "has the latest version"),
    (PART, "articles", _replaced(state="there"), "state 'there' is not in this part"),
    (PART, "articles", _twice, "id occurs twice"),
    (PART, "versions", _replaced(id=FAR * 10_000 + 1), "number 1"),
    (PART, "versions", _replaced(article_id=FAR), f"article_id {FAR} is not in this part"),
    (PART, "versions", _replaced(capture_id=99), "capture 99 is not one of article"),
    (PART, "versions", _replaced(capture_id=-1), "capture -1 is not one of article"),
    (PART, "versions", _twice, "id occurs twice"),
    (PART, "versions", _replaced(first_seen="2999-01-01T00:00:00.000Z"), "first_seen has a time"),
    (PART, "edits", _replaced(before_id=FAR * 10_000 + 1), "is not in this part"),
    (PART, "edits", _twice, "UNIQUE constraint failed"),
    (PART, "links", _replaced(version_id=1), "version_id 1 is not in this part"),
    (PART, "version_authors", _replaced(name="Niemand"), "name 'Niemand' is not in this part"),
    (PART, "tags", _twice, "UNIQUE constraint failed"),
    (PART, "captures", _replaced(id=1), "expected the id 0, found 1"),
    (PART, "captures", _replaced(payload_id=99), "has payload 99, which is missing"),
    (PART, "captures", _replaced(payload_id=None), "has the outcome ok but no payload"),
    (PART, "captures", _replaced(outcome="fine"), "has an unknown outcome: fine"),
    (PART, "captures", _replaced(number=FAR), "which is not in this part"),
    (PART, "captures", _replaced(version_id=FAR * 10_000 + 1), "of another part"),
    (PART, "payloads", _replaced(digest=bytes(32)), "has bytes whose digest differs"),
    (PART, "payloads", _replaced(digest=b"short"), "has bytes whose digest differs"),
    (PART, "payloads", _replaced(base_id=0), "has the base 0"),
    (PART, "payloads", _replaced(body=b"no frame"), "cannot be decompressed"),
    (PART, "payloads", _replaced(size=2**40), "which no page has"),
    (PART, "payloads", _replaced(encoding="zstd+dictionary"), "has the encoding zstd+dictionary"),
    (PART, "pages", _replaced(number=-1), "invalid page: article -1"),
    (PART, "pages", _replaced(change_score=float("nan")), "has impossible counts"),
    (PART, "pages", _twice, "a page occurs twice"),
    (FAR_PART, "pages", _replaced(kind="topic", checked_at="2025-04-10T06:00:00.000Z"), "has checks"),
    (PART, "change_rates", _replaced(observed_hours=float("inf")), "in inf hours"),
    (PART, "sections", lambda table: table.append((4611, "Verkehr")), "expected no rows in a part of kind"),
    (SECTION_PART, "sections", _replaced(number=0), "number 0 is not in this part"),
    (SECTION_PART, "placements", _replaced(section_number=0), "section_number 0 is not in this part"),
]


@pytest.mark.parametrize(("part", "table", "change", "problem"), FAULTS)
def test_rows_that_derive_does_not_write_are_refused(
    tmp_path: Path, derived: Path, part: Part, table: str, change: Callable[[list[Any]], object], problem: str
) -> None:
    change_part(derived, part, table, change)
    done = assemble(tmp_path / "taz.db", derived)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"taz-archive: {derived}/{table}/{part.name}.parquet: ")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("taz.db*"))[1:]  # but its lock


def test_files_that_are_missing_or_changed_are_named(tmp_path: Path, derived: Path) -> None:
    file = derived / "versions" / f"{PART.name}.parquet"
    content = file.read_bytes()
    other = (derived / "links" / f"{PART.name}.parquet").read_bytes()
    for damaged, problem in (
        (content[:-9], "differs from its record"),
        (other, "differs from its record"),
        (None, "is missing"),
    ):
        file.unlink(missing_ok=True)
        if damaged is not None:
            file.write_bytes(damaged)
        done = assemble(tmp_path / "taz.db", derived)
        assert done.stderr.startswith(f"taz-archive: {file}: {problem}")
    assert not (tmp_path / "taz.db").exists()


def test_a_file_with_other_columns_is_refused(tmp_path: Path, derived: Path) -> None:
    file = derived / "links" / f"{PART.name}.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(0, "version_id", table["version_id"].cast(pa.string())), file)
    record = derived / "parts" / f"{PART.name}.json"
    fields = json.loads(record.read_text())
    fields["tables"]["links"]["digest"] = sha256(file.read_bytes()).hexdigest()
    record.write_text(json.dumps(fields))
    assert f"{file}: has other columns" in assemble(tmp_path / "taz.db", derived).stderr


def test_a_record_of_another_part_is_refused(tmp_path: Path, derived: Path) -> None:
    records = derived / "parts"
    (records / f"{FAR_PART.name}.json").write_bytes((records / f"{PART.name}.json").read_bytes())
    done = assemble(tmp_path / "taz.db", derived)
    assert done.stderr == f"taz-archive: {records}/{FAR_PART.name}.json: is the record of {PART.name}\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"tables": {"versions": {"rows": "1", "digest": ""}}},
        {"tables": {"versions": {"rows": float("nan"), "digest": ""}}},
        {"tables": {"versions": {"rows": 10**12, "digest": ""}}},
        {"skipped": [1]},
        {"skipped": "page"},
    ],
)
def test_a_record_with_invalid_fields_is_refused(tmp_path: Path, derived: Path, fields: Any) -> None:
    record = derived / "parts" / f"{PART.name}.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **fields}))
    done = assemble(tmp_path / "taz.db", derived)
    assert done.stderr.startswith(f"taz-archive: {record}: not the record of a part: expected a ")


def test_an_empty_dataset_is_refused(tmp_path: Path) -> None:
    (tmp_path / "derived").mkdir()
    assert "has no derived parts" in assemble(tmp_path / "taz.db", tmp_path / "derived").stderr


def test_only_an_archive_is_replaced(tmp_path: Path, derived: Path, assembled: Path) -> None:
    assert "exists; --replace" in assemble(assembled, derived).stderr
    with open_writer(assembled) as archive:
        archive.record([capture(BASE, 60, 5_000_000)])
        busy = assemble(assembled, derived, "--replace")
        assert (busy.exit_code, "another run" in busy.stderr) == (75, True)
    assert assemble(assembled, derived, "--replace").exit_code == 0
    assert rows(assembled, "SELECT count(*) FROM articles") == [(2,)]
    note = tmp_path / "note.txt"
    note.write_text("kept")
    assert "not an archive" in assemble(note, derived, "--replace").stderr
    assert note.read_text() == "kept"


def test_captures_that_killed_their_process_are_listed(tmp_path: Path, derived: Path) -> None:
    change_part(derived, PART, "links", len, skipped=("gopher://taz.de/1/!1 of 2025",))
    done = assemble(tmp_path / "taz.db", derived)
    assert (done.exit_code, done.stderr) == (
        3,
        "taz-archive: skipped by derive: gopher://taz.de/1/!1 of 2025\n",
    )


def test_a_full_disk_is_an_error_of_one_line(tmp_path: Path, derived: Path) -> None:
    limited = "import resource, signal, sys; from archive.cli.main import main;"
    limited += " signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limited += " resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); main()"
    words = ["assemble", str(tmp_path / "taz.db"), str(derived)]
    command = [sys.executable, "-c", limited, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "disk" in done.stderr
    assert not [file for file in tmp_path.glob("taz.db*") if file.suffix != ".lock"]


def test_killed_it_leaves_no_archive_and_starts_again(tmp_path: Path, derived: Path) -> None:
    out = tmp_path / "taz.db"
    dying = (
        "import os, signal; from archive.cli.main import main; from archive.store.assembly import assembling;"
    )
    dying += " assembling.write_linked = lambda *_: os.kill(os.getpid(), signal.SIGKILL); main()"
    done = subprocess.run([sys.executable, "-c", dying, "assemble", out, derived], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    assert assemble(out, derived).exit_code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["derived", "taz.db", "taz.db.lock"]


def test_json_lists_what_was_made(tmp_path: Path, derived: Path) -> None:
    done = assemble(tmp_path / "taz.db", derived, "--json")
    archive = {"path": str(tmp_path / "taz.db"), "articles": 2, "versions": 4, "captures": 11}
    assert json.loads(done.stdout) == {"archives": [archive], "skipped": []}


def test_a_dataset_with_parts_that_are_not_derived_is_refused(derived: Path, tmp_path: Path) -> None:
    note_unfinished(open_storage(str(derived)), ["article-00006080000: damaged", "root-00000000000: damaged"])
    done = assemble(tmp_path / "new.db", derived)
    reason = "incomplete: article-00006080000: damaged, and 1 more; repeat `derive`"
    assert (done.exit_code, done.stderr) == (1, f"taz-archive: {derived}: {reason}\n")
    assert not (tmp_path / "new.db").exists()
    note_unfinished(open_storage(str(derived)), [])
    assert assemble(tmp_path / "new.db", derived).exit_code == 0
