"""Where links of an article may lead, whatever a page put there."""

import pytest

from archive.datasette.html.links import LinkResolver, is_safe
from archive.datasette.html.urls import SiteUrls
from archive.datasette.http import cache
from archive.datasette.http.cache import cached
from tests.support.servers.reading_room import TARGETS

SITE = SiteUrls(path=str, whole=str, database="/paper", here="/", style="", script="")
HREFS = LinkResolver(SITE, frozenset({700001}))


@pytest.mark.parametrize("target", TARGETS)
def test_of_hostile_targets_only_pages_are_followed(target: str) -> None:
    href = HREFS.to(target)
    if href is not None:
        assert href.url.startswith(("https://example.org/", "gopher://", "gemini://"))
        assert '"' not in href.url or href.kind == "away"  # which a template escapes


@pytest.mark.parametrize(
    ("target", "url", "kind"),
    [
        ("/Slug/!700001", "/-/article/700001", "held"),
        ("https://taz.de/Slug/!700002/", "/-/article/700002", "unheld"),
        ("gopher://taz.de/1/%21700001", "/-/article/700001", "held"),
        ("/Nato/!t5008005", "/-/topic/5008005", "held"),
        ("/Anna/!a31", "/-/author/31", "held"),
        ("/Politik/!p4615", "https://taz.de/Politik/!p4615", "away"),
        ("HTTPS://Example.org/x", "HTTPS://Example.org/x", "away"),
        ("gemini://example.org/", "gemini://example.org/", "away"),
    ],
)
def test_links_lead_into_the_archive_where_they_can(target: str, url: str, kind: str) -> None:
    assert HREFS.to(target) == (url, kind)


@pytest.mark.parametrize("target", [None, "", "#top", "mailto:a@example.org", "ftp://example.org/", "x"])
def test_a_target_that_is_not_a_page_is_not_linked(target: str | None) -> None:
    assert HREFS.to(target) is None


@pytest.mark.parametrize("sign", ["\n", "\t", "\r", "\x00", " ", "\\", "\x7f", "\x85"])
def test_a_target_that_browsers_read_differently_is_not_linked(sign: str) -> None:
    assert not is_safe(f"https://example.org/{sign}x")


def test_counts_are_cached_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, counted = [1000.0], iter(range(9))
    monkeypatch.setattr(cache, "monotonic", lambda: now[0])
    key = ("a path", "something")
    assert [cached(key, lambda: next(counted)) for _ in range(3)] == [0, 0, 0]
    now[0] += 59
    assert cached(key, lambda: next(counted)) == 0
    now[0] += 2
    assert cached(key, lambda: next(counted)) == 1
