"""Sources: the servers that a crawl can fetch the paper's pages from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from archive.model import PageKey


class Source(Protocol):
    """One host, asked in one protocol. A value: sources that compare equal are the same source."""

    @property
    def name(self) -> str:
        """The name in ``--via`` and in the column ``captures.source``."""

    @property
    def rendition(self) -> str:
        """The form of the bytes that the server sends: a name in :mod:`archive.renditions`."""

    @property
    def truncates(self) -> bool:
        """Whether long lines lose their end, so that another source is asked for the whole article."""

    @property
    def transliterates(self) -> bool:
        """Whether umlauts are written out, so that another source is asked for the article as spelled."""

    @property
    def host(self) -> str:
        """The only host that is asked."""

    def url(self, key: PageKey) -> str:
        """Return the URL of a page. Every URL that is fetched is made here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A choice of ``crawl --via``.

    ``home`` is the URL of the paper's front page, used unless ``--via NAME=URL`` gives another. ``read_seed``
    returns the source that a URL is on and the page that it names, and raises
    :exc:`archive.errors.SourceError` for any other URL. ``download_handlers`` are Scrapy handlers of
    further schemes: ``{"spartan": "their_package.spartan.DownloadHandler"}``.
    """

    name: str
    home: str
    read_seed: Callable[[str], tuple[Source, PageKey]]
    download_handlers: Mapping[str, str] = field(default_factory=dict, compare=False)
