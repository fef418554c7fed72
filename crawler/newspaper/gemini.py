"""The paper in geminispace: pages from whoever has them, over TLS, as gemtext (specification 0.24.1)."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from archive.model import Page, PageKey
from archive.pagekey import key_in
from crawler.newspaper.gemtext import write_gemtext
from crawler.newspaper.gopher import PAGES_KEPT, ROBOTS, Pages
from crawler.newspaper.listening import LOOPBACK, Address, Answer, Door

PORT = 1965
MALFORMED = b"59 A request is one absolute URL without user or fragment, of at most 1024 bytes.\r\n"
NOT_OURS = b"53 No such host here.\r\n"
NOT_FOUND = b"51 No such page.\r\n"
REQUEST = re.compile(r"gemini://[^\x00-\x20\x7f@#]+")
YEAR = timedelta(days=365)


def gemini_door(
    pages: Pages, *, port: int = 0, robots: str = ROBOTS, tls: ssl.SSLContext | None = None
) -> Door:
    """``robots`` is the text of robots.txt; ``tls`` has the certificate to show, or a new one is made."""

    def answerer(address: Address) -> Answer:
        return Capsule(pages, address, robots).answer

    return Door(
        scheme="gemini",
        answerer=answerer,
        too_long=MALFORMED,
        port=port,
        end=b"\r\n",
        tls=tls or self_signed(),
    )


class Capsule:
    """Answers URLs with gemtext and a text file."""

    def __init__(self, pages: Pages, address: Address, robots: str) -> None:
        self.pages = pages
        self.address = address
        self.robots = b"20 text/plain; charset=utf-8\r\n" + robots.encode()
        self._written: dict[PageKey, tuple[Page, bytes]] = {}

    def answer(self, request: bytes) -> bytes:
        """``request`` is a URL, without its line end."""
        url = request.decode(errors="replace")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:  # a port that is no number, a bracket left open
            return MALFORMED
        if not REQUEST.fullmatch(url) or not host:
            return MALFORMED
        if port != self.address.port or host not in {self.address.host, "localhost"}:
            return NOT_OURS
        return self._page(unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path))

    def _page(self, path: str) -> bytes:
        if path == "/robots.txt":
            return self.robots
        key = key_in(path)
        page = self.pages.page(key) if key else None
        return self._gemtext(key, page) if key and page else NOT_FOUND

    def _gemtext(self, key: PageKey, page: Page) -> bytes:
        """Written anew only if the page is another than last time."""
        last, written = self._written.get(key, (None, b""))
        if last is not page:
            written = b"20 text/gemini; charset=utf-8; lang=de\r\n" + write_gemtext(page).encode()
            if len(self._written) >= PAGES_KEPT:
                self._written.clear()
            self._written[key] = (page, written)
        return written


def self_signed(*, begins: datetime | None = None, lasts: timedelta = YEAR) -> ssl.SSLContext:
    """A server's context with a certificate for loopback that nobody but its owner vouches for.

    It begins yesterday unless ``begins`` (aware) says otherwise.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with TemporaryDirectory(prefix="newspaper-") as folder:  # the ssl module reads files only
        file = Path(folder) / "certificate.pem"
        file.write_bytes(_certificate(begins or datetime.now(UTC) - timedelta(days=1), lasts))
        context.load_cert_chain(file)
    return context


def _certificate(begins: datetime, lasts: timedelta) -> bytes:
    """Certificate and key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address(LOOPBACK))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem) + private
