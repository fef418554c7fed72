"""``compact``, and the end of a crawl: the same archive, smaller, whatever happens meanwhile."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.errors import DamagedArchive
from archive.store import open_writer
from archive.store.db.connection import open_to_read
from archive.store.db.lock import writing as locked
from archive.store.db.transactions import transaction
from archive.store.payloads import compaction, payloads
from archive.store.payloads.compression import BEST_LEVEL, FAST_LEVEL, compress
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import (
    KILLS,
    PYTHON,
    await_captures,
    crawl,
    crawling,
    end,
    is_whole,
    paper_served,
    root_of,
    wait_for,
)
from tests.support.samples.captures import BASE, capture
from tests.support.samples.sample_archive import VISITS, make_sample_archive
from tests.support.tables import database, derived_rows, is_sound, rows

NOW = VISITS[-1]


def command(archive: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["compact", str(archive), *words])


def bodies(path: Path) -> list[bytes]:
    with database(path) as db:
        return [payloads.load(db, id_) for (id_,) in rows(path, "SELECT id FROM payloads ORDER BY id")]


def unpatch(path: Path) -> None:
    """Pack all payloads at the fast level, without a base or dictionary."""
    found = bodies(path)
    ids = [id_ for (id_,) in rows(path, "SELECT id FROM payloads ORDER BY id")]
    with database(path) as db, transaction(db):
        for id_, body in zip(ids, found, strict=True):
            payloads.replace(db, id_, payloads.CompressedPayload(compress(body, FAST_LEVEL), FAST_LEVEL))


def packed(path: Path) -> int:
    return int(rows(path, "SELECT sum(length(body)) FROM payloads")[0][0])


def at_fast_level(path: Path) -> int:
    return int(rows(path, "SELECT count(*) FROM payloads WHERE level = 3")[0][0])


# -- Smaller, and the same ------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "taz.db"
    make_sample_archive(path)
    return path


@pytest.mark.parametrize("before", [lambda _: None, unpatch])
def test_compact_makes_the_file_smaller_and_changes_no_content(
    path: Path, before: Callable[[Path], None]
) -> None:
    before(path)
    said, kept = derived_rows(path), bodies(path)
    size, taken = path.stat().st_size, packed(path)
    done = command(path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"{len(kept)} payloads compressed again" in done.stdout
    assert path.stat().st_size < size
    assert packed(path) < 0.95 * taken
    assert bodies(path) == kept
    assert derived_rows(path) == said
    assert is_sound(path)
    assert at_fast_level(path) == 0


def test_compact_finds_a_base_for_a_payload_stored_without_one(path: Path) -> None:
    patches = "SELECT count(*) FROM payloads WHERE base_id IS NOT NULL"
    [(expected,)] = rows(path, patches)
    unpatch(path)
    assert rows(path, patches) == [(0,)]
    assert command(path).exit_code == 0
    [(found,)] = rows(path, patches)
    assert found >= expected > 30
    assert rows(path, "SELECT count(*) FROM payloads WHERE base_id >= id") == [(0,)]


def test_twice_in_a_row_the_second_finds_nothing_to_do(path: Path) -> None:
    command(path)
    size, taken = path.stat().st_size, packed(path)
    done = command(path)
    assert done.stdout.startswith("all payloads are compressed at the best level already\n")
    assert (path.stat().st_size, packed(path)) == (size, taken)


def test_compact_prints_the_same_as_json(path: Path) -> None:
    count = len(bodies(path))
    report = json.loads(command(path, "--json").stdout)
    assert (report["compressed"], report["damaged"], report["dictionary"]) == (count, [], False)
    assert report["payloads"]["after"] == packed(path) < report["payloads"]["before"]
    assert report["file"]["after"] == path.stat().st_size < report["file"]["before"]


def test_with_enough_pages_a_dictionary_is_trained(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        archive.record(page.capture(NOW) for page in wire_pages(260))
    kept = bodies(path)
    done = command(path)
    assert done.stdout.startswith("a new dictionary was trained\n")
    assert rows(path, "SELECT DISTINCT encoding, dictionary_id, level FROM payloads") == [
        ("zstd+dictionary", 1, 19)
    ]
    [(note,)] = rows(path, "SELECT note FROM dictionaries")
    assert note.startswith("zstd dictionary (RFC 8878, section 5), trained on ")
    assert bodies(path) == kept


def test_compact_creates_no_archive(tmp_path: Path) -> None:
    assert command(tmp_path / "taz.db").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_another_run_is_not_disturbed(path: Path) -> None:
    with locked(path):
        assert command(path).exit_code == 75


# -- What goes wrong ------------------------------------------------------------------------------------


def test_damaged_payloads_are_reported_and_kept_and_the_rest_is_compressed(path: Path) -> None:
    kept = bodies(path)
    [(harmed,)] = rows(path, "SELECT max(id) FROM payloads WHERE base_id IS NULL AND id NOT IN"
                             " (SELECT base_id FROM payloads WHERE base_id IS NOT NULL)")  # fmt: skip
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE payloads SET body = zeroblob(9) WHERE id = ?", [harmed])
    done = command(path)
    assert done.exit_code == 5
    assert f"payload {harmed} cannot be decompressed" in done.stderr
    assert "1 payload cannot be read" in done.stdout
    assert rows(path, "SELECT id, body FROM payloads WHERE level = 3") == [(harmed, bytes(9))]
    with database(path) as db:
        for id_, body in enumerate(kept, start=1):
            assert id_ == harmed or payloads.load(db, id_) == body


def test_old_bytes_stay_unless_the_new_ones_read_back(path: Path) -> None:
    """As if zstd had a bug."""
    before = rows(path, "SELECT * FROM payloads")
    wrong = payloads.CompressedPayload(compress(bodies(path)[0][::-1], BEST_LEVEL), BEST_LEVEL)
    with pytest.raises(DamagedArchive, match="payload 1 is damaged"), database(path) as db, transaction(db):
        payloads.replace(db, 1, wrong)
    assert rows(path, "SELECT * FROM payloads") == before


# Compacts an archive, and then rewrites its file again and again, until it is killed: argument ARCHIVE.
COMPACTING = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from archive.store import open_writer
with open_writer(Path(sys.argv[1])) as archive:
    for _ in archive.maintenance.compact(at=datetime.now(UTC)):
        time.sleep(0.01)
    print("rewriting", flush=True)
    while True:
        archive.maintenance.vacuum()
"""


