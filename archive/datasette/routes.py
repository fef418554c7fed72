"""Which address is answered by which view."""

from archive.datasette.dispatch import View
from archive.datasette.views import article, charts, feeds, front_page, mementos, search

ARTICLE = r"/-/article/(?P<article>[^/]+)"
KEY = r"(?P<key>.+?)"  # a name may hold a slash, which proxies decode

ROUTES: dict[str, View] = {
    r"/-/paper": front_page.to_paper,
    r"/-/paper/": front_page.paper,
    r"/-/paper/(?P<day>[^/]+)": front_page.paper,
    rf"{ARTICLE}/?": article.latest,
    rf"{ARTICLE}/as-of/?": article.when_asked,
    rf"{ARTICLE}/as-of/(?P<time>[^/]+)/?": article.as_of,
    rf"{ARTICLE}/versions/?": article.stepped,
    rf"{ARTICLE}/versions/(?P<older>[^/.]+)\.\.(?P<newer>[^/.]+)/?": article.diff,
    rf"{ARTICLE}/versions/(?P<number>[^/]+)/?": article.version,
    # The second name is that of another plugin's page too, datasette-search-all's, where that is installed.
    r"/-/(?:articles|search)/?": search.search,
    r"/-/(?:articles|search)\.atom": feeds.search,
    rf"/-/topic/{KEY}/feed\.atom": feeds.topic,
    rf"/-/topic/{KEY}/?": search.topic,
    rf"/-/author/{KEY}/feed\.atom": feeds.author,
    rf"/-/author/{KEY}/?": search.author,
    r"/-/feed/new\.atom": feeds.new,
    r"/-/feed/edited\.atom": feeds.edited,
    r"/-/charts/?": charts.charts,
    r"/-/timegate/(?P<original>.+)": mementos.timegate,
    r"/-/timemap/link/(?P<original>.+)": mementos.timemap,
}

SLOW: frozenset[View] = frozenset({article.diff, charts.charts, feeds.edited, feeds.search, search.search})
"""Views whose answers may take seconds."""
