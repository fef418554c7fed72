"""``scrapy crawl taz`` reports the health of the archive, as ``taz-archive crawl`` does."""

from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running import faulty_components
from tests.support.running.crawls import paper_served, quiet, root_of, scrapy
from tests.support.running.faulty_components import added

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=8, daily=0)
PIPELINES = faulty_components.SETTINGS[0]


def is_healthy(metrics: Path) -> bool:
    [line] = [line for line in metrics.read_text().splitlines() if line.startswith("taz_archive_healthy{")]
    return line.endswith("} 1")


def test_health_is_reported_after_each_crawl_and_notified_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, metrics, mail = (tmp_path / name for name in ("taz.db", "taz.prom", "mail"))
    with paper_served(PAPER) as server:
        words = ["crawl", "taz", "-a", f"archive={archive}", "-a", f"seed={root_of(server)}"]
        words += ["-a", "ignore_schedule=1", "-s", "DOWNLOAD_DELAY=0"]
        words += ["-s", f"HEALTH_PROMETHEUS={metrics}", "-s", f"HEALTH_NOTIFY=true a,b; cat >> {mail}"]
        quiet(scrapy(*words))
        assert is_healthy(metrics)
        assert not mail.exists(), "a healthy archive is no news"
        monkeypatch.setenv("FAULTY_PAGE", selector(PAPER.articles_there(PAPER.start)[3]))
        assert scrapy(*words, *added(PIPELINES, "Pipeline", 900)).returncode == 1
    assert not is_healthy(metrics)
    assert mail.read_text().splitlines()[0] == f"{archive} is unhealthy"


def test_an_invalid_target_is_refused_in_one_line(tmp_path: Path) -> None:
    done = scrapy("crawl", "taz", "-a", f"archive={tmp_path}/taz.db", "-s", "HEALTH_NOTIFY=ftp://x/")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "ftp URLs are not supported: use http or https, or a shell command" in line