@contextmanager
def killed(path: Path, after: float) -> Iterator["subprocess.Popen[str]"]:
    """A compact that is killed so many seconds after what the block waits for."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [*PYTHON, "-c", COMPACTING, str(path)]
    with subprocess.Popen(line, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
            time.sleep(after)
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("instant", range(KILLS))
def test_a_compact_killed_while_it_compresses_loses_nothing_and_resumes(path: Path, instant: int) -> None:
    kept, before = bodies(path), at_fast_level(path)
    with killed(path, after=random.Random(instant).uniform(0, 0.1)):
        wait_for(lambda: at_fast_level(path) < before, "the first step")
    is_whole(path)
    assert at_fast_level(path) < before
    assert bodies(path) == kept
    assert command(path).exit_code == 0
    assert (at_fast_level(path), bodies(path)) == (0, kept)


@pytest.mark.slow
@pytest.mark.parametrize("instant", range(KILLS))
def test_a_compact_killed_while_the_file_is_rewritten_loses_nothing(path: Path, instant: int) -> None:
    kept = bodies(path)
    with killed(path, after=random.Random(instant).uniform(0, 0.1)) as process:
        assert process.stdout
        assert process.stdout.readline() == "rewriting\n"
    is_whole(path)
    assert (at_fast_level(path), bodies(path)) == (0, kept)


def test_readers_read_on_and_see_the_same(path: Path) -> None:
    kept = bodies(path)
    with closing(open_to_read(path)) as reader, database(path) as db:
        steps = 0
        for _ in compaction.compact(db, at=NOW):
            assert payloads.load(reader, 1 + steps % len(kept)) == kept[steps % len(kept)]
            steps += 1
        reader.execute("BEGIN")
        assert payloads.load(reader, 1) == kept[0]
        db.execute("PRAGMA busy_timeout = 50")
        compaction.vacuum(db)
        assert payloads.load(reader, len(kept)) == kept[-1]
    assert steps > 5
    is_whole(path)


# -- At the end of a crawl ------------------------------------------------------------------------------

PAPER = Newspaper(seed=3, articles=30, daily=0)


@pytest.mark.slow
def test_a_crawl_leaves_its_pages_as_small_as_they_get(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        assert crawl(tmp_path / "taz.db", "--seed", root_of(server)).returncode == 0
    assert len(bodies(tmp_path / "taz.db")) > PAPER.articles
    assert at_fast_level(tmp_path / "taz.db") == 0


def test_a_crawl_that_is_stopped_does_not_recompress(tmp_path: Path) -> None:
    with paper_served(PAPER) as server, crawling(
        tmp_path / "taz.db", "--seed", root_of(server), "--delay", "0.02"
    ) as process:  # fmt: skip
        await_captures(tmp_path / "taz.db", 3)
        end(process, signal.SIGTERM)
    assert at_fast_level(tmp_path / "taz.db") > 0


def test_payloads_left_at_the_fast_level_wait_for_compact(path: Path) -> None:
    unpatch(path)
    before = at_fast_level(path)
    with open_writer(path) as archive:
        archive.runs.begin(source="gopher", at=NOW)
        archive.record([capture(BASE, 0)])
        archive.runs.recompress(at=NOW, time=timedelta(minutes=1))
    assert at_fast_level(path) == before


def test_recompression_stops_at_its_time_limit(path: Path) -> None:
    before = at_fast_level(path)
    asked = iter([False, False, True])
    with open_writer(path) as archive:
        archive.runs.recompress(at=NOW, time=timedelta(0))
        assert at_fast_level(path) == before
        with database(path) as db:
            compaction.recompress_recent(db, at=NOW, enough=lambda: next(asked))
        assert at_fast_level(path) == before - 2 * compaction.PAYLOADS_PER_TRANSACTION
        archive.runs.recompress(at=NOW, time=timedelta(minutes=1))
    assert at_fast_level(path) == 0
