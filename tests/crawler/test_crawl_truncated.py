"""A paper that is read through a whole and a truncating source in turns, while it is edited.

Every reader of the archive must show the edits that the newspaper's editors made, and no others.
"""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.datasette.canned_queries import READY
from archive.model import Article
from archive.store import open_reader
from archive.text.word_diff import compare_articles
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import serving
from tests.support import ROOT
from tests.support.running.crawls import crawl, is_whole
from tests.support.samples.exported_archive import needs_readers, python, taz_archive
from tests.support.tables import rows

PAPER = Newspaper(seed=3, articles=20, daily=30)
LOOKS = [START + timedelta(hours=hours) for hours in (0, 4, 12, 18, 24, 36)]
SOURCES = ("gopher", "meulie")  # meulie truncates
EVER = ("--since", "2000-01-01", "--limit", "0")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, clock = tmp_path_factory.mktemp("turns") / "taz.db", PaperClock(START)
    with serving(PAPER, clock, via=SOURCES) as server:
        for number, at in enumerate(LOOKS):
            clock.set(at)
            source = SOURCES[number % 2]
            done = crawl(path, "--ignore-schedule", "--via", f"{source}={server.urls[source]}")
            assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def truth() -> Counter[str]:
    """How often each field was edited between two looks, and the words of all these edits."""
    counts: Counter[str] = Counter()
    for key in PAPER.articles_there(LOOKS[-1]):
        pages = [page for at in LOOKS if isinstance(page := PAPER.page(key, at), Article)]
        for before, after in pairwise(pages):
            for found in compare_articles(before, after):
                counts[found.field] += 1
                counts["words"] += found.added + found.removed
    return counts


def fields_of(archive: Path) -> Counter[str]:
    """What ``changes --json`` lists."""
    reported = json.loads(taz_archive("changes", archive, "--only", "edited", *EVER, "--json").streamed)
    counts = Counter(field for event in reported for field in event["changed"])
    counts["words"] = sum(
        found["added"] + found["removed"] for event in reported for found in event["changed"].values()
    )
    return counts


def fields_only(counts: Counter[str]) -> Counter[str]:
    return Counter({field: count for field, count in counts.items() if field != "words"})


def test_the_archive_has_truncations_that_could_look_like_edits(archive: Path, truth: Counter[str]) -> None:
    """Titles that differ from the one before them are many more than edits of titles."""
    query = "SELECT count(*) FROM versions n JOIN versions o ON o.id = n.id - 1 WHERE n.title <> o.title"
    assert truth["title"] >= 3
    assert rows(archive, query)[0][0] > truth["title"]
    is_whole(archive)


def test_changes_lists_the_edits_of_the_editors_and_no_more_words_than_they_changed(
    archive: Path, truth: Counter[str]
) -> None:
    reported = fields_of(archive)
    # Of an edited title a few words may be hidden, if the source that showed it truncated it.
    assert truth["words"] * 0.9 < reported.pop("words") <= truth["words"]
    assert reported == fields_only(truth)


@pytest.mark.parametrize("form", ["markdown", "html", "atom", "json"])
def test_headlines_are_those_that_the_editors_changed(archive: Path, truth: Counter[str], form: str) -> None:
    reported = taz_archive("changes", archive, "--headlines", "--only", "edited", *EVER, "--format", form)
    each = {"markdown": "\n- [", "html": "<h3", "atom": "<entry", "json": '"event"'}[form]
    assert reported.streamed.decode().count(each) == truth["title"]


def test_log_diff_and_the_reading_room_name_the_same_fields(archive: Path, truth: Counter[str]) -> None:
    logged, diffed, shown = Counter[str](), Counter[str](), Counter[str]()
    edited = rows(archive, "SELECT id FROM articles WHERE version_count > 1")
    for (number,) in edited:
        log = json.loads(taz_archive("log", archive, number, "--json").streamed)
        for version in (entry for entry in log if entry["event"] == "version"):
            logged.update(list(version["changed"]))
            if version["version"] > 1:
                reported = json.loads(
                    taz_archive("diff", archive, number, version["version"], "--json").streamed
                )
                diffed.update(change["field"] for change in reported["changes"])
    with open_reader(archive) as opened:
        for (number,) in edited:
            shown.update(field for step in opened.history.versions(number) for field in step.changed)
    expected = fields_only(truth)
    assert (logged, diffed, shown) == (expected, expected, expected)


def test_diff_says_of_which_fields_it_is_unknown_whether_they_were_edited(archive: Path) -> None:
    [article, version] = rows(
        archive, "SELECT article_id, version FROM changes WHERE title_truncated AND NOT title_edited LIMIT 1"
    )[0]
    shown = taz_archive("diff", archive, article, version).streamed.decode()
    [same] = [line for line in shown.splitlines() if line.startswith("unchanged: ")]
    [unknown] = [line for line in shown.splitlines() if line.startswith("unknown, because truncated: ")]
    assert ("title" in same, "title" in unknown) == (False, True)
    assert "title" in json.loads(taz_archive("diff", archive, article, version, "--json").streamed)["unknown"]


def test_the_view_and_the_query_show_them_to_plain_sql(archive: Path, truth: Counter[str]) -> None:
    [(edited, compared, unknown)] = rows(
        archive,
        "SELECT sum(title_edited), sum(title_before <> title_after AND NOT title_truncated),"
        " sum(title_truncated AND NOT title_edited) FROM changes",
    )
    assert edited == truth["title"]
    assert compared <= truth["title"]
    assert unknown > 0
    assert len(rows(archive, READY["edited_headlines"]["sql"])) == truth["title"]


@pytest.mark.parametrize("form", ["jsonl", "sqlite"])
def test_exports_mark_the_versions_that_edited_the_title(
    archive: Path, truth: Counter[str], tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    assert taz_archive("export", archive, out, "--format", form, "--versions", "all").code == 0
    if form == "jsonl":
        lines = (out / "versions.jsonl").read_text(encoding="utf-8").splitlines()
        assert sum("title" in json.loads(line)["edited"] for line in lines) == truth["title"]
    else:
        with closing(sqlite3.connect(out)) as db:
            found = db.execute("SELECT count(*) FROM version_edits WHERE field = 'title'").fetchone()
        assert found == (truth["title"],)


@needs_readers
def test_the_docs_example_counts_them(archive: Path, truth: Counter[str], tmp_path: Path) -> None:
    out = tmp_path / "edits"
    assert taz_archive("export", archive, out, "--format", "parquet", "--versions", "all").code == 0
    said = python(ROOT / "docs" / "headline_edits.py", out, tmp_path / "edits.svg")
    assert said.endswith(f" changed, {truth['title']} times\n")
