"""Descriptions of all tables and columns, shown by Datasette and in docs/schema.md.

Times are UTC in ISO 8601 with milliseconds (``2025-04-10T12:00:00.000Z``), so they sort as text. Dates are
ISO 8601 days. NULL means that the page has no such part, unless the column says otherwise. ``position`` is a
place in a list.
"""

from archive.store.facts import FACTS
from archive.store.kinds import Origin, Table

TABLES = {
    "articles": Table(
        Origin.DERIVED,
        "One row per article, with what its latest version says.",
        {
            "id": "The number in the article's address (!6081430). Negative: provisional, computed from"
            " title and date, for an imported page without a number.",
            "title": "Title of the latest version, including the kicker.",
            "published": "Date printed in the latest version.",
            "first_seen": "Time of the first capture that could be parsed, UTC. NULL: no capture could be"
            " parsed.",
            "last_seen": "Time of the last capture that could be parsed, UTC. NULL: no capture could be"
            " parsed.",
            "latest_version_id": "The latest version. NULL: the article has no version.",
            "version_count": "Number of versions. A wording that returns after another counts again.",
            "state": "`present`, or `gone`: the last answer was that the page does not exist.",
            "url": "Address on the paper's website. NULL for a provisional id.",
        },
    ),
    "versions": Table(
        Origin.DERIVED,
        "One row per version: a period in which all captures of an article have the same wording.",
        {
            "id": "article_id × 10000 + number, so equal in all archives of the same captures.",
            "article_id": "The article.",
            "number": "1 for the first version, 2 for the next, and so on.",
            "first_seen": "Time of the version's first capture, UTC. The wording may be older.",
            "last_seen": "Time of the version's last capture, UTC.",
            "title": "Title, including the kicker. A truncated title ends with `…`.",
            "lead": "Lead: the paragraph under the title.",
            "caption": "Caption of the picture, without `Bild: `.",
            "dateline": "Place and agency that open the body, without the bar: `Berlin taz`.",
            "published": "Date printed on the page.",
            "text": "Body without dateline. Paragraphs are separated by blank lines, subheadings start"
            " with `##`, verse keeps its lines, links are reduced to their text.",
            "words": "Number of words in `text`.",
            "truncation_count": "Number of places that a source truncated and no other capture healed. 0:"
            " complete.",
            "paragraphs_inferred": "1: no capture has blank lines, so paragraphs are inferred from line"
            " lengths.",
            "umlauts_transliterated": "1: umlauts may be spelled out (ae), since every capture is from a"
            " source that does so.",
            "healed": "1: words, paragraphs or links missing in its capture were taken from other captures.",
            "capture_id": "The capture that the text is from.",
            "search_spellings": "For search only: alternative spellings of words with ß or umlauts"
            " (strasse, haeuser).",
        },
    ),
    "version_truncations": Table(
        Origin.DERIVED,
        "Places where a source truncated a version and no other capture healed it.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption`, `text` or another part of the page.",
            "offset": "Position of the `…` in that field, in characters from 0.",
            "max_missing": "Maximum number of missing characters. NULL: no limit is known.",
        },
    ),
    "version_repairs": Table(
        Origin.DERIVED,
        "Places that were truncated in a version's own capture, and the capture that healed them.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption` or `text`.",
            "start": "Start of the healed words in that field, in characters from 0.",
            "end": "End of the healed words in that field: position of the first character after them.",
            "capture_id": "The capture that the words are from.",
        },
    ),
    "version_edits": Table(
        Origin.DERIVED,
        "Fields that were edited in a version. A truncated field that may equal the earlier one is not"
        " listed: whether it was edited is unknown.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption`, `dateline`, `published`, `authors` or `text`.",
            "before_id": "The earlier version to compare the field with: the least truncated one since"
            " the field's last edit, usually the version just before.",
            "typography": "1: only quotation marks, apostrophes, dashes, ellipses or adjacent spaces differ.",
        },
    ),
    **FACTS,
    "links": Table(
        Origin.DERIVED,
        "Links of a version's text, numbered as on the page.",
        {
            "version_id": "The version that contains the link.",
            "position": "The link's number on the page, `[n]`.",
            "text": "The linked words. NULL: `[n]` does not occur in the text.",
            "start": "Start of the linked words in `text`, in characters from 0. NULL: unknown.",
            "end": "End of the linked words in `text`: position of the first character after them. NULL:"
            " unknown.",
            "target": "`/Slug/!6081430` within the paper, else an absolute URL. NULL: the page lists no"
            " target.",
            "article_id": "The linked article. NULL: another kind of page, or an article that is not in"
            " the archive.",
            "article_number": "The linked article's number, in the archive or not. NULL: another kind of"
            " page.",
        },
    ),
    "authors": Table(
        Origin.DERIVED,
        "Authors of articles, one row per name.",
        {
            "id": "Numbered in order of first appearance; differs between archives.",
            "name": "As printed.",
            "number": "Number of the author's page (!a22350). NULL: unknown.",
        },
    ),
    "version_authors": Table(
        Origin.DERIVED,
        "Authors of a version, in order.",
        {
            "version_id": "The version.",
            "author_id": "An author of the version.",
            "position": "Place of the author on the page, from 1.",
        },
    ),
    "tags": Table(
        Origin.DERIVED,
        "Keywords of articles, one row per name.",
        {
            "id": "Numbered in order of first appearance; differs between archives.",
            "name": "As printed.",
            "number": "Number of the topic's page (!t5008005). NULL: unknown.",
        },
    ),
    "article_tags": Table(
        Origin.DERIVED,
        "Keywords of an article, and when it had them. They may change without an edit of the article.",
        {
            "article_id": "The article.",
            "tag_id": "A keyword that the article has or had.",
            "first_seen": "Time of the first capture with it, UTC.",
            "last_seen": "Time of the last capture with it, UTC. Equal to the article's `last_seen` if it"
            " is still there.",
        },
    ),
    "related_articles": Table(
        Origin.DERIVED,
        "Related articles listed under an article, and when. They may change without an edit of the article.",
        {
            "article_id": "The article whose page lists the related one.",
            "related_id": "The related article. NULL: not in the archive, or its number is unknown.",
            "related_number": "The related article's number, in the archive or not. NULL: unknown.",
            "title": "Title of the related article, as last listed.",
            "text": "Teaser of the related article, as last listed.",
            "first_seen": "Time of the first capture with it, UTC.",
            "last_seen": "Time of the last capture with it, UTC.",
        },
    ),
    "pages": Table(
        Origin.STATE,
        "The frontier: every known page, when it is due, and whether it is being fetched.",
        {
            "id": "Numbered in order of discovery.",
            "kind": "`root`, `section`, `topic`, `author` or `article`.",
            "number": "Number in the page's address; 0 for the root.",
            "priority": "Order among due pages: 0 seeds, 1 new articles, 2 recent articles, 3 menus that"
            " list new articles, 4 backfill, 5 all others; 9 pages of another shard.",
            "due_at": "When to fetch the page next, UTC.",
            "leased_until": "End of the lease of the run that fetches the page, UTC. NULL: not being"
            " fetched.",
            "discovered_at": "Time of the capture that first linked to the page, UTC.",
            "checked_at": "When the page was last fetched, UTC. NULL: never.",
            "changed_at": "When a fetch last found a new version, UTC. NULL: never, or a menu.",
            "check_count": "Number of fetches that could be parsed.",
            "change_count": "Number of fetches that found a change. Of a menu: number of pages discovered"
            " after its first fetch.",
            "failure_count": "Number of consecutive fetches that failed.",
            "change_score": "Number of changes as of `checked_at`, each weighted by its age: weights decay"
            " exponentially.",
        },
    ),
    "hosts": Table(
        Origin.STATE,
        "robots.txt and back-off state of each server, kept between runs.",
        {
            "host": "Scheme, host and port: `gopher://taz.de:70`.",
            "robots": "The server's `robots.txt`; empty if it has none. NULL: not fetched.",
            "robots_until": "When `robots` expires, UTC. NULL: not fetched.",
            "backoff_until": "Until when the server is not contacted, UTC, because it banned us or could"
            " not be reached. NULL: no back-off.",
            "problem": "Reason for the back-off, in one line. NULL: no back-off.",
            "failure_count": "Number of consecutive runs that could not reach the server.",
        },
    ),
    "change_rates": Table(
        Origin.STATE,
        "How often articles were found changed, by age; determines when they are fetched next.",
        {
            "age_hours": "Lower bound of the age, in hours; the next row is the upper bound.",
            "change_count": "Changes of all articles at that age. A change found after a long interval is"
            " divided among the ages it spans.",
            "observed_hours": "Hours of observation of all articles at that age. Intervals with a change"
            " count half.",
        },
    ),
    "crawls": Table(
        Origin.STATE,
        "The run history: one row per crawl. Consecutive idle runs share a row.",
        {
            "id": "Numbered in the order of the runs.",
            "started_at": "When the run started, UTC.",
            "finished_at": "When the run ended, UTC. NULL: still running, or crashed.",
            "reason": "Why the run ended, as Scrapy names it: `finished`, `shutdown` …; `nothing due`;"
            " `failed: …` with the error; `died`: crashed or killed. NULL: still running.",
            "sources": "Sources, in order of preference: `gopher`; `meulie, gopher`.",
            "page_count": "Number of captures.",
            "problem_count": "Number of captures that failed or could not be parsed.",
            "new_articles": "Number of articles captured for the first time.",
            "new_versions": "Number of new versions, including first ones.",
            "bytes": "Bytes received, before compression.",
            "idle_runs": "Number of consecutive runs with nothing due that share this row; otherwise 0.",
            "stats": "Scrapy's statistics, as JSON. NULL: not finished.",
        },
    ),
    "crawl_sources": Table(
        Origin.STATE,
        "Results of each source in a run: answers, failures and layout changes.",
        {
            "crawl_id": "The run.",
            "source": "Name of the source, as in `captures`.",
            "asked_at": "Time of the last request in this run, UTC. NULL: robots.txt forbade all.",
            "answered_at": "Time of the last complete answer, UTC. NULL: no answer.",
            "page_count": "Number of captures. Each is counted in one of the next five columns, or was"
            " parsed.",
            "failed": "Captures without a complete answer.",
            "forbidden": "Pages that were not requested because robots.txt forbids it.",
            "absent": "Answers that the page does not exist.",
            "repeated": "Captures with the same bytes as the source's previous one of that page. They say"
            " nothing new about the layout, so the following columns exclude them.",
            "unreadable": "Answers that are not the expected page.",
            "article_count": "Number of articles that were parsed; excludes menus.",
            "without_text": "Articles without text.",
            "without_date": "Articles without a date.",
            "without_authors": "Articles without an author.",
            "truncated": "Articles that the source truncated.",
            "row_count": "Number of lines of all parsed pages, including menus.",
            "unknown_row_count": "Number of lines that the parser does not recognize.",
            "pages_with_unknown_rows": "Number of pages with at least one unrecognized line.",
            "layout_change": "What changed in the layout of the source's pages, in one line. NULL: nothing.",
            "excluded": "1: not part of the baseline of later runs, because a `reparse` ended its layout"
            " change.",
        },
    ),
    "reparses": Table(
        Origin.STATE,
        "One row per `reparse`, with its progress and results.",
        {
            "id": "Numbered in the order of the reparses.",
            "started_at": "When the reparse started, UTC.",
            "finished_at": "When the reparse ended, UTC. NULL: unfinished; the next run resumes it.",
            "phase": "Current phase: `articles`, `filed` (provisional ids), `menus` or `loose` (other"
            " captures).",
            "cursor": "The last id in that phase that is done.",
            "done_count": "Number of items done in all phases.",
            "result": "Counts of changes so far, as JSON.",
        },
    ),
    "certificates": Table(
        Origin.STATE,
        "Certificates of gemini servers: trusted on first use, others are refused.",
        {
            "host": "Host and port: `taz.de:1965`.",
            "fingerprint": "SHA-256 of the certificate (DER), in hexadecimal.",
            "first_seen": "When the certificate was first received, UTC.",
            "last_seen": "When the certificate was last received, UTC.",
        },
    ),
    "versions_fts": Table(
        Origin.INTERNAL,
        "Full-text index of `versions` (FTS5), kept current by triggers. rowid is `versions.id`.",
        {
            "title": "As in `versions`.",
            "lead": "As in `versions`.",
            "caption": "As in `versions`.",
            "text": "As in `versions`.",
            "search_spellings": "As in `versions`.",
        },
    ),
    "_sqlite_migrations": Table(
        Origin.INTERNAL,
        "Migrations applied to this archive (sqlite-utils).",
        {
            "id": "Numbered in the order of application.",
            "migration_set": "Always `taz-archive`.",
            "name": "Name of the migration: its release.",
            "applied_at": "When the migration was applied, UTC.",
        },
    ),
}
