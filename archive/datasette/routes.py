"""Maps URL paths to views."""

from archive.datasette.dispatch import View
from archive.datasette.views import (
    article,
    charts,
    day_events,
    downloads,
    feeds,
    front_page,
    help_page,
    mementos,
    name_indexes,
    search,
    sections,
)

ARTICLE_PATH = r"/-/article/(?P<article>[^/]+)"
DOWNLOAD = rf"download\.(?P<form>{'|'.join(downloads.FILE_FORMS)})"
LISTING_PATH = r"/-/(?P<kind>topic|author)/(?P<key>.+?)"  # a name may contain a slash, which proxies decode

ROUTES: dict[str, View] = {
    r"/-/paper": front_page.redirect_to_front_page,
    r"/-/paper/": front_page.front_page,
    r"/-/paper/(?P<day>[^/]+)": front_page.front_page,
    rf"/-/paper/(?P<day>[^/]+)/(?P<what>{'|'.join(front_page.EVENT_KINDS)})/?": day_events.day_events,
    r"/-/sections/?": sections.sections,
    r"/-/section/(?P<number>[^/]+)/?": sections.section,
    rf"/-/(?P<kind>{'|'.join(name_indexes.NAME_INDEXES)})/?": name_indexes.name_index,
    r"/-/help/?": help_page.help_page,
    rf"{ARTICLE_PATH}/?": article.latest,
    rf"{ARTICLE_PATH}/{DOWNLOAD}": downloads.latest,
    rf"{ARTICLE_PATH}/versions/(?P<number>[^/]+)/{DOWNLOAD}": downloads.version,
    rf"{ARTICLE_PATH}/as-of/?": article.redirect_to_time,
    rf"{ARTICLE_PATH}/as-of/(?P<time>[^/]+)/?": article.as_of,
    rf"{ARTICLE_PATH}/versions/?": article.redirect_to_diff,
    rf"{ARTICLE_PATH}/versions/(?P<older>[^/.]+)\.\.(?P<newer>[^/.]+)/?": article.diff,
    rf"{ARTICLE_PATH}/versions/(?P<number>[^/]+)/?": article.version,
    r"/-/version/(?P<digest>[^/]+)/?": article.with_digest,
    # datasette-search-all serves /-/search too, where it is installed; its page then takes precedence.
    r"/-/(?:articles|search)/?": search.search,
    r"/-/(?:articles|search)\.atom": feeds.search,
    rf"{LISTING_PATH}/feed\.atom": feeds.listing,
    rf"{LISTING_PATH}/?": search.listing,
    r"/-/feed/new\.atom": feeds.new,
    r"/-/feed/edited\.atom": feeds.edited,
    r"/-/charts/?": charts.charts,
    r"/-/timegate/(?P<original>.+)": mementos.timegate,
    r"/-/timemap/link/(?P<original>.+)": mementos.timemap,
}

# Views that may take seconds.
SLOW_VIEWS = frozenset[View]({article.diff, charts.charts, feeds.edited, feeds.search, search.search})
