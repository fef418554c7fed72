"""Which rows of an article follow from its readings. Pure: nothing here reads or writes an archive.

:mod:`.row_writer` writes the rows of many articles at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archive.model import Article, Author
from archive.reading.date_ranges import article_number, authors_by_name, related_ranges, tag_ranges
from archive.reading.edits import find_edits, history_start
from archive.reading.history import Reading, Version, derive_versions, single_version
from archive.reading.wording_digest import wording_digest
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.text.indexed_text import index_text
from archive.timestamps import stamp

MAX_VERSIONS = VERSIONS_PER_ARTICLE - 1
MAX_ARTICLE = 2**63 // VERSIONS_PER_ARTICLE - 1  # the ids of its versions are integers of 64 bits
Row = tuple[Any, ...]
Name = tuple[str, int | None]  # of an author or a tag, and the number of its page if known


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRows:
    """The rows that belong to versions, by table, in the order of their columns.

    ``authors`` have the name in place of the id, ``captures`` are pairs of a version's id and a capture.
    """

    versions: Sequence[VersionRow] = ()
    links: Sequence[Row] = ()
    truncations: Sequence[Row] = ()
    repairs: Sequence[Row] = ()
    edits: Sequence[Row] = ()
    authors: Sequence[tuple[int, str, int]] = ()
    captures: Sequence[tuple[int, int]] = ()


class SeenTag(NamedTuple):
    """A tag, and the stamps of the first and last reading that has it."""

    name: str
    number: int | None
    first_seen: str
    last_seen: str


class SeenRelated(NamedTuple):
    """A related article, its number if known, and the stamps of the first and last reading that has it."""

    number: int | None
    title: str
    text: str | None
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRows:
    """What to write for one article.

    - ``rows``: the rows of versions with consecutive numbers
    - ``replaced_from``: number of the first version whose rows may exist; None: none of ``rows`` exist yet
    - ``unassigned_from``: captures of versions from this number on lose their version first
    - ``extended``: the latest version and the time that it was seen last, if only that changes
    - ``repeated``: all tags and related articles last seen at this time are seen again at that time
    - ``tags``, ``related``: what readings later than those that are stored say, and when it was seen
    - ``is_whole``: tags and related articles replace all that are stored
    - ``authors``: those of the versions and all others that the readings name
    - ``begun``: the number of the version that each capture begins
    """

    article: int
    rows: VersionRows = field(default_factory=VersionRows)
    replaced_from: int | None = None
    unassigned_from: int | None = None
    extended: tuple[int, str] | None = None
    repeated: str | None = None
    tags: Sequence[SeenTag] = ()
    related: Sequence[SeenRelated] = ()
    is_whole: bool = False
    authors: Sequence[Name] = ()
    begun: Mapping[int, int] = field(default_factory=dict)


def whole_history(
    article: int, readings: Sequence[Reading], *, max_versions: int = MAX_VERSIONS
) -> DerivedRows:
    """Replace all derived rows of an article by those that follow from all its readings.

    With more than ``max_versions`` versions, the first ones and the latest are kept.
    """
    history = _limited(derive_versions(readings), max_versions)
    return DerivedRows(
        article=article,
        rows=_version_rows(article, 1, history),
        replaced_from=1,
        unassigned_from=1 if len(history) == max_versions else len(history) + 1,
        tags=_tags(readings),
        related=_related(readings),
        is_whole=True,
        authors=_names(authors_by_name(readings).values()),
        begun=_begun(1, history),
    )


def latest_history(
    article: int, number: int, readings: Sequence[Reading], before: Sequence[Article]
) -> DerivedRows:
    """Update an article with the last of ``readings``.

    The other readings are those of the latest version, which has that ``number``; ``before`` are the versions
    before it from :func:`checkpoint` on. The rows are those of :func:`whole_history`, found in less time.
    """
    found = derive_versions(readings)
    history = _limited(found, VERSIONS_PER_ARTICLE - number)
    return DerivedRows(
        article=article,
        rows=_version_rows(article, number, history, before),
        replaced_from=number,
        unassigned_from=number if len(history) < len(found) else None,
        tags=_tags(readings[-1:]),
        related=_related(readings[-1:]),
        authors=_names(
            [*readings[-1].article.authors, *(one for version in history for one in version.article.authors)]
        ),
        begun=_begun(number, history),
    )


def checkpoint(number: int) -> int:
    """Return the number of the version from which on edits of version ``number`` are found."""
    return history_start(number - 1) + 1


def next_version(article: int, number: int, reading: Reading, before: Article | None) -> DerivedRows:
    """Add version ``number``, begun by ``reading``. ``before`` is the previous one, if complete."""
    history = [single_version(reading)]
    return DerivedRows(
        article=article,
        rows=_version_rows(article, number, history, [before] if before else []),
        tags=_tags([reading]),
        related=_related([reading]),
        authors=_names(reading.article.authors),
        begun=_begun(number, history),
    )


def extended_version(article: int, number: int, reading: Reading) -> DerivedRows:
    """Extend the latest version to ``reading``; tags and related articles may have changed."""
    version = version_id(article, number)
    return DerivedRows(
        article=article,
        rows=VersionRows(captures=[(version, reading.capture_id)]),
        extended=(version, stamp(reading.captured_at)),
        tags=_tags([reading]),
        related=_related([reading]),
        authors=_names(author for author in reading.article.authors if author.number is not None),
    )


def repeated_capture(article: int, version: int, before: str, now: str) -> DerivedRows:
    """Extend the latest version to ``now``, when the same bytes as ``before`` were captured again."""
    return DerivedRows(article=article, extended=(version, now), repeated=before)


def _tags(readings: Sequence[Reading]) -> list[SeenTag]:
    return [
        SeenTag(tag.name, tag.number, stamp(seen.first_seen), stamp(seen.last_seen))
        for tag, seen in tag_ranges(readings).values()
    ]


def _related(readings: Sequence[Reading]) -> list[SeenRelated]:
    return [
        SeenRelated(
            name if isinstance(name, int) else None,
            *(teaser.title, teaser.text),
            *(stamp(seen.first_seen), stamp(seen.last_seen)),
        )
        for name, (teaser, seen) in related_ranges(readings).items()
    ]


def _names(authors: Iterable[Author]) -> list[Name]:
    return [(author.name, author.number) for author in authors]


def version_id(article: int, number: int) -> int:
    """Return the id of an article's ``number``-th version, which is the same in every archive."""
    return article * VERSIONS_PER_ARTICLE + number


