"""Three servers, one paper, one archive: ours, gophernicus and pygopherd serve the same pages.

The crawls' clocks stand, so that times are equal too.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.gophermap_tree import write_tree
from crawler.demo.newspaper.serving.server import serving
from tests.support.running.crawls import PYTHON, is_whole, quiet, run
from tests.support.servers.other_servers import gophernicus, pygopherd
from tests.support.tables import DERIVED, rows

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=30, articles=40, daily=0)
# Between these, a caption changes and an article is retracted.
CRAWLED_AT = [START, START + timedelta(hours=3)]

Serve = Callable[[Path], AbstractContextManager[tuple[str, int]]]


@contextmanager
def ours_at(moment: datetime, folder: Path) -> Iterator[tuple[str, int]]:
    with serving(NEWSPAPER, PaperClock(moment)) as server:
        yield server.address


def tree_by(serve: Serve) -> Callable[[datetime, Path], AbstractContextManager[tuple[str, int]]]:
    def serve_at(moment: datetime, folder: Path) -> AbstractContextManager[tuple[str, int]]:
        write_tree(Edition(NEWSPAPER, PaperClock(moment)), NEWSPAPER.keys(moment), folder)
        return serve(folder)

    return serve_at


SERVERS = {"ours": ours_at, "gophernicus": tree_by(gophernicus), "pygopherd": tree_by(pygopherd)}


def crawl_all(name: str, folder: Path) -> Path:
    """Crawl what one server serves at each time."""
    archive = folder / f"{name}.db"
    for moment in CRAWLED_AT:
        tree = folder / f"{name}-{moment:%H%M}"
        tree.mkdir(mode=0o755)
        with SERVERS[name](moment, tree) as (host, port):
            seed = f"gopher://{host}:{port}/"
            quiet(
                run(
                    [
                        *PYTHON,
                        "-m",
                        "tests.support.running.fixed_crawl",
                        str(archive),
                        seed,
                        moment.isoformat(),
                    ]
                )
            )
    is_whole(archive)
    return archive


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crawl_all("ours", tmp_path_factory.mktemp("ours"))


@pytest.mark.parametrize("name", ["gophernicus", "pygopherd"])
def test_the_same_pages_from_another_server_make_the_same_archive(
    tmp_path: Path, ours: Path, name: str
) -> None:
    """All that is derived, byte for byte; of captures all but URLs, digests and the words of absence."""
    assert rows(ours, DERIVED["healed"]) == []
    theirs = crawl_all(name, tmp_path)
    said = {
        **DERIVED,
        "captures": "SELECT article_id, version_id, captured_at, outcome FROM captures ORDER BY id",
    }
    del said["bases"]  # URLs and digests identify these
    for table, query in said.items():
        assert rows(theirs, query) == rows(ours, query), table


def test_there_was_something_to_compare(ours: Path) -> None:
    [(versions, articles)] = rows(ours, "SELECT count(*), count(DISTINCT article_id) FROM versions")
    assert versions > articles > 30
    assert rows(ours, "SELECT count(*) FROM articles WHERE state = 'gone'") != [(0,)]
