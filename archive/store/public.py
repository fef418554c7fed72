"""All names that ``archive.store`` exports; it imports this module when the first of them is used."""

from archive.store.assembly.assembling import Assembly, new_archives, open_assembly
from archive.store.assembly.page_schedule import summed_rates
from archive.store.assembly.part_check import PartFault, check_first_rows
from archive.store.assembly.prepared_part import FirstIds, PreparedPart, prepare_part
from archive.store.assembly.search_building import build_search_index
from archive.store.bulk.capture_fact import CaptureFact, FactsSummary, RunningSummary, summary_of
from archive.store.bulk.derive_part import derive_part
from archive.store.bulk.facts import Facts, StoredFact
from archive.store.bulk.part import Part, is_page
from archive.store.bulk.part_reading import KILLED_REASON
from archive.store.bulk.part_rows import PART_TABLES, PartChangeRate, PartRows
from archive.store.data_dictionary.column import Column, ColumnType, ListOf, Stamp, columns_of
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.data_dictionary.table import Origin, Table
from archive.store.data_dictionary.tables import TABLES, VIEWS
from archive.store.db.connection import (
    has_writable_folder,
    is_archive,
    refuse_missing,
    refuse_non_archive,
    refuse_unopenable,
)
from archive.store.db.errors import as_store_error, translated
from archive.store.db.transactions import collector_paused
from archive.store.db.write_ahead_log import last_written
from archive.store.export.selected_captures import SelectedCapture
from archive.store.export.selected_rows import (
    JSON_COLUMNS,
    PLAIN_COLUMNS,
    SelectedVersion,
    VersionHead,
)
from archive.store.export.selection import CaptureCounts, Selection, VersionCounts
from archive.store.export.table_file import NewTables, new_tables_file
from archive.store.frontier.host_backoffs import HostBackoff
from archive.store.frontier.hosts import Backoff, StoredRobots
from archive.store.frontier.known_page_rows import KnownPage
from archive.store.frontier.known_pages import (
    ALL_PRIORITIES,
    NO_SHARD,
    ONLY_SHARD,
    WITHOUT_BACKFILL,
    BackfillProgress,
    PageState,
    Priority,
    Shard,
)
from archive.store.frontier.leasing import leasing_order
from archive.store.frontier.page_finder import LinkedPages, PageFinder
from archive.store.frontier.refetch import RefetchSources
from archive.store.frontier.reschedule import change_rates
from archive.store.frontier.schedule import CheckedPage, CheckResult, schedule_page
from archive.store.ingest.derived_rows import split_version_id
from archive.store.ingest.prepared import CaptureAhead, PreparedCapture
from archive.store.ingest.preparing import PreparingWork, prepared_or_unreadable, preparing_work
from archive.store.ingest.recorded import Recorded
from archive.store.ingest.recording import MAX_BATCH
from archive.store.maintenance.backup import back_up
from archive.store.maintenance.foreign_archive import ForeignArchive
from archive.store.maintenance.merged_captures import MergeResult
from archive.store.maintenance.merging import MERGE_COUNTS
from archive.store.maintenance.rebuilding import rebuild
from archive.store.maintenance.restoring import restore
from archive.store.maintenance.verifying import VerifyPlan
from archive.store.menus.name_index import (
    MAX_NAMES,
    NAME_LETTERS,
    RECENT_ARTICLES,
    FrequentName,
    IndexedName,
    letter_of,
)
from archive.store.menus.republished_lists import Extent, MenuArticle, MenuVersion, TooLong
from archive.store.menus.section_pages import PlaceCursor, SectionArticle, SectionSummary
from archive.store.menus.sections import ArticlePlace, ArticlePlacement, Section
from archive.store.menus.topics_authors import TOO_MANY_TO_COUNT, TopicOrAuthor
from archive.store.payloads.compaction import CompactionProgress
from archive.store.payloads.compression import digest_of, format_digest, parse_digest
from archive.store.payloads.payloads import MAX_PAYLOAD_BYTES
from archive.store.query.articles import Memento
from archive.store.query.calendar import DayCounts
from archive.store.query.edits import EditBrief, EditedField
from archive.store.query.events import MAX_COUNTED_EVENTS, ArticleEvent, EventFilter
from archive.store.query.history import Absence, Sightings, VersionSummary
from archive.store.query.listing import ArticleFilter, ArticleOrder, ListedArticle
from archive.store.query.provenance import CaptureOrigin, HealedText, Provenance, text_of
from archive.store.query.versions import PartCounts, blocks_of, find_version
from archive.store.reader import Reader, open_reader
from archive.store.rederivation.deriving_ahead import Elsewhere
from archive.store.rederivation.pending import DerivedPending
from archive.store.rederivation.reparsing import REPARSE_COUNTS, Reparse
from archive.store.rederivation.subject_changes import LostCapture
from archive.store.runs.health_inputs import file_size
from archive.store.runs.run_history import RunRecord
from archive.store.runs.source_health import RUNS_COUNTED, SourceHealth
from archive.store.runs.totals import GoneArticle, ProblemGroup, Totals
from archive.store.search.fts import MatchSpan, SearchHit
from archive.store.search.search import MAX_RANKED, SearchResult
from archive.store.search.suggestions import Continuation, Suggestions, UnknownName
from archive.store.soundness.check_history import CheckRecord, PartChecks
from archive.store.soundness.check_record import record_check
from archive.store.soundness.check_run import CheckRun, CheckScope
from archive.store.soundness.faults import Fault, FaultKind
from archive.store.soundness.sound_ranges import SoundRanges, load_sound_ranges
from archive.store.sql_functions import bound_results, register_sql_functions
from archive.store.writer import Writer, open_writer

