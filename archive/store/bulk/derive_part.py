"""Derive all that follows from the captures of one part. Pure, so any process of any machine can do it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from archive.model import Article, Kind, Outcome, PageKey
from archive.pagekey import article_url
from archive.reading.history import Reading
from archive.reading.placements import MenuReading, read_menu
from archive.store.bulk.capture_fact import CaptureFact
from archive.store.bulk.part_pages import PageCheck, PartPages
from archive.store.bulk.part_payloads import PartPayloads
from archive.store.bulk.part_reading import PartReader, Placed, ReadCapture
from archive.store.bulk.part_rows import (
    PartAuthor,
    PartCapture,
    PartLink,
    PartPlacement,
    PartRelated,
    PartRows,
    PartSection,
    PartTag,
    PartVersionAuthor,
)
from archive.store.data_dictionary.derived_tables import (
    ArticleRow,
    VersionEditRow,
    VersionRepairRow,
    VersionTruncationRow,
)
from archive.store.frontier.known_pages import linked_pages
from archive.store.ingest.derived_rows import DerivedRows, whole_history
from archive.store.ingest.name_writer import lower_number
from archive.store.ingest.sections import SECTION_KINDS, derived_section
from archive.timestamps import parse_stamp


def derive_part(facts: Iterable[CaptureFact], *, unparsed: Collection[int] = ()) -> PartRows:
    """Return the rows that follow from the captures of a part, which are in order.

    ``unparsed`` are the places, from 0, of captures that are not parsed: they kill the process that does.
    """
    part = _PartDeriver(unparsed)
    for key, captures in groupby(enumerate(facts), key=lambda placed: placed[1].key):
        part.add_page(key, captures)
    return part.finished()


class _PartDeriver:
    """Derives a part, page by page."""

    def __init__(self, unparsed: Collection[int]) -> None:
        self._rows = PartRows()
        self._payloads = PartPayloads()
        self._reader = PartReader(self._payloads, unparsed)
        self._pages = PartPages()
        self._authors: dict[str, int | None] = {}

    def add_page(self, key: PageKey | None, captures: Iterable[Placed]) -> None:
        """Derive a page from all its captures."""
        reads = self._reader.read(key, captures)
        if key is None:
            for read in reads:
                self._add_capture(read)
                self._discover(read)
        elif key.kind is Kind.ARTICLE:
            self._add_article(key, list(reads))
        else:
            self._add_menu(key, reads)

    def finished(self) -> PartRows:
        """Return all rows."""
        rows = self._rows
        rows.authors += [PartAuthor(*author) for author in sorted(self._authors.items())]
        rows.payloads += self._payloads.rows
        rows.pages += self._pages.rows()
        rows.change_rates += self._pages.change_rates()
        return rows

    def _add_capture(self, read: ReadCapture, article: int | None = None, version: int | None = None) -> None:
        fact, found = read.fact, read.found
        self._rows.captures.append(
            PartCapture(
                id=read.id,
                article_id=article,
                version_id=version,
                kind=fact.kind,
                number=fact.number,
                source=fact.source,
                rendition=fact.rendition,
                url=fact.url,
                captured_at=fact.captured_at,
                payload_id=read.payload,
                outcome=found.outcome.value,
                problem=found.problem,
            )
        )

    def _discover(self, read: ReadCapture) -> list[PageKey]:
        """Note the pages that a capture links to, and return them."""
        keys = linked_pages(read.found.page) if read.found.page else []
        self._pages.discover(keys, read.fact.captured_at)
        return keys

    # -- Menus --------------------------------------------------------------------------------------------

    def _add_menu(self, key: PageKey, reads: Iterable[ReadCapture]) -> None:
        linked, checks, said = set[PageKey](), list[PageCheck](), list[MenuReading]()
        for read in reads:
            self._add_capture(read)
            new = set(self._discover(read)) - linked
            linked |= new
            checks.append(PageCheck(read.fact.captured_at, _is_good(read), changes=len(new)))
            if (
                key.kind in SECTION_KINDS
                and read.menu
                and (one := read_menu(read.fact.captured_at, read.menu))
            ):
                said.append(one)
        self._pages.check(key, checks)
        if said:
            self._add_section(key.number, said)

    def _add_section(self, number: int, said: Iterable[MenuReading]) -> None:
        name, placements = derived_section(number, said)
        self._rows.sections.append(PartSection(number, name))
        self._rows.placements += [PartPlacement(number, *placed) for placed in placements]

    # -- Articles -----------------------------------------------------------------------------------------

    def _add_article(self, key: PageKey, reads: Sequence[ReadCapture]) -> None:
        readings = [_reading(read, article) for read in reads if (article := read.article)]
        for first_of_form in {read.form: read for read in reversed(reads)}.values():
            self._discover(first_of_form)
        derived = whole_history(key.number, readings) if readings else DerivedRows(article=key.number)
        versions = {capture: version for version, capture in derived.rows.captures}
        for read in reads:
            self._add_capture(read, key.number if readings else None, versions.get(read.id))
        checks = _checks(reads, derived.begun)
        if not readings:
            self._pages.check(key, checks)
            return
        row = self._add_rows(derived, reads)
        self._pages.check(key, checks, published=row.published, first_seen=row.first_seen)

    def _add_rows(self, derived: DerivedRows, reads: Sequence[ReadCapture]) -> ArticleRow:
        """Add the rows of an article and its versions. Return that of the article."""
        rows, of, id_ = self._rows, derived.rows, derived.article
        for name, number in derived.authors:
            self._authors[name] = lower_number(self._authors.get(name), number)
        rows.versions += of.versions
        rows.links += [PartLink(*row[:-1]) for row in of.links]
        rows.version_authors += [PartVersionAuthor(*row) for row in of.authors]
        rows.edits += [VersionEditRow(*row) for row in of.edits]
        rows.truncations += [VersionTruncationRow(*row) for row in of.truncations]
        rows.repairs += [VersionRepairRow(*row) for row in of.repairs]
        rows.tags += [PartTag(id_, *tag) for tag in derived.tags]
        rows.related_articles += [PartRelated(id_, *related) for related in derived.related]
        rows.articles.append(_article_row(derived, reads))
        return rows.articles[-1]


def _reading(read: ReadCapture, article: Article) -> Reading:
    at = parse_stamp(read.fact.captured_at)
    return Reading(captured_at=at, capture_id=read.id, article=article, form=read.form)


def _article_row(derived: DerivedRows, reads: Sequence[ReadCapture]) -> ArticleRow:
    """Return the row of an article from its versions and captures."""
    first, last = derived.rows.versions[0], derived.rows.versions[-1]
    decisive = [read for read in reads if read.found.outcome in (Outcome.OK, Outcome.ABSENT)]
    latest = max(decisive, key=lambda read: (read.fact.captured_at, read.found.outcome))
    return ArticleRow(
        id=derived.article,
        title=last.title,
        published=last.published,
        first_seen=first.first_seen,
        last_seen=last.last_seen,
        latest_version_id=last.id,
        version_count=last.number,
        state="gone" if latest.found.outcome is Outcome.ABSENT else "present",
        url=article_url(derived.article),
    )


def _checks(reads: Iterable[ReadCapture], begun: Mapping[int, int]) -> list[PageCheck]:
    """Return the captures of an article as checks of its page."""
    return [
        PageCheck(
            read.fact.captured_at, _is_good(read), read.id in begun, changes=int(begun.get(read.id, 1) > 1)
        )
        for read in reads
    ]


def _is_good(read: ReadCapture) -> bool:
    return read.found.outcome is Outcome.OK
