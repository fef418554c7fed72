"""Every switch of Scrapy's that is not left at its default, each with its reason.

Gopher servers are often one small machine, and their owners ban rude crawlers by hand: the defaults
here are polite, and ``taz-archive crawl --delay 0`` is for hosts of one's own.
"""

import os
from importlib.metadata import version

from crawler.items import ArticleItem, MenuItem
from crawler.sources.registry import source_kinds

BOT_NAME = "taz-archive"
SPIDER_MODULES = ["crawler.spiders"]

# Every page that came, or did not, is a capture; what it holds is an item.
ITEM_PIPELINES = {"crawler.pipelines.ItemPipeline": 100}
# CSV has one header for articles and menus; Scrapy would take the fields of whichever comes first.
FEED_EXPORT_FIELDS = list(dict.fromkeys([*ArticleItem.fields, *MenuItem.fields]))
FEED_EXPORT_ENCODING = "utf-8"  # JSON would be ASCII: "Stra\u00dfe"
# Scrapy's own fingerprint re-sorts queries and keeps ":70"; a selector is opaque.
REQUEST_FINGERPRINTER_CLASS = "crawler.fingerprints.PageKeyFingerprinter"

# Who asks. Gopher sends no user agent, web gateways log it; TAZ_ARCHIVE_CONTACT is the address or page
# of whoever runs this crawl, since only they can answer for it.
CONTACT = os.environ.get("TAZ_ARCHIVE_CONTACT")
USER_AGENT = f"taz-archive/{version('taz-archive')}" + (f" (+{CONTACT})" if CONTACT else "")

# -- What is spoken, and nothing else -------------------------------------------------------------

# Our handler runs on asyncio streams.
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
DOWNLOAD_HANDLERS = {
    **{
        scheme: handler
        for kind in source_kinds().values()
        for scheme, handler in kind.download_handlers.items()
    },
    "gopher": "crawler.handlers.gopher.GopherDownloadHandler",
    "gophers": "crawler.handlers.gopher.GopherDownloadHandler",
    "gemini": "crawler.handlers.gemini.GeminiDownloadHandler",
    # A page may link anywhere; a newspaper is not read from our disk, or from a bucket.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# http and https are left to Scrapy's own: web gateways. A page that broke off is none, so
# DOWNLOAD_FAIL_ON_DATALOSS stays on.
# Scrapy trusts every certificate unless told otherwise. This holds for gophers:// and https://;
# gemini:// trusts whom it met before.
DOWNLOAD_VERIFY_CERTIFICATES = True
# A PEM file to trust for gophers:// in place of the system's: much of gopherspace signs its own.
GOPHER_CA_FILE = None
# Whatever a gateway answers is kept, with its bytes: the spider tells a page from an error, and Scrapy would
# hand on the page alone.
HTTPERROR_ALLOW_ALL = True
# A redirect would lead a gateway's page to a host nobody configured, and gopher knows none. Those of
# robots.txt are followed by crawler/middlewares/robots_redirects.py.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# Nobody logs in here: neither state nor traces of the way are sent to gateways.
COOKIES_ENABLED = False
# Pages are kept as received, and are small; nor can a few bytes unfold into a gigabyte.
COMPRESSION_ENABLED = False
REFERER_ENABLED = False

# -- Politeness -----------------------------------------------------------------------------------

# One connection at a time per host, and a pause, which Scrapy varies by half; longer where the host is slow.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0  # seconds
# By ours, which stands in the place of Scrapy's: that would ask gopher://host/robots.txt, which is item type
# "r", selector "obots.txt", and takes a web server that is down for one that forbids nothing.
ROBOTSTXT_OBEY = True
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    # Nearer to the server than Scrapy's RetryMiddleware, at 550, so that it comes first.
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 560,
    # Nearest to the server: each try counts. In place of AUTOTHROTTLE_ENABLED, which forgets a Crawl-delay.
    "crawler.middlewares.throttle.ThrottleMiddleware": 590,
}
ROBOTSTXT_USER_AGENT = "taz-archive"  # the name rules are written for, without version and contact
ROBOTS_MAX_CRAWL_DELAY = 60.0  # seconds; a "Crawl-delay: 86400" would stall a run for good

# -- Limits ---------------------------------------------------------------------------------------

# Scrapy waits three minutes; a page here is a short text, and a run of cron's must end.
DOWNLOAD_TIMEOUT = 30.0  # seconds, from connecting to the last byte
# Scrapy takes up to 1 GiB into memory; no page of a newspaper's text comes near this.
DOWNLOAD_MAXSIZE = 4 * 1024 * 1024  # bytes; as much as a page may have
DOWNLOAD_WARNSIZE = 1024 * 1024  # bytes
# Twice again, which is Scrapy's default, said here because archives show it: a capture is recorded as
# failed only after the third try. Its RETRY_EXCEPTIONS hold all classes our handler wants retried.
RETRY_TIMES = 2

# -- The machine ----------------------------------------------------------------------------------

# Scrapy spawns 100 tasks per response for its items; a page here gives one: 1.8 times the pages/s.
CONCURRENT_ITEMS = 1
# Two doors into the running crawl that Scrapy opens by default (the second since 2.19): both run code.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# cron mails whatever is printed: only trouble is. `scrapy crawl taz -L INFO` tells more.
LOG_LEVEL = "WARNING"
