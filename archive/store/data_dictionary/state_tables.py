"""Columns of the frontier and the history of runs and checks."""

from typing import Annotated, NamedTuple

from archive.store.data_dictionary.column import Bytes, CrawlId, Flag, Stamp


class PageRow(NamedTuple):
    """The frontier: every known page, when it is due, and whether it is being fetched."""

    id: Annotated[int, "Numbered in order of discovery."]
    kind: Annotated[str, "`root`, `section`, `topic`, `author` or `article`."]
    number: Annotated[int, "Number in the page's address; 0 for the root."]
    priority: Annotated[
        int,
        "Order among due pages: 0 seeds, 1 new articles, 2 recent articles, 3 menus that list new articles,"
        " 4 backfill, 5 all others; 9 pages of another shard.",
    ]
    due_at: Annotated[Stamp, "When to fetch the page next, UTC."]
    leased_until: Annotated[
        Stamp | None,
        "End of the lease of the run that fetches the page, UTC. NULL: not being fetched.",
    ]
    discovered_at: Annotated[Stamp, "Time of the capture that first linked to the page, UTC."]
    checked_at: Annotated[Stamp | None, "When the page was last fetched, UTC. NULL: never."]
    changed_at: Annotated[Stamp | None, "When a fetch last found a new version, UTC. NULL: never, or a menu."]
    check_count: Annotated[int, "Number of fetches that could be parsed."]
    change_count: Annotated[
        int,
        "Number of fetches that found a change. Of a menu: number of pages discovered after its first fetch.",
    ]
    failure_count: Annotated[int, "Number of consecutive fetches that failed."]
    change_score: Annotated[
        float,
        "Number of changes as of `checked_at`, each weighted by its age: weights decay exponentially.",
    ]


class HostRow(NamedTuple):
    """robots.txt and back-off state of each server, kept between runs."""

    host: Annotated[str, "Scheme, host and port: `gopher://taz.de:70`."]
    robots: Annotated[str | None, "The server's `robots.txt`; empty if it has none. NULL: not fetched."]
    robots_until: Annotated[Stamp | None, "When `robots` expires, UTC. NULL: not fetched."]
    backoff_until: Annotated[
        Stamp | None,
        "Until when the server is not contacted, UTC, because it banned us or could not be reached. NULL: no"
        " back-off.",
    ]
    problem: Annotated[str | None, "Reason for the back-off, in one line. NULL: no back-off."]
    failure_count: Annotated[int, "Number of consecutive runs that could not reach the server."]


class ChangeRateRow(NamedTuple):
    """How often articles were found changed, by age; determines when they are fetched next."""

    age_hours: Annotated[float, "Lower bound of the age, in hours; the next row is the upper bound."]
    change_count: Annotated[
        float,
        "Changes of all articles at that age. A change found after a long interval is divided among the ages"
        " it spans.",
    ]
    observed_hours: Annotated[
        float,
        "Hours of observation of all articles at that age. Intervals with a change count half.",
    ]


class CrawlRow(NamedTuple):
    """The run history: one row per crawl. Consecutive idle runs share a row."""

    id: Annotated[int, "Numbered in the order of the runs."]
    started_at: Annotated[Stamp, "When the run started, UTC."]
    finished_at: Annotated[Stamp | None, "When the run ended, UTC. NULL: still running, or crashed."]
    reason: Annotated[
        str | None,
        "Why the run ended, as Scrapy names it: `finished`, `shutdown` …; `nothing due`; `failed: …` with"
        " the error; `died`: crashed or killed. NULL: still running.",
    ]
    sources: Annotated[str, "Sources, in order of preference: `gopher`; `meulie, gopher`."]
    page_count: Annotated[int, "Number of captures."]
    problem_count: Annotated[int, "Number of captures that failed or could not be parsed."]
    new_articles: Annotated[int, "Number of articles captured for the first time."]
    new_versions: Annotated[int, "Number of new versions, including first ones."]
    bytes: Annotated[Bytes, "Bytes received, before compression."]
    idle_runs: Annotated[int, "Number of consecutive runs with nothing due that share this row; otherwise 0."]
    stats: Annotated[str | None, "Scrapy's statistics, as JSON. NULL: not finished."]


class CrawlSourceRow(NamedTuple):
    """Results of each source in a run: answers, failures and layout changes."""

    crawl_id: Annotated[CrawlId, "The run."]
    source: Annotated[str, "Name of the source, as in `captures`."]
    asked_at: Annotated[
        Stamp | None,
        "Time of the last request in this run, UTC. NULL: robots.txt forbade all.",
    ]
    answered_at: Annotated[Stamp | None, "Time of the last complete answer, UTC. NULL: no answer."]
    page_count: Annotated[
        int,
        "Number of captures. Each is counted in one of the next five columns, or was parsed.",
    ]
    failed: Annotated[int, "Captures without a complete answer."]
    forbidden: Annotated[int, "Pages that were not requested because robots.txt forbids it."]
    absent: Annotated[int, "Answers that the page does not exist."]
    repeated: Annotated[
        int,
        "Captures with the same bytes as the source's previous one of that page. They say nothing new about"
        " the layout, so the following columns exclude them.",
    ]
    unreadable: Annotated[int, "Answers that are not the expected page."]
    article_count: Annotated[int, "Number of articles that were parsed; excludes menus."]
    without_text: Annotated[int, "Articles without text."]
    without_date: Annotated[int, "Articles without a date."]
    without_authors: Annotated[int, "Articles without an author."]
    truncated: Annotated[int, "Articles that the source truncated."]
    row_count: Annotated[int, "Number of lines of all parsed pages, including menus."]
    unknown_row_count: Annotated[int, "Number of lines that the parser does not recognize."]
    pages_with_unknown_rows: Annotated[int, "Number of pages with at least one unrecognized line."]
    layout_change: Annotated[
        str | None,
        "What changed in the layout of the source's pages, in one line. NULL: nothing.",
    ]
    excluded: Annotated[
        Flag,
        "1: not part of the baseline of later runs, because a `reparse` ended its layout change.",
    ]


