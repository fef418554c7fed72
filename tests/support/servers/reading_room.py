"""A reading room to test: an archive with every kind of content, served by a real Datasette on loopback."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import uvicorn
from datasette.app import Datasette  # type: ignore[import-untyped]  # it ships no types

from archive.dump.writer import write_dump
from archive.model import Article, Author, Capture, Link, Paragraph, Subhead, Tag, Teaser
from archive.store import open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, capture_of, failure_of, link
from tests.support.samples.sample_archive import captures_of_the_newspaper, our_own_captures
from tests.support.servers.free_ports import free_port

EDITED, BACK, GONE, CUT, HEALED, LONG, HUGE, HOSTILE = range(700001, 700009)
UNREAD = 700050  # only ever failed
VERSIONS = 500  # of LONG
UMLAUTS = (  # more bytes than characters, so that rows are cut
    "Übermäßig große Pfützen blühten über Nächte für müßige Füße in öden Höfen auf. Ähnliches gäbe es"
    " öfter, hörte man, wäre nur das Gehör nicht müde."
)
DAY = NOON.date().isoformat()
# What an attacker would put into an article's parts: markup, schemes, and ways to break out of attributes.
INJECTIONS = (
    '<script>document.title="PWNED"</script>',
    '"><img src=x onerror=document.title="PWNED">',
    "'><svg onload=document.title='PWNED'>",
    "{{ 7*7 }}{% raw %}",
    "</title></head><script>document.title='PWNED'</script>",
    "--><script>document.title='PWNED'</script><!--",
    "]]><script>document.title='PWNED'</script>",
    '<a href="javascript:document.title=1">x</a><base href="https://evil.example/">',
)
TARGETS = (
    "javascript:document.title='PWNED'",
    "JaVaScRiPt:document.title='PWNED'//https://example.org/",
    "java\tscript:document.title='PWNED'",
    "data:text/html,<script>document.title='PWNED'</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//evil.example/!1",
    "/\\evil.example/",
    "https://example.org/\"onmouseover=\"document.title='PWNED'",
    "https://user@[::1",
    "http:///no.host",
    "gopher://example.org/1/menu",
    "gemini://example.org/page",
    "https://example.org/good",
)


def hostile_article() -> Article:
    """Put hostile text into every part of a page."""
    all_of_it = " ".join(INJECTIONS)
    blocks = tuple(Paragraph(f"Absatz {at}: {text}") for at, text in enumerate(INJECTIONS))
    text = Article(title="", blocks=blocks).text
    return Article(
        title=f"Angriff: {all_of_it}",
        lead=all_of_it,
        caption=all_of_it,
        blocks=blocks,
        published=BRIDGE.published,
        links=tuple(
            Link(at, target, f"Absatz {at % len(blocks)}", *_place(text, f"Absatz {at % len(blocks)}"))
            for at, target in enumerate(TARGETS, start=1)
        ),
        authors=(Author(INJECTIONS[1]), Author("Ännchen")),
        tags=(Tag(INJECTIONS[0]), Tag("2024")),
        related=(Teaser(INJECTIONS[2], INJECTIONS[0], "/!700001"),),
    )


def _place(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def captures() -> Iterator[Capture]:
    yield from captures_of_the_newspaper()
    yield from our_own_captures()
    yield from _edited()
    yield capture_of(replace(BRIDGE, links=()), BACK, NOON)
    yield absence_of(BACK, NOON + HOUR)
    yield capture_of(replace(BRIDGE, links=()), BACK, NOON + 2 * HOUR)
    yield capture_of(BRIDGE, GONE, NOON)
    yield absence_of(GONE, NOON + 24 * HOUR)
    yield from _cut()
    yield failure_of(UNREAD, "no whole answer within 30 s", NOON)
    for at in range(2):
        page = replace(hostile_article(), dateline=f"Ort{at} taz")
        yield capture_of(page, HOSTILE, NOON + at * HOUR, source=INJECTIONS[at + 1])  # as a merged one may be


def _cut() -> Iterator[Capture]:
    """Yield captures of a truncating gateway; the second page of HEALED is truncated in other places."""
    yield cut_capture(CUT, NOON, hyphens=0)
    yield cut_capture(HEALED, NOON, hyphens=0)
    yield cut_capture(HEALED, NOON + HOUR, hyphens=25)


def cut_capture(number: int, at: datetime, *, hyphens: int) -> Capture:
    """Return a page as a table whose rows end after 80 bytes; soft hyphens shift where lines break."""
    text = "\N{SOFT HYPHEN}" * hyphens + UMLAUTS
    page = replace(BRIDGE, blocks=(Paragraph(text),), links=())
    rows = [line.text.encode() for line in write_dump(page) if line.text]
    shown = [
        row if len(row) <= 80 else row[:79].decode(errors="replace").encode() + "…".encode() for row in rows
    ]
    body = b"".join(b"| %b | |\n" % row for row in shown)
    plain = capture_of(page, number, at, source="meulie")
    return replace(plain, body=body, rendition="table")


def large_captures() -> Iterator[Capture]:
    """An article of many versions, and one of two megabytes."""
    for at in range(VERSIONS):
        long_lived = replace(
            BRIDGE, title="Ticker: Der Stand", blocks=(Paragraph(f"Um {at} Uhr steht es so."),)
        )
        yield capture_of(replace(long_lived, links=()), LONG, NOON + at * HOUR / 10)
    huge = tuple(Paragraph(f"Absatz {at}: " + "Wasser und Wind und Wetter " * 70) for at in range(1100))
    for last in ("So endet es.", "So endet es anders."):
        blocks = (*huge, Paragraph(last))
        yield capture_of(replace(BRIDGE, blocks=blocks, links=()), HUGE, NOON + HOUR * len(last))


def _edited() -> Iterator[Capture]:
    """Three versions, with links to an archived article and to a missing one."""
    yield capture_of(BRIDGE, EDITED, NOON)
    second = replace(BRIDGE, title="Brücke in Großau: Neue Straße, neuer Streit", lead=None)
    links = (link(1, "/Weg/!700009", "bleibt gesperrt"), link(2, f"/Da/!{GONE}", "will klagen"))
    yield capture_of(replace(second, links=links), EDITED, NOON + 3 * HOUR)
    blocks = (*BRIDGE.blocks, Subhead("Nachtrag"), Paragraph("Die Brücke ist wieder offen."))
    yield capture_of(replace(second, links=links, blocks=blocks), EDITED, NOON + 30 * HOUR)


def make_room_archive(path: Path, *, large: bool) -> None:
    """Return the archive; ``large`` adds very large articles, which takes some seconds."""
    with open_writer(path) as archive:
        crawl = archive.runs.begin(source="gopher", at=NOON)
        archive.record(captures(), crawl=crawl)
        archive.record(large_captures() if large else (), crawl=crawl)
        archive.runs.finish(crawl, at=NOON + 48 * HOUR, reason="finished", stats={})


@contextmanager
def serving(
    *files: Path, immutables: Sequence[Path] = (), metadata: Mapping[str, object] | None = None
) -> Iterator[str]:
    """Serve an archive by Datasette in a thread, on a free port; yield its address."""
    datasette = Datasette(
        [str(file) for file in files], immutables=[str(file) for file in immutables], metadata=metadata
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(datasette.app(), log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait(f"http://127.0.0.1:{port}/-/static/app.css")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=LONGEST)
    for database in datasette.databases.values():
        database.close()


@contextmanager
def running(*program: str, more: Sequence[str] = (), check: str = "/-/static/app.css") -> Iterator[str]:
    """Run a program that takes ``--port`` and ``more`` and serves an archive; yield its address."""
    port = free_port()
    command = [sys.executable, *program, "--port", str(port), *more]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as server:
        try:
            wait(f"http://127.0.0.1:{port}{check}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=LONGEST)


def wait(url: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            with urlopen(url, timeout=LONGEST):
                return
        except HTTPError:
            return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
