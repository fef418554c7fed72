"""The nouns of the archive. Read this first.

All are frozen values. Text is clean (:func:`archive.dump.grammar.clean`): no invisible or control
characters, no runs of spaces. A part a page does not have is ``None`` or an empty tuple.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import repeat
from typing import NamedTuple


class Kind(StrEnum):
    """What sort of page a key stands for."""

    ROOT = "root"
    SECTION = "section"
    TOPIC = "topic"
    AUTHOR = "author"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True, order=True)
class PageKey:
    """One page of the paper, whatever its URL: ``/!6081430`` is ``(article, 6081430)``.

    The root has number 0. A negative number is provisional: a dump that came without an id.
    """

    kind: Kind
    number: int


UNKNOWN_ITEM = "?"  # the item of a line whose form the rendition does not know


class Line(NamedTuple):
    """One line as a reader would see it, without its line ending.

    ``target`` is where a link line leads: ``/Slug/!6081430`` within the paper, else a whole URL.
    ``item`` is its gopher item type (RFC 1436, section 3.8): ``i`` text, ``I`` picture, ``1`` menu,
    ``7`` search; any other one says that the line is of no form the rendition knows, :data:`UNKNOWN_ITEM` if
    it has no type at all. ``cut`` says that the source cut the line and put ``…`` for what it dropped.
    """

    text: str
    target: str | None = None
    item: str = "i"
    truncated: bool = False


def text_lines(texts: Iterable[str]) -> list[Line]:
    """Lines that lead nowhere, as most of a page are: ``Line(text)`` each, at a third of its cost."""
    fields = zip(texts, repeat(None), repeat("i"), repeat(object=False))
    return list(map(tuple.__new__, repeat(Line), fields))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a rendition lays out what it shows, as far as its lines do not tell by themselves.

    ``wrapped``: lines are broken at the paper's width, so a line's end need not be the text's.
    ``folded``: umlauts of the text are written out, ä as ae, after it was wrapped.
    """

    wrapped: bool = True
    transliterated: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text on one line; verse keeps its line ends as ``\\n``."""

    text: str


@dataclass(frozen=True, slots=True)
class Subhead:
    """A heading between paragraphs; may be empty."""

    text: str


Block = Paragraph | Subhead


@dataclass(frozen=True, slots=True)
class Link:
    """A reference from the text, numbered as on the page.

    ``text`` is what it underlines, at ``start``–``end``: character offsets into
    :attr:`Article.text`. All three are None if the text does not mention ``n``; ``target`` is None
    if the page lists no target for it.
    """

    n: int
    target: str | None
    text: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """``number`` is the one of the author's page, ``!a22350``, where the rendition tells it."""

    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """``number`` is the one of the topic's page, ``!t5008005``, where the rendition tells it."""

    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Teaser:
    """A pointer to another page: its title, where it leads if known, a few lines of text."""

    title: str
    text: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Truncation:
    """A place where the source dropped characters and put ``…``.

    ``field`` is ``title``, ``lead``, ``caption``, ``text``, or another part of the page, ``offset`` the
    place of the ``…`` in that field, ``most`` how many characters can be missing (None: any).
    """

    field: str
    offset: int
    max_missing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as one page gives it.

    ``title`` is everything after ``# taz.de -- ``; ``dateline`` is without its mark (``Berlin taz``);
    ``tags`` are distinct, in the page's order; ``cuts`` are all cut places of the page. ``guessed`` says
    that the page had lost its blank lines, so that paragraphs were told apart by how it is wrapped;
    ``folded``, that umlauts may be written out in it, ä as ae.
    """

    title: str
    lead: str | None = None
    caption: str | None = None
    dateline: str | None = None
    blocks: tuple[Block, ...] = ()
    published: date | None = None
    links: tuple[Link, ...] = ()
    authors: tuple[Author, ...] = ()
    tags: tuple[Tag, ...] = ()
    related: tuple[Teaser, ...] = ()
    truncations: tuple[Truncation, ...] = ()
    paragraphs_inferred: bool = False
    transliterated: bool = False

    @property
    def kicker(self) -> str | None:
        """What stands before the headline: ``Kicker: Headline``. A guess where either holds ``: ``."""
        return split_title(self.title)[0]

    @property
    def headline(self) -> str:
        """The title without its kicker."""
        return split_title(self.title)[1]

    @property
    def text(self) -> str:
        """The body without dateline: blocks separated by a blank line, subheads as ``## …``."""
        return "\n\n".join(block_text(block) for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A section, topic or author page, or the root (``title`` None): teasers, top to bottom."""

    title: str | None
    entries: tuple[Teaser, ...] = ()


Page = Article | Menu


class Outcome(StrEnum):
    """How a fetch ended, as far as the archive could tell."""

    OK = "ok"  # a page, read
    UNREADABLE = "unreadable"  # bytes came, and are kept, but are not the page they should be
    ABSENT = "absent"  # the server says there is no such page
    FAILED = "failed"  # no whole answer came: refused, reset, too slow, too long, a gateway's error
    FORBIDDEN = "forbidden"  # robots.txt forbids the page, so it was not asked for

    @property
    def is_problem(self) -> bool:
        """Whether somebody may have to look into it. An article that is not there is news, no problem."""
        return self not in (Outcome.OK, Outcome.ABSENT)


class ArticleChange(StrEnum):
    """What a capture says has happened to its article since the capture before."""

    NEW = "new"  # read for the first time
    EDITED = "edited"
    UNCHANGED = "unchanged"
    GONE = "gone"  # the server says there is no such page
    BACK = "back"  # read again after it was gone, in whatever version


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One fetch of one page: the bytes as received, and when.

    ``url`` is what was asked for, or the path of an imported file; ``key`` the page it stands for,
    the same through every gateway, None for a file that does not tell. ``captured_at`` is aware,
    UTC, at the last byte. ``body`` is None if nothing came. ``problem`` says in one line what the
    fetcher saw go wrong. ``rendition`` names the form of the bytes, None to guess it from them.
    ``reconstructed``: an archive said so of a page it had captured then, and the bytes were made of that.
    """

    source: str
    url: str
    captured_at: datetime
    key: PageKey | None = None
    body: bytes | None = None
    outcome: Outcome = Outcome.OK
    problem: str | None = None
    rendition: str | None = None
    reconstructed: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whose certificate was met where. ``host`` is ``taz.de:1965``; times are aware, UTC.

    ``fingerprint`` is the sha256 of the certificate, DER, in hexadecimal.
    """

    host: str
    fingerprint: str
    first_seen: datetime
    last_seen: datetime


def block_text(block: Block) -> str:
    """One block as it stands in :attr:`Article.text`."""
    if isinstance(block, Subhead):
        return f"## {block.text}".rstrip()
    return block.text


def parse_block(shown: str, kind: type[Block]) -> Block:
    """The mirror of :func:`block_text`: a block of that kind that stands so in the text."""
    return kind(shown[len("## ") :] if kind is Subhead else shown)


def split_title(title: str) -> tuple[str | None, str]:
    """Kicker and headline: at the end of ``+++ … +++: ``, else at the last ``: `` outside quotes.

    ``Krieg: Teil 2: Ein Ende`` is ``Krieg: Teil 2`` and ``Ein Ende``: a kicker may hold a colon.
    """
    depth, colon = 0, None
    for at, character in enumerate(title):
        depth += (character in "„»") - (character in "“«")
        if title.startswith(": ", at) and depth <= 0:
            colon = at
    if title.startswith("+++ ") and (ticker_end := title.find(" +++: ", 4)) > 0:
        colon = ticker_end + len(" +++")
    return (None, title) if colon is None else (title[:colon], title[colon + 2 :])
