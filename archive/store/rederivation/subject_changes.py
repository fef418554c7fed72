"""Derive a subject again from what an archive holds of it. Pure, so any process of any machine can do it.

:mod:`.loaded_subject` loads a subject before, and :mod:`.change_writer` writes what follows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from archive.model import Article, Menu, Outcome, PageKey
from archive.reading.history import Reading
from archive.reading.placements import MenuReading, read_menu
from archive.reading.title_match import titles_fit
from archive.store.frontier.known_pages import linked_pages
from archive.store.ingest.derived_rows import DerivedRows, whole_history
from archive.store.ingest.sections import SECTION_KINDS
from archive.store.rederivation import turnover
from archive.store.rederivation.loaded_subject import LoadedSubject, Title
from archive.store.rederivation.stored import Reads, Stored, Subject, read_all
from archive.store.rederivation.turnover import Wordings
from archive.timestamps import parse_stamp, stamp

MENU_CAPTURES_PER_BATCH = 100  # limits memory: a menu can have a thousand links and very many captures
Known = Callable[[set[PageKey]], Mapping[PageKey, str]]  # when pages were discovered, of those that are known


class LostCapture(NamedTuple):
    """A capture that could be parsed before, and why it cannot any more."""

    id: int
    article: int | None
    url: str
    captured_at: str
    problem: str | None


class ChangedOutcome(NamedTuple):
    """What a capture is found to be now."""

    outcome: str
    problem: str | None
    capture: int


class FoundLinks(NamedTuple):
    """Pages that a capture links to and that the archive does not know as early."""

    at: datetime
    keys: Sequence[PageKey]

    def unknown(self, known: Mapping[PageKey, str]) -> "FoundLinks":
        """Return those pages that were not discovered as early."""
        at = stamp(self.at)
        return self._replace(keys=[key for key in self.keys if key not in known or known[key] > at])


@dataclass(slots=True, kw_only=True)
class SubjectChanges:
    """What is to be written for a subject whose page has a ``key``; None: only captures can identify it.

    - ``counts``: by :data:`.reparsing.REPARSE_COUNTS`; ``lost``: captures that cannot be parsed any more
    - ``page``: the id of its page, if that is known
    - ``outcomes``: those of captures for which they have changed
    - ``links``: pages to discover
    - ``mended``: the last capture, if it could not be parsed before and can be now
    - ``rows``: those of an article; None if no capture contains it; ``known``: it is in the archive
    - ``released``: captures without a number that do not contain the article any more
    - ``others``: readings of captures without a number that belong to other articles
    - ``titles``: articles of that title and date, which is new to this one, may have a provisional id
    - ``turnover``: counts of versions that came and went, unless captures move to or from other articles;
      for that case, ``before`` are the versions before, and ``captures`` all of its captures
    - ``menus``: what captures of a menu say about places, ordered by time
    """

    subject: Subject
    key: PageKey | None
    page: int | None
    counts: Counter[str] = field(default_factory=Counter)
    lost: list[LostCapture] = field(default_factory=list)
    outcomes: list[ChangedOutcome] = field(default_factory=list)
    links: list[FoundLinks] = field(default_factory=list)
    mended: Stored | None = None
    rows: DerivedRows | None = None
    known: bool = False
    released: Sequence[int] = ()
    others: Sequence[Reading] = ()
    titles: Sequence[Article] = ()
    turnover: Counter[str] = field(default_factory=Counter)
    before: Wordings | None = None
    captures: Sequence[int] = ()
    menus: list[MenuReading] = field(default_factory=list)


def derive_changes(loaded: LoadedSubject, known: Known) -> SubjectChanges:
    """Parse all captures of a subject again. Raise :exc:`DamagedArchive` if a payload is damaged.

    Pages that are ``known`` as early are left out of ``links``.
    """
    done = SubjectChanges(subject=loaded.subject, key=loaded.key, page=loaded.page)
    if loaded.is_menu:
        for at in range(
            0, len(loaded.stored), MENU_CAPTURES_PER_BATCH
        ):  # they need not be in memory together
            _read_menus(loaded, done, loaded.stored[at : at + MENU_CAPTURES_PER_BATCH], known)
    else:
        _read_article(loaded, done, known)
    return done


def _read_menus(loaded: LoadedSubject, done: SubjectChanges, stored: Sequence[Stored], known: Known) -> None:
    reads = read_all(loaded.bodies, stored, done.key)
    _compare_outcomes(done, stored, reads)
    _find_links(done, stored, reads, known)
    if done.key and done.key.kind in SECTION_KINDS:
        pages = [(capture, reads[capture.id].page) for capture in stored]
        said = [read_menu(capture.captured_at, page) for capture, page in pages if isinstance(page, Menu)]
        done.menus += filter(None, said)


def _read_article(loaded: LoadedSubject, done: SubjectChanges, known: Known) -> None:
    stored = loaded.stored
    reads = read_all(loaded.bodies, stored, done.key)
    _compare_outcomes(done, stored, reads)
    _find_links(done, stored, reads, known)
    _assign(loaded, done, list(_readings(stored, reads)))
    after = turnover.derived_wordings(done.rows) if done.rows else turnover.NO_WORDINGS
    done.turnover = turnover.compare(loaded.before, after)
    if done.others or done.titles:
        done.before, done.captures = loaded.before, [capture.id for capture in stored]


def _readings(stored: Iterable[Stored], reads: Reads) -> Iterable[Reading]:
    for capture in stored:
        if isinstance(page := reads[capture.id].page, Article):
            yield Reading(
                captured_at=parse_stamp(capture.captured_at),
                capture_id=capture.id,
                article=page,
                form=capture.form,
            )


# -- Outcomes and links -----------------------------------------------------------------------------------


def _compare_outcomes(done: SubjectChanges, stored: Sequence[Stored], reads: Reads) -> None:
    done.counts["captures"] += len(stored)
    for capture in stored:
        now = reads[capture.id]
        if (capture.outcome, capture.problem) != (now.outcome.value, now.problem):
            done.outcomes.append(ChangedOutcome(now.outcome.value, now.problem, capture.id))
        if capture.outcome != now.outcome.value:
            done.counts[f"{capture.outcome} → {now.outcome.value}"] += 1
            if capture.outcome == Outcome.OK.value:
                article = done.subject.article
                done.lost.append(
                    LostCapture(capture.id, article, capture.url, capture.captured_at, now.problem)
                )
    if stored:
        last = stored[-1]
        done.mended = last if last.outcome != Outcome.OK.value and reads[last.id].page else None


def _find_links(done: SubjectChanges, stored: Sequence[Stored], reads: Reads, known: Known) -> None:
    """Note the pages that captures link to."""
    done.links += without_known(
        [
            FoundLinks(parse_stamp(one.captured_at), linked_pages(page))
            for one in stored
            if (page := reads[one.id].page)
        ],
        known,
    )


def without_known(links: Sequence[FoundLinks], known: Known) -> list[FoundLinks]:
    """Return the pages that are not known as early."""
    discovered = known({key for one in links for key in one.keys})
    return [unknown for one in links if (unknown := one.unknown(discovered)).keys]


# -- The captures that belong to an article ---------------------------------------------------------------


def _assign(loaded: LoadedSubject, done: SubjectChanges, readings: Sequence[Reading]) -> None:
    """Find which captures belong to the article, and the rows that follow from their readings."""
    article = done.subject.article
    if article is None:
        done.others = readings
        return
    keyed = {capture.id for capture in loaded.stored if capture.page is not None}
    known = loaded.titles
    fitting = known | {_title(one.article) for one in readings if one.capture_id in keyed}
    own = [one for one in readings if one.capture_id in keyed or _fits(one.article, fitting)]
    kept = {one.capture_id for one in own}
    done.others = [one for one in readings if one.capture_id not in kept]
    done.released = [capture for capture in loaded.unnumbered if capture not in kept]
    new = {_title(one.article) for one in own if article > 0} - known
    done.titles = [Article(title=title, published=published) for title, published in new]
    done.known = loaded.is_known
    done.rows = whole_history(article, own) if own else None


def _title(article: Article) -> Title:
    return article.title, article.published


def _fits(article: Article, titles: AbstractSet[Title]) -> bool:
    """Return whether a page without a number can belong to an article with one of these titles and dates."""
    return _title(article) in titles or any(
        published == article.published and titles_fit(title, article.title) for title, published in titles
    )
