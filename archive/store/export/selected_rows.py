"""The rows of a selection, read one by one, however many there are.

Lists (links, authors, tags, related articles, truncations) are JSON written by SQLite: most formats need
JSON, and nothing else is as fast.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from sqlite_utils import Database

from archive.model import Article, Author, Link, Tag, Teaser, Truncation
from archive.paper import WEB_URL
from archive.progress import Advance
from archive.store.data_dictionary.column import (
    ColumnType,
    Day,
    Flag,
    ListOf,
    MeaningOf,
    Stamp,
    columns_of,
)
from archive.store.data_dictionary.derived_tables import ArticleRow, VersionRow
from archive.store.export import selection
from archive.store.export.selected_captures import CAPTURED_PAGES, SELECTED_CAPTURES, SelectedCapture
from archive.store.export.selection import CaptureCounts, Selection, VersionCounts
from archive.store.export.sqlite import write_slim
from archive.store.payloads import payloads
from archive.store.query.as_of import gone_since, stamp_or_end
from archive.store.query.versions import blocks_of


class SelectedVersion(NamedTuple):
    """A version and its article. Times are stamps, ``published`` a date; the last six are JSON arrays.

    ``id`` is the article's, ``version`` the version's number, ``version_count`` their number up to the time
    of the selection. ``gone_since`` is set on the latest version of an article that was gone. ``edited`` are
    the fields that the version edited, ``truncations`` the places that no capture healed. Tags and related
    articles are as of when the version was last seen.
    """

    id: Annotated[int, "The number in the article's address (!6081430); negative: provisional."]
    version: Annotated[int, "1 for the first version, 2 for the next, and so on."]
    version_count: Annotated[int, "Number of versions of the article up to the time of the export."]
    digest: Annotated[
        str,
        "Identifier of the wording in 64 hexadecimal digits: the same for the same text in every archive"
        " (docs/identifiers.md).",
    ]
    first_seen: Annotated[Stamp, MeaningOf(VersionRow)]
    last_seen: Annotated[Stamp, "Time of the version's last capture up to the time of the export, UTC."]
    gone_since: Annotated[
        Stamp | None, "Time since which the article is gone, UTC. NULL: present, or not its latest version."
    ]
    url: Annotated[str | None, MeaningOf(ArticleRow)]
    title: Annotated[str, MeaningOf(VersionRow)]
    lead: Annotated[str | None, MeaningOf(VersionRow)]
    caption: Annotated[str | None, MeaningOf(VersionRow)]
    dateline: Annotated[str | None, MeaningOf(VersionRow)]
    published: Annotated[Day | None, MeaningOf(VersionRow)]
    text: Annotated[str, MeaningOf(VersionRow)]
    words: Annotated[int, MeaningOf(VersionRow)]
    truncation_count: Annotated[int, MeaningOf(VersionRow)]
    paragraphs_inferred: Annotated[Flag, MeaningOf(VersionRow)]
    umlauts_transliterated: Annotated[Flag, MeaningOf(VersionRow)]
    typography_only: Annotated[
        Flag, "1: only quotation marks, apostrophes, dashes, ellipses or adjacent spaces were edited."
    ]
    edited: Annotated[
        str,
        ListOf(str),
        "Fields edited since the previous version; no truncated ones that may be unchanged.",
    ]
    truncations: Annotated[
        str,
        ListOf(Truncation),
        "Places that a source truncated: field, offset in it, and the maximum of missing characters.",
    ]
    links: Annotated[
        str,
        ListOf(Link),
        f"Links: position on the page, target (a path is on {WEB_URL}), linked words, their start and end in"
        " `text` from 0.",
    ]
    authors: Annotated[
        str, ListOf(Author), "Authors in order: name, and number of the author's page if known."
    ]
    tags: Annotated[str, ListOf(Tag), "Tags when last seen: name, and number of the topic's page if known."]
    related: Annotated[
        str, ListOf(Teaser), f"Related articles when last seen: title, text, and target, a path on {WEB_URL}."
    ]

    def article(self) -> Article:
        """Return the version as a whole article."""
        return Article(
            title=self.title,
            lead=self.lead,
            caption=self.caption,
            dateline=self.dateline,
            blocks=blocks_of(self.text),
            published=date.fromisoformat(self.published) if self.published else None,
            links=tuple(Link(**link) for link in json.loads(self.links)),
            authors=tuple(Author(**author) for author in json.loads(self.authors)),
            tags=tuple(Tag(**tag) for tag in json.loads(self.tags)),
            related=tuple(Teaser(**teaser) for teaser in json.loads(self.related)),
            truncations=tuple(
                Truncation(cut["field"], cut["offset"], cut["max_missing"])
                for cut in json.loads(self.truncations)
            ),
            paragraphs_inferred=bool(self.paragraphs_inferred),
            transliterated=bool(self.umlauts_transliterated),
        )


_COLUMNS = columns_of(SelectedVersion)
JSON_COLUMNS = tuple(name for name, column in _COLUMNS.items() if column.value_type is ColumnType.LIST)
PLAIN_COLUMNS = tuple(name for name in _COLUMNS if name not in JSON_COLUMNS)

# Tags and related articles are those of the last page that showed the version.
_THEN = "article_id = v.article_id AND x.first_seen <= s.last_seen AND x.last_seen >= s.last_seen"

# The SQL of the columns that are not the version's own.
_EXPRESSIONS = {
    "id": "v.article_id",
    "version": "v.number",
    "version_count": "s.version_count",
    "digest": "lower(hex(v.digest))",
    "last_seen": "s.last_seen",
    "gone_since": "s.gone_since",
    "url": "a.url",
    "typography_only": "ifnull((SELECT min(typography) FROM version_edits WHERE version_id = v.id), 0)",
    "edited": "(SELECT json_group_array(field) FROM version_edits WHERE version_id = v.id)",
    "truncations": """iif(v.truncation_count = 0, '[]', (SELECT
    json_group_array(json_object('field', field, 'offset', offset, 'max_missing', max_missing))
    FROM (SELECT field, offset, max_missing FROM version_truncations
     WHERE version_id = v.id ORDER BY rowid)))""",
    "links": """(SELECT
    json_group_array(json_object('position', position, 'target', target, 'text', text,
      'start', start, 'end', "end"))
    FROM (SELECT position, target, text, start, "end" FROM links WHERE version_id = v.id ORDER BY rowid))""",
    "authors": """(SELECT json_group_array(json_object('name', name, 'number', number)) FROM
    (SELECT name, number FROM version_authors JOIN authors ON id = author_id
     WHERE version_id = v.id ORDER BY position))""",
    "tags": f"""(SELECT json_group_array(json_object('name', name, 'number', number)) FROM
    (SELECT name, number FROM article_tags x JOIN tags ON id = tag_id WHERE {_THEN}
     ORDER BY x.first_seen, name))""",  # noqa: S608 - made of our own text
    "related": f"""(SELECT json_group_array(json_object('title', title, 'text', text, 'target', target)) FROM
    (SELECT title, text, '/!' || related_number AS target FROM related_articles x
     WHERE {_THEN} ORDER BY x.rowid))""",  # noqa: S608 - the same
}

_PLACED = "temp.placed p CROSS JOIN temp.selected s ON s.version_id = p.version_id"


def _rows_of(source: str, order: str, lists: Collection[str] = JSON_COLUMNS) -> str:
    """Return SQL for rows of :class:`SelectedVersion`; lists that are not in ``lists`` are empty."""
    own = {name: f"v.{name}" for name in SelectedVersion._fields}
    columns = own | _EXPRESSIONS | dict.fromkeys(set(JSON_COLUMNS) - set(lists), "'[]'")
    return f"""
    SELECT {", ".join(columns.values())}
    FROM {source} CROSS JOIN versions v ON v.id = s.version_id JOIN articles a ON a.id = v.article_id
    ORDER BY {order}
    """  # noqa: S608 - made of our own text


IN_ORDER = _rows_of("temp.selected s", "s.version_id")
# One version as of now. Only an article's latest version is gone.
_ONE = _rows_of(
    f"""(SELECT w.id AS version_id, b.version_count, w.last_seen,
  iif(b.latest_version_id = w.id, {gone_since("b.id", ":now", "b.last_seen")}, NULL) AS gone_since
  FROM articles b JOIN versions w ON w.article_id = b.id WHERE b.id = :article AND w.number = :number) s""",  # noqa: S608
    "s.version_id",
)


class VersionHead(NamedTuple):
    """The parts of a version that a table of contents shows."""

    id: int
    version: int
    published: str | None
    first_seen: str
    title: str


class Export:
    """The rows of one export: versions or captures that were selected."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def select_versions(self, chosen: Selection) -> VersionCounts:
        """Select versions for the methods below. Raise :exc:`NothingFound` if none match."""
        return selection.select_versions(self._db, chosen)

    def select_captures(self, chosen: Selection) -> CaptureCounts:
        """Select captures for the methods below. Raise :exc:`NothingFound` if none match."""
        return selection.select_captures(self._db, chosen)

    def versions(self) -> Iterator[SelectedVersion]:
        """Yield the selected versions by article and number."""
        return map(SelectedVersion._make, self._db.execute(IN_ORDER))

    def wordings(self) -> Iterator[SelectedVersion]:
        """Yield the selected versions by article and number; of their lists, only edits and truncations."""
        lists = ("edited", "truncations")
        rows = self._db.execute(_rows_of("temp.selected s", "s.version_id", lists))
        return map(SelectedVersion._make, rows)

    def version(self, row: VersionRow) -> SelectedVersion:
        """Return a version as an export of all versions has it."""
        values = {"article": row.article_id, "number": row.number, "now": stamp_or_end(None)}
        return SelectedVersion._make(self._db.execute(_ONE, values).fetchone())

    def newest_first(self) -> Iterator[SelectedVersion]:
        """Yield the selected versions, newest first; of their lists, only authors and tags are filled."""
        return self._placed("s.first_seen DESC, s.version_id DESC", ("authors", "tags"))

    def by_month(self) -> Iterator[SelectedVersion]:
        """Yield the selected versions by month of publication, those without a date first."""
        return self._placed("substr(v.published, 1, 7), s.version_id")

    def _placed(self, order: str, lists: Collection[str] = JSON_COLUMNS) -> Iterator[SelectedVersion]:
        """Yield the selected versions in an order that no index has. Only ids are sorted, not texts."""
        self._db.execute("DROP TABLE IF EXISTS temp.placed")
        self._db.execute("CREATE TEMP TABLE placed (place INTEGER PRIMARY KEY, version_id INTEGER NOT NULL)")
        self._db.execute(
            "INSERT INTO temp.placed (version_id) SELECT s.version_id FROM temp.selected s"  # noqa: S608 - the two above
            f" CROSS JOIN versions v ON v.id = s.version_id ORDER BY {order}"
        )
        return map(SelectedVersion._make, self._db.execute(_rows_of(_PLACED, "p.place", lists)))

    def heads(self) -> Iterator[VersionHead]:
        """Yield the heads of the selected versions, last published first, those without a date at the end."""
        return map(
            VersionHead._make,
            self._db.execute(
                "SELECT v.article_id, v.number, v.published, v.first_seen, v.title FROM temp.selected s"
                " CROSS JOIN versions v ON v.id = s.version_id ORDER BY v.published DESC, s.version_id"
            ),
        )

    def authored(self) -> Iterator[tuple[str, int]]:
        """Yield the authors of the selected versions by name, each with one of their articles."""
        rows = self._db.execute(
            "SELECT DISTINCT name, s.article_id FROM temp.selected s"
            " CROSS JOIN version_authors x ON x.version_id = s.version_id"
            " JOIN authors ON id = author_id ORDER BY name, s.article_id"
        )
        return ((str(name), int(article)) for name, article in rows)

    def captures(self) -> Iterator[SelectedCapture]:
        """Yield the selected captures in the order of time."""
        return map(SelectedCapture._make, self._db.execute(SELECTED_CAPTURES))

    def body(self, kept: SelectedCapture) -> bytes:
        """Return the bytes of a capture as received; empty if nothing was received."""
        return b"" if kept.payload is None else payloads.load(self._db, kept.payload)

    def captured_pages(self) -> Iterator[tuple[int, str, str, str]]:
        """Yield each article's last readable selected capture: article id, URL, time, title."""
        return iter(self._db.execute(CAPTURED_PAGES))

    def write_sqlite(
        self, out: Path, about: Mapping[str, str], as_of: datetime | None, advance: Advance
    ) -> None:
        """Write the versions selected ``as_of`` a time to a file. Raise ``OSError`` if the disk refuses."""
        write_slim(self._db, out, about, stamp_or_end(as_of), advance)
