"""Archives to read, and functions that run a command on each."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.store import open_writer
from tests.support.samples.captures import HOUR, NOON, archive_of, capture_of
from tests.support.samples.cli_archives import ARTICLE_CAPTURES, HISTORY_CAPTURES, RIVER

Run = Callable[..., Result]


def runner(path: Path) -> Run:
    """Return a function that runs a command on an archive: ``run("show", 700001)``."""

    def run(command: str, *args: object) -> Result:
        return CliRunner().invoke(cli, [command, str(path), *map(str, args)], catch_exceptions=False)

    return run


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of four articles: one edited, one gone, one imported without a number."""
    path = archive_of(tmp_path_factory.mktemp("articles") / "taz.db", ARTICLE_CAPTURES)
    with open_writer(path) as archive:
        crawl = archive.runs.begin(source="taz.de", at=NOON)
        archive.record([capture_of(RIVER, 700006, NOON - HOUR)], crawl=crawl)
        archive.runs.finish(crawl, at=NOON + HOUR / 40, reason="finished", stats={})
    return path


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of an article that was edited, gone, back and edited again, and of one that is gone."""
    return archive_of(tmp_path_factory.mktemp("history") / "taz.db", HISTORY_CAPTURES)


@pytest.fixture
def run(articles: Path) -> Run:
    return runner(articles)


@pytest.fixture
def on_history(history: Path) -> Run:
    return runner(history)
