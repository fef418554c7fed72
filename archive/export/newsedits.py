"""Sentences and what became of them, in the tables of the NewsEdits corpus.

Spangher et al., "NewsEdits: A News Article Revision Dataset and a Novel Document-Level Reasoning Challenge",
NAACL 2022; https://github.com/isi-nlp/NewsEdits. docs/export.md says how the columns correspond.

A file is SQLite, as the corpus is published; a folder has a CSV file for each table. Each selected version is
compared with the one before it, whether that is selected or not.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from statistics import fmean
from typing import Annotated, NamedTuple

from archive.export.datapackage import RowsFile, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import ExportJob
from archive.paper import NAME
from archive.store import Column, NewTables, SelectedVersion, Stamp, columns_of, new_tables_file
from archive.text.article_sentences import Sentences, split_sentences
from archive.text.sentence_edits import SentenceAction, SentenceEdits, compare_sentences

ROWS_PER_STEP = 2_000  # held in memory

EntryId = Annotated[int, "The article: the number in its address; negative: provisional."]
Older = Annotated[int, "The older version, counted from 0."]
Newer = Annotated[int, "The newer version: the older one plus 1."]


class EntryVersion(NamedTuple):
    """A version of an article. ``source`` and the names of columns are those of the corpus."""

    entry_id: EntryId
    version: Annotated[int, "The version, counted from 0: its number in the archive less 1."]
    title: Annotated[str, "Its whole title."]
    url: Annotated[str | None, "The article's address."]
    created: Annotated[Stamp, "Time of the version's first capture, UTC."]
    source: Annotated[str, "The newspaper."]
    summary: Annotated[str, "Its text, without title, lead and caption."]
    num_versions: Annotated[int, "Number of versions of the article up to the time of the export."]


class SplitSentence(NamedTuple):
    """A sentence or a subhead of a version's text."""

    entry_id: EntryId
    version: Annotated[int, "The version, counted from 0."]
    sent_idx: Annotated[int, "The place of the sentence in the text, from 0."]
    sentence: Annotated[str, "The sentence on one line."]


class MatchedSentence(NamedTuple):
    """Two sentences of consecutive versions that go together, or one that was deleted or added."""

    entry_id: EntryId
    version_x: Older
    version_y: Newer
    sent_idx_x: Annotated[int | None, "The sentence of the older version. NULL: added."]
    sent_idx_y: Annotated[int | None, "The sentence of the newer version. NULL: deleted."]
    avg_sentence_distance_x: Annotated[
        float | None,
        "Share of the older sentence's letters that the newer one lacks. NULL: has a closer one.",
    ]
    avg_sentence_distance_y: Annotated[
        float | None,
        "Share of the newer sentence's letters that the older one lacks. NULL: has a closer one.",
    ]
    action: Annotated[
        str,
        "added, removed, edited, unchanged, or unknown: truncated, or divided elsewhere (not in the corpus).",
    ]
    moved: Annotated[int, "1: moved past others; a refactor (not in the corpus)."]


class DocLevelStats(NamedTuple):
    """The numbers of sentences of two consecutive versions by what became of them."""

    entry_id: EntryId
    version_x: Older
    version_y: Newer
    mean_x_dist: Annotated[float | None, "Mean of avg_sentence_distance_x. NULL: no two go together."]
    mean_y_dist: Annotated[float | None, "Mean of avg_sentence_distance_y. NULL: no two go together."]
    num_unchanged: Annotated[int, "Sentences that are the same in both."]
    num_edited_x: Annotated[int, "Sentences of the older version that were edited."]
    num_edited_y: Annotated[int, "Sentences of the newer version that were edited."]
    num_deleted: Annotated[int, "Sentences that only the older version has."]
    num_added: Annotated[int, "Sentences that only the newer version has."]
    num_merged: Annotated[int, "Sentences of the newer version that go with several older ones."]
    num_split: Annotated[int, "Sentences of the older version that go with several newer ones."]
    num_sentences_x: Annotated[int, "Sentences of the older version."]
    num_sentences_y: Annotated[int, "Sentences of the newer version."]
    num_refactors: Annotated[int, "Pairs of sentences that were moved."]
    mean_dist_overall: Annotated[float | None, "Mean of both means."]
    num_unknown_x: Annotated[int, "Sentences of the older version that may be unchanged (not in the corpus)."]
    num_unknown_y: Annotated[int, "Sentences of the newer version that may be unchanged (not in the corpus)."]


Row = EntryVersion | SplitSentence | MatchedSentence | DocLevelStats
CORPUS_TABLES: dict[type[Row], str] = {
    EntryVersion: "entryversion",
    SplitSentence: "split_sentences",
    MatchedSentence: "matched_sentences",
    DocLevelStats: "doc_level_stats",
}
_KEYS: dict[type[Row], tuple[str, ...]] = {
    EntryVersion: ("entry_id", "version"),
    SplitSentence: ("entry_id", "version", "sent_idx"),
    MatchedSentence: (),
    DocLevelStats: ("entry_id", "version_x", "version_y"),
}
_CORPUS_NAMES = {"mean_x_dist": "mean x dist", "mean_y_dist": "mean y dist"}


