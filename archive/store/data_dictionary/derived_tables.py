"""Columns of the tables derived from captures."""

from typing import Annotated, NamedTuple

from archive.store.data_dictionary.column import (
    ArticleId,
    AuthorId,
    CaptureId,
    Day,
    Flag,
    Name,
    SectionId,
    Stamp,
    TagId,
    Unique,
    VersionId,
)


class ArticleRow(NamedTuple):
    """One row per article, with what its latest version says."""

    id: Annotated[
        int,
        "The number in the article's address (!6081430). Negative: provisional, computed from title and"
        " date, for an imported page without a number.",
    ]
    title: Annotated[str | None, "Title of the latest version, including the kicker."]
    published: Annotated[Day | None, "Date printed in the latest version."]
    first_seen: Annotated[
        Stamp | None,
        "Time of the first capture that could be parsed, UTC. NULL: no capture could be parsed.",
    ]
    last_seen: Annotated[
        Stamp | None,
        "Time of the last capture that could be parsed, UTC. NULL: no capture could be parsed.",
    ]
    latest_version_id: Annotated[VersionId | None, "The latest version. NULL: the article has no version."]
    version_count: Annotated[int, "Number of versions. A wording that returns after another counts again."]
    state: Annotated[str, "`present`, or `gone`: the last answer was that the page does not exist."]
    url: Annotated[str | None, "Address on the paper's website. NULL for a provisional id."]


class VersionRow(NamedTuple):
    """One row per version: a period in which all captures of an article have the same wording."""

    id: Annotated[int, "article_id × 10000 + number, so equal in all archives of the same captures."]
    article_id: Annotated[ArticleId, "The article."]
    number: Annotated[int, "1 for the first version, 2 for the next, and so on."]
    digest: Annotated[
        bytes,
        "Identifier of the wording, 32 bytes: the same for the same text in every archive. SHA-256 of a"
        " canonical form of title, lead, caption, date, authors and text (docs/identifiers.md).",
    ]
    first_seen: Annotated[Stamp, "Time of the version's first capture, UTC. The wording may be older."]
    last_seen: Annotated[Stamp, "Time of the version's last capture, UTC."]
    title: Annotated[str, "Title, including the kicker. A truncated title ends with `…`."]
    lead: Annotated[str | None, "Lead: the paragraph under the title."]
    caption: Annotated[str | None, "Caption of the picture, without `Bild: `."]
    dateline: Annotated[str | None, "Place and agency that open the body, without the bar: `Berlin taz`."]
    published: Annotated[Day | None, "Date printed on the page."]
    text: Annotated[
        str,
        "Body without dateline. Paragraphs are separated by blank lines, subheadings start with `##`, verse"
        " keeps its lines, links are reduced to their text.",
    ]
    words: Annotated[int, "Number of words in `text`."]
    truncation_count: Annotated[
        int,
        "Number of places that a source truncated and no other capture healed. 0: complete.",
    ]
    paragraphs_inferred: Annotated[
        Flag,
        "1: no capture has blank lines, so paragraphs are inferred from line lengths.",
    ]
    umlauts_transliterated: Annotated[
        Flag,
        "1: umlauts may be spelled out (ae), since every capture is from a source that does so.",
    ]
    healed: Annotated[
        Flag,
        "1: words, paragraphs or links missing in its capture were taken from other captures.",
    ]
    capture_id: Annotated[CaptureId, "The capture that the text is from."]
    search_spellings: Annotated[
        str,
        "For search only: alternative spellings of words with ß or umlauts (strasse, haeuser), and gendered"
        " words without their sign (bürgerinnen).",
    ]


class VersionTruncationRow(NamedTuple):
    """Places where a source truncated a version and no other capture healed it."""

    version_id: Annotated[VersionId, "The version."]
    field: Annotated[str, "`title`, `lead`, `caption`, `text` or another part of the page."]
    offset: Annotated[int, "Position of the `…` in that field, in characters from 0."]
    max_missing: Annotated[int | None, "Maximum number of missing characters. NULL: no limit is known."]


class VersionRepairRow(NamedTuple):
    """Places that were truncated in a version's own capture, and the capture that healed them."""

    version_id: Annotated[VersionId, "The version."]
    field: Annotated[str, "`title`, `lead`, `caption` or `text`."]
    start: Annotated[int, "Start of the healed words in that field, in characters from 0."]
    end: Annotated[int, "End of the healed words in that field: position of the first character after them."]
    capture_id: Annotated[CaptureId, "The capture that the words are from."]


