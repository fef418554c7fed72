"""Rows per second and peak memory of each ``export`` format, compared with the simplest possible code.

Each export runs in a separate process on one generated archive; ``VERSIONS=1000000`` sets its size. Seconds
are CPU time. The simplest code for each format, its baseline, is below: ``SELECT`` into ``json.dumps``,
``VACUUM INTO``, …
"""

import csv
import gzip
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.export.formats import FORMATS, Shape
from archive.export.run import ExportOptions, export
from archive.store import Selection, open_reader
from archive.store.db.connection import open_to_write
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp, stamp
from benchmarks.timing import show

VERSIONS = int(os.environ.get("VERSIONS", "10000"))
FIRST_ARTICLE = 6_000_001
START = datetime(2020, 1, 1, tzinfo=UTC)
EDITED = 4  # one article in so many has a second version
CHAPTERS = 40_000
MIN_RATE, MAX_MEMORY = 0.6, 400  # of the baseline's rows per second; MB
MIN_RATES = {"newsedits": 0.25}  # it matches sentences by their words, its baseline by difflib only
SUFFIXES = {"warc": "warc.gz"}  # as the baseline writes it


class Ran(NamedTuple):
    """Rows per second, and peak memory in MB."""

    rate: float
    memory: float


# -- The archive ------------------------------------------------------------------------------------------


def make_archive(path: Path, versions: int) -> None:
    """Create an archive row by row, since recording captures would take an hour."""
    chance = random.Random(1)
    words = ["".join(chance.choices("aeiounrstdlmäöüß", k=chance.randint(3, 12))) for _ in range(20_000)]
    with closing(open_to_write(path)) as archive:
        db = archive.conn
        db.execute("PRAGMA foreign_keys = OFF")
        names = [(number, f"Name {number}", number) for number in range(1, 501)]
        for table in ("authors", "tags"):
            db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", names)
        made = _versions(chance, words, versions)
        while batch := list(islice(made, 2000)):
            _insert(archive, chance, batch)
            db.commit()
        db.execute("INSERT INTO versions_fts (versions_fts) VALUES ('optimize')")
        db.commit()


Made = tuple[int, int, int, str, str]  # article, version, version count, title, text


def _versions(chance: random.Random, words: list[str], count: int) -> Iterator[Made]:
    article, made = FIRST_ARTICLE - 1, 0
    while made < count:
        article += 1
        many = min(2 if article % EDITED == 0 else 1, count - made)
        title = " ".join(chance.choices(words, k=8)).capitalize()
        blocks = [" ".join(_sentence(chance, words) for _ in range(4)) for _ in range(7)]
        for number in range(1, many + 1):
            if number > 1:
                blocks[chance.randrange(7)] += f" {_sentence(chance, words)}"
            yield article, number, many, f"Kicker: {title} {number}", "\n\n".join(blocks)
            made += 1


def _sentence(chance: random.Random, words: list[str]) -> str:
    return " ".join(chance.choices(words, k=15)).capitalize() + "."


def _insert(archive: Database, chance: random.Random, batch: list[Made]) -> None:
    db = archive.conn
    for article, number, many, title, text in batch:
        at = START + timedelta(minutes=article - FIRST_ARTICLE + 1, hours=5 * number)
        seen, later = stamp(at), stamp(at + timedelta(hours=4))
        version, day = article * 10_000 + number, at.date().isoformat()
        if number == 1:
            last = stamp(at + timedelta(hours=5 * (many - 1) + 4))
            latest, page = article * 10_000 + many, f"https://taz.de/!{article}/"
            row = (article, title, day, seen, last, latest, many, page)
            db.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, 'present', ?)", row)
            tags = [(article, tag, seen, last) for tag in chance.sample(range(1, 501), 4)]
            db.executemany("INSERT INTO article_tags VALUES (?, ?, ?, ?)", tags)
            related = [(article, None, article - n, f"Titel {n}", text[:99], seen, last) for n in (1, 2, 3)]
            db.executemany("INSERT INTO related_articles VALUES (?, ?, ?, ?, ?, ?, ?)", related)
        db.execute(
            "INSERT INTO versions (id, article_id, number, first_seen, last_seen, title, lead,"
            " published, text, words, truncation_count, paragraphs_inferred, umlauts_transliterated, healed,"
            " capture_id, search_spellings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 420, 0, 0, 0, 0, ?, '')",
            (version, article, number, seen, later, title, text[:150], day, text, version),
        )
        if number > 1:
            edit = (version, "text", version - 1)
            db.execute("INSERT INTO version_edits VALUES (?, ?, ?, 0)", edit)
        db.execute("INSERT INTO version_authors VALUES (?, ?, 1)", (version, chance.randint(1, 500)))
        link = (version, 1, text[:20], 0, 20, f"/!{article - 5}", None, article - 5)
        db.execute("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)", link)
        payload = payloads.store(archive, f"# taz.de -- {title}\n\n{text}\n".encode())
        url = f"gopher://taz.de/1/!{article}"
        captures = [(article, version, url, when, payload) for when in (seen, later)]
        db.executemany(
            "INSERT INTO captures (article_id, version_id, source, url, captured_at, payload_id, outcome)"
            " VALUES (?, ?, 'gopher', ?, ?, ?, 'ok')",
            captures,
        )


