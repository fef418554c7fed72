"""Which address is answered by which view."""

from archive.web import articles, charts, feeds, finding, mementos, papers
from archive.web.serving import View

ARTICLE = r"/-/article/(?P<article>[^/]+)"
KEY = r"(?P<key>.+?)"  # a name may hold a slash, which proxies decode

ROUTES: dict[str, View] = {
    r"/-/paper": papers.to_paper,
    r"/-/paper/": papers.paper,
    r"/-/paper/(?P<day>[^/]+)": papers.paper,
    rf"{ARTICLE}/?": articles.latest,
    rf"{ARTICLE}/as-of/?": articles.when_asked,
    rf"{ARTICLE}/as-of/(?P<time>[^/]+)/?": articles.as_of,
    rf"{ARTICLE}/versions/?": articles.stepped,
    rf"{ARTICLE}/versions/(?P<older>[^/.]+)\.\.(?P<newer>[^/.]+)/?": articles.diff,
    rf"{ARTICLE}/versions/(?P<number>[^/]+)/?": articles.version,
    # The second name is that of another plugin's page too, datasette-search-all's, where that is installed.
    r"/-/(?:articles|search)/?": finding.search,
    r"/-/(?:articles|search)\.atom": feeds.search,
    rf"/-/topic/{KEY}/feed\.atom": feeds.topic,
    rf"/-/topic/{KEY}/?": finding.topic,
    rf"/-/author/{KEY}/feed\.atom": feeds.author,
    rf"/-/author/{KEY}/?": finding.author,
    r"/-/feed/new\.atom": feeds.new,
    r"/-/feed/edited\.atom": feeds.edited,
    r"/-/charts/?": charts.charts,
    r"/-/timegate/(?P<original>.+)": mementos.timegate,
    r"/-/timemap/link/(?P<original>.+)": mementos.timemap,
}

SLOW: frozenset[View] = frozenset({articles.diff, charts.charts, feeds.edited, feeds.search, finding.search})
"""Views whose answers may take seconds."""
