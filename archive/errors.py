"""Everything that can go wrong, as a caller would tell it apart.

::

    TazArchiveError
    ├── PageError            these bytes are not the page they should be
    │   ├── RenditionError   bytes → lines failed: wrong form, charset, cut off
    │   │   └── GatewayError a gateway sent something else, or not all of it: ask again
    │   ├── DumpError        lines → article failed: no title, a menu, cut off
    │   └── AbsentError      the server says there is no such page
    ├── StoreError           the archive file
    │   ├── NotAnArchive     not SQLite, or a database of something else
    │   ├── NewerArchive     written by a later release than this one
    │   ├── DamagedArchive   SQLite finds the file malformed
    │   ├── ArchiveBusy      another run holds the lock
    │   └── NothingFound     no such article, version or time in the archive
    ├── ExportError          what was to be written cannot be: it exists, the disk is full
    │   └── MissingLibrary   a format needs a library that is not installed
    ├── ServingError         a port that is taken, a certificate that is none
    ├── SourceError          no such source, or it cannot be reached
    ├── ScheduleError        cron or systemd does not do what was asked of it
    └── PluginError          another package's addition cannot be loaded, or takes a name that is in use

Messages are one line without a trailing full stop; the place (file, page) is put before it by whoever
knows it.
"""


class TazArchiveError(Exception):
    """The base: catch this to catch all of ours, and nothing that is a bug."""


class PageError(TazArchiveError):
    """These bytes are not the page they should be."""


class RenditionError(PageError):
    """The bytes are not a page of the rendition they were taken for."""


class GatewayError(RenditionError):
    """A gateway's own error page, or a page it broke off: the fetch failed, and says nothing of the page."""


class DumpError(PageError):
    """The lines are not a dump. ``line`` counts from 1 in the lines as decoded."""

    def __init__(self, line: int, *, expected: str, found: str) -> None:
        self.line = line
        self.expected = expected
        self.found = found
        super().__init__(f"line {line}: expected {expected}, found {found}")


class AbsentError(PageError):
    """The server answered that there is no such page."""


class StoreError(TazArchiveError):
    """The archive file cannot do what was asked."""


class NotAnArchive(StoreError):
    """The file is not SQLite, or holds a database of something else."""


class NewerArchive(StoreError):
    """A later release wrote this archive; opening it with this one could lose what it added."""


class DamagedArchive(StoreError):
    """SQLite finds the file malformed."""


class ArchiveBusy(StoreError):
    """Another run holds the archive's lock."""


class NothingFound(StoreError):
    """The archive holds no such article, version or time."""


class ExportError(TazArchiveError):
    """An export cannot be written where it was wanted; nothing is there that was not before."""


class MissingLibrary(ExportError):
    """A format needs a library that is not installed."""


class ServingError(TazArchiveError):
    """An archive cannot be served where it was wanted."""


class SourceError(TazArchiveError):
    """No such source, or it cannot be reached."""


class ScheduleError(TazArchiveError):
    """Cron or systemd does not do what was asked of it."""


class PluginError(TazArchiveError):
    """An addition of another package cannot be loaded, fails, or takes a name that is in use."""
