"""Pages designed to be slow to read: ten times the size should take about ten times as long."""

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from archive.dump.grammar import MISSING
from archive.dump.reader import parse_dump
from archive.errors import RenditionError
from archive.model import Line
from archive.reading.alignment import Pattern
from archive.reading.truncation_merge import merge_patterns
from archive.renditions.decode import RENDITIONS
from benchmarks.timing import show

SIZE = 20_000
TITLE, DATE = "# taz.de -- Murr: Es regnet", "10 Apr 2025"
FULL = "Das Wasser steigt, und am Dienstag standen schon die Keller unter Wasser:"

# Lines for the parser, by kind, of a given size.
LINES: dict[str, Callable[[int], list[str]]] = {
    "references that never close": lambda n: ["[1][" * n],
    "references within references": lambda n: ["[1][x" * n + "]" * n],
    "closing brackets": lambda n: ["[1][x" + "]" * n],
    "one line": lambda n: ["wort " * n],
    "one word": lambda n: ["x" * n],
    "one line of spaces in brackets": lambda n: ["[1][ " * n + "]" * n],
    "one line of bars": lambda n: ["|" * n],
    "one line of colons": lambda n: [": „" * n],
    "lines": lambda n: [FULL] * n,
    "short lines": lambda n: ["Murr"] * n,
    "subheads, then paragraphs": lambda n: [*["## Murr"] * n, *["Es regnet."] * n],
    "dates": lambda n: ["8 Oct 2020"] * n,
    "dates and headings": lambda n: ["## TAGS", "8 Oct 2020", "", ""] * n,
    "links": lambda n: ["[1][x] " * n, DATE, "## LINKS", *["[1] /Murr/!5"] * n],
    "teasers": lambda n: [DATE, "## ARTIKEL ZUM THEMA", *["Murr: Kurz", "Ein Satz."] * n],
    "leads": lambda n: ["> Es regnet."] * n,
}
# Text for the renditions.
TEXTS: dict[str, Callable[[int], str]] = {
    "spaces in a row": lambda n: f"| x{' ' * n}y | |\n",
    "dashes in a row": lambda n: f"|{'-' * n}x | |\n",
    "bars in a row": lambda n: f"{' |' * n}x | |\n",
    "tabs in a row": lambda n: "i" + "\t" * n + "\r\n",
    "points in a line": lambda n: ".”" * n + "x\n",
    "broken characters": lambda n: "\ufffd" * n + "\n",
    "rows": lambda n: "iText\t\th\t70\r\n" * (n // 20),
}
# HTML for the gateways' renditions.
PAGES: dict[str, Callable[[int], str]] = {
    "table rows": lambda n: (
        f"<table><tr><td>{TITLE}</td></tr>{'<tr><td>x</td><td></td></tr>' * (n // 28)}</table>"
    ),
    "linked rows": lambda n: f"<pre>{TITLE}\n{LINKED * (n // len(LINKED))}</pre>",
    "line breaks": lambda n: f"<div>{TITLE}{'<br>x' * (n // 5)}</div>",
    "blocks": lambda n: f"<div><p>{TITLE}</p>{'<div>x</div>' * (n // 12)}</div>",
    "words in bold": lambda n: f"<div>{TITLE}<br>{'<b>x</b> ' * (n // 9)}</div>",
    "paragraphs in a table": lambda n: f"<table><tr><td>{TITLE}<tr><td>{'<p>x' * (n // 4)}</table>",
    "titles": lambda n: f"<pre>{'x# taz.de ' * (n // 10)}\n{TITLE}\n</pre>",
    "many pre elements": lambda n: f"<pre>{TITLE}\n</pre>{'<form><pre>a</pre></form>' * (n // 25)}",
    "overlapping tags": lambda n: f"<pre>{TITLE}\n{'<b><i></b>' * (n // 10)}</pre>",
    "unmatched end tags": lambda n: f"<pre>{TITLE}\n{'</i>' * (n // 4)}</pre>",
    "nested tables": lambda n: f"<table><tr><td>{TITLE}</td></tr>{'<tr><td><table>' * (n // 15)}",
    "attributes": lambda n: f"<pre>{TITLE}\n<a {' '.join(f'a{i}=x' for i in range(n // 8))}>x</a></pre>",
    "a query": lambda n: f"<pre>{TITLE}\n<a href='?host=a{'&q=b&pfad=c' * (n // 11)}'>x</a></pre>",
    "comments that never end": lambda n: f"<pre>{TITLE}\n{'<!--' * (n // 4)}</pre>",
    "tags that never end": lambda n: f"<pre>{TITLE}\n{'<a' * (n // 2)}</pre>",
    "repeated ends of the page": lambda n: f"<pre>{TITLE}\n</pre>{'</html ' * (n // 7)}",
}
# Pairs of truncated texts that align in very many ways, or not at all, which is found late.
JOINS: dict[str, Callable[[int], tuple[Pattern, Pattern]]] = {
    "lines of one letter": lambda n: (
        _truncated_everywhere("a" * 60, n // 60),
        _truncated_everywhere("a" * 61, n // 60),
    ),
    "single letters": lambda n: (
        _truncated_everywhere("a", n // 60),
        _truncated_everywhere("a", n // 60 - 1),
    ),
    "one letter, truncated anywhere": lambda n: (
        Pattern(f"x{MISSING}{'a' * n}b{MISSING}", (None, None)),
        Pattern(f"x{MISSING}{'a' * 2 * n}{MISSING}c", (None, None)),
    ),
    "letters between truncations": lambda n: (
        Pattern(MISSING.join(["", *"b" * (n // 500), ""]), (None,) * (n // 500 + 1)),
        Pattern(("a" * 500 + "b") * (n // 500) + "c"),
    ),
}


def _truncated_everywhere(line: str, lines: int) -> Pattern:
    return Pattern(MISSING.join([line] * lines), (60,) * (lines - 1))


LINKED = " (DIR) <a href='/taz.de/1/%215'>x</a>\n"
GATEWAYS = ("meulie", "mills", "fuckup", "miga", "phoxy", "gemini-html")


def hostile_lines(kind: str, size: int) -> list[Line]:
    """Return lines of a hostile page of ``kind``."""
    return [Line(TITLE), *map(Line, LINES[kind](size))]


def hostile_bytes(kind: str, size: int, rendition: str) -> bytes:
    """Return a hostile page of ``kind`` as bytes of ``rendition``."""
    title = f"i{TITLE}\t\th\t70\r\n" if rendition == "gopher" else f"{TITLE}\n"
    return f"{title}{TEXTS[kind](size)}".encode()


def main() -> None:
    for kind in LINES:
        one, ten = (hostile_lines(kind, size) for size in (SIZE, 10 * SIZE))
        _show(f"parser, {kind}", _seconds(parse_dump, one), _seconds(parse_dump, ten))
    for rendition, decode in ((each.name, each.decode) for each in RENDITIONS.values()):
        for kind in TEXTS:
            one_body, ten_body = (hostile_bytes(kind, size, rendition) for size in (SIZE, 10 * SIZE))
            once, ten_times = _seconds(decode, one_body, "taz.de:70"), _seconds(decode, ten_body, "taz.de:70")
            _show(f"{rendition}, {kind}", once, ten_times)
    for kind, pair in JOINS.items():
        _show(f"joined, {kind}", *(_seconds(merge_patterns, *pair(size)) for size in (SIZE, 10 * SIZE)))
    for rendition in GATEWAYS:
        for kind, made in PAGES.items():
            one_page, ten_pages = (made(5 * size).encode() for size in (SIZE, 10 * SIZE))
            _show(
                f"{rendition}, {kind}",
                *(_seconds(try_reading, rendition, page) for page in (one_page, ten_pages)),
            )


def try_reading(rendition: str, page: bytes) -> None:
    """Read a page; ignore it if it is not one."""
    with suppress(RenditionError):
        RENDITIONS[rendition].decode(page, "taz.de:70")


def _seconds(read: Callable[..., object], *page: object) -> float:
    seconds = []
    for _ in range(3):
        started = perf_counter()
        read(*page)
        seconds.append(perf_counter() - started)
    return min(seconds)


def _show(what: str, once: float, ten_times: float) -> None:
    show(f"ten times the size: {what}", ten_times / once, "×", f"{ten_times * 1000:.1f} ms")
