"""What the views and their columns mean, as :mod:`archive.store.columns` says of the tables."""

from archive.store.kinds import Origin, Table

VIEWS = {
    "latest": Table(
        Origin.DERIVED,
        "One row per article with its latest wording: for SQL that does not care for the past.",
        {
            "article_id": "The number in its address.",
            "version": "The number of its latest wording, so how many it has had.",
            "published": "Date on the page.",
            "title": "Whole title, kicker included.",
            "lead": "The lines under the title, as one.",
            "text": "Body without dateline, as in versions.",
            "words": "How many words `text` has.",
            "authors": "Their names, separated by commas.",
            "first_seen": "When the article was first seen, UTC.",
            "edited_at": "When this wording was first seen, UTC; the first one's is first_seen.",
            "last_seen": "When it was last seen, UTC.",
            "state": "`present` or `gone`, as in articles.",
            "url": "Address on the paper's website.",
        },
    ),
    "changes": Table(
        Origin.DERIVED,
        "One row per edit: a wording beside the one it replaced.",
        {
            "article_id": "The article that was edited.",
            "version": "The number of the new wording.",
            "first_seen": "When the new wording was first seen, UTC.",
            "last_seen_before": "When the old one was last seen, UTC: the edit was between.",
            "fields_edited": "Names of the fields that were edited, separated by commas.",
            "fields_truncated": "Names of fields that a source truncated in the new wording or the one just"
            " before it; if not among those edited, whether they were is unknown.",
            "typography_only": "1: only quotation marks, apostrophes, dashes, ellipses or the spaces beside"
            " them differ.",
            "title_edited": "1: the title was edited.",
            "title_truncated": "1: a source truncated the new title or the one just before it. Unless"
            " `title_edited` is 1, whether it was edited is unknown.",
            "title_before": "The old title; of an edited one the best known.",
            "title_after": "The new title.",
            "lead_before": "The old lead; of an edited one the best known.",
            "lead_after": "The new lead.",
            "caption_before": "The old caption; of an edited one the best known.",
            "caption_after": "The new caption.",
            "text_before": "The old text; of an edited one the best known.",
            "text_after": "The new text.",
            "words_more": "How many more words the new text has; fewer, if negative. NULL: unknown, since"
            " the text was edited and a source truncated it.",
        },
    ),
}
