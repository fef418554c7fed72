"""A gopher hole of pages, whoever has them: the sample newspaper, or an archive of one (RFC 1436)."""

from typing import Generic

from archive.errors import AbsentError, StoreError
from archive.renditions.gopher import encode
from archive.servers.server import Address, Answer, Door
from archive.servers.site import NO_SUCH_PAGE, ROBOTS, Kept, P, Site

CAPS = """CAPS

CapsVersion=1
ExpireCapsAfter=3600
PathDelimeter=/
PathIdentity=.
PathParent=..
ServerSoftware=taz-archive
DefaultEncoding=UTF-8
"""


def gopher_door(site: Site[P], *, port: int = 0, robots: str = ROBOTS, name: str | None = None) -> Door:
    """``robots`` is the text of robots.txt; ``name`` is what rows call the host, if not by its address."""

    def answerer(address: Address) -> Answer:
        return Hole(site, address._replace(host=name or address.host), robots).answer

    return Door(
        scheme="gopher",
        answerer=answerer,
        too_long=error_row("The selector is too long."),
        busy=error_row("The server is busy; ask again in a minute."),
        port=port,
    )


class Hole(Generic[P]):
    """Answers selectors with menus and a few text files."""

    def __init__(self, site: Site[P], address: Address, robots: str) -> None:
        self.site = site
        self.address = address
        self.texts = {"robots.txt": text_file(robots), "caps.txt": text_file(CAPS)}
        self._set = Kept[tuple[P, bytes]]()

    def answer(self, request: bytes) -> bytes:
        """``request`` is a line: a selector, and behind a TAB what gopher+ or a search adds."""
        selector, _, words = request.rstrip(b"\r\n").decode(errors="replace").partition("\t")
        if text := self.texts.get(selector.removeprefix("/")):
            return text
        words = words.partition("\t")[0] if self.site.asks(selector) else ""
        try:
            page = self.site.find(selector, words)
        except AbsentError as error:
            return error_row(str(error))
        except StoreError as error:
            return error_row(f"The server has a problem: {error}")
        if page is None:
            return error_row(NO_SUCH_PAGE.format(selector))
        return self._menu((selector, words), page)

    def _menu(self, where: tuple[str, str], page: P) -> bytes:
        """The page's rows; set anew only if the page is another than last time."""
        last, rows = self._set.get(where) or (None, b"")
        if last is not page:
            rows = encode(self.site.lines(page), host=self.address.host, port=self.address.port)
            self._set.put(where, (page, rows), len(rows))
        return rows


def text_file(text: str) -> bytes:
    """A text as gopher sends it: a line of dots gets one more, and a lone dot ends it."""
    rows = [f".{row}" if row.startswith(".") else row for row in text.splitlines()]
    return "".join(f"{row}\r\n" for row in [*rows, "."]).encode()


def error_row(message: str) -> bytes:
    """There are no status codes: an error is a menu of one row, of type 3."""
    return f"3{' '.join(message.split())}\t\terror.host\t1\r\n.\r\n".encode()
