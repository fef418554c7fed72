"""A gemini server on loopback that misbehaves in named ways."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from archive.servers.certificates import self_signed
from tests.support.servers.gopher_faults import LOOPBACK, FaultyServer, Page, Peer, never, serving

TEXT = "Zeile mit äöüß\n".encode()
HEADER = b"20 text/gemini; charset=utf-8\r\n"
PAGE = HEADER + TEXT * 40
BIG = TEXT * 200_000  # some 4 MB
NOT_FOUND = b"51 Nicht da\r\n"


class GeminiServer(FaultyServer):
    """A server of ``pages`` by path and query."""

    def answer(self, selector: bytes, peer: Peer) -> None:
        page = self.pages.get(path_of(selector), NOT_FOUND)
        if isinstance(page, bytes):
            peer.send(page)
        else:
            page(peer)

    @property
    def paths(self) -> list[str]:
        """Return the requests in order."""
        return [path_of(line.rstrip(b"\r\n")).decode() for line, _ in self.asked]


def path_of(url: bytes) -> bytes:
    return b"/" + url.split(b"/", 3)[-1]


@contextmanager
def capsule(pages: Mapping[bytes, Page], tls: ssl.SSLContext | None = None) -> Iterator[GeminiServer]:
    """Serve ``pages``, and "not found" for the rest."""
    with serving(pages, tls or self_signed(), GeminiServer) as server:
        assert isinstance(server, GeminiServer)
        yield server


def root_of(server: FaultyServer) -> str:
    return f"gemini://{LOOPBACK}:{server.port}"


class HungUp(ConnectionError):
    """Close a connection without a TLS close_notify."""


def no_goodbye(peer: Peer) -> None:
    peer.send(PAGE)
    raise HungUp


def half(peer: Peer) -> None:
    peer.send(PAGE[:100])
    raise HungUp


def no_goodbye_in_header(peer: Peer) -> None:
    peer.send(HEADER[:10])
    raise HungUp


def drip_header(peer: Peer) -> None:
    """Send a header that never ends."""
    peer.send(HEADER[:3])
    while not peer.wait(0.1):
        peer.send(b"x")


def drip(peer: Peer) -> None:
    peer.send(HEADER + b"iiii")
    while not peer.wait(0.1):
        peer.send(b"i")


def endless(peer: Peer) -> None:
    peer.send(HEADER)
    while not peer.closing.is_set():
        peer.send(TEXT * 1000)


def endless_header(peer: Peer) -> None:
    peer.send(b"20 ")
    while not peer.closing.is_set():
        peer.send(b"x" * 1000)


def reset_midway(peer: Peer) -> None:
    peer.send(PAGE[:100])
    peer.reset()


def never_after_header(peer: Peer) -> None:
    peer.send(HEADER)
    peer.wait()


def refuses_and_stays(peer: Peer) -> None:
    """Send a refusal whose body never ends."""
    peer.send(NOT_FOUND)
    peer.wait()


def slow_start(peer: Peer) -> None:
    """Send the first byte after 0.3 s and the last after 0.6 s."""
    peer.wait(0.3)
    peer.send(PAGE[:1])
    peer.wait(0.3)
    peer.send(PAGE[1:])


FAULTS: dict[bytes, Page] = {
    b"/whole": PAGE,
    b"/big": HEADER + BIG,
    b"/no-line-end": HEADER + b"Ende",
    b"/no-type": b"20 \r\n" + TEXT,
    b"/no-space": b"20\r\n" + TEXT,
    b"/plain": b'20 Text/Plain ; Charset="UTF-8"\r\n' + TEXT,
    b"/ascii": b"20 text/gemini; lang=de; charset=US-ASCII\r\nAscii\n",
    b"/25": b"25 text/gemini\r\n" + TEXT,
    b"/slow-start": slow_start,
    b"/moved": b"30 /whole\r\n",
    b"/moved-relative": b"31 whole\r\n",
    b"/moved-thrice": b"31 /moved-twice\r\n",
    b"/moved-twice": b"30 ./moved\r\n",
    b"/Slug/!5": PAGE,
    b"/!5": b"30 /Slug/!5\r\n",
    b"/!6": b"30 /Slug/!5\r\n",
    b"/!7": b"30 /\r\n",
    b"/loop": b"30 /loop\r\n",
    b"/moved-away": b"30 gemini://example.org/whole\r\n",
    b"/moved-port": b"30 gemini://127.0.0.1:1/whole\r\n",
    b"/moved-web": b"31 https://127.0.0.1/whole\r\n",
    b"/moved-user": b"31 gemini://me@127.0.0.1/\r\n",
    b"/moved-nowhere": b"31 \r\n",
    b"/moved-broken": b"31 gemini://[broken\r\n",
    b"/never": never,
    b"/never-after-header": never_after_header,
    b"/drip": drip,
    b"/drip-header": drip_header,
    b"/endless": endless,
    b"/endless-header": endless_header,
    b"/long-header": b"51 " + b"x" * 1025 + b"\r\n",
    b"/longest-header": b"51 " + b"x" * 1024 + b"\r\n",
    b"/reset-midway": reset_midway,
    b"/reset-at-once": Peer.reset,
    b"/nothing": b"",
    b"/no-goodbye": no_goodbye,
    b"/half": half,
    b"/half-header": no_goodbye_in_header,
    b"/closed-in-header": HEADER[:10],
    b"/empty": HEADER,
    b"/gopher": b"iText\t\th\t70\r\n",
    b"/web": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"/lf": b"20 text/gemini\n" + TEXT,
    b"/glued": b"20text/gemini\r\n" + TEXT,
    b"/99": b"99 Neunundneunzig\r\n",
    b"/control": b"20 text/gemini\x1b[31m\r\n" + TEXT,
    b"/binary": b"\x00\xff" * 50,
    b"/image": b"20 image/png\r\n\x89PNG",
    b"/latin": "20 text/gemini; charset=iso-8859-1\r\nGrüße\n".encode("latin-1"),
    b"/gone-and-stays": refuses_and_stays,
    **{f"/{status}".encode(): f"{status} Warum auch immer\r\n".encode() for status in (
        10, 11, 40, 41, 42, 43, 49, 50, 51, 52, 53, 58, 59, 60, 61, 62,
    )},
    b"/44": b"44 1\r\n",
    b"/44-for-long": b"44 Try again in 86400 s\r\n",
    b"/44-in-words": b"44 bald\r\n",
}  # fmt: skip
