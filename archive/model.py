"""The value types of the archive. Read this first.

All are frozen. Text is clean (:func:`archive.dump.grammar.clean`): no invisible or control characters, no
runs of spaces. A part that a page does not have is ``None`` or an empty tuple.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple


class _Value:
    """A value that is pickled as the call that makes it, which takes half as long as the default."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return type(self), _fields_of(self)


def _fields_of(value: object) -> tuple[object, ...]:
    return tuple([getattr(value, name) for name in value.__slots__])  # type: ignore[attr-defined]  # of a dataclass


class Kind(StrEnum):
    """The kind of page that a key identifies."""

    ROOT = "root"
    SECTION = "section"
    TOPIC = "topic"
    AUTHOR = "author"
    ARTICLE = "article"

    __hash__ = str.__hash__  # that of enums is slower, and keys are hashed all the time


class PageKey(NamedTuple):
    """One page of the paper, independent of its URLs: ``/!6081430`` is ``(article, 6081430)``.

    The root has number 0. A negative number is provisional: that of an article imported without an id.
    """

    kind: Kind
    number: int


UNKNOWN_ITEM = "?"  # item of a line without an item type


class Line(NamedTuple):
    """One line as a reader sees it, without its line ending.

    ``target`` is where a link line leads: ``/Slug/!6081430`` within the paper, else a complete URL.
    ``item`` is its gopher item type (RFC 1436, section 3.8): ``i`` text, ``I`` picture, ``1`` menu,
    ``7`` search; any other one marks a line that the rendition does not know. ``truncated``: the source
    dropped the end of the line and put ``…`` in its place.
    """

    text: str
    target: str | None = None
    item: str = "i"
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a rendition lays out its lines.

    ``wrapped``: lines are broken at the paper's width, so a line's end need not be the text's.
    ``transliterated``: umlauts were written as ae, oe and ue after the text was wrapped.
    """

    wrapped: bool = True
    transliterated: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph(_Value):
    """Running text on one line; verse keeps its line ends as ``\\n``."""

    text: str


@dataclass(frozen=True, slots=True)
class Subhead(_Value):
    """A heading between paragraphs; may be empty."""

    text: str


Block = Paragraph | Subhead


@dataclass(frozen=True, slots=True)
class Link(_Value):
    """A reference in the text, numbered as on the page.

    ``position`` is that number, ``text`` what it underlines: characters ``start``–``end`` of
    :attr:`Article.text`. ``text``, ``start`` and ``end`` are None if the text has no reference with that
    number; ``target`` is None if the page lists none for it.
    """

    position: int
    target: str | None
    text: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Author(_Value):
    """An author. ``number`` is that of the author's page, ``!a22350``, if linked."""

    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Tag(_Value):
    """A tag. ``number`` is that of the topic's page, ``!t5008005``, if linked."""

    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Teaser(_Value):
    """A pointer to another page: its title, its target if known, a few lines of text."""

    title: str
    text: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Truncation(_Value):
    """Text that the source dropped and replaced by ``…``.

    ``field`` is ``title``, ``lead``, ``caption``, ``text``, or another part of the page, ``offset`` the
    offset of the ``…`` in that field, ``max_missing`` the most characters missing (None: unlimited).
    """

    field: str
    offset: int
    max_missing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as on one page.

    ``title`` is everything after ``# taz.de -- ``; ``dateline`` is without its mark (``Berlin taz``);
    ``tags`` are distinct, in the page's order; ``truncations`` are those of the whole page.
    ``paragraphs_inferred``: the page had lost its blank lines, so paragraph breaks are worked out from line
    lengths. ``transliterated``: umlauts may be written as ae, oe and ue.
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

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return _article, _fields_of(self)

    @property
    def kicker(self) -> str | None:
        """The part before the headline in ``Kicker: Headline``; a guess if either contains ``: ``."""
        return split_title(self.title)[0]

    @property
    def headline(self) -> str:
        """The title without its kicker."""
        return split_title(self.title)[1]

    @property
    def text(self) -> str:
        """The body without its dateline: blocks separated by blank lines, subheads as ``## …``."""
        return "\n\n".join(block_text(block) for block in self.blocks)


def _article(*values: Any) -> Article:
    """Return the unpickled article with these fields."""
    return Article(**dict(zip(Article.__slots__, values, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A section, topic or author page, or the root (``title`` None): teasers, top to bottom."""

    title: str | None
    entries: tuple[Teaser, ...] = ()


Page = Article | Menu


class Outcome(StrEnum):
    """How a fetch ended."""

    OK = "ok"  # a page that was parsed
    UNREADABLE = "unreadable"  # bytes came and are stored, but cannot be parsed as the page
    ABSENT = "absent"  # the server says there is no such page
    FAILED = "failed"  # no complete response: refused, reset, timed out, too long, a gateway's error
    FORBIDDEN = "forbidden"  # robots.txt forbids the page, so it was not requested

    @property
    def is_problem(self) -> bool:
        """Whether the outcome is an error. An article that is gone is not."""
        return self not in (Outcome.OK, Outcome.ABSENT)


class ArticleChange(StrEnum):
    """What happened to an article between the previous capture and this one."""

    NEW = "new"  # captured for the first time
    EDITED = "edited"
    UNCHANGED = "unchanged"
    GONE = "gone"  # the server says there is no such page
    BACK = "back"  # captured again after it was gone, in any version


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One fetch of one page.

    ``url`` is what was requested, or the path of an imported file; ``key`` is the page, None for a file
    without an id. ``captured_at`` is aware, UTC, at the last byte. ``body`` has the bytes as received, None
    if no bytes came. ``problem`` says in one line what went wrong. ``rendition`` names the form of the bytes,
    None to detect it. ``reconstructed``: the bytes were made from another archive's record of the page.
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
    """A certificate of a host, such as ``taz.de:1965``. Times are aware, UTC.

    ``fingerprint`` is the SHA-256 of the DER certificate in hexadecimal.
    """

    host: str
    fingerprint: str
    first_seen: datetime
    last_seen: datetime


def block_text(block: Block) -> str:
    """Return a block as in :attr:`Article.text`."""
    if isinstance(block, Subhead):
        return f"## {block.text}".rstrip()
    return block.text


def parse_block(shown: str, kind: type[Block]) -> Block:
    """Return the block of a kind with that text: the inverse of :func:`block_text`."""
    return kind(shown[len("## ") :] if kind is Subhead else shown)


def split_title(title: str) -> tuple[str | None, str]:
    """Split a title into kicker and headline.

    It is split at the end of ``+++ … +++: ``, or else at the last ``: `` outside quotes.

    A kicker may contain a colon: ``Krieg: Teil 2: Ein Ende`` is ``Krieg: Teil 2`` and ``Ein Ende``.
    """
    depth, colon = 0, None
    for at, character in enumerate(title):
        depth += (character in "„»") - (character in "“«")
        if title.startswith(": ", at) and depth <= 0:
            colon = at
    if title.startswith("+++ ") and (ticker_end := title.find(" +++: ", 4)) > 0:
        colon = ticker_end + len(" +++")
    return (None, title) if colon is None else (title[:colon], title[colon + 2 :])