class VersionEditRow(NamedTuple):
    """Fields that were edited in a version.

    A truncated field that may equal the earlier one is not listed: whether it was edited is unknown.
    """

    version_id: Annotated[VersionId, "The version."]
    field: Annotated[str, "`title`, `lead`, `caption`, `dateline`, `published`, `authors` or `text`."]
    before_id: Annotated[
        VersionId,
        "The earlier version to compare the field with: the least truncated one since the field's last edit,"
        " usually the version just before.",
    ]
    typography: Annotated[
        Flag,
        "1: only quotation marks, apostrophes, dashes, ellipses or adjacent spaces differ.",
    ]


class LinkRow(NamedTuple):
    """Links of a version's text, numbered as on the page."""

    version_id: Annotated[VersionId, "The version that contains the link."]
    position: Annotated[int, "The link's number on the page, `[n]`."]
    text: Annotated[str | None, "The linked words. NULL: `[n]` does not occur in the text."]
    start: Annotated[int | None, "Start of the linked words in `text`, in characters from 0. NULL: unknown."]
    end: Annotated[
        int | None,
        "End of the linked words in `text`: position of the first character after them. NULL: unknown.",
    ]
    target: Annotated[
        str | None,
        "`/Slug/!6081430` within the paper, else an absolute URL. NULL: the page lists no target.",
    ]
    article_id: Annotated[
        ArticleId | None,
        "The linked article. NULL: another kind of page, or an article that is not in the archive.",
    ]
    article_number: Annotated[
        int | None,
        "The linked article's number, in the archive or not. NULL: another kind of page.",
    ]


class AuthorRow(NamedTuple):
    """Authors of articles, one row per name."""

    id: Annotated[int, "Numbered in order of first appearance; differs between archives."]
    name: Annotated[Name, "As printed."]
    number: Annotated[int | None, "Number of the author's page (!a22350). NULL: unknown."]


class VersionAuthorRow(NamedTuple):
    """Authors of a version, in order."""

    version_id: Annotated[VersionId, "The version."]
    author_id: Annotated[AuthorId, "An author of the version."]
    position: Annotated[int, "Place of the author on the page, from 1."]


class TagRow(NamedTuple):
    """Keywords of articles, one row per name."""

    id: Annotated[int, "Numbered in order of first appearance; differs between archives."]
    name: Annotated[Name, "As printed."]
    number: Annotated[int | None, "Number of the topic's page (!t5008005). NULL: unknown."]


class ArticleTagRow(NamedTuple):
    """Keywords of an article, and when it had them. They may change without an edit of the article."""

    article_id: Annotated[ArticleId, "The article."]
    tag_id: Annotated[TagId, "A keyword that the article has or had."]
    first_seen: Annotated[Stamp, "Time of the first capture with it, UTC."]
    last_seen: Annotated[
        Stamp,
        "Time of the last capture with it, UTC. Equal to the article's `last_seen` if it is still there.",
    ]


class RelatedArticleRow(NamedTuple):
    """Related articles listed under an article, and when. They may change without an edit of the article."""

    article_id: Annotated[ArticleId, "The article whose page lists the related one."]
    related_id: Annotated[
        ArticleId | None,
        "The related article. NULL: not in the archive, or its number is unknown.",
    ]
    related_number: Annotated[
        int | None,
        "The related article's number, in the archive or not. NULL: unknown.",
    ]
    title: Annotated[str, "Title of the related article, as last listed."]
    text: Annotated[str | None, "Teaser of the related article, as last listed."]
    first_seen: Annotated[Stamp, "Time of the first capture with it, UTC."]
    last_seen: Annotated[Stamp, "Time of the last capture with it, UTC."]


class SectionRow(NamedTuple):
    """The front page and the sections whose pages were captured, one row each."""

    id: Annotated[int, "Numbered in order of first appearance; differs between archives."]
    number: Annotated[int, Unique(), "Number of the section's page (!p4611). 0: the front page."]
    name: Annotated[str, "The last title of the section's page; `front page` for the front page."]


class PlacementRow(NamedTuple):
    """Where an article stood on the front page or on a section's page, and when.

    One row per run of captures that show that place with the same article. A capture that lists fewer
    articles says nothing about the places below its last one. At one instant only one capture counts.
    """

    section_id: Annotated[SectionId, "The section, or the front page."]
    position: Annotated[int, "Place among the articles on the page, from 1 at the top."]
    article_id: Annotated[ArticleId | None, "The article. NULL: not in the archive."]
    article_number: Annotated[int, "The article's number, in the archive or not."]
    first_seen: Annotated[Stamp, "Time of the first capture of the run, UTC."]
    last_seen: Annotated[Stamp, "Time of the last capture of the run, UTC."]
