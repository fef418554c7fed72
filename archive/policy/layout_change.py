"""Whether a source changed the layout of its pages: what is counted, and what is alarming. Pure.

A share of a run, say of its articles that have no text, is alarming if it is both clearly larger than in
the source's own earlier runs and larger than chance explains. The chance is that of Fisher's exact test,
which allows for a short history as well as for a short run: of so many bad pages among both, that so
many or more fall into this run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from math import exp, lgamma, sqrt
from typing import NamedTuple

from archive.model import Article, Page

MAX_CHANCE = 8e-5  # of one test; a run has two for each of five shares, so less than 1 in 1,000 of all
MIN_BAD_PAGES = 5  # fewer never raise an alarm
MIN_HISTORY_PAGES = 30  # a shorter history counts as none
MIN_INCREASE = 0.05  # of a share
MIN_ODDS_RATIO = 2  # of a share, now to before
RECENT_RUNS = 10  # runs taken together, to detect slow changes and changes in small runs
MAX_HISTORY_RUNS = 2000  # runs of history, six weeks of half hours
BLOCK_PAGES = 50  # pages per block, to measure how shares vary normally
MIN_BLOCKS = 5
_MANY_PAGES = 1_000_000  # pages: practically infinite
# Without a history only an obvious share is reported: more than half, and more than chance makes of a
# quarter.
OBVIOUS_SHARE, USUAL_SHARE = 0.5, 0.25
ALARM_SHARE, ALARM_PAGES = 0.9, 30


class PageTraits(NamedTuple):
    """What a parsed page looks like. The booleans are about an article, and False for a menu."""

    rows: int
    unknown_rows: int
    is_article: bool = False
    has_text: bool = False
    has_date: bool = False
    has_authors: bool = False
    is_truncated: bool = False


def page_traits(page: Page, rows: int, unknown_rows: int) -> PageTraits:
    """Return the traits of a page of ``rows`` lines, ``unknown_rows`` of them of an unknown form."""
    if not isinstance(page, Article):
        return PageTraits(rows, unknown_rows)
    return PageTraits(
        rows,
        unknown_rows,
        is_article=True,
        has_text=bool(page.blocks),
        has_date=page.published is not None,
        has_authors=bool(page.authors),
        is_truncated=bool(page.truncations),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of a source in one or several runs. Each field is a column of ``crawl_sources``."""

    page_count: int = 0
    failed: int = 0
    forbidden: int = 0
    absent: int = 0
    repeated: int = 0
    unreadable: int = 0
    article_count: int = 0
    without_text: int = 0
    without_date: int = 0
    without_authors: int = 0
    truncated: int = 0
    row_count: int = 0
    unknown_row_count: int = 0
    pages_with_unknown_rows: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in COUNT_NAMES})

    @property
    def asked(self) -> int:
        """Pages requested from the source."""
        return self.page_count - self.forbidden

    @property
    def came(self) -> int:
        """Pages with new bytes, which show how the source looks now."""
        return self.page_count - self.failed - self.forbidden - self.absent - self.repeated

    @property
    def read(self) -> int:
        """Pages with new bytes that could be parsed."""
        return self.came - self.unreadable


COUNT_NAMES = tuple(field.name for field in fields(Counts))


class PastRun(NamedTuple):
    """An earlier run. One with a layout change does not count as history."""

    counts: Counts
    layout_changed: bool = False


class Share(NamedTuple):
    """``bad`` pages of ``of``, both fields of :class:`Counts`. ``plain``: a majority is always wrong."""

    bad: str
    of: str
    claim: str
    plain: bool = False


SHARES = (
    Share("unreadable", "came", "pages cannot be read", plain=True),
    Share("without_text", "article_count", "articles have no text", plain=True),
    Share("without_date", "article_count", "articles have no date", plain=True),
    Share("without_authors", "article_count", "articles name no author"),
    Share("pages_with_unknown_rows", "read", "pages have lines of an unknown form"),
)


class Ratio(NamedTuple):
    """``bad`` pages of ``of`` pages."""

    bad: float = 0
    of: float = 0

    @property
    def share(self) -> float:
        return self.bad / self.of if self.of else 0.0

    def plus(self, other: "Ratio") -> "Ratio":
        return Ratio(self.bad + other.bad, self.of + other.of)

    def less_by(self, factor: float) -> "Ratio":
        """Return the same share of fewer pages, rounded down."""
        return Ratio(int(self.bad / factor), round(self.of / factor))


class LayoutChange(NamedTuple):
    """A share that grew in the last ``runs`` runs. ``before`` is None without a history."""

    share: Share
    now: Ratio
    before: Ratio | None
    runs: int = 1

    def __str__(self) -> str:
        lately = f" in the last {self.runs} runs" if self.runs > 1 else ""
        before = f" ({percent(self.before.share)} before)" if self.before else ""
        return f"{self.now.bad:,} of {self.now.of:,} {self.share.claim}{lately}{before}"


def percent(share: float) -> str:
    """Return ``24 %``, or ``under 1 %`` for a small share."""
    return "under 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"  # noqa: PLR2004 - one per cent


