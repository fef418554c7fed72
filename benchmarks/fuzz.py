"""Pages broken at random, and what reading them must never do: ``python -m benchmarks.fuzz 600 FOLDER``.

Sound pages in every spelling are cut, doubled, spliced and littered with what forms are made of. Each is read
in a rendition of its own or another's: it gives a page or one of our errors, soon, and what it gives holds
together (:func:`check`). What breaks is written to FOLDER, to become a sample of ``tests/fuzz``.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from archive.dump.grammar import CUT, clean
from archive.dump.writer import write_dump
from archive.errors import PageError
from archive.model import Article, Kind, Page, PageKey
from archive.pagekey import ROOT, page_key
from archive.reading.history import Reading, Version, versions
from archive.reading.wording import known, same_wording
from archive.renditions.pages import DECODERS, read_page
from benchmarks import spellings
from crawler.newspaper.newspaper import START, Newspaper

Pages = list[tuple[str, bytes]]  # renditions and bodies
SECONDS = 60.0
SLOW = 0.1, 5e-6  # seconds a page may take at most: some, and as many more for each byte
ARTICLES = 12
# What the forms are made of, and what breaks what reads them.
TOKENS = (
    "# taz.de -- ¦> ¦Bild: ¦## ¦##¦taz | ¦8 Oct 2020¦## LINKS¦## AUTOREN¦## TAGS¦## ARTIKEL ZUM THEMA"
    "¦[1] ¦[1][¦[¦]¦][¦…¦�¦\ufdd0¦\xad¦\u2800¦\u200b¦\n¦\r\n¦\r¦\n\n¦\t¦ ¦  ¦\x0b¦\x0c¦\x1b[31m¦\0¦\x85"
    "¦\u2028¦\ufeff¦| ¦ | |¦|¦i¦1¦I¦3¦7¦.¦\t\t¦\t/!5\ttaz.de\t70¦=> ¦=> /!5 A¦```¦(DIR) ¦DIR ¦IMG "
    "¦       ¦URI:¦:41: line too long¦P H O X Y¦URL:javascript:¦//h/!5¦<pre>¦</pre>¦<table>¦<tr><td>"
    "¦</td>¦</table>¦<br>¦<a href='¦'>¦</a>¦<b>¦<!--¦-->¦<script>¦</script>¦</html>¦<body>¦&#0;"
    "¦&#xD800;¦&#99999999999;¦&amp;¦&¦<¦>¦'¦\"¦=¦<![CDATA[¦<?xml version='1.0'?>¦charset=latin-1"
    "¦<plaintext>¦<svg>¦%21¦%00¦%0A¦?q=¦&host=¦&pfad=¦?url=gopher¦!5¦!t5¦!a5¦!999999999999999¦://[¦Ä¦ss"
    "¦ae¦Ue¦Leser:innen¦Murr: ¦😀¦é¦\u202e"
)
NO_TEXT = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xff\xfe", b"\xf4\x90\x80\x80"]
JUNK = [*(token.encode() for token in TOKENS.split("¦")), b"x" * 80, b"Wort " * 15, *NO_TEXT]


def main(words: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks.fuzz", description="Break pages, and read them.")
    parser.add_argument("seconds", nargs="?", type=float, default=SECONDS)
    parser.add_argument("folder", nargs="?", type=Path, help="where what breaks is kept")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    count = fuzz(given.seconds, Random(given.seed), given.folder)
    shown = f"{count['read']:,} in {given.seconds:.0f} s, {count['articles']:,} still articles"
    print(f"pages broken at random: {shown}; {count['broke']} broke what reads them")


def fuzz(seconds: float, random: Random, folder: Path | None = None) -> Counter[str]:
    """How many pages were ``read`` in so many seconds, how many as ``articles``, how many ``broke`` it."""
    pages = sound_pages()
    count: Counter[str] = Counter()
    until = perf_counter() + seconds
    before = None
    while perf_counter() < until:
        form, page = broken_page(pages, random)
        count["read"] += 1
        try:
            article = check(page, form, beside=before)
        except Exception as error:  # noqa: BLE001 - whatever breaks is what is looked for
            count["broke"] += 1
            _keep(page, form, error, folder)
        else:
            count["articles"] += article is not None
            before = article or before
    return count


def _keep(page: bytes, form: str | None, error: Exception, folder: Path | None) -> None:
    name = f"{form or 'guessed'}-{sha256(page).hexdigest()[:12]}"
    print(f"{name}: {type(error).__name__}: {str(error)[:200]!r}", flush=True)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(page)


def sound_pages() -> Pages:
    """Articles and menus of the sample newspaper in every spelling, each with its rendition."""
    newspaper = Newspaper(seed=5, articles=ARTICLES, daily=0)
    written = [
        (spellings.SPELLINGS[source][0], spellings.written(source, edition, key, page))
        for edition, key, page in spellings.pages(newspaper, START)
        for source in spellings.SPELLINGS
    ]
    texts = [("text", b"\n".join(line.strip() for line in body.split(b"\n"))) for _, body in written[2::16]]
    return [*written, *texts]


# -- Breaking pages ---------------------------------------------------------------------------------


def broken_page(pages: Pages, random: Random) -> tuple[str | None, bytes]:
    """One of ``pages`` after something happened to it, and the rendition to read it in; None: guess."""
    rendition, body = random.choice(pages)
    page = mutated(body, random, [other for _, other in pages])
    return random.choice([rendition, rendition, rendition, None, random.choice([*DECODERS])]), page


def mutated(body: bytes, random: Random, others: list[bytes]) -> bytes:
    """A page after one to a dozen things happened to it."""
    for _ in range(random.choice([1, 1, 1, 2, 3, 6, 12])):
        body = random.choice(MUTATIONS)(body, random, others)
    return body[:200_000]


def _place(body: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(body))
    return start, min(len(body), start + int(random.paretovariate(0.6)))


def _littered(body: bytes, random: Random, _: list[bytes]) -> bytes:
    at = random.randint(0, len(body))
    return body[:at] + random.choice(JUNK) * random.choice([1, 1, 1, 2, 50, 1000]) + body[at:]


def _overwritten(body: bytes, random: Random, _: list[bytes]) -> bytes:
    at, junk = random.randint(0, len(body)), random.choice(JUNK)
    return body[:at] + junk + body[at + len(junk) :]


def _dropped(body: bytes, random: Random, _: list[bytes]) -> bytes:
    start, end = _place(body, random)
    return body[:start] + body[end:]


def _doubled(body: bytes, random: Random, _: list[bytes]) -> bytes:
    start, end = _place(body, random)
    at = random.randint(0, len(body))
    return body[:at] + body[start:end] * random.choice([1, 1, 2, 20]) + body[at:]


def _spliced(body: bytes, random: Random, others: list[bytes]) -> bytes:
    other = random.choice(others)
    start, end = _place(other, random)
    at = random.randint(0, len(body))
    return body[:at] + other[start:end] + body[at:]


def _cut_off(body: bytes, random: Random, _: list[bytes]) -> bytes:
    return body[: random.randint(0, len(body))]


def _flipped(body: bytes, random: Random, _: list[bytes]) -> bytes:
    at = random.randint(0, max(0, len(body) - 1))
    return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]


def _lines_shuffled(body: bytes, random: Random, _: list[bytes]) -> bytes:
    lines = body.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _lines_dropped(body: bytes, random: Random, _: list[bytes]) -> bytes:
    lines = body.split(b"\n")
    start, end = _place(body, random)
    del lines[start % len(lines) : start % len(lines) + end - start]
    return b"\n".join(lines)


MUTATIONS: list[Callable[[bytes, Random, list[bytes]], bytes]] = [
    _littered, _littered, _overwritten, _dropped, _doubled, _spliced, _cut_off, _flipped, _lines_shuffled,
    _lines_dropped,
]  # fmt: skip


# -- What must hold ---------------------------------------------------------------------------------

ARTICLE = PageKey(Kind.ARTICLE, 5)


def check(body: bytes, rendition: str | None, *, beside: Article | None = None) -> Article | None:
    """Read a page as an article and as a menu; the article, if it is one that holds together.

    It is compared with itself and with the one ``beside`` it. Raises :exc:`AssertionError` if something does
    not hold, or took too long, and whatever reading it may not raise.
    """
    started = process_time()
    article = _read(body, rendition)
    _took(started, len(body), "reading")
    if article is None:
        return None
    started = process_time()
    holds_together(article)
    agrees_with_itself(article)
    if beside:
        _versions(beside, article, beside)
    _took(started, len(body) + len(beside.text if beside else ""), "comparing")
    return article


def _versions(*articles: Article) -> list[Version]:
    return versions([Reading(at=START, capture=n, article=said) for n, said in enumerate(articles)])


def _took(started: float, size: int, what: str) -> None:
    seconds = process_time() - started
    assert seconds < SLOW[0] + SLOW[1] * size, f"{what} {size} bytes took {seconds:.2f} s"


def _read(body: bytes, rendition: str | None) -> Article | None:
    found = None
    for key in (ROOT, ARTICLE):
        try:
            found = read_page(body, key=key, rendition=rendition)
        except PageError as error:
            _is_clean(str(error))
            continue
        for text in _texts(found):
            _is_clean(text)
            assert CUT not in text
        for teaser in found.related if isinstance(found, Article) else found.entries:
            _leads(teaser.target)
    return found if isinstance(found, Article) else None


def _is_clean(text: str) -> None:
    assert text == clean(text), f"a terminal would heed this: {text!r}"


def _leads(target: str | None) -> None:
    if target is not None:
        assert target == clean(target), f"a target is not clean: {target!r}"
        target.encode()
        page_key(target)


def _texts(page: Page) -> Iterator[str]:
    """All text of a page, in pieces without line ends."""
    if isinstance(page, Article):
        yield from (page.title, page.lead or "", page.caption or "", page.dateline or "")
        yield from (line for block in page.blocks for line in block.text.split("\n"))
        yield from (author.name for author in page.authors)
        yield from (tag.name for tag in page.tags)
    else:
        yield page.title or ""
    for teaser in page.related if isinstance(page, Article) else page.entries:
        yield from (teaser.title, teaser.text or "")


def holds_together(article: Article) -> None:
    """Places are where they say, and a cut is where a ``…`` is."""
    text = article.text
    for link in article.links:
        _leads(link.target)
        if link.start is not None:
            assert text[link.start : link.end] == link.text
            assert link.text
    for cut in article.cuts:
        if cut.field in ("title", "lead", "caption", "text"):
            shown = getattr(article, cut.field) or ""
            assert shown[cut.offset : cut.offset + 1] == "…"
        assert cut.most is None or cut.most >= 0


def agrees_with_itself(article: Article) -> None:
    """A page is of its own wording, makes one version of itself, and can be written."""
    assert same_wording(article, article)
    assert known(article)
    (version,) = _versions(article, article)
    assert version.article == article
    assert write_dump(article)


if __name__ == "__main__":
    main(sys.argv[1:])
