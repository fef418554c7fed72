"""All names that ``archive.store`` exports; it imports this module when the first of them is used."""

from archive.store.chartable import CHARTS
from archive.store.db.connection import (
    has_writable_folder,
    is_archive,
    refuse_missing,
    refuse_strangers,
    refuse_unopenable,
)
from archive.store.db.errors import hindrance, translated
from archive.store.db.held_file import last_written
from archive.store.export.selected_rows import NESTED, PLAIN, Headed, Kept, Told
from archive.store.export.selecting import Counted, CountedCaptures, Selection
from archive.store.frontier.hosts import StoredRobots
from archive.store.frontier.known_pages import (
    ALL_PRIORITIES,
    ONLY_SHARD,
    WITHOUT_BACKFILL,
    BackfillProgress,
    CompletedFetch,
    Priority,
    Shard,
)
from archive.store.frontier.refetch import RefetchSources
from archive.store.ingest.parallel import processors
from archive.store.ingest.recording import Recorded
from archive.store.maintenance.backup import back_up
from archive.store.maintenance.foreign_archive import Other
from archive.store.maintenance.merging import MERGE_COUNTS, Merged
from archive.store.maintenance.rebuilding import rebuild
from archive.store.maintenance.reparsing import REPARSE_COUNTS, Reparse
from archive.store.maintenance.rereading import Lost
from archive.store.maintenance.restoring import restore
from archive.store.maintenance.verifying import Fault, Part, Plan
from archive.store.metadata import datasette_metadata, refuse_datasette
from archive.store.payloads.compaction import CompactionProgress
from archive.store.payloads.compression import digest_of
from archive.store.query.articles import Memento
from archive.store.query.calendar import Day
from archive.store.query.edits import Edited
from archive.store.query.events import Event
from archive.store.query.fts import Hit, MatchSpan
from archive.store.query.history import Absence, Sightings, Step
from archive.store.query.listing import Listed, Wanted
from archive.store.query.menus import Extent, Shown, TooLong, Wording
from archive.store.query.provenance import HealedWords, Origin, Provenance, text_of
from archive.store.query.search import FEW
from archive.store.query.sections import Section
from archive.store.query.topics_authors import TOO_MANY_TO_COUNT, Shelf
from archive.store.query.versions import Parts, VersionRow, blocks_of, find_version
from archive.store.reader import Reader, open_reader
from archive.store.runs.health_inputs import file_size
from archive.store.runs.runs import Run
from archive.store.runs.source_health import RUNS_COUNTED, Health
from archive.store.runs.totals import Gone, Inventory, Problem
from archive.store.sql_functions import bound_results, register_sql_functions
from archive.store.writer import Writer, open_writer

__all__ = [
    "ALL_PRIORITIES",
    "CHARTS",
    "FEW",
    "MERGE_COUNTS",
    "NESTED",
    "ONLY_SHARD",
    "PLAIN",
    "REPARSE_COUNTS",
    "RUNS_COUNTED",
    "TOO_MANY_TO_COUNT",
    "WITHOUT_BACKFILL",
    "Absence",
    "BackfillProgress",
    "CompactionProgress",
    "CompletedFetch",
    "Counted",
    "CountedCaptures",
    "Day",
    "Edited",
    "Event",
    "Extent",
    "Fault",
    "Gone",
    "Headed",
    "HealedWords",
    "Health",
    "Hit",
    "Inventory",
    "Kept",
    "Listed",
    "Lost",
    "MatchSpan",
    "Memento",
    "Merged",
    "Origin",
    "Other",
    "Part",
    "Parts",
    "Plan",
    "Priority",
    "Problem",
    "Provenance",
    "Reader",
    "Recorded",
    "RefetchSources",
    "Reparse",
    "Run",
    "Section",
    "Selection",
    "Shard",
    "Shelf",
    "Shown",
    "Sightings",
    "Step",
    "StoredRobots",
    "Told",
    "TooLong",
    "VersionRow",
    "Wanted",
    "Wording",
    "Writer",
    "back_up",
    "blocks_of",
    "bound_results",
    "datasette_metadata",
    "digest_of",
    "file_size",
    "find_version",
    "has_writable_folder",
    "hindrance",
    "is_archive",
    "last_written",
    "open_reader",
    "open_writer",
    "processors",
    "rebuild",
    "refuse_datasette",
    "refuse_missing",
    "refuse_strangers",
    "refuse_unopenable",
    "register_sql_functions",
    "restore",
    "text_of",
    "translated",
]
