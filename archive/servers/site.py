"""What a gopher hole or a gemini capsule is dug for: pages, whoever has them."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from archive.model import Line

P = TypeVar("P")  # whatever the site calls a page
V = TypeVar("V")
Where = tuple[str, str]  # a place, and the words searched there
ROBOTS = "User-agent: *\nDisallow:\n"
MOST_KEPT = 16 << 20  # bytes in memory
OVERHEAD = 400  # bytes that Python takes for each
NO_SUCH_PAGE = "No such page: '{}'"


class Site(Protocol[P]):
    """The sample newspaper, or an archive of the real one."""

    def find(self, place: str, words: str) -> P | None:
        """The page at a selector or path, as somebody wrote it; ``words`` are what a search is for.

        The same object as long as it says the same, and it is set once. None if there is no such page;
        raises :exc:`AbsentError` to say more of that, :exc:`StoreError` if the page cannot be had now.
        """

    def asks(self, place: str) -> str | None:
        """What is to be typed there, if anything."""

    def lines(self, page: P) -> Sequence[Line]:
        """The page as the rows of a menu, top to bottom."""

    def gemtext(self, page: P) -> str:
        """The page as gemtext."""


class Kept(Generic[V]):
    """What was made for a place and the words searched there; thrown away once it weighs too much."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.most = most
        self.clear()

    def clear(self) -> None:
        self._weight = 0
        self._made: dict[Where, V] = {}

    def get(self, where: Where) -> V | None:
        return self._made.get(where)

    def put(self, where: Where, made: V, weight: int) -> None:
        """``weight`` is about how many bytes it takes."""
        if self._weight > self.most:
            self.clear()
        self._weight += weight + sum(map(len, where)) + OVERHEAD
        self._made[where] = made