class ReparseRow(NamedTuple):
    """One row per `reparse`, with its progress and results."""

    id: Annotated[int, "Numbered in the order of the reparses."]
    started_at: Annotated[Stamp, "When the reparse started, UTC."]
    finished_at: Annotated[
        Stamp | None,
        "When the reparse ended, UTC. NULL: unfinished; the next run resumes it.",
    ]
    phase: Annotated[
        str,
        "Current phase: `articles`, `provisional` (articles without a number), `menus` or `unnumbered`"
        " (captures without a number that belong to no article).",
    ]
    cursor: Annotated[int, "The last id in that phase that is done."]
    done_count: Annotated[int, "Number of items done in all phases."]
    result: Annotated[str, "Counts of changes so far, as JSON."]


class PendingRow(NamedTuple):
    """What is not derived yet, since a merge or repair was interrupted.

    The next command that writes to the archive derives it.
    """

    subject: Annotated[
        str,
        "`article`: an article; `menu`: a capture of a menu; `unnumbered`: pages without a number are to be"
        " matched to articles again.",
    ]
    id: Annotated[int, "Number of the article, id of the menu's page, or 0."]
    capture_id: Annotated[int, "Capture of a menu, or 0."]


class CertificateRow(NamedTuple):
    """Certificates of gemini servers: trusted on first use, others are refused."""

    host: Annotated[str, "Host and port: `taz.de:1965`."]
    fingerprint: Annotated[str, "SHA-256 of the certificate (DER), in hexadecimal."]
    first_seen: Annotated[Stamp, "When the certificate was first received, UTC."]
    last_seen: Annotated[Stamp, "When the certificate was last received, UTC."]


class CapturePeriodRow(NamedTuple):
    """The tree over all captures (docs/identifiers.md): the captures of each minute, hour, day and month."""

    level: Annotated[
        int,
        "Length of `period`: 16 of a minute, 13 of an hour, 10 of a day, 7 of a month, 0 of all captures.",
    ]
    period: Annotated[str, "Beginning of the times in the period: `2025-04-10T12`. Empty: all captures."]
    capture_count: Annotated[int, "Number of captures in the period."]
    root: Annotated[bytes, "Root of the period's tree, 32 bytes."]


class AddedCapturesRow(NamedTuple):
    """Ranges of captures that taz-archive added: others were inserted by another program, gaps deleted."""

    first_id: Annotated[int, "First capture of the range."]
    last_id: Annotated[int, "Last capture of the range."]


class RootRow(NamedTuple):
    """The root of the tree over all captures, as it was after each run that added captures."""

    id: Annotated[int, "Numbered in order of time."]
    computed_at: Annotated[Stamp, "When the root was computed, UTC."]
    capture_count: Annotated[int, "Number of captures in the tree; equal ones count once."]
    last_capture_id: Annotated[int, "The last capture in the tree: it is over all captures up to this `id`."]
    digest: Annotated[bytes, "The root, 32 bytes."]


class CheckRow(NamedTuple):
    """The history of checks: one row per `verify`, unless the file could not be written to."""

    id: Annotated[int, "Numbered in order of recording."]
    began_at: Annotated[Stamp, "When the check began, UTC."]
    finished_at: Annotated[Stamp, "When the check ended, or was interrupted, UTC."]
    scope: Annotated[
        str,
        "`all`: everything. `sample`: all but a part of the articles and sections. `budget`: the parts that"
        " were not checked for longest.",
    ]
    file: Annotated[
        str,
        "The file that was read: id of its file system and number in it (inode). A copy has another one, and"
        " counts as not checked.",
    ]
    part_count: Annotated[int, "Number of parts that the archive had (`part_checks`)."]
    sound_count: Annotated[int, "Number of parts that this check found sound."]
    payload_count: Annotated[int, "Number of payloads read."]
    article_count: Annotated[int, "Number of articles read."]
    section_count: Annotated[int, "Number of sections read."]
    unchanged_count: Annotated[
        int,
        "How many of these payloads, articles and sections were as an earlier check had found them sound, and"
        " so were not decompressed or derived again.",
    ]
    fault_count: Annotated[int, "Number of faults found; 0: sound."]


class PartCheckRow(NamedTuple):
    """When `verify` last checked each part of the archive; `verify --budget` begins with the oldest."""

    kind: Annotated[
        str,
        "`file`: the file pages of a table. `payloads`, `articles`: a range of ids. `captures`: a month of"
        " the tree over all captures. `keys`: the references of a table. `sections`: a section."
        " `dictionaries`, `frontier`, `search`: all in one part.",
    ]
    part: Annotated[
        str,
        "Name of the table, first id of the range, month, or number of the section; empty: all, or the root"
        " over all months.",
    ]
    check_id: Annotated[int, "The last check of the part, in `checks`."]
    sound_at: Annotated[Stamp | None, "When the part was last found sound, UTC. NULL: never in this file."]
    faulty: Annotated[Flag, "1: the last check found a fault."]
