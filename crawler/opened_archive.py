"""The archive of a crawl, which its pipeline, scheduler, middlewares and extensions share."""

from contextlib import ExitStack
from pathlib import Path
from weakref import WeakKeyDictionary, finalize

from scrapy.crawler import Crawler

from archive.errors import SourceError
from archive.store import Writer, open_writer

_NO_ARCHIVE = "no archive is named: use -a archive=taz.db"


class OpenedArchive:
    """An archive that is open for writing, with its lock held, until :meth:`close`."""

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self.writer = self._stack.enter_context(open_writer(path))

    def close(self, problem: BaseException | None = None) -> BaseException | None:
        """Close the archive after a crawl, which a ``problem`` may have ended.

        Return the problem in the words of :mod:`archive.errors`, or what went wrong in closing.
        """
        try:
            with self._stack:
                _raise(problem)
        except Exception as error:  # noqa: BLE001 - returned
            return error
        return None


def _raise(problem: BaseException | None) -> None:
    if problem:
        raise problem


_opened: WeakKeyDictionary[Crawler, OpenedArchive] = WeakKeyDictionary()


def archive_of(crawler: Crawler) -> Writer:
    """Return the archive that ``ARCHIVE_PATH`` names, opened when it is first asked for.

    Raise :exc:`archive.errors.TazArchiveError` if none is named or it cannot be opened.
    """
    if crawler not in _opened:
        if not has_archive(crawler):
            raise SourceError(_NO_ARCHIVE)
        _opened[crawler] = opened = OpenedArchive(Path(crawler.settings["ARCHIVE_PATH"]))
        finalize(crawler, opened.close)  # releases the lock of a crawl that could not start
    return _opened[crawler].writer


def has_archive(crawler: Crawler) -> bool:
    """Return whether ``ARCHIVE_PATH`` names an archive."""
    return bool(crawler.settings["ARCHIVE_PATH"])


def close_archive(crawler: Crawler, problem: BaseException | None) -> BaseException | None:
    """Close the archive of a crawl, if it was opened: see :meth:`OpenedArchive.close`."""
    opened = _opened.pop(crawler, None)
    return opened.close(problem) if opened else problem
