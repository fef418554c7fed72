"""What edits changed, in brief, for lists of events."""

from collections.abc import Iterable

from archive.store import ArticleEvent, EditBrief, Reader


def edit_briefs(reader: Reader, events: Iterable[ArticleEvent]) -> dict[tuple[int, int], EditBrief]:
    """Return what the edits among some events changed, by article and number of the version."""
    return {
        (event.article, event.number): reader.edits.brief(event.article, event.number)
        for event in events
        if event.what == "edited"
    }
