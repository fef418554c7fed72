"""All errors that callers may want to tell apart.

::

    TazArchiveError
    ├── PageError            bytes that are not the expected page
    │   ├── RenditionError   bytes → lines failed: wrong rendition or charset, incomplete
    │   │   └── GatewayError a gateway sent an error page, or an incomplete one: fetch again
    │   ├── DumpError        lines → article failed: no title, a menu, incomplete
    │   └── AbsentError      the server says that the page does not exist
    ├── StoreError           the archive file
    │   ├── NotAnArchive     not SQLite, or another kind of database
    │   ├── NewerArchive     written by a later release
    │   ├── DamagedArchive   SQLite reports a malformed file
    │   ├── ArchiveBusy      another run holds the lock
    │   └── NothingFound     no such article, version or time in the archive
    ├── ExportError          the export cannot be written: it exists, the disk is full
    │   └── MissingLibrary   the format needs a library that is not installed
    ├── ServingError         the port is taken, or the certificate is invalid
    ├── SourceError          an unknown source, or an unreachable one
    ├── DatasetError         a dataset cannot be read or written: it is missing, damaged, its store fails
    ├── ClusterError         a Dask cluster cannot be used: it has no workers, or some with another parser
    │   └── ClusterUnreachable   its scheduler cannot be reached
    ├── FrontierError        a shared frontier is missing, of a later release, or cannot be used
    │   └── FrontierUnreachable  its server cannot be reached
    ├── ScheduleError        cron or systemd failed
    ├── UnknownTimeZone      no time zone has the given name
    ├── PostingError         edits cannot be posted: credentials are missing or wrong, the record is damaged
    │   ├── ServiceUnreachable   the service is down, or asks for a longer pause
    │   └── PostRefused      the service refuses one post
    ├── WitnessError         a witness did not publish a root, or its file is damaged
    └── PluginError          an addition of another package cannot be loaded, or its name is taken

Messages are one line without a final full stop. Callers that know the file or page put it first.
"""


class TazArchiveError(Exception):
    """The base class of all errors of this package; anything else is a bug."""


class PageError(TazArchiveError):
    """The bytes are not the expected page."""


class RenditionError(PageError):
    """The bytes are not a page of the expected rendition."""


class GatewayError(RenditionError):
    """A gateway sent its own error page or an incomplete page, which says nothing about the page itself."""


class DumpError(PageError):
    """The lines are not a dump. ``line`` counts from 1 in the decoded lines."""

    def __init__(self, line: int, *, expected: str, found: str) -> None:
        self.line = line
        self.expected = expected
        self.found = found
        super().__init__(f"line {line}: expected {expected}, found {found}")


class AbsentError(PageError):
    """The server answered that the page does not exist."""


class StoreError(TazArchiveError):
    """The archive file cannot be read or written as requested."""


class NotAnArchive(StoreError):
    """The file is not SQLite, or holds another kind of database."""


class NewerArchive(StoreError):
    """A later release wrote the archive; writing to it with this one could lose data."""


class DamagedArchive(StoreError):
    """SQLite reports that the file is malformed."""


class ArchiveBusy(StoreError):
    """Another run holds the archive's lock."""


class NothingFound(StoreError):
    """The archive holds no such article, version or time."""


class ExportError(TazArchiveError):
    """An export cannot be written; nothing was changed at its destination."""


class MissingLibrary(ExportError):
    """The format needs a library that is not installed."""


class ServingError(TazArchiveError):
    """An archive cannot be served on the given address, or with the given certificate."""


class SourceError(TazArchiveError):
    """A source is unknown or unreachable."""


class DatasetError(TazArchiveError):
    """A dataset of Parquet files cannot be read or written."""


class ClusterError(TazArchiveError):
    """A Dask cluster cannot be used."""


class ClusterUnreachable(ClusterError):
    """The scheduler of a Dask cluster cannot be reached."""


class FrontierError(TazArchiveError):
    """A shared frontier is missing or of a later release, its URL is wrong, or its database refuses."""


class FrontierUnreachable(FrontierError):
    """The server of a shared frontier cannot be reached, so no request may be sent."""


class ScheduleError(TazArchiveError):
    """Cron or systemd failed, or cannot run the given command."""


class UnknownTimeZone(TazArchiveError):
    """No time zone of the IANA database has the given name."""


class WorkerError(TazArchiveError):
    """Worker processes cannot be started."""


class PostingError(TazArchiveError):
    """Edits cannot be posted to a service."""


class MissingCredential(PostingError):
    """A credential of a service is given neither by the environment nor by a file."""


class ServiceUnreachable(PostingError):
    """A service does not answer, fails, or asks for a longer pause; a later run can post."""


class PostRefused(PostingError):
    """A service refuses one post; others may be accepted."""


class WitnessError(TazArchiveError):
    """A root cannot be published, or what was published cannot be read."""


class PluginError(TazArchiveError):
    """An addition of another package cannot be loaded, fails, or takes a name that is in use."""
