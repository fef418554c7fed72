"""The rows that follow from the captures of one part. Ids that differ between archives are not in them.

Captures and payloads are numbered from 0 in each part. A part with the captures of an article has all rows of
that article.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

from archive.store.data_dictionary.column import Bytes, ColumnType, Day, MeaningOf, Stamp
from archive.store.data_dictionary.derived_tables import (
    ArticleRow,
    ArticleTagRow,
    AuthorRow,
    LinkRow,
    PlacementRow,
    RelatedArticleRow,
    SectionRow,
    VersionAuthorRow,
    VersionEditRow,
    VersionRepairRow,
    VersionRow,
    VersionTruncationRow,
)
from archive.store.data_dictionary.fact_tables import CaptureRow, PayloadRow
from archive.store.data_dictionary.state_tables import ChangeRateRow, PageRow


class PartLink(NamedTuple):
    """Links of a version's text, numbered as on the page."""

    version_id: Annotated[int, MeaningOf(LinkRow)]
    position: Annotated[int, MeaningOf(LinkRow)]
    text: Annotated[str | None, MeaningOf(LinkRow)]
    start: Annotated[int | None, MeaningOf(LinkRow)]
    end: Annotated[int | None, MeaningOf(LinkRow)]
    target: Annotated[str | None, MeaningOf(LinkRow)]
    article_number: Annotated[int | None, MeaningOf(LinkRow)]


class PartAuthor(NamedTuple):
    """Authors that the captures of a part name, one row per name."""

    name: Annotated[str, MeaningOf(AuthorRow)]
    number: Annotated[int | None, MeaningOf(AuthorRow)]


class PartVersionAuthor(NamedTuple):
    """Authors of a version, in order."""

    version_id: Annotated[int, MeaningOf(VersionAuthorRow)]
    name: Annotated[str, "The author's name, as printed."]
    position: Annotated[int, MeaningOf(VersionAuthorRow)]


class PartTag(NamedTuple):
    """Keywords of an article, and when it had them."""

    article_id: Annotated[int, MeaningOf(ArticleTagRow)]
    name: Annotated[str, "The keyword, as printed."]
    number: Annotated[int | None, "Number of the topic's page (!t5008005). NULL: unknown."]
    first_seen: Annotated[Stamp, MeaningOf(ArticleTagRow)]
    last_seen: Annotated[Stamp, MeaningOf(ArticleTagRow)]


class PartRelated(NamedTuple):
    """Related articles listed under an article, and when."""

    article_id: Annotated[int, MeaningOf(RelatedArticleRow)]
    related_number: Annotated[int | None, MeaningOf(RelatedArticleRow)]
    title: Annotated[str, MeaningOf(RelatedArticleRow)]
    text: Annotated[str | None, MeaningOf(RelatedArticleRow)]
    first_seen: Annotated[Stamp, MeaningOf(RelatedArticleRow)]
    last_seen: Annotated[Stamp, MeaningOf(RelatedArticleRow)]


class PartSection(NamedTuple):
    """The front page and the sections whose pages were captured, one row each."""

    number: Annotated[int, MeaningOf(SectionRow)]
    name: Annotated[str, MeaningOf(SectionRow)]


class PartPlacement(NamedTuple):
    """Where an article stood on the front page or on a section's page, and when."""

    section_number: Annotated[int, "Number of the section's page (!p4611). 0: the front page."]
    position: Annotated[int, MeaningOf(PlacementRow)]
    article_number: Annotated[int, "The article's number."]
    first_seen: Annotated[Stamp, MeaningOf(PlacementRow)]
    last_seen: Annotated[Stamp, MeaningOf(PlacementRow)]


class PartCapture(NamedTuple):
    """One row per capture, and the article and the version that it belongs to."""

    id: Annotated[int, "Place among the captures of its part, from 0."]
    article_id: Annotated[int | None, MeaningOf(CaptureRow)]
    version_id: Annotated[int | None, MeaningOf(CaptureRow)]
    kind: Annotated[str | None, "Kind of the page. NULL: a file that does not name its page."]
    number: Annotated[int | None, "Number in the page's address; 0 for the root."]
    source: Annotated[str, MeaningOf(CaptureRow)]
    rendition: Annotated[str | None, MeaningOf(CaptureRow)]
    url: Annotated[str, MeaningOf(CaptureRow)]
    captured_at: Annotated[Stamp, MeaningOf(CaptureRow)]
    payload_id: Annotated[int | None, "The bytes received. NULL: none."]
    outcome: Annotated[str, MeaningOf(CaptureRow)]
    problem: Annotated[str | None, MeaningOf(CaptureRow)]


class PartPayload(NamedTuple):
    """Bytes of pages, compressed with zstd; equal bytes are stored once in each part."""

    id: Annotated[int, "Place among the payloads of its part, from 0."]
    digest: Annotated[bytes, ColumnType.BYTES, "SHA-256 of the bytes as received."]
    size: Annotated[Bytes, MeaningOf(PayloadRow)]
    encoding: Annotated[str, MeaningOf(PayloadRow)]
    base_id: Annotated[int | None, MeaningOf(PayloadRow)]
    level: Annotated[int, MeaningOf(PayloadRow)]
    body: Annotated[bytes, MeaningOf(PayloadRow)]


class PartPage(NamedTuple):
    """Pages that were captured, or that a capture links to, and their checks so far."""

    kind: Annotated[str, MeaningOf(PageRow)]
    number: Annotated[int, MeaningOf(PageRow)]
    discovered_at: Annotated[Stamp, MeaningOf(PageRow)]
    checked_at: Annotated[Stamp | None, MeaningOf(PageRow)]
    changed_at: Annotated[Stamp | None, MeaningOf(PageRow)]
    check_count: Annotated[int, MeaningOf(PageRow)]
    change_count: Annotated[int, MeaningOf(PageRow)]
    failure_count: Annotated[int, MeaningOf(PageRow)]
    change_score: Annotated[float, MeaningOf(PageRow)]
    published: Annotated[Day | None, "Date printed in the latest version of the article."]
    first_seen: Annotated[Stamp | None, "Time of the first capture of the article that could be parsed."]


PartChangeRate = ChangeRateRow


@dataclass(slots=True)
class PartRows:
    """The rows of a part, by table. Each list has the row type of :data:`PART_TABLES`."""

    articles: list[ArticleRow] = field(default_factory=list)
    versions: list[VersionRow] = field(default_factory=list)
    links: list[PartLink] = field(default_factory=list)
    authors: list[PartAuthor] = field(default_factory=list)
    version_authors: list[PartVersionAuthor] = field(default_factory=list)
    tags: list[PartTag] = field(default_factory=list)
    related_articles: list[PartRelated] = field(default_factory=list)
    edits: list[VersionEditRow] = field(default_factory=list)
    truncations: list[VersionTruncationRow] = field(default_factory=list)
    repairs: list[VersionRepairRow] = field(default_factory=list)
    sections: list[PartSection] = field(default_factory=list)
    placements: list[PartPlacement] = field(default_factory=list)
    captures: list[PartCapture] = field(default_factory=list)
    payloads: list[PartPayload] = field(default_factory=list)
    pages: list[PartPage] = field(default_factory=list)
    change_rates: list[PartChangeRate] = field(default_factory=list)


# The type of the rows of each table, by its name, which is that of its folder in a dataset.
PART_TABLES: Mapping[str, Any] = {
    table: get_args(rows)[0] for table, rows in get_type_hints(PartRows).items()
}
