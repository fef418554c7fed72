"""Articles, versions and changes of an archive, as Python programs get them. Times are aware, in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Self

from archive.api.times import Moment, moment, optional_day, optional_time
from archive.model import split_title
from archive.store import ArticleEvent, ListedArticle, Reader, VersionRow
from archive.text.article_sentences import split_sentences
from archive.text.sentence_edits import SentenceChange
from archive.text.word_diff import FieldChange
from archive.timestamps import parse_stamp


@dataclass(frozen=True)
class ArchivedVersion:
    """A wording of an article, and when it was seen.

    ``number`` counts from 1. ``text`` has its paragraphs separated by blank lines, and subheadings after
    ``##``. ``first_seen`` and ``last_seen`` are the times of its first and last capture. ``digest`` is the
    identifier of the wording in hexadecimal digits, the same in every archive (``docs/identifiers.md``).
    """

    article: int
    number: int
    digest: str
    first_seen: datetime
    last_seen: datetime
    published: date | None
    title: str
    lead: str | None
    caption: str | None
    dateline: str | None
    text: str
    words: int
    truncation_count: int
    _row: VersionRow = field(repr=False, compare=False)
    _archive: Reader = field(repr=False, compare=False)

    @classmethod
    def of(cls, archive: Reader, row: VersionRow) -> Self:
        """Return the version of a row."""
        return cls(
            article=row.article_id,
            number=row.number,
            digest=row.digest.hex(),
            first_seen=parse_stamp(row.first_seen),
            last_seen=parse_stamp(row.last_seen),
            published=optional_day(row.published),
            title=row.title,
            lead=row.lead,
            caption=row.caption,
            dateline=row.dateline,
            text=row.text,
            words=row.words,
            truncation_count=row.truncation_count,
            _row=row,
            _archive=archive,
        )

    @property
    def kicker(self) -> str | None:
        """The part of the title before the headline."""
        return split_title(self.title)[0]

    @property
    def headline(self) -> str:
        """The title without its kicker."""
        return split_title(self.title)[1]

    @cached_property
    def authors(self) -> tuple[str, ...]:
        """The names of its authors, in order."""
        return tuple(author.name for author in self._archive.versions.wording(self._row).authors)

    @cached_property
    def edits(self) -> Sequence[FieldChange]:
        """The fields that it edited, each with the words that differ; empty for the first version."""
        return self._archive.edits.of_version(self.article, self.number)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of its text, subheadings among them."""
        return split_sentences(self._archive.versions.wording(self._row)).texts

    @cached_property
    def sentence_edits(self) -> Sequence[SentenceChange]:
        """The sentences that it added, removed, edited or moved; empty for the first version."""
        found = self._archive.edits.sentences_of_version(self.article, self.number)
        return found.changes if found else []


@dataclass(frozen=True)
class ArchivedArticle:
    """An article, as its latest version has it. ``state`` is ``present`` or ``gone``."""

    number: int
    title: str
    published: date | None
    first_seen: datetime | None
    last_seen: datetime | None
    state: str
    version_count: int
    url: str | None
    _archive: Reader = field(repr=False, compare=False)

    @classmethod
    def of(cls, archive: Reader, row: ListedArticle) -> Self:
        """Return the article of a row."""
        return cls(
            number=row.id,
            title=row.title,
            published=optional_day(row.published),
            first_seen=optional_time(row.first_seen),
            last_seen=optional_time(row.last_seen),
            state=row.state,
            version_count=row.version_count,
            url=row.url,
            _archive=archive,
        )

    @property
    def versions(self) -> list[ArchivedVersion]:
        """All versions, oldest first."""
        return [ArchivedVersion.of(self._archive, row) for row in self._archive.versions.all(self.number)]

    @property
    def latest(self) -> ArchivedVersion:
        """The latest version."""
        return ArchivedVersion.of(self._archive, self._archive.versions.latest(self.number))

    def as_of(self, when: Moment) -> ArchivedVersion:
        """Return the version as of a time. Raise :exc:`NothingFound` if the article was first seen later."""
        row = self._archive.versions.at(self.number, moment(when, end=True))
        return ArchivedVersion.of(self._archive, row)

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections that list or listed it, without the front page."""
        placements = self._archive.sections.of_article(self.number)
        return tuple(placed.name for placed in placements if placed.section)


@dataclass(frozen=True)
class ArchivedEdit:
    """A field that an edit changed, from ``before`` to ``after``.

    ``field`` is ``title``, ``lead``, ``caption``, ``dateline``, ``published``, ``authors`` or ``text``.
    ``added`` and ``removed`` count words.
    """

    at: datetime
    article: int
    version: int
    field: str
    before: str
    after: str
    added: int
    removed: int


@dataclass(frozen=True)
class ArchivedChange:
    """Something that happened to an article.

    ``event`` is ``new``, ``edited``, ``gone`` or ``back``. ``version`` is the number of the version from then
    on, or until then if the article is gone.
    """

    at: datetime
    event: str
    article: int
    version: int
    title: str
    _archive: Reader = field(repr=False, compare=False)

    @classmethod
    def of(cls, archive: Reader, row: ArticleEvent) -> Self:
        """Return the change of a row."""
        return cls(parse_stamp(row.at), row.what, row.article, row.number, row.title, archive)

    @cached_property
    def edits(self) -> Sequence[FieldChange]:
        """The fields that an edit changed, with the words that differ; empty for other events."""
        if self.event != "edited":
            return []
        return self._archive.edits.of_version(self.article, self.version)
