"""Open an archive for a Python program, and ask it for articles, words and changes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from archive.api.filters import LIST_ORDERS, ArticleFilters, article_filter, article_order
from archive.api.objects import ArchivedArticle, ArchivedChange, ArchivedEdit, ArchivedVersion
from archive.api.times import Moment, moment
from archive.errors import NothingFound
from archive.libraries import needing
from archive.reading.edits import EDITORIAL_FIELDS
from archive.store import ArticleOrder, Reader, open_reader
from archive.text.sentence_edits import SentenceChange

if TYPE_CHECKING:
    import pandas as pd

Row = ArchivedArticle | ArchivedVersion | ArchivedChange | ArchivedEdit | SentenceChange


@contextmanager
def open_archive(path: str | Path) -> Iterator["OpenArchive"]:
    """Open an archive for reading, and close it at the end of the block.

    A crawl may go on meanwhile. Raise :exc:`archive.errors.StoreError` if the file is missing, damaged or no
    archive.
    """
    with open_reader(Path(path)) as reader:
        yield OpenArchive(reader)


class OpenArchive:
    """An archive opened for reading. What it returns can be asked for more until it is closed."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def article(self, number: int) -> ArchivedArticle:
        """Return the article with a number. Raise :exc:`NothingFound` if the archive has no version of it."""
        row = self._reader.articles.find(number)
        if row is None:
            self._reader.versions.count(number)  # says why
            raise NothingFound(f"article {number} has no version")
        return ArchivedArticle.of(self._reader, row)

    def articles(
        self, *, order: str = "newest", **filters: Unpack[ArticleFilters]
    ) -> Iterator[ArchivedArticle]:
        """Yield articles, by default last published first, without having all of them in memory.

        Filters are ``since``, ``until``, ``section``, ``author``, ``topic``, ``edited`` and ``state``, as
        :class:`archive.api.filters.ArticleFilters` has them. ``order`` is ``newest``, ``oldest`` or
        ``most-edited``.
        """
        sort = article_order(order, LIST_ORDERS)
        for row in self._reader.articles.each(article_filter(filters), order=sort):
            yield ArchivedArticle.of(self._reader, row)

    def search(
        self,
        query: str,
        *,
        order: str = "best",
        all_versions: bool = False,
        limit: int = 100,
        **filters: Unpack[ArticleFilters],
    ) -> list[ArchivedVersion]:
        """Return the latest versions that match a query, or all of them, as the command ``search`` does.

        Filters are those of :meth:`articles`. ``order`` is ``best``, ``newest``, ``oldest`` or
        ``most-edited``; if 5,000 or more versions match, the newest come first instead of the best.
        """
        found = self._reader.search.versions(
            query,
            article_filter(filters),
            limit=limit,
            order=article_order(order, ArticleOrder),
            all_versions=all_versions,
        )
        rows = (self._reader.versions.numbered(hit.article, hit.number) for hit in found.hits)
        return [ArchivedVersion.of(self._reader, row) for row in rows]

    def changes(
        self, *, since: Moment | None = None, until: Moment | None = None, section: str | None = None
    ) -> Iterator[ArchivedChange]:
        """Yield what happened to articles, newest first; by default in the 24 hours before ``until``.

        The changes are in memory at once, what they edited is read when it is asked for.
        """
        last = datetime.now(UTC) if until is None else moment(until, end=True)
        first = last - timedelta(days=1) if since is None else moment(since)
        listed = None if section is None else self._reader.sections.articles(section)
        for event in self._reader.events.between(since=first, until=last, limit=0):
            if listed is None or event.article in listed:
                yield ArchivedChange.of(self._reader, event)

    def edits(
        self,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        section: str | None = None,
        field: str | None = None,
    ) -> Iterator[ArchivedEdit]:
        """Yield each field that edits changed, newest first; with ``field``, only that one: ``title``.

        The other arguments are those of :meth:`changes`.
        """
        if field not in (None, *EDITORIAL_FIELDS):
            raise ValueError(f"no field is called {field!r}; there are {', '.join(EDITORIAL_FIELDS)}")
        for change in self.changes(since=since, until=until, section=section):
            for edit in change.edits:
                if field in (None, edit.field):
                    words = (edit.old, edit.new, edit.added, edit.removed)
                    yield ArchivedEdit(change.at, change.article, change.version, edit.field, *words)

    def to_dataframe(self, rows: Iterable[Row]) -> "pd.DataFrame":
        """Return articles, versions, changes or edits as a pandas data frame: a column for each field.

        What an object looks up, as ``ArchivedArticle.sections``, is no column.

        Raise :exc:`MissingLibrary` if pandas is not installed.
        """
        with needing("to_dataframe", "pandas"):
            import pandas as pd  # noqa: PLC0415 - large, and not everybody has it
        rows = list(rows)
        names = _public_fields(type(rows[0])) if rows else []
        return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


def _public_fields(row_type: type[Row]) -> list[str]:
    return [each.name for each in fields(row_type) if not each.name.startswith("_")]