# -- Baselines --------------------------------------------------------------------------------------------

ROWS_PER_GROUP = (
    "SELECT v.article_id AS id, number AS version, v.first_seen, v.last_seen, url, v.title, lead, caption,"
    " dateline, v.published, text, words, truncation_count FROM versions v JOIN articles a ON a.id"
    " = v.article_id"
    " ORDER BY v.id"
)


def jsonl_baseline(db: sqlite3.Connection, out: Path) -> None:
    db.row_factory = sqlite3.Row
    with out.open("w", encoding="utf-8") as file:
        for row in db.execute(ROWS_PER_GROUP):
            file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")


def csv_baseline(db: sqlite3.Connection, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(db.execute(ROWS_PER_GROUP))


def sqlite_baseline(db: sqlite3.Connection, out: Path) -> None:
    db.execute("VACUUM INTO ?", [str(out)])


def parquet_baseline(db: sqlite3.Connection, out: Path) -> None:
    """Write the export's columns, lists included, from Python values."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from archive.export.parquet import SCHEMA  # noqa: PLC0415
    from archive.store import JSON_COLUMNS, SelectedVersion  # noqa: PLC0415
    from archive.store.export.selected_rows import IN_ORDER  # noqa: PLC0415

    db.executescript(SELECT_ALL)
    rows = db.execute(IN_ORDER)
    with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        while batch := rows.fetchmany(4000):
            table = [dict(zip(SelectedVersion._fields, row, strict=True)) for row in batch]
            for row in table:
                row |= {name: json.loads(row[name]) for name in JSON_COLUMNS}
                row |= {
                    name: bool(row[name])
                    for name in ("paragraphs_inferred", "umlauts_transliterated", "typography_only")
                }
                row |= {name: parse_stamp(row[name]) for name in ("first_seen", "last_seen")}
                row["published"] = datetime.fromisoformat(row["published"]).date()
            writer.write_table(pa.Table.from_pylist(table, schema=SCHEMA))


SELECT_ALL = """
CREATE TEMP TABLE selected AS
SELECT v.id AS version_id, article_id, v.first_seen, v.last_seen, version_count, NULL AS gone_since
FROM versions v JOIN articles a ON a.id = article_id ORDER BY v.id;
"""


def warc_baseline(db: sqlite3.Connection, out: Path) -> None:
    """Write each page gzipped separately, as in WARC, without metadata."""
    from sqlite_utils import Database  # noqa: PLC0415

    archive, seen = Database(db), set()
    with out.open("wb") as file:
        for url, at, payload in db.execute(
            "SELECT url, captured_at, payload_id FROM captures ORDER BY captured_at"
        ):
            body = b"" if payload in seen else payloads.load(archive, payload)
            seen.add(payload)
            file.write(gzip.compress(f"WARC/1.1\r\n{url}\r\n{at}\r\n\r\n".encode() + body, mtime=0))


def dump_baseline(db: sqlite3.Connection, out: Path) -> None:
    out.mkdir()
    for number, title, text in db.execute("SELECT id, title, text FROM versions ORDER BY id"):
        (out / f"{number}.txt").write_text(f"# taz.de -- {title}\n\n{text}\n", encoding="utf-8")


def epub_baseline(db: sqlite3.Connection, out: Path) -> None:
    """Write as many compressed chapters as a book may have."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for number, title, text in db.execute(f"SELECT id, title, text FROM versions LIMIT {CHAPTERS}"):
            pack.writestr(f"{number}.xhtml", f"<h1>{title}</h1><p>{text}</p>")


def newsedits_baseline(db: sqlite3.Connection, out: Path) -> None:
    """Write sentences, split at full stops, and what difflib finds of one version's in the next one's."""
    known: dict[int, list[str]] = {}
    with closing(sqlite3.connect(out)) as new, new:
        new.execute("CREATE TABLE split_sentences (entry_id, version, sent_idx, sentence)")
        new.execute("CREATE TABLE edits (entry_id, version, action, old_start, old_end, new_start, new_end)")
        for article, number, text in db.execute("SELECT article_id, number, text FROM versions ORDER BY id"):
            sentences = re.split(r"(?<=[.!?])\s+", text)
            rows = [(article, number, at, sentence) for at, sentence in enumerate(sentences)]
            new.executemany("INSERT INTO split_sentences VALUES (?, ?, ?, ?)", rows)
            if before := known.get(article):
                found = SequenceMatcher(None, before, sentences, autojunk=False).get_opcodes()
                edits = [(article, number, *edit) for edit in found]
                new.executemany("INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?, ?)", edits)
            known = {article: sentences}


BASELINES: dict[str, Callable[[sqlite3.Connection, Path], None]] = {
    "jsonl": jsonl_baseline,
    "csv": csv_baseline,
    "sqlite": sqlite_baseline,
    "parquet": parquet_baseline,
    "warc": warc_baseline,
    "wacz": warc_baseline,
    "dump": dump_baseline,
    "newsedits": newsedits_baseline,
    "epub": epub_baseline,
    "atom": jsonl_baseline,
}


# -- Measuring --------------------------------------------------------------------------------------------


def work(kind: str, form: str, path: str, out: str, as_of: str = "") -> None:
    """Run one export in this process and print the CPU seconds."""
    if kind == "baseline":
        with sqlite3.connect(path) as db:
            db.execute("SELECT 1 FROM versions").fetchone()
            started = process_time()
            BASELINES[form](db, Path(out))
    else:
        FORMATS[form].load()
        every = kind == "all" and form != "epub"
        until = START + timedelta(minutes=CHAPTERS * 3 // 4) if form == "epub" else None
        selection = Selection(every=every, as_of=parse_stamp(as_of) if as_of else until)
        order = ExportOptions(form=FORMATS[form], selection=selection)
        with open_reader(Path(path)) as archive:
            started = process_time()
            what = export(archive, Path(out), order, watching=_unwatched, warn=print)
        print(what.versions + what.captures, end=" ")
    print(process_time() - started)


@contextmanager
def _unwatched(_: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def _ran(folder: Path, rows: int, *args: str) -> Ran:
    out = folder / "out" / f"out.{SUFFIXES.get(args[1], args[1])}"
    shutil.rmtree(out.parent, ignore_errors=True)
    out.parent.mkdir()
    command = [sys.executable, "-m", "benchmarks.exports", "work", *args[:2]]
    words = [*command, str(folder / "taz.db"), str(out), *args[2:]]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    *said, seconds = process.stdout.read().split()
    usage: Any = os.wait4(process.pid, 0)[2]
    return Ran((int(said[-1]) if said else rows) / float(seconds), usage.ru_maxrss / 1024)


def measure(folder: Path, versions: int) -> None:
    """Measure all formats, and a snapshot against an export of latest versions."""
    make_archive(folder / "taz.db", versions)
    size = (folder / "taz.db").stat().st_size / 2**20
    show(f"an archive of {versions:,} versions", size, "MiB")
    for form in (name for name, form in FORMATS.items() if Shape.DATASET not in form.shapes):
        rows = {"warc": 2 * versions, "wacz": 2 * versions, "epub": min(CHAPTERS, versions)}.get(
            form, versions
        )
        baseline, ours = _ran(folder, rows, "baseline", form), _ran(folder, rows, "all", form)
        share = ours.rate / baseline.rate
        note = f"{share:.2f} × the baseline ({baseline.rate:,.0f}), {ours.memory:,.0f} MB"
        if share < MIN_RATES.get(form, MIN_RATE) or ours.memory > MAX_MEMORY:
            note += " — misses the goal"
        show(f"export, {form}", ours.rate, "rows/s", note)
        if form == "newsedits":
            show("export, newsedits, pairs of versions", ours.rate / (EDITED + 1), "edits/s")
    latest = _ran(folder, versions, "latest", "jsonl")
    then = _ran(folder, versions, "latest", "jsonl", stamp(START + timedelta(days=versions)))
    show("export as of a time, relative to the latest", latest.rate / then.rate, "× the time")


def main(versions: int = VERSIONS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), versions)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(*sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:]))
