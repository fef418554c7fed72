"""Changes to articles, with what each edit changed, filtered for a report."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from archive.cli.output.diffs import shortened
from archive.languages import N_, counted, field_name, translations
from archive.pagekey import article_url
from archive.store import ArticleEvent, Reader
from archive.text.letter_diff import split_corrected_words
from archive.text.word_diff import FieldChange, Mark, Piece, is_changed
from archive.timestamps import minute_of, stamp, zone

REPORTED_KINDS = ("new", "edited", "gone", "back")
_HEADINGS = {"new": N_("New"), "edited": N_("Edited"), "gone": N_("Gone"), "back": N_("Back again")}
_CONTEXT_WORDS = 12  # unchanged words that are shown before and after each change
_MAX_FIELD_CHARACTERS = 4000  # of one field's changes, since a large page can be rewritten as a whole


class ReportedChange(NamedTuple):
    """An event and, if it is ``edited``, the changed fields; ``typography`` if only typography changed."""

    event: ArticleEvent
    edits: Sequence[FieldChange]
    typography: bool = False

    @property
    def url(self) -> str | None:
        """Where the article can be read; None if its id is provisional."""
        return article_url(self.event.article) if self.event.article > 0 else None


class ChangeFilter(NamedTuple):
    """Which changes to report: those of ``kinds``, and of edits only those that pass the other fields.

    ``headline``: the title was edited. ``words``: at least so many words were added or removed.
    ``typography``: edits that change only typography are included. ``section``: part of the name of a section
    that listed the article, or its number.
    """

    kinds: Collection[str] = REPORTED_KINDS
    headline: bool = False
    words: int = 0
    typography: bool = True
    section: str | None = None

    def includes(self, reported: ReportedChange) -> bool:
        event, changed, typography = reported
        if event.what not in self.kinds:
            return False
        if event.what != "edited":
            return True
        if typography and not self.typography:
            return False
        words = sum(edit.added + edit.removed for edit in changed)
        return words >= self.words and (not self.headline or any(edit.field == "title" for edit in changed))


class Period(NamedTuple):
    """The time that a report covers, both ends included; ``until`` is None for now."""

    since: datetime
    until: datetime | None = None

    def __str__(self) -> str:
        since = minute_of(stamp(self.since))
        span = f"from {since} to {minute_of(stamp(self.until))}" if self.until else f"since {since}"
        return f"{span} ({zone()})"


class Report(NamedTuple):
    """The changes of a period, newest first, as of ``now``.

    ``archive`` is the name to print; ``language`` is that of headings and labels.
    """

    archive: str
    period: Period
    now: datetime
    changes: Sequence[ReportedChange]
    language: str

    @property
    def title(self) -> str:
        """Return the number of changes, the period and the time zone."""
        since, until = self.period
        times = {"since": minute_of(stamp(since)), "zone": zone()}
        count = len(self.changes)
        if until is None:
            return counted(
                self.language,
                "%(num)s change since %(since)s (%(zone)s)",
                "%(num)s changes since %(since)s (%(zone)s)",
                count,
                **times,
            )
        return counted(
            self.language,
            "%(num)s change from %(since)s to %(until)s (%(zone)s)",
            "%(num)s changes from %(since)s to %(until)s (%(zone)s)",
            count,
            until=minute_of(stamp(until)),
            **times,
        )

    def heading(self, kind: str) -> str:
        return translations(self.language).gettext(_HEADINGS[kind])

    def label(self, edit: FieldChange) -> str:
        """Return a field's name and how many words were added and removed: ``title +2 −1 words``."""
        added = [f"+{edit.added}"] if edit.added else []
        removed = [f"−{edit.removed}"] if edit.removed else []
        words = translations(self.language).ngettext("word", "words", edit.added + edit.removed)
        return " ".join([field_name(edit.field, self.language), *added, *removed, words])

    def by_kind(self) -> Iterator[tuple[str, list[ReportedChange]]]:
        for kind in REPORTED_KINDS:
            found = [each for each in self.changes if each.event.what == kind]
            if found:
                yield kind, found


def reported_changes(opened: Reader, period: Period, wanted: ChangeFilter) -> Iterator[ReportedChange]:
    """Yield the changes of a period that pass the filter, newest first."""
    listed = opened.sections.articles(wanted.section) if wanted.section else None
    for event in opened.events.between(since=period.since, until=period.until, limit=0):
        if event.what in wanted.kinds and (listed is None or event.article in listed):
            reported = _with_edits(opened, event)
            if wanted.includes(reported):
                yield reported


def _with_edits(opened: Reader, event: ArticleEvent) -> ReportedChange:
    if event.what != "edited":
        return ReportedChange(event, [])
    numbers = event.number - 1, event.number
    before, after = (opened.versions.numbered(event.article, number) for number in numbers)
    changed = opened.edits.changes(before, after)
    return ReportedChange(event, changed, opened.edits.is_typography(after.id))


def passages(change: FieldChange) -> Iterator[list[Piece]]:
    """Yield the changed paragraphs of a field, each change with a few words around it, truncated if long."""
    room = _MAX_FIELD_CHARACTERS
    for block in change.blocks:
        if is_changed(block):
            passage, room = _truncated(_shortened(split_corrected_words(block)), room)
            yield passage
        if room <= 0:
            return


def _shortened(block: Sequence[Piece]) -> Iterator[Piece]:
    for at, piece in enumerate(block):
        text = shortened(piece, _CONTEXT_WORDS, first=at == 0, last=at == len(block) - 1)
        yield piece._replace(text=text)


def _truncated(pieces: Iterable[Piece], room: int) -> tuple[list[Piece], int]:
    """Return as many pieces as fit into ``room`` characters, and the room that is left."""
    kept: list[Piece] = []
    for piece in pieces:
        if len(piece.text) > room:
            return [*kept, piece._replace(text=piece.text[:room]), Piece(Mark.SAME, "…")], 0
        kept.append(piece)
        room -= len(piece.text)
    return kept, room