def find_layout_changes(past: Sequence[PastRun], now: Counts) -> list[LayoutChange]:
    """Return the shares in which a run differs from the runs before it, which are oldest first."""
    known = [run.counts for run in past[-MAX_HISTORY_RUNS:] if not run.layout_changed]
    found = (_change_of(share, [_ratio(share, counts) for counts in known], now) for share in SHARES)
    return [change for change in found if change]


def find_obvious_changes(past: Sequence[PastRun], now: Counts) -> list[LayoutChange]:
    """Return the shares by which nearly all pages of a run that is going on are bad, as never before."""
    return [
        LayoutChange(share, here, before if before.of >= MIN_HISTORY_PAGES else None)
        for share in SHARES
        for here in [_ratio(share, now)]
        if here.of >= ALARM_PAGES and here.share >= ALARM_SHARE
        for before in [
            _sum([_ratio(share, run.counts) for run in past[-MAX_HISTORY_RUNS:] if not run.layout_changed])
        ]
        if (before.share < OBVIOUS_SHARE if before.of >= MIN_HISTORY_PAGES else share.plain)
    ]


def may_have_obvious_changes(now: Counts) -> bool:
    """Return whether :func:`find_obvious_changes` can find any, so that the history must be read."""
    return any(
        here.of >= ALARM_PAGES and here.share >= ALARM_SHARE
        for here in (_ratio(share, now) for share in SHARES)
    )


def _ratio(share: Share, counts: Counts) -> Ratio:
    return Ratio(getattr(counts, share.bad), getattr(counts, share.of))


def _sum(ratios: Sequence[Ratio]) -> Ratio:
    return Ratio(sum(ratio.bad for ratio in ratios), sum(ratio.of for ratio in ratios))


def _change_of(share: Share, past: Sequence[Ratio], counts: Counts) -> LayoutChange | None:
    """Compare this run with all before it, then the latest runs together with those before them."""
    now, before = _ratio(share, counts), _sum(past)
    if not now.bad:
        return None
    if before.of < MIN_HISTORY_PAGES:
        return LayoutChange(share, now, None) if share.plain and _is_plain(now) else None
    spread = _spread(past)
    if _is_worse(now, before, spread):
        return LayoutChange(share, now, before)
    older, recent = past[: 1 - RECENT_RUNS], past[1 - RECENT_RUNS :]
    lately, before = _sum(recent).plus(now), _sum(older)
    if before.of >= MIN_HISTORY_PAGES and _is_worse(lately, before, spread):
        return LayoutChange(share, lately, before, len(recent) + 1)
    return None


def _is_plain(now: Ratio) -> bool:
    usual = Ratio(USUAL_SHARE * _MANY_PAGES, _MANY_PAGES)
    return now.share > OBVIOUS_SHARE and chance_of(now, usual) <= MAX_CHANCE


def _is_worse(now: Ratio, before: Ratio, spread: float) -> bool:
    """Return whether a share has grown by a relevant amount, and by more than chance explains."""
    if now.bad < MIN_BAD_PAGES or now.share < before.share + MIN_INCREASE:
        return False
    if now.share * (1 - before.share) < MIN_ODDS_RATIO * before.share * (1 - now.share):
        return False
    return chance_of(now.less_by(spread), before.less_by(spread)) <= MAX_CHANCE


def chance_of(now: Ratio, before: Ratio) -> float:
    """Return the chance of so many or more of all bad pages in ``now`` (Fisher's exact test, one-sided)."""
    bad, drawn = int(now.bad + before.bad), int(now.of)
    good = int(now.of + before.of) - bad
    count = int(now.bad)
    term = exp(_log_choose(bad, count) + _log_choose(good, drawn - count) - _log_choose(bad + good, drawn))
    total = 0.0
    while term > total * 1e-12:
        total += term
        term *= (bad - count) * (drawn - count) / ((count + 1) * (good - drawn + count + 1))
        count += 1
    return total


def _log_choose(all_: int, some: int) -> float:
    return lgamma(all_ + 1) - lgamma(some + 1) - lgamma(all_ - some + 1)


def _spread(past: Sequence[Ratio]) -> float:
    """Return how much more a share varies over time than by chance, 1 if not at all.

    The mix of old and new articles changes by the hour, and the shares with it.
    """
    blocks, all_ = list(_blocks(past)), _sum(past)
    expected = all_.share * (1 - all_.share)
    if len(blocks) < MIN_BLOCKS or not expected:
        return 1.0
    squares = sum((block.bad - block.of * all_.share) ** 2 / (block.of * expected) for block in blocks)
    freedom = len(blocks) - 1
    return squares / freedom if squares > freedom + 3 * sqrt(2 * freedom) else 1.0


def _blocks(past: Sequence[Ratio]) -> Iterator[Ratio]:
    """Join consecutive runs to blocks of at least :data:`BLOCK_PAGES` pages."""
    block = Ratio()
    for ratio in past:
        block = block.plus(ratio)
        if block.of >= BLOCK_PAGES:
            yield block
            block = Ratio()
