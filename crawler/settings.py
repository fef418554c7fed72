"""All Scrapy settings that differ from their defaults, each with its reason.

Many gopher servers are one small machine, and their owners ban rude crawlers by hand. The defaults here are
polite; ``taz-archive crawl --delay 0`` is only for your own servers.
"""

import os
from importlib.metadata import version

from scrapy.settings import default_settings

from crawler import politeness
from crawler.items import ArticleItem, MenuItem
from crawler.sources.registry import source_kinds

BOT_NAME = "taz-archive"
SPIDER_MODULES = ["crawler.spiders"]
# Scrapy's fetch and parse refuse gopher:// and gemini://.
COMMANDS_MODULE = "crawler.scrapy_commands"

# The frontier says which pages are due, and the spider has no start URLs.
SCHEDULER = "crawler.scheduler.FrontierScheduler"
# A page of a shared frontier is leased for so long, and the lease is renewed meanwhile. If a machine dies,
# others fetch its pages after that time.
FRONTIER_LEASE_SECONDS = 120
# Those that react to the same signal do so in this order: a crawl ends in the run history before alarms are
# raised about it.
EXTENSIONS = {
    # The end of a terminal or a session ends a run as gracefully as SIGTERM.
    "crawler.extensions.hangup.HangupExtension": 100,
    "crawler.extensions.errors.ErrorReport": 110,
    "crawler.extensions.run_history.RunHistory": 120,
    "crawler.extensions.layout_alarm.LayoutAlarm": 130,
    "crawler.extensions.source_alarm.SourceAlarm": 140,
    "crawler.extensions.recompression.Recompression": 150,
    "crawler.extensions.problem_log.ProblemLog": 160,
    "crawler.extensions.progress.Progress": 170,
    "crawler.extensions.health_report.HealthReport": 180,
}
# Pages compressed at the fast level are compressed again at the end of a crawl, for at most so long.
RECOMPRESSION_SECONDS = 10
# Where the health of the archive is reported after a crawl, as with --notify and --prometheus.
HEALTH_NOTIFY = None
HEALTH_PROMETHEUS = None
# taz-archive crawl shows its progress to people; scrapy crawl logs it.
PROGRESS_ENABLED = False
PROGRESS_VERBOSE = False
PROGRESS_QUIET = False
LOG_FORMATTER = "crawler.log_formatter.OneLineLogFormatter"
# Every request ends in a capture; the pipeline records it and turns it into an item.
ITEM_PIPELINES = {"crawler.pipelines.ArchivePipeline": 100}
ARCHIVE_ITEMS = True
# CSV has one header for articles and menus; Scrapy would take the fields of the first item.
FEED_EXPORT_FIELDS = list(dict.fromkeys([*ArticleItem.fields, *MenuItem.fields]))
FEED_EXPORT_ENCODING = "utf-8"  # JSON would be ASCII: "Stra\u00dfe"
# Scrapy's own fingerprinter sorts queries, but a selector is opaque, and keeps ":70".
REQUEST_FINGERPRINTER_CLASS = "crawler.fingerprints.PageKeyFingerprinter"

# Web gateways log the user agent; gopher does not send one. TAZ_ARCHIVE_CONTACT is an address or a web page
# of the person who runs this crawl.
_contact = os.environ.get("TAZ_ARCHIVE_CONTACT")
USER_AGENT = f"taz-archive/{version('taz-archive')}" + (f" (+{_contact})" if _contact else "")

# -- Protocols ---------------------------------------------------------------------------------------

# Our handlers use asyncio streams.
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
    # No page is read from a local file or a bucket.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# Scrapy's own handlers fetch http and https, for web gateways. DOWNLOAD_FAIL_ON_DATALOSS stays on: an
# incomplete page is not a page. Scrapy accepts every certificate by default. This setting holds for
# gophers:// and https://; gemini:// trusts the certificate that a server showed first.
DOWNLOAD_VERIFY_CERTIFICATES = True
# A PEM file of certificates to trust for gophers://, instead of the system's: many gopher servers sign their
# own.
GOPHER_CA_FILE = None
# Every response of a gateway is stored. The spider distinguishes pages from errors; Scrapy would drop errors.
HTTPERROR_ALLOW_ALL = True
# A redirect could lead to a host that was not configured. crawler/middlewares/robots_redirects.py follows
# redirects of robots.txt.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
# Gateways get neither cookies nor referrers.
COOKIES_ENABLED = False
# Pages are stored as received, and are small. A compressed response could unpack to a gigabyte.
COMPRESSION_ENABLED = False
REFERER_ENABLED = False

# -- Politeness --------------------------------------------------------------------------------------

# The gate lets one request at a time to a host, and has a pause follow the answer, longer for slow hosts.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# A source is only used for pages that the preferred one failed to deliver, so that waiting for another host
# is rare. With Scrapy's default of 16, all of them would delay the end of a run.
CONCURRENT_REQUESTS = 1
DOWNLOAD_DELAY = politeness.PAUSE.total_seconds()
# Scrapy's own wait, which counts from the last request, is then always over when the gate opens.
if hasattr(default_settings, "DOWNLOAD_DELAY_JITTER"):  # since Scrapy 2.19
    DOWNLOAD_DELAY_JITTER = 0
else:
    RANDOMIZE_DOWNLOAD_DELAY = False
# Names of gateways that cache: the paper's own host may be asked while they are.
CRAWL_CACHING_GATEWAYS: list[str] = []
# Obeyed by our own middleware. Scrapy's would request gopher://host/robots.txt, which is item type "r",
# selector "obots.txt", and treats a web server that is down as one that forbids nothing.
ROBOTSTXT_OBEY = True
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    # Next to the download: it sees every try, but neither what Scrapy's cache answers nor a request that a
    # middleware holds back while it sends another. Replaces AUTOTHROTTLE_ENABLED, which forgets a
    # Crawl-delay.
    "crawler.middlewares.gate.GateMiddleware": 990,
    # These see a response before the gate is left, and before Scrapy's RetryMiddleware.
    "crawler.middlewares.bans.BanMiddleware": 993,
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 995,
}
ROBOTSTXT_USER_AGENT = "taz-archive"  # the name in robots.txt, without version and contact
ROBOTS_MAX_CRAWL_DELAY = politeness.MAX_CRAWL_DELAY.total_seconds()

# -- Limits ------------------------------------------------------------------------------------------

# Scrapy waits three minutes; a page is a short text, and a run of cron has to end.
DOWNLOAD_TIMEOUT = politeness.TIMEOUT.total_seconds()
# Scrapy reads up to 1 GiB into memory; pages of text are far smaller.
DOWNLOAD_MAXSIZE = 4 * 1024 * 1024  # bytes
DOWNLOAD_WARNSIZE = 1024 * 1024  # bytes
# Scrapy's default, stated because archives show it: a capture is recorded as failed after the third try.
# RETRY_EXCEPTIONS has all classes of errors that our handlers want retried.
RETRY_TIMES = 2

# -- Process -----------------------------------------------------------------------------------------

# Scrapy spawns 100 tasks per response for its items; a page gives one item. 1 is 1.8 times as fast.
CONCURRENT_ITEMS = 1
# For each response, Scrapy would parse the source code of the spider's callback, in a fifth of all time.
WARN_ON_GENERATOR_RETURN_VALUE = False
# Scrapy opens both by default (the second since 2.19); both allow others to run code in the crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# cron mails all output, so only problems are printed. `scrapy crawl taz -L INFO` prints more.
LOG_LEVEL = "WARNING"
