"""An article: how it reads, how it read, and what changed between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.datasette.html.article_html import blocks
from archive.datasette.html.diff_html import inline, side_by_side
from archive.datasette.html.diff_view import compared
from archive.datasette.html.links import Hrefs, is_safe
from archive.datasette.html.story import story
from archive.datasette.http.page_limits import READ, bounded
from archive.datasette.request import Ask, NotAsked, read_time, whole
from archive.datasette.responses import Answer, Elsewhere, Page
from archive.datasette.views import mementos
from archive.store import Memento, Step, VersionRow, text_of

AROUND = 6  # versions on either side of those compared that have a link


def latest(ask: Ask) -> Answer:
    """As it last read."""
    return _article(ask, ask.archive.articles.memento(ask.article, most=READ))


def as_of(ask: Ask) -> Answer:
    """As it read at a time."""
    at = read_time(ask.parts["time"], now=ask.now, end=True)
    return _article(ask, ask.archive.articles.memento(ask.article, at=at, most=READ), at=at)


def when_asked(ask: Ask) -> Answer:
    """Where the form for a time leads."""
    time = ask.args.get("time", "")
    read_time(time, now=ask.now)
    return Elsewhere(location=ask.site.as_of(ask.article, time))


def version(ask: Ask) -> Answer:
    """One wording."""
    number = whole(ask.parts["number"], "a version")
    return _article(ask, ask.archive.articles.memento(ask.article, number=number, most=READ), numbered=True)


def _article(ask: Ask, memento: Memento, *, at: datetime | None = None, numbered: bool = False) -> Page:
    reader, row = ask.archive, memento.row
    shown = bounded(reader, memento)
    article, origins = shown.article, shown.origins
    teased = [teaser.target for teaser in article.related]
    hrefs = Hrefs.of(ask, [*(link.target for link in article.links), *teased])
    context = {
        "memento": memento,
        "article": article,
        "hidden_parts": shown.hidden,
        "row": row,
        "at": at,
        "current": at is None and not numbered,
        "blocks": list(blocks(article, origins, hrefs)),
        "related": [(teaser, hrefs.to(teaser.target)) for teaser in article.related],
        "notes": [(link, hrefs.to(link.target)) for link in article.links],
        "original": memento.url if memento.url and is_safe(memento.url) else None,
        "origins": origins,
        "missing": [(cut, _before(row, cut.field, cut.offset)) for cut in origins.missing],
        **story(ask, row.article, row.number),
    }
    fixed = at is not None or numbered
    return Page(template="article.html", context=context, headers=mementos.headers(ask, memento, fixed=fixed))


def _before(row: VersionRow, field: str, offset: int) -> str:
    """The last words before a place, to find it by."""
    return " ".join(text_of(row, field)[max(offset - 80, 0) : offset].split()[-5:])


@dataclass(frozen=True, slots=True)
class Slider:
    """Two versions and their neighbours. ``near`` are versions that have a link of their own."""

    older: Step
    newer: Step
    near: tuple[Step, ...]
    count: int

    @property
    def back(self) -> int | None:
        """The version to compare with the one after it, a step back."""
        return self.newer.number - 2 if self.newer.number > 2 else None  # noqa: PLR2004 - the first pair is 1..2

    @property
    def on(self) -> int | None:
        """The same a step on."""
        return self.newer.number if self.newer.number < self.count else None


def diff(ask: Ask) -> Answer:
    """What changed from one version to another, in the text or side by side."""
    older, newer = (whole(ask.parts[name], "a version") for name in ("older", "newer"))
    view = ask.args.get("view", "inline")
    if view not in ("inline", "split"):
        raise NotAsked("view must be inline or split")
    reader = ask.archive
    before, after = (reader.versions.numbered(ask.article, number) for number in (older, newer))
    steps = reader.history.versions(ask.article)
    context = {
        "row": after,
        "split": view == "split",
        "paragraph": side_by_side if view == "split" else inline,
        "slider": _slider(steps, older, newer),
        "cut": [row.number for row in (before, after) if row.cuts],
        **compared(reader, before, after, ask.deadline),
    }
    return Page(template="diff.html", context=context)


def _slider(steps: Sequence[Step], older: int, newer: int) -> Slider:
    near = {1, len(steps), older, *range(newer - AROUND, newer + AROUND + 1)}
    shown = tuple(step for step in steps if step.number in near)
    return Slider(steps[older - 1], steps[newer - 1], shown, len(steps))


def stepped(ask: Ask) -> Answer:
    """Where the slider's form leads: to what one version changed, or to the difference of two."""
    newer, older = ask.number("to"), ask.number("from")
    if newer is None:
        newer = ask.archive.versions.count(ask.article)
    if older is None:
        older = max(newer - 1, 1)
    return Elsewhere(location=ask.site.diff(ask.article, older, newer, split=ask.args.get("view") == "split"))
