"""The interface between the servers and the pages they serve, and a cache of pages."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from archive.model import Line
from archive.paper import LANGUAGE

P = TypeVar("P")  # a site's own type of page
V = TypeVar("V")
PageAddress = tuple[str, str]  # a path, and the words to search for
ROBOTS = "User-agent: *\nDisallow:\n"
MAX_CACHE_BYTES = 16 << 20
ENTRY_OVERHEAD_BYTES = 400  # of Python's own objects
NO_SUCH_PAGE = "No such page: '{}'"


class ServedSite(Protocol[P]):
    """A site that can be served as gopher menus and gemtext: an archive, or the sample newspaper."""

    def find(self, path: str, words: str) -> P | None:
        """Return the page at a selector or path, as requested; ``words`` are those of a search.

        Return the same object while the page is unchanged: the servers encode each object once. Return None
        if there is no such page. Raises :exc:`AbsentError` to give a reason, :exc:`StoreError` if the page
        cannot be read now.
        """

    def asks(self, path: str) -> str | None:
        """Return the prompt if the page at a path needs input, as a search does."""

    def languages(self, page: P) -> str:  # noqa: ARG002 - others look at the page
        """Return the languages of a page (BCP 47), separated by commas; by default the paper's."""
        return LANGUAGE

    def lines(self, page: P) -> Sequence[Line]:
        """Return the page as the rows of a gopher menu."""

    def gemtext(self, page: P) -> str:
        """Return the page as gemtext."""


class PageCache(Generic[V]):
    """A cache that drops all its entries once their estimated size exceeds ``max_bytes``."""

    def __init__(self, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self.max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        self._size = 0
        self._entries: dict[PageAddress, V] = {}

    def get(self, address: PageAddress) -> V | None:
        return self._entries.get(address)

    def put(self, address: PageAddress, entry: V, size: int) -> None:
        """Add an entry of about ``size`` bytes."""
        if self._size > self.max_bytes:
            self.clear()
        self._size += size + sum(map(len, address)) + ENTRY_OVERHEAD_BYTES
        self._entries[address] = entry
