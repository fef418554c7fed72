"""Descriptions of the views and their columns. The tables are in :mod:`archive.store.columns`."""

from archive.store.kinds import Origin, Table

VIEWS = {
    "latest": Table(
        Origin.DERIVED,
        "One row per article with its latest version, for queries that need no history.",
        {
            "article_id": "The number in the article's address.",
            "version": "Number of the latest version, which is also the number of versions.",
            "published": "Date printed on the page.",
            "title": "Title, including the kicker.",
            "lead": "Lead: the paragraph under the title.",
            "text": "Body without dateline, as in `versions`.",
            "words": "Number of words in `text`.",
            "authors": "Names of the authors, separated by commas. NULL: no author is named.",
            "first_seen": "When the article was first captured, UTC.",
            "edited_at": "When the latest version was first captured, UTC. Equal to `first_seen` if there"
            " is one version.",
            "last_seen": "When the article was last captured, UTC.",
            "state": "`present` or `gone`, as in `articles`.",
            "url": "Address on the paper's website. NULL for a provisional id.",
        },
    ),
    "changes": Table(
        Origin.DERIVED,
        "One row per edit: a version and the one it replaced.",
        {
            "article_id": "The article that was edited.",
            "version": "Number of the new version.",
            "first_seen": "When the new version was first captured, UTC.",
            "last_seen_before": "When the old version was last captured, UTC. The edit was made between"
            " the two times.",
            "fields_edited": "Edited fields, separated by commas. NULL: no field is known to be edited.",
            "fields_truncated": "Fields that a source truncated in the new or the previous version,"
            " separated by commas. Unless a field is also in `fields_edited`, whether it was edited is"
            " unknown. NULL: no field is truncated.",
            "typography_only": "1: only quotation marks, apostrophes, dashes, ellipses or adjacent spaces"
            " differ. NULL: no field is known to be edited.",
            "title_edited": "1: the title was edited.",
            "title_truncated": "1: a source truncated the new or the previous title. Unless"
            " `title_edited` is 1, whether it was edited is unknown.",
            "title_before": "The old title; if edited, the least truncated one.",
            "title_after": "The new title.",
            "lead_before": "The old lead; if edited, the least truncated one.",
            "lead_after": "The new lead.",
            "caption_before": "The old caption; if edited, the least truncated one.",
            "caption_after": "The new caption.",
            "text_before": "The old text; if edited, the least truncated one.",
            "text_after": "The new text.",
            "words_more": "Number of words added; negative if removed; 0 if the text was not edited. NULL:"
            " unknown, because the text was edited and truncated.",
        },
    ),
}
