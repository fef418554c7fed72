"""Pages of the sample newspaper in every rendition, and random damage to them."""

from collections.abc import Callable, Sequence
from random import Random

from benchmarks import all_sources
from crawler.demo.newspaper.pages.newspaper import START, Newspaper

MAX_BYTES = 200_000  # of a damaged page
# Parts of all page formats, and characters that parsers may fail on.
TOKENS = (
    "# taz.de -- §> §Bild: §## §##§taz | §8 Oct 2020§## LINKS§## AUTOREN§## TAGS§## ARTIKEL ZUM THEMA§"
    "Murr: §[1] §[1][§[§]§][§…§\ufffd§\ufdd0§\u00ad§\u2800§\u200b§\ufeff§\u202e§\U0001f600§e\u0301§Ä§ss§Ue§"
    "\n§\r\n§\r§\n\n§\t§ §  §\v§\f§\0§\x1b[31m§\u2028§\x85§| § | |§|§i§1§I§3§7§.§\t\t§\t/!5\ttaz.de\t70§"
    "=> §=> /!5 A§```§(DIR) §DIR §IMG §       §URI:§URL:javascript:§//h/!5§:41: line too long§P H O X Y§"
    "<pre>§</pre>§<table>§<tr><td>§</td>§</table>§<br>§<a href='§'>§</a>§<b>§<!--§-->§<script>§</script>§"
    "</html>§<body>§<plaintext>§<svg>§<?xml version='1.0'?>§<![CDATA[§charset=latin-1§&#0;§&#xD800;§"
    "&#99999999999;§&amp;§&§<§>§'§\"§=§%21§%00§%0A§?q=§&host=§&pfad=§?url=gopher§!5§!t5§!a5§://[§"
    "!999999999999999§Leser:innen§" + "x" * 80 + "§" + "Wort " * 15
).split("§")
NOT_UTF8 = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xff\xfe", b"\xf4\x90\x80\x80"]
JUNK = [*(token.encode() for token in TOKENS), *NOT_UTF8]


def sound_pages(articles: int) -> list[tuple[str, bytes]]:
    """Return (rendition, body) for ``articles`` articles in every rendition, and for some as text files."""
    newspaper = Newspaper(seed=5, articles=articles, daily=0)
    pages = [
        (rendition, write(edition, key, page))
        for edition, key, page in all_sources.pages(newspaper, START)
        for rendition, write in all_sources.SOURCES.values()
    ]
    texts = [("text", b"\n".join(map(bytes.strip, body.split(b"\n")))) for _, body in pages[2::16]]
    return [*pages, *texts]


def broken(page: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Return a page with 1 to 12 random changes."""
    for _ in range(random.choice([1, 1, 1, 2, 3, 6, 12])):
        page = random.choice(BREAKS)(page, random, others)[:MAX_BYTES]
    return page


def _stretch(page: bytes, random: Random) -> tuple[int, int]:
    """Return a random range of the page: mostly short, sometimes all of it."""
    start = random.randint(0, len(page))
    return start, start + int(min(random.paretovariate(0.6), len(page)))


def _littered(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(page))
    return page[:at] + random.choice(JUNK) * random.choice([1, 1, 1, 2, 50, 1000]) + page[at:]


def _overwritten(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at, junk = random.randint(0, len(page)), random.choice([*JUNK, random.randbytes(1)])
    return page[:at] + junk + page[at + len(junk) :]


def _babbled(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Replace a random range with tokens in random order."""
    start, end = _stretch(page, random)
    return page[:start] + b"".join(random.choices(JUNK, k=random.randint(2, 60))) + page[end:]


def _dropped(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _stretch(page, random)
    return page[:start] + page[end:]


def _spliced(page: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Insert a range of this or another page, 1 to 20 times."""
    other = random.choice([page, random.choice(others)])
    start, end = _stretch(other, random)
    at = random.randint(0, len(page))
    return page[:at] + other[start:end] * random.choice([1, 1, 2, 20]) + page[at:]


def _cut_off(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return page[: random.randint(0, len(page))]


def _lines_swapped(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    lines = page.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _lines_dropped(page: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    lines = page.split(b"\n")
    start = random.randrange(len(lines))
    del lines[start : start + random.randint(1, 4)]
    return b"\n".join(lines)


BREAKS: list[Callable[[bytes, Random, Sequence[bytes]], bytes]] = [
    *(_littered, _littered, _babbled, _overwritten, _dropped),
    *(_spliced, _spliced, _cut_off, _lines_swapped, _lines_dropped),
]
