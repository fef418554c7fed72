"""Crawls through sources that lose something, and what others make good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import NewspaperServer, serving
from tests.support.running.crawls import count_in, crawl, is_whole, quiet
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=14, daily=0)
SERVED = ("gopher", "gemini", "meulie", "phoxy", "miga")
LOST = "SELECT ifnull(sum(truncation_count), 0), ifnull(sum(umlauts_transliterated), 0) FROM versions"


def wordings(archive: Path) -> list[list[str | None]]:
    """What every version says. No page is fetched again for its paragraph breaks."""
    said = rows(archive, "SELECT title, lead, caption, dateline, published, text FROM versions ORDER BY id")
    return [[" ".join(field.split()) if field else field for field in version] for version in said]


@pytest.fixture(scope="module")
def served() -> Iterator[NewspaperServer[PaperClock]]:
    with serving(PAPER, PaperClock(START), via=SERVED) as server:
        yield server


@pytest.fixture(scope="module")
def truth(served: NewspaperServer[PaperClock], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of the gopher server only."""
    archive = tmp_path_factory.mktemp("truth") / "taz.db"
    quiet(crawl(archive, *via(served, "gopher")))
    return archive


def via(served: NewspaperServer[PaperClock], *names: str) -> list[str]:
    return [word for name in names for word in ("--via", f"{name}={served.urls[name]}")]


@pytest.mark.parametrize(
    "names",
    [("meulie", "gopher"), ("phoxy", "gemini"), ("meulie", "phoxy", "gopher"), ("phoxy", "meulie", "gemini")],
)
def test_text_truncated_by_the_first_source_is_in_the_last(
    served: NewspaperServer[PaperClock], truth: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    archive = tmp_path / "taz.db"
    quiet(crawl(archive, *via(served, *names)))
    assert rows(archive, LOST) == [(0, 0)]
    assert wordings(archive) == wordings(truth)
    is_whole(archive)


def test_an_archive_filled_by_lossy_sources_is_healed_by_a_later_run_that_has_a_whole_one(
    served: NewspaperServer[PaperClock], truth: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "taz.db"
    quiet(crawl(archive, *via(served, "meulie")))
    [(truncations, _)] = rows(archive, LOST)
    assert truncations > 20
    quiet(crawl(archive, *via(served, "meulie", "phoxy")))
    [(truncations, transliterated)] = rows(archive, LOST)
    assert (truncations, transliterated > 0) == (0, True)
    quiet(crawl(archive, *via(served, "meulie", "gopher")))
    assert rows(archive, LOST) == [(0, 0)]
    assert wordings(archive) == wordings(truth)
    captures = count_in(archive, "captures")
    quiet(crawl(archive, *via(served, "meulie", "gopher")))
    assert count_in(archive, "captures") == captures  # once healed, that is that
