"""Columns of the views."""

from typing import Annotated, NamedTuple

from archive.store.data_dictionary.column import ArticleId, AuthorId, Day, Flag, SectionId, Stamp, TagId


class LatestRow(NamedTuple):
    """One row per article with its latest version, for queries that need no history."""

    article_id: Annotated[ArticleId, "The number in the article's address."]
    version: Annotated[int, "Number of the latest version, which is also the number of versions."]
    published: Annotated[Day | None, "Date printed on the page."]
    title: Annotated[str, "Title, including the kicker."]
    lead: Annotated[str | None, "Lead: the paragraph under the title."]
    text: Annotated[str, "Body without dateline, as in `versions`."]
    words: Annotated[int, "Number of words in `text`."]
    authors: Annotated[str | None, "Names of the authors, separated by commas. NULL: no author is named."]
    first_seen: Annotated[Stamp, "When the article was first captured, UTC."]
    edited_at: Annotated[
        Stamp,
        "When the latest version was first captured, UTC. Equal to `first_seen` if there is one version.",
    ]
    last_seen: Annotated[Stamp, "When the article was last captured, UTC."]
    state: Annotated[str, "`present` or `gone`, as in `articles`."]
    url: Annotated[str | None, "Address on the paper's website. NULL for a provisional id."]


class ChangeRow(NamedTuple):
    """One row per edit: a version and the one it replaced."""

    article_id: Annotated[ArticleId, "The article that was edited."]
    version: Annotated[int, "Number of the new version."]
    first_seen: Annotated[Stamp, "When the new version was first captured, UTC."]
    last_seen_before: Annotated[
        Stamp,
        "When the old version was last captured, UTC. The edit was made between the two times.",
    ]
    fields_edited: Annotated[
        str | None,
        "Edited fields, separated by commas. NULL: no field is known to be edited.",
    ]
    fields_truncated: Annotated[
        str | None,
        "Fields that a source truncated in the new or the previous version, separated by commas. Unless a"
        " field is also in `fields_edited`, whether it was edited is unknown. NULL: no field is truncated.",
    ]
    typography_only: Annotated[
        Flag | None,
        "1: only quotation marks, apostrophes, dashes, ellipses or adjacent spaces differ. NULL: no field is"
        " known to be edited.",
    ]
    title_edited: Annotated[Flag, "1: the title was edited."]
    title_truncated: Annotated[
        Flag,
        "1: a source truncated the new or the previous title. Unless `title_edited` is 1, whether it was"
        " edited is unknown.",
    ]
    title_before: Annotated[str, "The old title; if edited, the least truncated one."]
    title_after: Annotated[str, "The new title."]
    lead_before: Annotated[str | None, "The old lead; if edited, the least truncated one."]
    lead_after: Annotated[str | None, "The new lead."]
    caption_before: Annotated[str | None, "The old caption; if edited, the least truncated one."]
    caption_after: Annotated[str | None, "The new caption."]
    text_before: Annotated[str, "The old text; if edited, the least truncated one."]
    text_after: Annotated[str, "The new text."]
    words_more: Annotated[
        int | None,
        "Number of words added; negative if removed; 0 if the text was not edited. NULL: unknown, because"
        " the text was edited and truncated.",
    ]


class ArticleAuthorRow(NamedTuple):
    """Authors of an article's latest version."""

    article_id: Annotated[ArticleId, "The article."]
    author_id: Annotated[AuthorId, "An author of the latest version."]
    name: Annotated[str, "The author's name, as printed."]
    position: Annotated[int, "Place of the author on the page, from 1."]


class ArticleTagNowRow(NamedTuple):
    """Keywords that an article had when it was last captured."""

    article_id: Annotated[ArticleId, "The article."]
    tag_id: Annotated[TagId, "A keyword of the article."]
    name: Annotated[str, "The keyword, as printed."]


class ArticleSectionRow(NamedTuple):
    """One row per article and section, or front page, that listed it."""

    article_id: Annotated[ArticleId, "The article."]
    section_id: Annotated[SectionId, "A section that lists or listed the article."]
    number: Annotated[int, "Number of the section's page. 0: the front page."]
    name: Annotated[str, "Name of the section."]
    first_seen: Annotated[Stamp, "When the page was first captured with the article, UTC."]
    last_seen: Annotated[Stamp, "When the page was last captured with the article, UTC."]
    best_position: Annotated[int, "The highest place at which the article stood; 1 is the top."]