def split_version_id(version: int) -> tuple[int, int]:
    """Return the article and the number of a version: the inverse of :func:`version_id`."""
    return divmod(version, VERSIONS_PER_ARTICLE)


def _limited(history: list[Version], count: int) -> list[Version]:
    """Return at most ``count`` versions: the first ones and the latest."""
    return history if len(history) <= count else [*history[: count - 1], history[-1]]


def _begun(first: int, history: Iterable[Version]) -> dict[int, int]:
    return {version.capture_ids[0]: number for number, version in enumerate(history, start=first)}


def _version_rows(
    article: int, first: int, history: Sequence[Version], before: Sequence[Article] = ()
) -> VersionRows:
    """Return the rows of versions from number ``first`` on; ``before`` are the ones just before them."""
    numbered = [(version_id(article, number), version) for number, version in enumerate(history, start=first)]
    start = version_id(article, first - len(before))
    return VersionRows(
        versions=[_version_row(article, id_, version) for id_, version in numbered],
        links=[row for id_, version in numbered for row in _links(id_, version.article)],
        truncations=[row for id_, version in numbered for row in _truncations(id_, version)],
        repairs=[row for id_, version in numbered for row in _repairs(id_, version)],
        edits=list(_edits(start, [*before, *(version.article for version in history)], skip=len(before))),
        authors=[row for id_, version in numbered for row in _authors(id_, version)],
        captures=[(id_, capture) for id_, version in numbered for capture in version.capture_ids],
    )


def _version_row(article: int, id_: int, version: Version) -> VersionRow:
    said, indexed = version.article, version.indexed or index_text(version.article)
    return VersionRow(
        id=id_,
        article_id=article,
        number=id_ - version_id(article, 0),
        digest=wording_digest(said),
        first_seen=stamp(version.first_seen),
        last_seen=stamp(version.last_seen),
        title=said.title,
        lead=said.lead,
        caption=said.caption,
        dateline=said.dateline,
        published=said.published.isoformat() if said.published else None,
        text=said.text,
        words=indexed.word_count,
        truncation_count=len(said.truncations),
        paragraphs_inferred=said.paragraphs_inferred,
        umlauts_transliterated=said.transliterated,
        healed=version.is_healed,
        capture_id=version.capture_id,
        search_spellings=indexed.spellings,
    )


def _links(version: int, said: Article) -> Iterator[Row]:
    for link in said.links:
        number = article_number(link.target)
        yield version, link.position, link.text, link.start, link.end, link.target, number, number


def _truncations(id_: int, version: Version) -> Iterator[Row]:
    for truncation in version.article.truncations:
        yield id_, truncation.field, truncation.offset, truncation.max_missing


def _repairs(id_: int, version: Version) -> Iterator[Row]:
    for words in version.healed_ranges:
        yield id_, words.field, words.start, words.end, version.capture_ids[words.reading_index]


def _authors(id_: int, version: Version) -> Iterator[tuple[int, str, int]]:
    for position, author in enumerate(version.article.authors, start=1):
        yield id_, author.name, position


def _edits(first: int, history: Sequence[Article], *, skip: int) -> Iterator[Row]:
    """Yield the edits of each version of a history, except of the first ``skip`` versions.

    ``first`` is the id of the first version; ids are consecutive.
    """
    for version, found in enumerate(find_edits(history)[skip:], start=first + skip):
        for edit in found:
            yield version, edit.field, first + edit.before, edit.typography_only
