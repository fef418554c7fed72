"""A gopher hole of pages, whoever has them: the sample newspaper, or an archive of one (RFC 1436)."""

from collections.abc import Sequence
from typing import Protocol

from archive.model import Line, Page, PageKey
from archive.pagekey import key_in
from archive.renditions.gopher import encode
from crawler.newspaper.listening import Address, Answer, Door

ROBOTS = "User-agent: *\nDisallow:\n"
CAPS = """CAPS

CapsVersion=1
ExpireCapsAfter=3600
PathDelimeter=/
PathIdentity=.
PathParent=..
ServerSoftware=taz-archive
DefaultEncoding=UTF-8
"""
PAGES_KEPT = 4096


class Pages(Protocol):
    """What a hole is dug for."""

    def page(self, key: PageKey) -> Page | None:
        """The page as it is now; the same object as long as it says the same, and it is set once."""

    def lines(self, page: Page) -> Sequence[Line]:
        """The page, set."""


def gopher_door(pages: Pages, *, port: int = 0, robots: str = ROBOTS) -> Door:
    """``robots`` is the text of robots.txt."""

    def answerer(address: Address) -> Answer:
        return Hole(pages, address, robots).answer

    return Door(
        scheme="gopher", answerer=answerer, too_long=error_row("The selector is too long."), port=port
    )


class Hole:
    """Answers selectors with menus and a few text files."""

    def __init__(self, pages: Pages, address: Address, robots: str) -> None:
        self.pages = pages
        self.address = address
        self.texts = {"robots.txt": text_file(robots), "caps.txt": text_file(CAPS)}
        self._set: dict[PageKey, tuple[Page, bytes]] = {}

    def answer(self, request: bytes) -> bytes:
        """``request`` is a line: a selector, and behind a TAB what gopher+ or a search adds."""
        selector = request.rstrip(b"\r\n").partition(b"\t")[0].decode(errors="replace")
        if text := self.texts.get(selector.removeprefix("/")):
            return text
        key = key_in(selector)
        if key and (page := self.pages.page(key)):
            return self._menu(key, page)
        return error_row(f"No such page: '{selector}'")

    def _menu(self, key: PageKey, page: Page) -> bytes:
        """The page's rows; set anew only if the page is another than last time."""
        last, rows = self._set.get(key, (None, b""))
        if last is not page:
            rows = encode(self.pages.lines(page), host=self.address.host, port=self.address.port)
            if len(self._set) >= PAGES_KEPT:
                self._set.clear()
            self._set[key] = (page, rows)
        return rows


def text_file(text: str) -> bytes:
    """A text as gopher sends it: a line of dots gets one more, and a lone dot ends it."""
    rows = [f".{row}" if row.startswith(".") else row for row in text.splitlines()]
    return "".join(f"{row}\r\n" for row in [*rows, "."]).encode()


def error_row(message: str) -> bytes:
    """There are no status codes: an error is a menu of one row, of type 3."""
    return f"3{' '.join(message.split())}\t\terror.host\t1\r\n.\r\n".encode()