__all__ = [
    "ALL_PRIORITIES",
    "JSON_COLUMNS",
    "KILLED_REASON",
    "MAX_BATCH",
    "MAX_COUNTED_EVENTS",
    "MAX_NAMES",
    "MAX_PAYLOAD_BYTES",
    "MAX_RANKED",
    "MERGE_COUNTS",
    "NAME_LETTERS",
    "NO_SHARD",
    "ONLY_SHARD",
    "PART_TABLES",
    "PLAIN_COLUMNS",
    "RECENT_ARTICLES",
    "REPARSE_COUNTS",
    "RUNS_COUNTED",
    "TABLES",
    "TOO_MANY_TO_COUNT",
    "VIEWS",
    "WITHOUT_BACKFILL",
    "Absence",
    "ArticleEvent",
    "ArticleFilter",
    "ArticleOrder",
    "ArticlePlace",
    "ArticlePlacement",
    "Assembly",
    "BackfillProgress",
    "Backoff",
    "CaptureAhead",
    "CaptureCounts",
    "CaptureFact",
    "CaptureOrigin",
    "CheckRecord",
    "CheckResult",
    "CheckRun",
    "CheckScope",
    "CheckedPage",
    "Column",
    "ColumnType",
    "CompactionProgress",
    "Continuation",
    "DayCounts",
    "DerivedPending",
    "EditBrief",
    "EditedField",
    "Elsewhere",
    "EventFilter",
    "Extent",
    "Facts",
    "FactsSummary",
    "Fault",
    "FaultKind",
    "FirstIds",
    "ForeignArchive",
    "FrequentName",
    "GoneArticle",
    "HealedText",
    "HostBackoff",
    "IndexedName",
    "KnownPage",
    "LinkedPages",
    "ListOf",
    "ListedArticle",
    "LostCapture",
    "MatchSpan",
    "Memento",
    "MenuArticle",
    "MenuVersion",
    "MergeResult",
    "NewTables",
    "Origin",
    "PageFinder",
    "PageState",
    "Part",
    "PartChangeRate",
    "PartChecks",
    "PartCounts",
    "PartFault",
    "PartRows",
    "PlaceCursor",
    "PreparedCapture",
    "PreparedPart",
    "PreparingWork",
    "Priority",
    "ProblemGroup",
    "Provenance",
    "Reader",
    "Recorded",
    "RefetchSources",
    "Reparse",
    "RunRecord",
    "RunningSummary",
    "SearchHit",
    "SearchResult",
    "Section",
    "SectionArticle",
    "SectionSummary",
    "SelectedCapture",
    "SelectedVersion",
    "Selection",
    "Shard",
    "Sightings",
    "SoundRanges",
    "SourceHealth",
    "Stamp",
    "StoredFact",
    "StoredRobots",
    "Suggestions",
    "Table",
    "TooLong",
    "TopicOrAuthor",
    "Totals",
    "UnknownName",
    "VerifyPlan",
    "VersionCounts",
    "VersionHead",
    "VersionRow",
    "VersionSummary",
    "Writer",
    "as_store_error",
    "back_up",
    "blocks_of",
    "bound_results",
    "build_search_index",
    "change_rates",
    "check_first_rows",
    "collector_paused",
    "columns_of",
    "derive_part",
    "digest_of",
    "file_size",
    "find_version",
    "format_digest",
    "has_writable_folder",
    "is_archive",
    "is_page",
    "last_written",
    "leasing_order",
    "letter_of",
    "load_sound_ranges",
    "new_archives",
    "new_tables_file",
    "open_assembly",
    "open_reader",
    "open_writer",
    "parse_digest",
    "prepare_part",
    "prepared_or_unreadable",
    "preparing_work",
    "rebuild",
    "record_check",
    "refuse_missing",
    "refuse_non_archive",
    "refuse_unopenable",
    "register_sql_functions",
    "restore",
    "schedule_page",
    "split_version_id",
    "summary_of",
    "summed_rates",
    "text_of",
    "translated",
]
