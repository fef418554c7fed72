"""What happened to articles, with what edits changed, and only what somebody wants to hear of."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from archive.cli.output.diffs import shortened
from archive.pagekey import article_url
from archive.store import Event, Reader
from archive.text.letter_diff import within_words
from archive.text.word_diff import Change, Mark, Piece, is_changed

EVENTS = ("new", "edited", "gone", "back")
HEADINGS = {"new": "New", "edited": "Edited", "gone": "Gone", "back": "Back again"}
CONTEXT = 12  # words of what stays the same that are shown before and after each change
LONGEST = 4000  # characters of one field's changes; a page can be rewritten from end to end, and be large


class Happening(NamedTuple):
    """An event; ``edits`` are of one that is ``edited``, maybe of ``typography`` only."""

    event: Event
    edits: Sequence[Change]
    typography: bool = False

    @property
    def url(self) -> str | None:
        """Where the article can be read; None for one whose number is not the paper's own."""
        return article_url(self.event.article) if self.event.article > 0 else None


class Wanted(NamedTuple):
    """Of all events only these ``kinds``; of edits only those that also pass the other filters.

    ``headline``: the title was edited. ``words``: at least so many were added or removed. ``typography``:
    edits of typography only are wanted too.
    """

    kinds: Collection[str] = EVENTS
    headline: bool = False
    words: int = 0
    typography: bool = True

    def includes(self, happening: Happening) -> bool:
        """What is no edit is wanted whatever its size."""
        event, changed, typography = happening
        if event.what not in self.kinds:
            return False
        if event.what != "edited":
            return True
        if typography and not self.typography:
            return False
        words = sum(edit.added + edit.removed for edit in changed)
        return words >= self.words and (not self.headline or any(edit.field == "title" for edit in changed))


class Span(NamedTuple):
    """The time that a report covers, both ends included, in UTC; ``until`` is None if it goes on to now."""

    since: datetime
    until: datetime | None = None

    def __str__(self) -> str:
        since = f"{self.since:%Y-%m-%d %H:%M}"
        return f"from {since} to {self.until:%Y-%m-%d %H:%M} UTC" if self.until else f"since {since} UTC"


class Report(NamedTuple):
    """What happened in a ``span``, newest first, as of ``now``. ``archive`` is what to call it."""

    archive: str
    span: Span
    now: datetime
    happenings: Sequence[Happening]

    def by_kind(self) -> Iterator[tuple[str, list[Happening]]]:
        """Of the kinds that there are."""
        for kind in EVENTS:
            found = [each for each in self.happenings if each.event.what == kind]
            if found:
                yield kind, found


def happenings(opened: Reader, span: Span, wanted: Wanted) -> Iterator[Happening]:
    """All that is wanted, newest first."""
    for event in opened.events.between(since=span.since, until=span.until, limit=0):
        if event.what in wanted.kinds:
            happening = _happening(opened, event)
            if wanted.includes(happening):
                yield happening


def _happening(opened: Reader, event: Event) -> Happening:
    """An event with what it changed; nothing if it is no edit."""
    if event.what != "edited":
        return Happening(event, [])
    numbers = event.number - 1, event.number
    before, after = (opened.versions.numbered(event.article, number) for number in numbers)
    changed = opened.edits.changes(before, after)
    return Happening(event, changed, opened.edits.is_typography(after.id))


def passages(change: Change) -> Iterator[list[Piece]]:
    """The changed paragraphs of a field with a few words around each change; no more than a few pages."""
    room = LONGEST
    for block in change.blocks:
        if is_changed(block):
            passage, room = _cut(_shortened(within_words(block)), room)
            yield passage
        if room <= 0:
            return


def _shortened(block: Sequence[Piece]) -> Iterator[Piece]:
    for at, piece in enumerate(block):
        text = shortened(piece, CONTEXT, first=at == 0, last=at == len(block) - 1)
        yield piece._replace(text=text)


def _cut(pieces: Iterable[Piece], room: int) -> tuple[list[Piece], int]:
    """As many pieces as there is room for, and what is left of it."""
    kept: list[Piece] = []
    for piece in pieces:
        if len(piece.text) > room:
            return [*kept, piece._replace(text=piece.text[:room]), Piece(Mark.SAME, "…")], 0
        kept.append(piece)
        room -= len(piece.text)
    return kept, room
