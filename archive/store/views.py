"""What the views and their columns mean, as :mod:`archive.store.columns` says of the tables."""

from archive.store.kinds import Origin, Table

VIEWS = {
    "latest": Table(
        Origin.DERIVED,
        "One row per article with its latest wording: for SQL that does not care for the past.",
        {
            "article": "The number in its address.",
            "version": "The number of its latest wording, so how many it has had.",
            "published": "Date on the page.",
            "title": "Whole title, kicker included.",
            "lead": "The lines under the title, as one.",
            "text": "Body without dateline, as in versions.",
            "words": "How many words `text` has.",
            "authors": "Their names, separated by commas.",
            "first_seen": "When the article was first seen, UTC.",
            "edited": "When this wording was first seen, UTC; the first one's is first_seen.",
            "last_seen": "When it was last seen, UTC.",
            "state": "`here` or `gone`, as in articles.",
            "url": "Address on the paper's website.",
        },
    ),
    "changes": Table(
        Origin.DERIVED,
        "One row per edit: a wording beside the one it replaced.",
        {
            "article": "The article that was edited.",
            "version": "The number of the new wording.",
            "seen": "When the new wording was first seen, UTC.",
            "last_seen_before": "When the old one was last seen, UTC: the edit was between.",
            "title_before": "The old title.",
            "title_after": "The new one.",
            "lead_before": "The old lead.",
            "lead_after": "The new one.",
            "text_before": "The old text.",
            "text_after": "The new one.",
            "words_more": "How many more words the new text has; fewer, if negative.",
        },
    ),
}
