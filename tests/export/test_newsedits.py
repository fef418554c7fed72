"""``export --format newsedits``: the tables of the NewsEdits corpus, as its users read them."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.export.newsedits import CORPUS_TABLES
from archive.model import Article, Capture, Kind, PageKey
from archive.store import blocks_of, open_writer
from tests.support.samples.exported_archive import needs_readers, python, taz_archive, tool
from tests.support.samples.sample_archive import visit

NUMBER = 900200
START = datetime(2025, 4, 1, 6, tzinfo=UTC)
RAIN, SENATE = "Es regnet seit Tagen in Hamburg.", "Der Senat tagt heute in Berlin."
TEXTS = (
    f"{SENATE} {RAIN}\n\nAm 10. April kam Dr. Müller. Die Opposition ist dagegen.",
    f"{RAIN} Der Senat tagt morgen in Berlin.\n\nDie Opposition ist dagegen. Ganz neu ist dieser Satz.",
    f"{RAIN} Der Senat tagt morgen in Berlin.\n\nDie Opposition ist dagegen. Ganz neu ist dieser Satz.",
)
CORPUS = {
    "split_sentences": ["entry_id", "version", "sent_idx", "sentence"],
    "matched_sentences": [
        *("entry_id", "version_x", "version_y", "sent_idx_x", "sent_idx_y"),
        *("avg_sentence_distance_x", "avg_sentence_distance_y"),
    ],
    "doc_level_stats": [
        *("entry_id", "version_x", "version_y", "mean x dist", "mean y dist", "num_unchanged"),
        *("num_edited_x", "num_edited_y", "num_deleted", "num_added", "num_merged", "num_split"),
        *("num_sentences_x", "num_sentences_y", "num_refactors", "mean_dist_overall"),
    ],
}


def captures() -> Iterator[Capture]:
    for number, text in enumerate(TEXTS):
        title = "Streit: Ein Titel" if number < 2 else "Streit: Ein neuer Titel"
        wording = Article(title=title, blocks=blocks_of(text), published=START.date())
        yield visit(PageKey(Kind.ARTICLE, NUMBER), START + timedelta(days=number), wording)
        yield visit(
            PageKey(Kind.ARTICLE, NUMBER + 1), START + timedelta(days=number), replace(wording, title="X")
        )


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("newsedits") / "taz.db"
    with open_writer(path) as archive:
        archive.record(captures())
    return path


def export(archive: Path, out: Path, *args: object) -> Path:
    ended = taz_archive("export", archive, out, "--format", "newsedits", *args)
    assert ended.code == 0, ended.stderr
    return out


def rows(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query)]


MATCHED = f"""
SELECT version_y, action, moved, x.sentence AS old, y.sentence AS new FROM matched_sentences m
LEFT JOIN split_sentences x ON x.entry_id = m.entry_id AND x.version = version_x AND x.sent_idx = sent_idx_x
LEFT JOIN split_sentences y ON y.entry_id = m.entry_id AND y.version = version_y AND y.sent_idx = sent_idx_y
WHERE m.entry_id = {NUMBER} AND (action <> 'unchanged' OR moved)
"""


def test_sentences_are_matched_as_in_the_corpus(edited: Path, tmp_path: Path) -> None:
    out = export(edited, tmp_path / "ne.db")
    for table, names in CORPUS.items():
        assert list(rows(out, f"SELECT * FROM {table} LIMIT 1")[0])[: len(names)] == names
    assert [tuple(row.values()) for row in rows(out, MATCHED)] == [
        (1, "unchanged", 1, RAIN, RAIN),
        (1, "edited", 0, SENATE, "Der Senat tagt morgen in Berlin."),
        (1, "added", 0, None, "Ganz neu ist dieser Satz."),
        (1, "removed", 0, "Am 10. April kam Dr. Müller.", None),
    ]
    first, second = rows(out, f"SELECT * FROM doc_level_stats WHERE entry_id = {NUMBER}")
    assert first == first | {
        "num_unchanged": 2,
        "num_edited_x": 1,
        "num_edited_y": 1,
        "num_deleted": 1,
        "num_added": 1,
        "num_refactors": 1,
        "num_sentences_x": 4,
    }
    assert second == second | {"version_x": 1, "version_y": 2, "num_unchanged": 4, "mean_dist_overall": 0.0}


def test_every_sentence_of_every_pair_is_counted_once(archive: Path, tmp_path: Path) -> None:
    out = export(archive, tmp_path / "ne.db")
    found = rows(out, "SELECT * FROM doc_level_stats")
    versions = rows(out, "SELECT * FROM entryversion")
    assert len(found) == len(versions) - len({row["entry_id"] for row in versions})
    for side, gone in (("x", "num_deleted"), ("y", "num_added")):
        parts = ("num_unchanged", f"num_edited_{side}", f"num_unknown_{side}", gone)
        assert all(sum(row[part] for part in parts) == row[f"num_sentences_{side}"] for row in found)
    about = {row["key"]: row["value"] for row in rows(out, "SELECT * FROM about")}
    assert about["versions"] == str(len(versions))


@pytest.mark.slow
def test_a_folder_has_the_same_rows_as_csv(
    edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = export(edited, tmp_path / "ne.db"), export(edited, tmp_path / "ne")
    for name in CORPUS_TABLES.values():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as table:
            cells = list(csv.DictReader(table))
        expected = rows(file, f"SELECT * FROM {name}")
        assert cells == [
            {column: "" if value is None else str(value) for column, value in row.items()} for row in expected
        ]
    monkeypatch.chdir(folder)
    report = json.loads(tool("frictionless", "validate", "--json", "datapackage.json"))
    assert [task["valid"] for task in report["tasks"]] == [True] * len(CORPUS_TABLES), report


def test_a_database_is_not_named_csv(archive: Path, tmp_path: Path) -> None:
    ended = taz_archive("export", archive, tmp_path / "edits.csv", "--format", "newsedits")
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "give a name such as edits.db, or edits" in ended.stderr


def test_a_version_is_compared_with_the_one_before_it_even_if_that_is_not_selected(
    edited: Path, tmp_path: Path
) -> None:
    for at, args in enumerate((("--since", "2025-04-03"), ("--versions", "latest"))):
        out = export(edited, tmp_path / f"{at}.db", *args)
        pairs = rows(out, "SELECT entry_id, version_x, version_y FROM doc_level_stats")
        assert [tuple(pair.values()) for pair in pairs if pair["entry_id"] == NUMBER] == [(NUMBER, 1, 2)]
        sentences = rows(out, f"SELECT DISTINCT version FROM split_sentences WHERE entry_id = {NUMBER}")
        assert [row["version"] for row in sentences] == [1, 2]


# As the corpus's notebooks read it: edited sentences with their texts, and the refactors by their arcs.
PROGRAM = """
import json, sqlite3, sys
import pandas as pd

conn = sqlite3.connect(sys.argv[1])
matched = pd.read_sql("SELECT * FROM matched_sentences WHERE avg_sentence_distance_x > 0.1", con=conn)
sentences = pd.read_sql("SELECT * FROM split_sentences", con=conn)
both = matched
for side in "xy":
    keys = ["entry_id", f"version_{side}", f"sent_idx_{side}"]
    both = both.merge(
        sentences.rename(columns={"sentence": f"sentence_{side}"}),
        left_on=keys, right_on=["entry_id", "version", "sent_idx"],
    ).drop(["version", "sent_idx"], axis=1)
stats = pd.read_sql("SELECT * FROM doc_level_stats", con=conn)
pairs = both[["sentence_x", "sentence_y"]].values.tolist()
print(json.dumps([pairs, stats["mean x dist"].round(3).tolist()]))
"""


@pytest.mark.slow  # imports pandas
@needs_readers
def test_pandas_reads_it_as_it_reads_the_corpus(edited: Path, tmp_path: Path) -> None:
    out = export(edited, tmp_path / "ne.db")
    sentences, means = json.loads(python(PROGRAM, out))
    assert sentences[0] == [SENATE, "Der Senat tagt morgen in Berlin."]
    assert len(means) == 3
