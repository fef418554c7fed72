"""An article of very many captures or versions: a new one takes no more work than others, and is not lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from archive.cli.main import cli
from archive.dump.writer import write_dump
from archive.gateways import ServerPage
from archive.model import Article, Capture, Teaser
from archive.reading.edits import CHECKPOINT_INTERVAL
from archive.reading.history import MAX_DISTINCT_PAGES
from archive.store import Writer
from archive.store.db.transactions import transaction
from archive.store.ingest.derived_rows import MAX_VERSIONS, version_id, whole_history
from archive.store.ingest.deriving import readings_of
from archive.store.ingest.row_writer import write
from archive.store.soundness.derivation_check import differences, scratch
from crawler.demo.newspaper.gateways.meulie import MEULIE
from tests.support.samples.captures import BASE, NUMBER, capture
from tests.support.tables import change, database, rows

# Longer than a line, at the end of which the gateway truncates it.
LONG = replace(
    BASE, title="Wetter in der Stadt: Großer Regen über der Hafenstraße und überall sonst für länger"
)


def truncated(article: Article, hours: float) -> Capture:
    """The article's page as a gateway shows it that truncates long lines."""
    body = MEULIE.show(ServerPage("taz.de", 70, "1", f"/!{NUMBER}"), write_dump(article)).encode()
    return capture(article, hours, body=body, source="meulie", rendition="meulie")


def steps(path: Path, db: Database, page: Capture) -> int:
    """Record a capture; return how many statements SQLite ran for it: some for each page and version read."""
    ran: list[str] = []
    db.conn.set_trace_callback(ran.append)
    Writer(path, db).record([page])
    db.conn.set_trace_callback(None)
    return len(ran)


CHANGES = {
    "in its wording": lambda n: replace(LONG, lead=f"Am {n}. Tag stand das Wasser bis an die Türen."),
    "related": lambda n: replace(LONG, related=(Teaser(f"Vom Winde {n}", "Er kam.", "/Sturm/!6080002"),)),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.slow
def test_a_truncated_article_that_changes_all_the_time_takes_no_longer_each_time(
    tmp_path: Path, name: str
) -> None:
    later, latest = (
        MAX_DISTINCT_PAGES + CHECKPOINT_INTERVAL // 4,
        MAX_DISTINCT_PAGES + CHECKPOINT_INTERVAL // 4 + CHECKPOINT_INTERVAL,
    )
    path = tmp_path / "taz.db"
    with database(path) as db, scratch() as empty:
        took = [steps(path, db, truncated(CHANGES[name](n), n)) for n in range(latest + 1)]
        assert took[latest] <= took[later]
        assert differences(db, NUMBER, readings_of(db, NUMBER), empty) == []


# -- More versions than an article has ids for -----------------------------------------------------------

LEADS = [f"Nummer {number}." for number in range(6)]
EDITS = [capture(replace(BASE, lead=lead), hour) for hour, lead in enumerate(LEADS)]
HELD = """
SELECT version_id % 10000, lead FROM captures c LEFT JOIN versions v ON v.id = c.version_id
  ORDER BY c.captured_at
"""


def test_of_more_versions_than_are_kept_the_last_is_the_latest(archive: Writer) -> None:
    archive.record(EDITS)
    with database(archive) as db, transaction(db):
        write(db, [whole_history(NUMBER, readings_of(db, NUMBER), max_versions=3)])
    assert rows(archive, HELD) == [(1, LEADS[0]), (2, LEADS[1]), *[(None, None)] * 3, (3, LEADS[5])]
    assert rows(archive, "SELECT DISTINCT article_id FROM versions") == [(NUMBER,)]
    assert rows(archive, "SELECT version_id % 10000, before_id % 10000 FROM version_edits") == [
        (2, 1),
        (3, 2),
    ]


@pytest.fixture
def full(archive: Writer) -> Writer:
    """An article's first version, as if all that an article can have came before it."""
    archive.record(EDITS[:1])
    first, last = version_id(NUMBER, 1), version_id(NUMBER, MAX_VERSIONS)
    change(archive, "UPDATE versions SET id = ?, number = 9999", last)
    change(archive, "UPDATE articles SET latest_version_id = ?, version_count = 9999", last)
    for table in ("captures", "links", "version_authors"):
        change(archive, f"UPDATE {table} SET version_id = ? WHERE version_id = ?", last, first)
    return archive


def test_a_wording_beyond_all_versions_takes_the_place_of_the_last(full: Writer) -> None:
    full.record(EDITS[1:3])
    full.record([replace(EDITS[2], captured_at=EDITS[3].captured_at)])
    assert rows(full, HELD) == [(None, None), (None, None), (9999, LEADS[2]), (9999, LEADS[2])]
    assert rows(full, "SELECT version_count, latest_version_id % 10000 FROM articles") == [(9999, 9999)]
    assert rows(full, "SELECT first_seen FROM versions") == rows(
        full, "SELECT captured_at FROM captures ORDER BY captured_at LIMIT 1 OFFSET 2"
    )


def test_status_says_that_wordings_were_not_kept(full: Writer) -> None:
    words = ["status", str(full.path)]
    said = " ".join(CliRunner().invoke(cli, words).stdout.split())
    assert "1 article with 9,999 versions, the maximum: only the latest of later versions is kept" in said
    assert json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)["articles"]["full"] == 1


def test_status_says_nothing_of_articles_that_have_room(archive: Writer) -> None:
    archive.record(EDITS)
    assert "9,999 versions" not in CliRunner().invoke(cli, ["status", str(archive.path)]).stdout
