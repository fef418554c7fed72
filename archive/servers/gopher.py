"""A gopher server (RFC 1436) for any site."""

from typing import Generic

from archive.errors import AbsentError, StoreError
from archive.renditions.forms.gopher import encode
from archive.servers.server import Address, Endpoint, Handler
from archive.servers.site import NO_SUCH_PAGE, ROBOTS, P, PageAddress, PageCache, ServedSite

CAPS = """CAPS

CapsVersion=1
ExpireCapsAfter=3600
PathDelimeter=/
PathIdentity=.
PathParent=..
ServerSoftware=taz-archive
DefaultEncoding=UTF-8
"""


def gopher_endpoint(
    site: ServedSite[P], *, port: int = 0, robots: str = ROBOTS, name: str | None = None
) -> Endpoint:
    """Return an endpoint that serves a site.

    ``robots`` is the text of robots.txt, ``name`` the host in menu rows, by default the address.
    """

    def make_handler(address: Address) -> Handler:
        return GopherResponder(site, address._replace(host=name or address.host), robots).answer

    return Endpoint(
        scheme="gopher",
        make_handler=make_handler,
        too_long_reply=error_row("The selector is too long."),
        busy_reply=error_row("The server is busy; ask again in a minute."),
        port=port,
    )


class GopherResponder(Generic[P]):
    """Answers selectors with menus, and with robots.txt and caps.txt."""

    def __init__(self, site: ServedSite[P], address: Address, robots: str) -> None:
        self.site = site
        self.address = address
        self.texts = {"robots.txt": text_file(robots), "caps.txt": text_file(CAPS)}
        self._encoded = PageCache[tuple[P, bytes]]()

    def answer(self, request: bytes) -> bytes:
        """Return the reply to a selector, which a TAB and search words or a gopher+ suffix may follow."""
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

    def _menu(self, address: PageAddress, page: P) -> bytes:
        """Return the page's rows, encoded once for each page object."""
        last, rows = self._encoded.get(address) or (None, b"")
        if last is not page:
            rows = encode(self.site.lines(page), host=self.address.host, port=self.address.port)
            self._encoded.put(address, (page, rows), len(rows))
        return rows


def text_file(text: str) -> bytes:
    """Encode a text file: a line that begins with a dot gets a second one; a single dot ends the file."""
    rows = [f".{row}" if row.startswith(".") else row for row in text.splitlines()]
    return "".join(f"{row}\r\n" for row in [*rows, "."]).encode()


def error_row(message: str) -> bytes:
    """Encode an error, which in gopher is a menu of one row of item type 3."""
    return f"3{' '.join(message.split())}\t\terror.host\t1\r\n.\r\n".encode()
