"""What counts as an edit, where crawlers share what they know of an article and each has its own archive."""

from collections.abc import Iterator

import pytest

from archive.model import Outcome
from crawler.frontier.interface import Visit
from crawler.postgres.frontier import PostgresFrontier
from tests.support.running.shared_frontiers import crawler_of, leased
from tests.support.samples.captures import key

ONE, OTHER = b"1" * 32, b"2" * 32


@pytest.fixture
def crawler(frontier_url: str) -> Iterator[PostgresFrontier]:
    with crawler_of(frontier_url) as opened:
        yield opened


def change_count(crawler: PostgresFrontier, *readings: tuple[bytes | None, bool]) -> int:
    """Visit an article; of each reading, the digest, and whether the crawler's own archive had another."""
    count = 0
    for digest, is_edit in readings:
        crawler.seed([key()])
        [lease] = leased(crawler)
        visit = Visit(lease, Outcome.OK, digest=digest, is_partial=digest is None, is_edit=is_edit)
        [page] = crawler.settle([visit])
        count = page.change_count
    return count


def test_the_shared_digests_decide_where_both_are_known(crawler: PostgresFrontier) -> None:
    assert change_count(crawler, (ONE, False), (OTHER, False), (OTHER, True), (ONE, True)) == 2


def test_the_own_archive_decides_where_the_article_is_truncated(crawler: PostgresFrontier) -> None:
    assert change_count(crawler, (None, False), (None, True), (None, False), (None, True)) == 2