def columns(row_type: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a table as the corpus names them."""
    kind: type = row_type
    found = columns_of(kind).values()
    return tuple(column._replace(name=_CORPUS_NAMES.get(column.name, column.name)) for column in found)


def write_file(job: ExportJob, path: Path) -> None:
    with new_tables_file(path) as tables:
        for row_type, name in CORPUS_TABLES.items():
            tables.create(name, {column.name: column.sql_type for column in columns(row_type)})
        tables.create("about", {"key": "TEXT", "value": "TEXT"})
        tables.add("about", sorted(job.about.plain.items()))
        _fill(job, tables)
        for name in CORPUS_TABLES.values():
            tables.index(name, "entry_id")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _fill(job: ExportJob, tables: NewTables) -> None:
    waiting: dict[type[Row], list[Row]] = {row_type: [] for row_type in CORPUS_TABLES}
    for row in _rows(job):
        rows = waiting[type(row)]
        rows.append(row)
        if len(rows) == ROWS_PER_STEP:
            tables.add(CORPUS_TABLES[type(row)], rows)
            rows.clear()
    for row_type, rows in waiting.items():
        tables.add(CORPUS_TABLES[row_type], rows)


def write_folder(job: ExportJob, folder: Path) -> None:
    with ExitStack() as files:
        texts = {
            row_type: TextIOWrapper(
                files.enter_context(whole_file(folder / f"{name}.csv")), encoding="utf-8", newline=""
            )
            for row_type, name in CORPUS_TABLES.items()
        }
        writers = {row_type: csv.writer(text) for row_type, text in texts.items()}
        for row_type, writer in writers.items():
            writer.writerow(column.name for column in columns(row_type))
        for row in _rows(job):
            writers[type(row)].writerow(row)
        for text in texts.values():
            text.flush()
            text.detach()  # the file is synced and closed
    write_datapackage(job, folder / "datapackage.json", *map(_resource, CORPUS_TABLES))


def _resource(row_type: type[Row]) -> RowsFile:
    name = CORPUS_TABLES[row_type]
    return RowsFile(f"{name}.csv", "csv", name=name, columns=columns(row_type), key=_KEYS[row_type])


class _Version(NamedTuple):
    """A version and its sentences."""

    row: EntryVersion
    sentences: Sentences

    @classmethod
    def of(cls, row: SelectedVersion) -> "_Version":
        head = (
            row.id,
            row.version - 1,
            row.title,
            row.url,
            row.first_seen,
            NAME,
            row.text,
            row.version_count,
        )
        return cls(EntryVersion(*head), split_sentences(row.article()))

    def rows(self) -> Iterator[Row]:
        yield self.row
        for at, sentence in enumerate(self.sentences.texts):
            yield SplitSentence(self.row.entry_id, self.row.version, at, sentence)


def _rows(job: ExportJob) -> Iterator[Row]:
    """Yield the rows of all tables, version by version."""
    before: _Version | None = None
    for row in job.wordings():
        now = _Version.of(row)
        if row.version > 1:
            if before is None or (before.row.entry_id, before.row.version) != (row.id, row.version - 2):
                before = _version_before(job, row)
                yield from before.rows()
            yield from now.rows()
            edited = "text" in json.loads(row.edited)
            yield from _pair(now.row, compare_sentences(before.sentences, now.sentences, edited=edited))
        else:
            yield from now.rows()
        before = now


def _version_before(job: ExportJob, row: SelectedVersion) -> _Version:
    """Return the version before a selected one, which is not selected itself."""
    versions = job.archive.versions
    before = versions.numbered(row.id, row.version - 1)
    entry = EntryVersion(
        entry_id=row.id,
        version=before.number - 1,
        title=before.title,
        url=row.url,
        created=before.first_seen,
        source=NAME,
        summary=before.text,
        num_versions=row.version_count,
    )
    return _Version(entry, split_sentences(versions.wording(before)))


def _pair(newer: EntryVersion, found: SentenceEdits) -> Iterator[Row]:
    pair = (newer.entry_id, newer.version - 1, newer.version)
    for edit in found.edits:
        _, old, new, old_distance, new_distance, _ = edit
        yield MatchedSentence(*pair, old, new, old_distance, new_distance, edit.action.value, int(edit.moved))
    yield _statistics(pair, found)


def _statistics(pair: tuple[int, int, int], found: SentenceEdits) -> DocLevelStats:
    old, new = Counter(found.old_actions.values()), Counter(found.new_actions.values())
    together = [(edit.old, edit.new) for edit in found.edits if edit.old is not None and edit.new is not None]
    mean_x = _mean([edit.old_distance for edit in found.edits])
    mean_y = _mean([edit.new_distance for edit in found.edits])
    return DocLevelStats(
        *pair,
        mean_x_dist=mean_x,
        mean_y_dist=mean_y,
        num_unchanged=new[SentenceAction.UNCHANGED],
        num_edited_x=old[SentenceAction.EDITED],
        num_edited_y=new[SentenceAction.EDITED],
        num_deleted=old[SentenceAction.REMOVED],
        num_added=new[SentenceAction.ADDED],
        num_merged=_repeated([one for _, one in together]),
        num_split=_repeated([one for one, _ in together]),
        num_sentences_x=len(found.old),
        num_sentences_y=len(found.new),
        num_refactors=sum(edit.moved for edit in found.edits),
        mean_dist_overall=_mean([mean_x, mean_y]),
        num_unknown_x=old[SentenceAction.UNKNOWN],
        num_unknown_y=new[SentenceAction.UNKNOWN],
    )


def _mean(distances: Sequence[float | None]) -> float | None:
    known = [distance for distance in distances if distance is not None]
    return fmean(known) if known else None


def _repeated(places: Sequence[int]) -> int:
    return sum(count > 1 for count in Counter(places).values())
