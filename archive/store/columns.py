"""What every table and column means, said once: for Datasette, for the docs, for whoever writes SQL.

Times are UTC, ISO 8601, always to the millisecond (``2025-04-10T12:00:00.000Z``), so that their order as
text is their order in time. Dates are ISO 8601 days. NULL means that the page has no such part, unless a
column says otherwise. ``number`` is always a number in the paper's own addresses, ``n`` a place in a list.
"""

from archive.store.facts import FACTS
from archive.store.kinds import Origin, Table

TABLES = {
    "articles": Table(
        Origin.DERIVED,
        "One row per article: how it reads now, and since when it is known.",
        {
            "id": "The number in the article's address (!6081430). Negative is provisional: an imported page"
            " that did not tell its number, filed under one made of its title and date.",
            "title": "Whole title of the latest version, kicker included.",
            "published": "Date the latest version gives itself.",
            "first_seen": "When the first capture that could be read was taken, UTC.",
            "last_seen": "When the last capture that could be read was taken, UTC.",
            "latest_version_id": "Its latest wording.",
            "version_count": "How many wordings it has had; one that comes back counts again.",
            "state": "`present`, or `gone`: when last asked, the server said there is no such page.",
            "url": "Address on the paper's website. NULL for a provisional id.",
        },
    ),
    "versions": Table(
        Origin.DERIVED,
        "One row per wording of an article: a stretch of time in which every capture says the same.",
        {
            "id": "article_id × 10000 + number: the same in every archive of the same captures.",
            "article_id": "The article it is a wording of.",
            "number": "1 for the first wording, counting up.",
            "first_seen": "When the first capture of it was taken, UTC. It may be older than that.",
            "last_seen": "When the last capture of it was taken, UTC.",
            "title": "Everything after `# taz.de -- `; a cut keeps its `…`.",
            "lead": "The lines under the title, as one.",
            "caption": "Of the picture, without `Bild: `.",
            "dateline": "What opens the body, without its bar: `Berlin taz`.",
            "published": "Date on the page.",
            "text": "Body without dateline: blocks separated by a blank line, subheads as `## …`, verse in"
            " its lines, references reduced to their text.",
            "words": "How many words `text` has.",
            "truncation_count": "Places on the page that a source cut, and that no other capture"
            " has healed. 0: whole.",
            "paragraphs_inferred": "1: every page of it had lost its blank lines, so paragraphs are"
            " told by wrapping.",
            "umlauts_transliterated": "1: umlauts may be written out in it (ae), as the one source"
            " that had it spells them.",
            "healed": "1: its own capture had lost words, paragraphs or a link that others gave.",
            "capture_id": "The capture whose page the text is.",
            "search_spellings": "For search only: other spellings of words with ß or umlauts"
            " (strasse, haeuser).",
        },
    ),
    "version_truncations": Table(
        Origin.DERIVED,
        "Places of a version where a source dropped characters, and that no other capture has healed.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption`, `text`, or another part of the page.",
            "offset": "Of the `…` in that field, in characters from 0.",
            "max_missing": "How many characters can be missing. NULL: any.",
        },
    ),
    "version_repairs": Table(
        Origin.DERIVED,
        "Places of a version that its own capture had cut, and the capture that had the missing words.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption` or `text`.",
            "start": "Where the words begin in that field, in characters from 0.",
            "end": "Where they end: the first character after them.",
            "capture_id": "The capture they are from.",
        },
    ),
    "version_edits": Table(
        Origin.DERIVED,
        "Fields that a version edited. A field that a source truncated, and that can be what it was, is not"
        " among them: whether it was edited is unknown.",
        {
            "version_id": "The version.",
            "field": "`title`, `lead`, `caption`, `dateline`, `published`, `authors` or `text`.",
            "before_id": "The version to compare the field with: of those since the field's last"
            " edit, the one"
            " that lost least of it, mostly the version just before.",
            "typography": "1: only quotation marks, apostrophes, dashes, ellipses or the spaces beside them"
            " differ.",
        },
    ),
    **FACTS,
    "links": Table(
        Origin.DERIVED,
        "References of a version's text, numbered as on the page.",
        {
            "version_id": "The version that refers.",
            "position": "The reference's number on the page, `[n]`.",
            "text": "The words it underlines. NULL: the text does not mention n.",
            "start": "Where these words begin in the version's `text`, in characters from 0.",
            "end": "Where they end: the first character after them.",
            "target": "`/Slug/!6081430` within the paper, else a whole URL. NULL: the page lists none for n.",
            "article_id": "The article it leads to. NULL: leads elsewhere, or to one not in the"
            " archive (yet).",
            "article_number": "That article's number, whether or not it is in the archive. NULL: it"
            " leads elsewhere.",
        },
    ),
    "authors": Table(
        Origin.DERIVED,
        "Names under articles.",
        {
            "id": "In the order they were first met, which is not the same in another archive.",
            "name": "As printed.",
            "number": "Of the author's page (!a22350). NULL: no page told it.",
        },
    ),
    "version_authors": Table(
        Origin.DERIVED,
        "Who wrote a version.",
        {
            "version_id": "The version.",
            "author_id": "One of its authors.",
            "position": "The author's place in the list, from 1.",
        },
    ),
    "tags": Table(
        Origin.DERIVED,
        "The paper's keywords.",
        {
            "id": "In the order they were first met, which is not the same in another archive.",
            "name": "As printed.",
            "number": "Of the topic's page (!t5008005). NULL: no page told it.",
        },
    ),
    "article_tags": Table(
        Origin.DERIVED,
        "Which keywords an article had, and when. They drift without the article being edited.",
        {
            "article_id": "The article.",
            "tag_id": "One of the keywords it ever had.",
            "first_seen": "When a capture first had it, UTC.",
            "last_seen": "When a capture last had it, UTC. The article's own last_seen: it has it still.",
        },
    ),
    "related_articles": Table(
        Origin.DERIVED,
        "Which articles stood under an article as related, and when. They drift as tags do.",
        {
            "article_id": "The article they stood under.",
            "related_id": "The article pointed to. NULL: not in the archive (yet), or not told.",
            "related_number": "That article's number, whether or not it is in the archive. NULL: no"
            " link told it.",
            "title": "Its title as last printed there.",
            "text": "Its teaser as last printed there.",
            "first_seen": "When a capture first had it, UTC.",
            "last_seen": "When a capture last had it, UTC.",
        },
    ),
    "pages": Table(
        Origin.STATE,
        "The frontier: every page known of, when it is due, whether it is being fetched.",
        {
            "id": "In the order they were discovered.",
            "kind": "`root`, `section`, `topic`, `author` or `article`.",
            "number": "In the page's address; 0 for the root.",
            "priority": "What is fetched first among what is due: 0 seeds, 1 new articles, 2 young ones,"
            " 3 menus that bring news, 4 the paper's past, 5 the rest; 9 what is another machine's.",
            "due_at": "When to fetch it next, UTC.",
            "leased_until": "Being fetched; given to another after that time, UTC. NULL: it is not.",
            "discovered_at": "When the page that first led to it was captured, UTC.",
            "checked_at": "When it was last fetched, UTC. NULL: never.",
            "changed_at": "When a fetch of it last began a new version, UTC. NULL: never, or a menu.",
            "check_count": "How often it was fetched and read.",
            "change_count": "How often it was found changed; of a menu, pages it made known, but at first.",
            "failure_count": "How many fetches in a row gave no page.",
            "change_score": "The same, but each fades with time; as of `checked_at`.",
        },
    ),
    "hosts": Table(
        Origin.STATE,
        "What servers said to robots, and whether they are left alone.",
        {
            "host": "Scheme, host and port: `gopher://taz.de:70`.",
            "robots": "Its `robots.txt`; empty if it has none. NULL: not asked.",
            "robots_until": "Until when that is believed, UTC.",
            "backoff_until": "Until when it is left alone, UTC, as it asked, or as it could not be reached.",
            "problem": "Why, in one line.",
            "failure_count": "How many runs in a row could not reach it.",
        },
    ),
    "change_rates": Table(
        Origin.STATE,
        "How often the paper's articles were found changed, by their age: what the next look is planned by.",
        {
            "age_hours": "Hours: articles at least so old, and younger than in the next row.",
            "change_count": "Found at that age, of all articles; one found after long counts at"
            " each age in part.",
            "observed_hours": "Watched at that age, of all articles; half of those in which"
            " something changed.",
        },
    ),
    "crawls": Table(
        Origin.STATE,
        "The run history: one row per crawl, whatever became of it; a row of idle ones is one row.",
        {
            "id": "In the order of the runs.",
            "started_at": "UTC.",
            "finished_at": "UTC. NULL: still running, or died.",
            "reason": "Why it ended, in Scrapy's words: `finished`, `shutdown` …; `nothing due`;"
            " `failed: …`, and of what; `died`: it never said. NULL: still running.",
            "sources": "Who was asked, in order of preference: `gopher`; `meulie, gopher`.",
            "page_count": "How many captures it recorded.",
            "problem_count": "How many of these failed or could not be read.",
            "new_articles": "Articles it was the first to read.",
            "new_versions": "Versions it began, first ones included.",
            "bytes": "Received, before compression.",
            "idle_runs": "1, or how many runs in a row there were that had nothing to do: these share a row.",
            "stats": "Scrapy's own counts, as JSON. NULL: not finished.",
        },
    ),
    "crawl_sources": Table(
        Origin.STATE,
        "How each source did in a run: whether it answered, and whether its pages looked as they do.",
        {
            "crawl_id": "The run.",
            "source": "As in captures.",
            "asked_at": "When it was last asked in this run, UTC. NULL: robots.txt forbade all.",
            "answered_at": "When its last whole answer came, UTC. NULL: none did.",
            "page_count": "Captures of it in this run. Each is in one of the next five, or was read.",
            "failed": "No whole answer came.",
            "forbidden": "robots.txt says no, so nobody asked.",
            "absent": "It said that there is no such page.",
            "repeated": "Byte for byte what it had sent of this page before, readable or not. That tells"
            " nothing new of how its pages look, and is counted in no column further on.",
            "unreadable": "Bytes came, but not the page they should be.",
            "article_count": "Articles that were read; menus are read too, and not counted here.",
            "without_text": "Of these, have no text.",
            "without_date": "Of these, have no date.",
            "without_authors": "Of these, name no author.",
            "truncated": "Of these, the source cut some part.",
            "row_count": "Lines of all pages that were read, menus too.",
            "unknown_row_count": "Of these, of a form the rendition does not know.",
            "pages_with_unknown_rows": "Pages that have such a line.",
            "layout_change": "In one line, in what its pages no longer look as they used to. NULL:"
            " in nothing.",
            "excluded": "1: no history for later runs to be measured by, since a `reparse` ended its drift.",
        },
    ),
    "reparses": Table(
        Origin.STATE,
        "One row per `reparse`: how far it is, and what it found.",
        {
            "id": "In their order.",
            "started_at": "UTC.",
            "finished_at": "UTC. NULL: not yet; the next one goes on from here.",
            "phase": "What it is at: `articles`, `filed` under a provisional id, `menus`, `loose` captures.",
            "cursor": "The last id there that it is done with.",
            "done_count": "How many it is done with in all.",
            "result": "What changed so far, as JSON.",
        },
    ),
    "certificates": Table(
        Origin.STATE,
        "Whose certificate was met where: trusted when first met, refused if another comes (Gemini).",
        {
            "host": "`taz.de:1965`.",
            "fingerprint": "sha256 of the certificate, DER, in hexadecimal.",
            "first_seen": "When it was first met, UTC.",
            "last_seen": "When it was last met, UTC.",
        },
    ),
    "versions_fts": Table(
        Origin.INTERNAL,
        "Full-text index of `versions` (FTS5), kept by triggers: rowid is `versions.id`.",
        {
            "title": "As in versions.",
            "lead": "As in versions.",
            "caption": "As in versions.",
            "text": "As in versions.",
            "search_spellings": "As in versions.",
        },
    ),
    "_sqlite_migrations": Table(
        Origin.INTERNAL,
        "Which migrations made this archive what it is (sqlite-utils).",
        {
            "id": "In the order applied.",
            "migration_set": "`taz-archive`.",
            "name": "The release that brought it.",
            "applied_at": "UTC.",
        },
    ),
}
