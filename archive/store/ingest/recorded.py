"""The result of recording a capture, and the schedule that follows from it. Pure."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from archive.model import ArticleChange, Kind, Outcome, PageKey
from archive.policy.layout_change import PageTraits, page_traits
from archive.policy.revisit import appearance_time
from archive.store.frontier.schedule import CheckResult
from archive.store.ingest.capture_batch import BatchCapture


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The result of recording a capture.

    - ``version``: the number of the version that the capture began, if any
    - ``new``: the capture is the first reading of its article
    - ``known``: the same capture was archived already, so nothing was added
    - ``size``: bytes of the page
    - ``traits``: the traits of a parsed page
    - ``repeated``: the previous capture from the same source has the same bytes
    - ``truncation_count``: the number of truncations in the article's latest version
    - ``found``: the pages linked from the page; ``news`` counts those that were not known
    - ``ended``: the page is done, and due ``again`` at that time; if False, another source is to be asked
    - ``unconfirmed``: a "not found" that is not confirmed yet and does not count as a problem
    - ``change``: what happened to the article; None for a menu, a failed fetch or an article still gone
    """

    outcome: Outcome
    article: int | None = None
    version: int | None = None
    problem: str | None = None
    new: bool = False
    known: bool = False
    size: int = 0
    traits: PageTraits | None = None
    repeated: bool = False
    truncation_count: int = 0
    found: tuple[PageKey, ...] = ()
    news: int = 0
    ended: bool = True
    again: datetime | None = None
    unconfirmed: bool = False
    change: ArticleChange | None = None


class ArticleSummary(NamedTuple):
    """When an article was published and first seen, and the truncations of its latest version."""

    published: date | None = None
    first_seen: datetime | None = None
    truncation_count: int = 0


class DerivedCapture(NamedTuple):
    """A stored capture, the number of the version that it began, and its article after that."""

    stored: BatchCapture
    version: int | None
    summary: ArticleSummary

    @property
    def outcome(self) -> Outcome:
        found = self.stored.found
        return found.outcome if found else Outcome.OK

    @property
    def is_new(self) -> bool:
        """Whether the capture is the first reading of its article."""
        return self.stored.shown is not None and self.stored.fact.last is None

    @property
    def check(self) -> CheckResult:
        """The check of the capture's page, to reschedule it."""
        stored, seen = self.stored, self.summary.first_seen
        key, is_edit = stored.fact.capture.key, self.version is not None and not self.is_new
        return CheckResult(
            at=stored.fact.capture.captured_at,
            good=self.outcome is Outcome.OK,
            began=self.version is not None,
            changes=is_edit if key and key.kind is Kind.ARTICLE else stored.news,
            born=seen and appearance_time(self.summary.published, seen),
            first_seen=seen,
            known_since=stored.known_since,
        )


def recorded(
    one: DerivedCapture,
    again: datetime | None,
    *,
    unfinished: Container[PageKey | None],
    unconfirmed: Container[PageKey | None],
) -> Recorded:
    """Return the result of recording a capture, whose page is due ``again`` at that time."""
    stored, found = one.stored, one.stored.found
    fact, capture = stored.fact, stored.fact.capture
    if fact.known:
        return Recorded(
            outcome=fact.known.outcome,
            article=fact.known.article,
            problem=fact.known.problem,
            known=True,
            repeated=fact.known.repeated,
        )
    return Recorded(
        outcome=one.outcome,
        article=stored.article,
        version=one.version,
        problem=found and found.problem,
        new=one.is_new,
        size=len(capture.body or b""),
        traits=page_traits(found.page, found.rows, found.unknown_rows) if found and found.page else None,
        repeated=stored.repeated or found is None,
        truncation_count=one.summary.truncation_count,
        found=tuple(stored.links),
        news=stored.news,
        ended=capture.key not in unfinished,
        again=again,
        unconfirmed=capture.key in unconfirmed,
        change=_change(one),
    )


def _change(one: DerivedCapture) -> ArticleChange | None:
    """Return what has happened to the article of a capture that was just recorded."""
    last = one.stored.fact.last
    was_gone = last is not None and last.outcome == Outcome.ABSENT
    if one.stored.article is None or one.outcome.is_problem:
        return None
    if one.outcome is Outcome.ABSENT:
        return None if was_gone else ArticleChange.GONE
    if was_gone:
        return ArticleChange.BACK
    if one.is_new:
        return ArticleChange.NEW
    return ArticleChange.UNCHANGED if one.version is None else ArticleChange.EDITED
