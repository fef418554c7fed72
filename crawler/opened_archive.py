"""The archive of a crawl, which its pipeline, scheduler, middlewares and extensions share."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from weakref import WeakKeyDictionary, finalize

from archive.errors import SourceError
from archive.store import Writer, open_writer
from crawler.options import CrawlOptions

if TYPE_CHECKING:  # taz-archive crawl opens an archive before it loads Scrapy
    from scrapy.crawler import Crawler

T = TypeVar("T")

_NO_ARCHIVE = "no archive is named: set ARCHIVE_PATH, as with -s ARCHIVE_PATH=taz.db"
_CACHED = "HTTPCACHE_ENABLED: pages of a cache would be recorded as fetched now; turn it off"


class OpenedArchive:
    """An archive that is open for writing, with its lock held, until :meth:`close`.

    ``stack`` closes the ``writer``. ``prepared`` are the options, within the budget, of a crawl for which the
    frontier is prepared already.
    """

    def __init__(self, writer: Writer, stack: ExitStack, prepared: CrawlOptions | None = None) -> None:
        self.writer = writer
        self.prepared = prepared
        self.stack = stack

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the archive at ``path``."""
        stack = ExitStack()
        return cls(stack.enter_context(open_writer(path)), stack)

    def close(self, problem: BaseException | None = None) -> BaseException | None:
        """Close the archive after a crawl, which a ``problem`` may have ended.

        Return the problem in the words of :mod:`archive.errors`, or what went wrong in closing.
        """
        try:
            with self.stack:
                _raise(problem)
        except Exception as error:  # noqa: BLE001 - returned
            return error
        return None


def keep_open(crawler: "Crawler", context: AbstractContextManager[T]) -> T:
    """Enter a context that is left when the archive of a crawl is closed, before that."""
    return _opened[crawler].stack.enter_context(context)


def _raise(problem: BaseException | None) -> None:
    if problem:
        raise problem


_opened: "WeakKeyDictionary[Crawler, OpenedArchive]" = WeakKeyDictionary()


def archive_of(crawler: "Crawler") -> Writer:
    """Return the archive that ``ARCHIVE_PATH`` names, opened when it is first asked for.

    Raise :exc:`archive.errors.TazArchiveError` if none is named or it cannot be opened, or if Scrapy's cache
    is on: a capture is what a server sent at that time.
    """
    if crawler not in _opened:
        if not has_archive(crawler):
            raise SourceError(_NO_ARCHIVE)
        if crawler.settings.getbool("HTTPCACHE_ENABLED"):
            raise SourceError(_CACHED)
        give_archive(crawler, OpenedArchive.at(Path(crawler.settings["ARCHIVE_PATH"])))
    return _opened[crawler].writer


def give_archive(crawler: "Crawler", opened: OpenedArchive) -> None:
    """Let a crawl use an archive that is open already, and close it."""
    _opened[crawler] = opened
    finalize(crawler, opened.close)  # releases the lock of a crawl that could not start


def prepared_options(crawler: "Crawler") -> CrawlOptions | None:
    """Return the options for which the frontier of a crawl's archive is prepared already."""
    return _opened[crawler].prepared if crawler in _opened else None


def has_archive(crawler: "Crawler") -> bool:
    """Return whether ``ARCHIVE_PATH`` names an archive."""
    return bool(crawler.settings["ARCHIVE_PATH"])


def close_archive(crawler: "Crawler", problem: BaseException | None) -> BaseException | None:
    """Close the archive of a crawl, if it was opened: see :meth:`OpenedArchive.close`."""
    opened = _opened.pop(crawler, None)
    return opened.close(problem) if opened else problem
